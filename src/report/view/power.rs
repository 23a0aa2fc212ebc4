//! What a run of this size could have seen, and the season that it stands for.

use super::blocks::{Fit, Table, Tone};
use super::format::{NOTHING, count, counted, expected, percent, range};
use crate::verdict::{Among, Detectable, Findings, MIN_REPEATED};

/// What this run could have seen, a sentence for all shoppers and one for those who came to pay.
pub fn detectable(findings: &Findings) -> Vec<String> {
    findings.detectable.iter().filter(|found| found.shoppers > 0).map(sentence).collect()
}

/// Whether enough shoppers failed again to show a group or a time in which they do so more than the others: as many as it takes to see
/// their rate double.
pub(super) fn shows_groups(findings: &Findings) -> bool {
    let repeated = &findings.shoppers.repeated;
    let own = repeated.value().unwrap_or(0.0);
    let sights = findings.detectable.first().map_or(&[][..], |found| &found.sights);
    let of_own = sights
        .iter()
        .filter(|sight| sight.base <= own)
        .max_by(|a, b| a.base.total_cmp(&b.base))
        .or(sights.first());
    repeated.events >= MIN_REPEATED && of_own.is_some_and(|sight| sight.more == 0)
}

fn sentence(found: &Detectable) -> String {
    let (who, what) = match found.among {
        Among::Shoppers => ("", "shoppers who fail again and again"),
        Among::Buyers => (" who came to pay", "first attempts to pay that fail"),
    };
    let worth = if found.design_effect > 1.05 {
        format!(
            " (effective sample {}, since failures came in bursts)",
            count((found.shoppers as f64 / found.design_effect) as u64)
        )
    } else {
        String::new()
    };
    let told = found.sights.iter().map(|sight| match sight.seen_from {
        Some(risen) => format!("from {} to {}", percent(sight.base), percent(risen)),
        None => format!("no rise from {}", percent(sight.base)),
    });
    let own = found.sights.last().and_then(|sight| Some((sight.base, sight.change_from?)));
    let change = own.map_or_else(String::new, |(base, risen)| {
        format!("; between two such runs, from {} to {}", percent(base), percent(risen))
    });
    // The smallest rate is the hardest to see.
    let missing = found.sights.iter().max_by_key(|sight| sight.more).filter(|sight| sight.more > 0);
    let missing = missing.map_or_else(
        || "Enough came to see each of these double".to_owned(),
        |sight| {
            format!("It takes {} more to see {} double", count(sight.more), percent(sight.base))
        },
    );
    let told = told.collect::<Vec<_>>().join(", ");
    let show = if found.shoppers == 1 { "shows" } else { "show" };
    let shoppers = counted(found.shoppers, "shopper");
    format!(
        "With 80 % power, {shoppers}{who}{worth} {show} when the share of {what} rises: {told}{change}. {missing}."
    )
}

/// The loss of a season like the run, if the scenario states one.
pub fn season(findings: &Findings) -> Table {
    let stated = findings.loss.as_ref().and_then(|loss| Some((loss, loss.season?)));
    let Some((loss, shoppers)) = stated else { return Table::new("", &[]) };
    let worth =
        loss.by_patience.iter().filter_map(|row| row.season).any(|season| season.worth.is_some());
    let mut columns =
        vec![("patience", Fit::Name), ("lost", Fit::Figure), ("95 % range", Fit::Figure)];
    columns.extend(worth.then_some(("worth, minor units", Fit::Figure)));
    columns.extend(worth.then_some(("range of worth", Fit::Optional(1))));
    let title = format!("A season of {} like these would lose", counted(shoppers, "shopper"));
    let mut table = Table::new(&title, &columns);
    for (place, row) in loss.by_patience.iter().enumerate() {
        let Some(season) = row.season else { continue };
        let lost = if season.lost > 0.0 { expected(season.lost) } else { "none".to_owned() };
        let mut cells = vec![row.patience.clone(), lost, range(season.ci95)];
        if worth {
            cells.push(
                season.worth.map_or_else(|| NOTHING.to_owned(), |(worth, _)| expected(worth)),
            );
            cells.push(season.worth.map_or_else(|| NOTHING.to_owned(), |(_, ci95)| range(ci95)));
        }
        table.row(if place == 0 { Tone::Plain } else { Tone::Faint }, cells);
    }
    table
}

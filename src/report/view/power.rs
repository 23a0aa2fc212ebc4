//! Statistical power: the rises in failure rates that a run of this size detects.

use super::format::{count, percent};
use crate::base::count_of;
use crate::verdict::{Detectable, DetectablePopulation, Findings, MIN_REPEATED};

/// The rises that this run could have detected, among all shoppers and among those who reached payment.
pub fn detectable(findings: &Findings) -> Vec<String> {
    findings.detectable.iter().filter(|found| found.shoppers > 0).map(describe).collect()
}

/// Whether enough shoppers failed repeatedly to find a group or a time with an elevated rate: as many as it takes to detect a doubling.
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

fn describe(found: &Detectable) -> String {
    let (at, what) = match found.population {
        DetectablePopulation::Shoppers => ("", "repeated failures"),
        DetectablePopulation::Buyers => (" at payment", "failed first payment attempts"),
    };
    let shoppers = format!("{}{at}", count_of(found.shoppers, "shopper"));
    let rises = found.sights.iter().map(|sight| match sight.seen_from {
        Some(risen) => format!("{} to {}", percent(sight.base), percent(risen)),
        None => format!("none from {}", percent(sight.base)),
    });
    let rises = rises.collect::<Vec<_>>().join(", ");
    let sample = if found.design_effect > 1.05 {
        format!(
            " The effective sample is {}, because failures came in bursts.",
            count((found.shoppers as f64 / found.design_effect) as u64)
        )
    } else {
        String::new()
    };
    let own = found.sights.last().and_then(|sight| Some((sight.base, sight.change_from?)));
    let change = own.map_or_else(String::new, |(base, risen)| {
        format!(
            " Comparing two such runs detects a change from {} to {}.",
            percent(base),
            percent(risen)
        )
    });
    // The smallest rate needs the largest sample.
    let missing = found.sights.iter().max_by_key(|sight| sight.more).filter(|sight| sight.more > 0);
    let doubling = missing.map_or_else(String::new, |sight| {
        let more = count_of(sight.more, "more shopper");
        let are = if sight.more == 1 { "is" } else { "are" };
        format!(" {more} {are} needed to detect a doubling of {}.", percent(sight.base))
    });
    format!(
        "Rises in the rate of {what} that are detectable with {shoppers} (80 % power): {rises}.{sample}{change}{doubling}"
    )
}

//! Lost shoppers and the revenue at risk, in a sentence and in tables.

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{
    NOTHING, count, count_of, expected_count, interval, money, money_range, percent,
    percent_figure, range,
};
use crate::base::plural;
use crate::plan::{Behaviour, Plan};
use crate::verdict::{Findings, Loss, PatienceLoss};

/// The expected loss, or for live behaviour the observed one.
pub fn statement(plan: &Plan, findings: &Findings) -> Option<Statement> {
    let Some(loss) = &findings.loss else {
        let text =
            "No losses are estimated for a closed load, because its shoppers wait for one another.";
        return Some(Statement::new(Tone::Faint, text));
    };
    let own = loss.by_patience.first()?;
    let (share, ci95) = lost_share(own);
    let refused = describe_refused(own);
    if own.lost <= 0.0 {
        return Some(Statement::new(
            Tone::where_none_seen(own.ci95.high),
            format!("No shoppers are lost to failures (95 % CI {ci95}).{refused}"),
        ));
    }
    let kind = match loss.behaviour {
        Behaviour::Probe | Behaviour::Experiment => "Expected loss",
        Behaviour::Live => "Observed loss",
    };
    let revenue =
        own.order_value.filter(|worth| worth.minor_units > 0.0).map_or_else(String::new, |worth| {
            format!(
                " Revenue at risk: they would have paid {} (95 % CI {}).",
                money(plan.currency, worth.minor_units),
                money_range(plan.currency, worth.ci95)
            )
        });
    Some(Statement::new(
        Tone::Bad,
        format!(
            "{kind}: {share} of shoppers ({}, 95 % CI {ci95}) under abandonment model {}.{}{revenue}{}{refused}",
            expected_count(own.lost),
            own.patience,
            over_all_models(loss),
            order_unknown(own),
        ),
    ))
}

/// Whom the shop's books may know as buyers.
fn order_unknown(own: &PatienceLoss) -> String {
    if own.order_unknown < 0.5 {
        return String::new();
    }
    let rest = own.lost - own.order_unknown;
    let rest =
        if rest < 0.05 { "none is".to_owned() } else { format!("{} are", expected_count(rest)) };
    format!(
        " {} of them may have an order, because the outcome of their purchase is unknown: compare purchases.jsonl with the shop's orders. Without them {rest} lost.",
        expected_count(own.order_unknown)
    )
}

/// Who is lost without a failure.
fn describe_refused(own: &PatienceLoss) -> String {
    if own.refused < 0.5 {
        return String::new();
    }
    format!(
        " Besides, {} may leave because the shop declined (a card, a voucher, stock); they are not counted as lost.",
        plural(&expected_count(own.refused), "shopper")
    )
}

fn over_all_models(loss: &Loss) -> String {
    let rates = || loss.by_patience.iter().map(|row| row.rate);
    let (low, high) = (rates().fold(1.0, f64::min), rates().fold(0.0, f64::max));
    if low < high {
        format!(" Across all abandonment models: {} to {}.", percent(low), percent(high))
    } else {
        String::new()
    }
}

/// The loss under every abandonment model, if there is any.
pub fn table(plan: &Plan, findings: &Findings) -> Table {
    let priced = findings
        .loss
        .iter()
        .flat_map(|loss| &loss.by_patience)
        .any(|loss| loss.order_value.is_some());
    let live = findings.loss.as_ref().is_some_and(|loss| loss.behaviour == Behaviour::Live);
    let mut columns = vec![
        ("model", Fit::Name),
        ("lost", Fit::Figure),
        ("lower bound", Fit::Optional(3)),
        ("share", Fit::Figure),
        ("95 % CI", Fit::Figure),
        ("effective sample", Fit::Optional(4)),
    ];
    let any = |figure: fn(&PatienceLoss) -> f64| {
        findings.loss.iter().flat_map(|loss| &loss.by_patience).any(|row| figure(row) >= 0.5)
    };
    let (unknown, refused) = (any(|row| row.order_unknown), any(|row| row.refused));
    columns.extend(unknown.then_some(("order unknown", Fit::Optional(5))));
    columns.extend(refused.then_some(("declined", Fit::Optional(5))));
    columns.extend(priced.then_some(("revenue at risk", Fit::Optional(1))));
    columns.extend(priced.then_some(("95 % CI", Fit::Optional(2))));
    let title = if live {
        "Lost shoppers"
    } else {
        "Lost shoppers by abandonment model (this scenario's first)"
    };
    let mut table = Table::new(title, &columns);
    let rows = findings.loss.iter().flat_map(|loss| &loss.by_patience);
    for (place, row) in rows.enumerate().filter(|(_, row)| row.lost > 0.0 || row.refused > 0.0) {
        let (share, ci95) = lost_share(row);
        let mut cells = vec![
            row.patience.clone(),
            expected_count(row.lost),
            expected_count(row.lost_at_least),
            share,
            ci95,
            count(row.effective_sample as u64),
        ];
        cells.extend(unknown.then(|| expected_count(row.order_unknown)));
        cells.extend(refused.then(|| expected_count(row.refused)));
        if priced {
            let of = |show: &dyn Fn(crate::verdict::LostOrderValue) -> String| {
                row.order_value.map_or_else(|| NOTHING.to_owned(), show)
            };
            cells.push(of(&|worth| money(plan.currency, worth.minor_units)));
            cells.push(of(&|worth| money_range(plan.currency, worth.ci95)));
        }
        table.row(row_tone(place), cells);
    }
    table
}

/// The loss projected to a season like the run, if the scenario has one.
pub fn season(plan: &Plan, findings: &Findings) -> Table {
    let stated = findings.loss.as_ref().and_then(|loss| Some((loss, loss.season?)));
    let Some((loss, shoppers)) = stated else { return Table::new("", &[]) };
    let priced = loss
        .by_patience
        .iter()
        .filter_map(|row| row.season)
        .any(|season| season.order_value.is_some());
    let mut columns = vec![("model", Fit::Name), ("lost", Fit::Figure), ("95 % CI", Fit::Figure)];
    columns.extend(priced.then_some(("revenue at risk", Fit::Figure)));
    columns.extend(priced.then_some(("95 % CI", Fit::Optional(1))));
    let title = format!("Projected loss for a season of {}", count_of(shoppers, "shopper"));
    let mut table = Table::new(&title, &columns);
    for (place, row) in loss.by_patience.iter().enumerate() {
        let Some(season) = row.season else { continue };
        let lost = if season.lost > 0.0 { expected_count(season.lost) } else { "none".to_owned() };
        let mut cells = vec![row.patience.clone(), lost, range(season.ci95)];
        if priced {
            let of = |show: &dyn Fn((f64, crate::verdict::statistics::Interval)) -> String| {
                season.order_value.map_or_else(|| NOTHING.to_owned(), show)
            };
            cells.push(of(&|(worth, _)| money(plan.currency, worth)));
            cells.push(of(&|(_, ci95)| money_range(plan.currency, ci95)));
        }
        table.row(row_tone(place), cells);
    }
    table
}

/// The scenario's own abandonment model is the first.
const fn row_tone(place: usize) -> Tone {
    if place == 0 { Tone::Plain } else { Tone::Faint }
}

/// The share of all shoppers that is lost, with its interval.
pub fn lost_share(loss: &PatienceLoss) -> (String, String) {
    if loss.lost > 0.0 {
        (percent(loss.rate), interval(loss.ci95))
    } else {
        ("none".to_owned(), format!("≤ {} %", percent_figure(loss.ci95.high)))
    }
}

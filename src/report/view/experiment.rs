//! The retry experiment, in a sentence and a table.

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{NOTHING, count, interval, percent, q_value, rate};
use crate::plan::{Plan, RetryStrategy};
use crate::verdict::{ArmComparison, ArmFinding, ExperimentFinding, Findings, VersusSame};

/// The most places shown; `run.json` has them all.
const PLACES: usize = 3;
/// The fewest shoppers to compare.
const MIN_SHOPPERS: u64 = 10;

/// The retry methods that recover more shoppers, and where the cause is then.
pub fn statements(plan: &Plan, findings: &Findings) -> Vec<Statement> {
    let Some(found) = &findings.experiment else { return Vec::new() };
    let places: Vec<&ArmComparison> =
        found.places.iter().filter(|place| place.cure.is_some()).take(PLACES).collect();
    if !places.is_empty() {
        return places.into_iter().filter_map(|place| cure(plan, found, place)).collect();
    }
    cure(plan, found, &found.everywhere)
        .or_else(|| Some(no_cure(plan, found)))
        .into_iter()
        .collect()
}

fn cure(plan: &Plan, found: &ExperimentFinding, place: &ArmComparison) -> Option<Statement> {
    let arm = place.cure?;
    let here = place;
    let (recovered, against) = (&place.arms[arm].recovered, place.arms[arm].versus_same?);
    let (share, ci95) = rate(recovered);
    let (same, _) = rate(&against.same);
    let place = place.step.map_or_else(
        || "after a failure".to_owned(),
        |step| format!("after a failure at {}", plan.step_label(step)),
    );
    let (label, way) = (&found.arms[arm], &plan.shoppers.arms[arm].strategy);
    let confounded = is_confounded(plan, found, here, arm);
    let text = format!(
        "{} recovers {share} of shoppers {place} ({} of {}, 95 % CI {ci95}). Retrying the same way recovers {same}. {}.",
        doing(plan, way, label),
        count(recovered.events),
        count(recovered.trials),
        if confounded { in_doubt(plan, way) } else { look_at(plan, way) }
    );
    Some(Statement::new(Tone::Bad, text))
}

fn no_cure(plan: &Plan, found: &ExperimentFinding) -> Statement {
    let shoppers = found.everywhere.shoppers();
    if shoppers < MIN_SHOPPERS {
        let text =
            format!("Too few shoppers failed ({}) to compare retry methods.", count(shoppers));
        return Statement::new(Tone::Doubtful, text);
    }
    let same = plan
        .shoppers
        .arms
        .iter()
        .position(|arm| arm.strategy == RetryStrategy::Same)
        .map(|same| &found.everywhere.arms[same].recovered);
    let text = match same.and_then(|same| Some((same, same.value()?, same.ci95()?))) {
        Some((same, value, ci95)) if ci95.low > 0.5 => format!(
            "Retrying the same way recovers {} of shoppers after a failure ({} of {}, 95 % CI {}). No other retry method is significantly better: most failures are transient.",
            percent(value),
            count(same.events),
            count(same.trials),
            interval(ci95)
        ),
        _ => {
            let arms = found.everywhere.arms.iter().filter_map(|arm| arm.versus_same.as_ref());
            let most = arms.map(|against| against.ci95.high).fold(0.0, f64::max);
            let open = if most > 0.0 {
                format!(
                    " A benefit of up to {:.0} percentage points is not ruled out.",
                    100.0 * most
                )
            } else {
                String::new()
            };
            format!(
                "No retry method recovers significantly more shoppers than retrying the same way.{open}"
            )
        }
    };
    Statement::new(Tone::Plain, text)
}

/// The beginning of a sentence about an arm.
fn doing(plan: &Plan, way: &RetryStrategy, label: &str) -> String {
    match way {
        RetryStrategy::Same => "Retrying the same way".to_owned(),
        RetryStrategy::Redraw(place) => {
            format!("Retrying with another {}", plan.shoppers.attributes[*place].name)
        }
        RetryStrategy::Set(_) => format!("Retrying with {}", label.trim_start_matches("set: ")),
        RetryStrategy::FreshSession => "Retrying in a fresh session".to_owned(),
        RetryStrategy::FreshKey => "Retrying with a new idempotency key".to_owned(),
        RetryStrategy::Wait(_) => {
            format!("Retrying after a wait ({})", label.trim_start_matches("wait: "))
        }
    }
}

/// Where to look for the cause of failures that this method recovers.
fn look_at(plan: &Plan, way: &RetryStrategy) -> String {
    let name = |place: &usize| plan.shoppers.attributes[*place].name.clone();
    match way {
        RetryStrategy::Same => "The failures are transient".to_owned(),
        RetryStrategy::Redraw(place) => format!("Check what depends on {}", name(place)),
        RetryStrategy::Set(values) => {
            format!(
                "Check what depends on {}",
                values.iter().map(|(place, _)| name(place)).collect::<Vec<_>>().join(" and ")
            )
        }
        RetryStrategy::FreshSession => {
            "Check what is pinned to a session (nodes, carts, caches)".to_owned()
        }
        RetryStrategy::FreshKey => "Check keys that stay locked after a failed payment".to_owned(),
        RetryStrategy::Wait(_) => {
            "Check what clears with time (locks, rate limits, overload)".to_owned()
        }
    }
}

/// Whether the arm renewed the idempotency key as well, and it was not tried what a new key alone does.
fn is_confounded(
    plan: &Plan,
    found: &ExperimentFinding,
    place: &ArmComparison,
    arm: usize,
) -> bool {
    let of = |place: &ArmComparison| place.arms[arm].new_keys > 0;
    let way = |way: &RetryStrategy| *way == RetryStrategy::FreshKey;
    let tried_alone = plan.shoppers.arms.iter().zip(&place.arms);
    let tried_alone = tried_alone.filter(|(arm, _)| way(&arm.strategy));
    let mut tried_alone = tried_alone.map(|(_, key)| key.recovered.trials > 0);
    let renews = of(place) || place.step.is_none() && found.places.iter().any(of);
    renews && !way(&plan.shoppers.arms[arm].strategy) && !tried_alone.any(|tried| tried)
}

/// What to do where either of two changes may be the cure.
fn in_doubt(plan: &Plan, way: &RetryStrategy) -> String {
    let name = |place: &usize| plan.shoppers.attributes[*place].name.clone();
    let changed = match way {
        RetryStrategy::Redraw(place) => name(place),
        RetryStrategy::Set(values) => {
            values.iter().map(|(place, _)| name(place)).collect::<Vec<_>>().join(" and ")
        }
        RetryStrategy::FreshSession => "session".to_owned(),
        RetryStrategy::Same | RetryStrategy::FreshKey | RetryStrategy::Wait(_) => {
            return look_at(plan, way);
        }
    };
    format!(
        "It renewed the idempotency key as well, so either the {changed} or the key is the cause: add the arm `fresh: key` to tell"
    )
}

/// What else an arm changed than its name says.
fn also_changed(way: &RetryStrategy, arm: &ArmFinding) -> String {
    let key = arm.new_keys > 0 && *way != RetryStrategy::FreshKey;
    let session = *way == RetryStrategy::FreshSession;
    let also = [("key", key), ("basket, time", session)];
    let also: Vec<&str> =
        also.iter().filter(|(_, changed)| *changed).map(|(what, _)| *what).collect();
    if also.is_empty() { NOTHING.to_owned() } else { also.join(", ") }
}

/// The arms of the experiment, by the step of the first failure.
pub fn experiment(plan: &Plan, findings: &Findings) -> Table {
    let columns = [
        ("first failed at", Fit::Name),
        ("retry method", Fit::Name),
        ("also changes", Fit::Name),
        ("shoppers", Fit::Figure),
        ("recovered", Fit::Figure),
        ("95 % CI", Fit::Optional(2)),
        ("vs. same, points", Fit::Figure),
        ("q", Fit::Optional(1)),
    ];
    let mut table =
        Table::new("Retry experiment (method assigned at random per shopper)", &columns);
    let Some(found) = &findings.experiment else { return table };
    let several = found.places.len() > 1;
    let everywhere = several.then_some(&found.everywhere);
    for place in everywhere
        .into_iter()
        .chain(found.places.iter().take(PLACES))
        .filter(|place| place.shoppers() > 0)
    {
        let name = place.step.map_or_else(|| "anywhere".to_owned(), |step| plan.step_label(step));
        for (number, (label, arm)) in found.arms.iter().zip(&place.arms).enumerate() {
            let (recovered, ci95) = rate(&arm.recovered);
            let more = arm.versus_same.as_ref().map_or_else(|| NOTHING.to_owned(), points);
            let q = arm
                .versus_same
                .map_or_else(|| NOTHING.to_owned(), |against| q_value(against.q_value));
            let also = also_changed(&plan.shoppers.arms[number].strategy, arm);
            let tone = if place.cure == Some(number) { Tone::Good } else { Tone::Plain };
            table.row(
                tone,
                [
                    name.clone(),
                    label.clone(),
                    also,
                    count(arm.recovered.trials),
                    recovered,
                    ci95,
                    more,
                    q,
                ],
            );
        }
    }
    table
}

/// A difference of shares in points of per cent, with its interval: `+82 (66 to 91)`.
fn points(against: &VersusSame) -> String {
    let points = |x: f64| format!("{:+.0}", 100.0 * x);
    format!(
        "{} ({} to {})",
        points(against.difference),
        points(against.ci95.low),
        points(against.ci95.high)
    )
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::plan::{Arm, Behaviour};
    use crate::report::console::{Paint, console};
    use crate::report::view::View;
    use crate::tally::{FailureKind, Outcome, RetryArmKey};
    use crate::verdict::simulation::SimulatedRun;

    use super::*;

    /// An experiment at `cart` with (recovered, failed again) by arm.
    fn simulated(treated: &[(u64, u64)]) -> SimulatedRun {
        let mut simulated = SimulatedRun::run(0, 10, |_| Outcome::Ok);
        let strategies = [
            ("same", RetryStrategy::Same),
            ("fresh: session", RetryStrategy::FreshSession),
            ("redraw: payment", RetryStrategy::Redraw(1)),
        ];
        simulated.plan.shoppers.behaviour = Behaviour::Experiment;
        simulated.plan.shoppers.arms = strategies
            .into_iter()
            .map(|(label, strategy)| Arm { label: label.into(), strategy })
            .collect();
        for (arm, &(recovered, failed)) in (0u8..).zip(treated) {
            let treatment =
                RetryArmKey { step: simulated.step("cart"), arm, eligible: 0b111, new_key: false };
            (0..recovered).for_each(|_| simulated.tally.retried_in_arm(treatment, Outcome::Ok));
            (0..failed).for_each(|_| {
                simulated.tally.retried_in_arm(treatment, Outcome::Failed(FailureKind::ServerError))
            });
        }
        simulated
    }

    fn said(simulated: &SimulatedRun) -> String {
        statements(&simulated.plan, &simulated.findings())
            .into_iter()
            .map(|statement| statement.text)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_cure_is_named_with_where_to_look() {
        let simulated = simulated(&[(6, 44), (47, 3), (7, 43)]);
        assert_snapshot!(said(&simulated), @"Retrying in a fresh session recovers 94.0 % of shoppers after a failure at cart (47 of 50, 95 % CI 83.8–97.9 %). Retrying the same way recovers 12.0 %. Check what is pinned to a session (nodes, carts, caches).");
        let text = console(
            &View::of(&simulated.plan, &simulated.facts, &simulated.findings()),
            110,
            Paint::Plain,
        );
        let table = text
            .lines()
            .skip_while(|line| !line.starts_with("Retry experiment"))
            .take(5)
            .collect::<Vec<_>>()
            .join("\n");
        assert_snapshot!(table, @r"
        Retry experiment (method assigned at random per shopper)
          first failed at  retry method     also changes  shoppers  recovered      95 % CI  vs. same, points       q
          cart             same             –                   50     12.0 %   5.6–23.8 %                 –       –
          cart             fresh: session   basket, time        50     94.0 %  83.8–97.9 %  +82 (+66 to +89)  <0.001
          cart             redraw: payment  –                   50     14.0 %   7.0–26.2 %   +2 (-12 to +16)   1.000
        ");
    }

    #[test]
    fn a_payment_that_renews_the_key_is_not_called_the_cure() {
        let mut simulated = simulated(&[(0, 50), (0, 50)]);
        let step = simulated.step("cart");
        let treatment = RetryArmKey { step, arm: 2, eligible: 0b111, new_key: true };
        (0..50).for_each(|_| simulated.tally.retried_in_arm(treatment, Outcome::Ok));
        assert!(said(&simulated).ends_with("It renewed the idempotency key as well, so either the payment or the key is the cause: add the arm `fresh: key` to tell."), "{}", said(&simulated));
        simulated.plan.shoppers.arms[1].strategy = RetryStrategy::FreshKey;
        assert!(
            said(&simulated).ends_with("Check what depends on payment."),
            "{}",
            said(&simulated)
        );
        let treatment = RetryArmKey { step, arm: 1, eligible: 0b111, new_key: true };
        (0..500).for_each(|_| simulated.tally.retried_in_arm(treatment, Outcome::Ok));
        simulated.tally.retry_arms.retain(|key, _| key.arm != 1 || key.new_key);
        assert!(
            said(&simulated).starts_with("Retrying with a new idempotency key recovers 100 %"),
            "{}",
            said(&simulated)
        );
    }

    #[test]
    fn without_a_cure_it_says_what_that_means() {
        assert_snapshot!(said(&simulated(&[(47, 3), (46, 4), (48, 2)])), @"Retrying the same way recovers 94.0 % of shoppers after a failure (47 of 50, 95 % CI 83.8–97.9 %). No other retry method is significantly better: most failures are transient.");
        assert_snapshot!(said(&simulated(&[(5, 45), (4, 46), (6, 44)])), @"No retry method recovers significantly more shoppers than retrying the same way. A benefit of up to 15 percentage points is not ruled out.");
        assert_snapshot!(said(&simulated(&[(1, 2), (3, 0), (0, 0)])), @"Too few shoppers failed (6) to compare retry methods.");
    }
}

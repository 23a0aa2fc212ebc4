//! The retry experiment, in a sentence and a table.

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{NOTHING, count, interval, percent, rate};
use crate::plan::{Plan, RetryStrategy};
use crate::verdict::{Against, Comparison, Experiment, Findings};

/// More would be no summary; `run.json` has them all.
const PLACES: usize = 3;
/// With fewer shoppers in all there is nothing to compare.
const MIN_SHOPPERS: u64 = 10;

/// What cures, and where to look for the cause.
pub fn remarks(plan: &Plan, findings: &Findings) -> Vec<Statement> {
    let Some(found) = &findings.experiment else { return Vec::new() };
    let places: Vec<&Comparison> =
        found.places.iter().filter(|place| place.cure.is_some()).take(PLACES).collect();
    if !places.is_empty() {
        return places.into_iter().filter_map(|place| cure(plan, found, place)).collect();
    }
    cure(plan, found, &found.everywhere)
        .or_else(|| Some(no_cure(plan, found)))
        .into_iter()
        .collect()
}

fn cure(plan: &Plan, found: &Experiment, place: &Comparison) -> Option<Statement> {
    let arm = place.cure?;
    let (cured, against) = (&place.arms[arm].cured, place.arms[arm].against_same?);
    let (share, ci95) = rate(cured);
    let (same, _) = rate(&against.same);
    let place = place.step.map_or_else(
        || "who failed".to_owned(),
        |step| format!("who failed at {}", plan.step_label(step)),
    );
    let (label, way) = (&found.arms[arm], &plan.shoppers.arms[arm].strategy);
    let text = format!(
        "{} cures {share} of those {place} ({} of {}, {ci95}; the same again {same}): {}.",
        doing(plan, way, label),
        count(cured.events),
        count(cured.trials),
        look_at(plan, way)
    );
    Some(Statement::new(Tone::Bad, text))
}

fn no_cure(plan: &Plan, found: &Experiment) -> Statement {
    let shoppers = found.everywhere.shoppers();
    if shoppers < MIN_SHOPPERS {
        let text = format!(
            "Too few shoppers failed ({}) to say which way to try again cures.",
            count(shoppers)
        );
        return Statement::new(Tone::Doubtful, text);
    }
    let same = plan
        .shoppers
        .arms
        .iter()
        .position(|arm| arm.strategy == RetryStrategy::Same)
        .map(|same| &found.everywhere.arms[same].cured);
    let text = match same.and_then(|same| Some((same, same.value()?, same.ci95()?))) {
        Some((same, value, ci95)) if ci95.low > 0.5 => format!(
            "Trying the same again cures {} of those who failed ({} of {}, {}), and no other way surely more: most failures pass.",
            percent(value),
            count(same.events),
            count(same.trials),
            interval(ci95)
        ),
        _ => {
            let arms = found.everywhere.arms.iter().filter_map(|arm| arm.against_same.as_ref());
            let most = arms.map(|against| against.ci95.high).fold(0.0, f64::max);
            let open = if most > 0.0 {
                format!("; that one cures up to {:.0} points more is not ruled out", 100.0 * most)
            } else {
                String::new()
            };
            format!("No way to try again surely cures more than trying the same again does{open}.")
        }
    };
    Statement::new(Tone::Plain, text)
}

/// The arm as a sentence begins with it.
fn doing(plan: &Plan, way: &RetryStrategy, label: &str) -> String {
    match way {
        RetryStrategy::Same => "Trying the same again".to_owned(),
        RetryStrategy::Redraw(place) => {
            format!("Another {}", plan.shoppers.attributes[*place].name)
        }
        RetryStrategy::Set(_) => format!("Trying again with {}", label.trim_start_matches("set: ")),
        RetryStrategy::Fresh => "A fresh session".to_owned(),
        RetryStrategy::Wait(_) => format!("Waiting ({})", label.trim_start_matches("wait: ")),
    }
}

/// Where the cause is, if this cures.
fn look_at(plan: &Plan, way: &RetryStrategy) -> String {
    let named = |place: &usize| plan.shoppers.attributes[*place].name.clone();
    match way {
        RetryStrategy::Same => "the failures pass by themselves".to_owned(),
        RetryStrategy::Redraw(place) => format!("look at what differs by {}", named(place)),
        RetryStrategy::Set(values) => {
            format!(
                "look at what differs by {}",
                values.iter().map(|(place, _)| named(place)).collect::<Vec<_>>().join(" and ")
            )
        }
        RetryStrategy::Fresh => {
            "look at what is pinned to a session (nodes, baskets, caches)".to_owned()
        }
        RetryStrategy::Wait(_) => {
            "look at what passes with time (locks, limits, overload)".to_owned()
        }
    }
}

/// The arms beside each other, by the step of the first failure.
pub fn experiment(plan: &Plan, findings: &Findings) -> Table {
    let columns = [
        ("first failed at", Fit::Name),
        ("tried again by", Fit::Name),
        ("shoppers", Fit::Figure),
        ("cured", Fit::Figure),
        ("95 % range", Fit::Optional(2)),
        ("more than the same", Fit::Figure),
        ("q", Fit::Optional(1)),
    ];
    let mut table = Table::new(
        "The retry experiment (how the second try was made, drawn per shopper)",
        &columns,
    );
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
            let (cured, ci95) = rate(&arm.cured);
            let more = arm.against_same.as_ref().map_or_else(|| NOTHING.to_owned(), points);
            let q = arm.against_same.map_or_else(
                || NOTHING.to_owned(),
                |against| {
                    if against.q_value < 0.001 {
                        "<0.001".to_owned()
                    } else {
                        format!("{:.3}", against.q_value)
                    }
                },
            );
            let tone = if place.cure == Some(number) { Tone::Good } else { Tone::Plain };
            table.row(
                tone,
                [name.clone(), label.clone(), count(arm.cured.trials), cured, ci95, more, q],
            );
        }
    }
    table
}

/// A difference of shares in points of per cent, with its interval: `+82 (66 to 91)`.
fn points(against: &Against) -> String {
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
    use crate::tally::{FailureKind, Outcome, Treatment};
    use crate::verdict::trial::Trial;

    use super::*;

    /// An experiment at `cart` with (cured, failed again) by arm.
    fn trial(treated: &[(u64, u64)]) -> Trial {
        let mut trial = Trial::run(0, 10, |_| Outcome::Ok);
        let strategies = [
            ("same", RetryStrategy::Same),
            ("fresh: session", RetryStrategy::Fresh),
            ("redraw: payment", RetryStrategy::Redraw(1)),
        ];
        trial.plan.shoppers.behaviour = Behaviour::Experiment;
        trial.plan.shoppers.arms = strategies
            .into_iter()
            .map(|(label, strategy)| Arm { label: label.into(), strategy })
            .collect();
        for (arm, &(cured, failed)) in (0u8..).zip(treated) {
            let treatment = Treatment { step: trial.step("cart"), arm, eligible: 0b111 };
            (0..cured).for_each(|_| trial.tally.treated(treatment, Outcome::Ok));
            (0..failed).for_each(|_| {
                trial.tally.treated(treatment, Outcome::Failed(FailureKind::ServerError))
            });
        }
        trial
    }

    fn said(trial: &Trial) -> String {
        remarks(&trial.plan, &trial.findings())
            .into_iter()
            .map(|remark| remark.text)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_cure_is_named_with_where_to_look() {
        let trial = trial(&[(6, 44), (47, 3), (7, 43)]);
        assert_snapshot!(said(&trial), @"A fresh session cures 94.0 % of those who failed at cart (47 of 50, 83.8–97.9 %; the same again 12.0 %): look at what is pinned to a session (nodes, baskets, caches).");
        let text =
            console(&View::of(&trial.plan, &trial.facts, &trial.findings()), 110, Paint::Plain);
        let table = text
            .lines()
            .skip_while(|line| !line.starts_with("The retry"))
            .take(5)
            .collect::<Vec<_>>()
            .join("\n");
        assert_snapshot!(table, @r"
        The retry experiment (how the second try was made, drawn per shopper)
          first failed at  tried again by   shoppers   cured   95 % range  more than the same       q
          cart             same                   50  12.0 %   5.6–23.8 %                   –       –
          cart             fresh: session         50  94.0 %  83.8–97.9 %    +82 (+66 to +89)  <0.001
          cart             redraw: payment        50  14.0 %   7.0–26.2 %     +2 (-12 to +16)   1.000
        ");
    }

    #[test]
    fn without_a_cure_it_says_what_that_means() {
        assert_snapshot!(said(&trial(&[(47, 3), (46, 4), (48, 2)])), @"Trying the same again cures 94.0 % of those who failed (47 of 50, 83.8–97.9 %), and no other way surely more: most failures pass.");
        assert_snapshot!(said(&trial(&[(5, 45), (4, 46), (6, 44)])), @"No way to try again surely cures more than trying the same again does; that one cures up to 15 points more is not ruled out.");
        assert_snapshot!(said(&trial(&[(1, 2), (3, 0), (0, 0)])), @"Too few shoppers failed (6) to say which way to try again cures.");
    }
}

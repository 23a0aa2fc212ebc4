//! The release gate: whether each objective holds, is broken, or can't be told from what was seen.
//!
//! One-sided 95 % limits decide. An objective holds only where even the far limit is within, and is broken only where even
//! the near limit is beyond; all else is inconclusive, with how many more shoppers would decide it. Nothing seen never holds.
//!
//! `for 30s` cuts the run in windows. It holds if it holds in each of them: for a false "holds" the one bad window must
//! look good, so each is judged at the full level (Berger 1982, intersection-union). It is broken if it is broken in any:
//! every window is a chance to be wrong, so each is judged at the level divided by their number (Bonferroni).

mod abort;
mod budget;
pub(super) mod sample;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod truth;
mod windows;

use std::ops::Range;

pub use self::abort::certainly_broken;
pub use self::budget::{BudgetFinding, BudgetOf, BurnAlarm, budget};
use self::sample::{Sample, Spans};
use self::windows::windows;
use super::facts::{Completion, RunFacts};
use super::health::{Health, Soundness};
use super::outcome::{InTime, ObjectiveFinding, ObjectiveVerdict, Why, Window};
use super::statistics::{Clustering, Interval, Share, SumsByBlock, Z95};
use crate::base::Micros;
use crate::plan::{Measure, Objective, Plan};
use crate::tally::Tally;

/// The chance that is accepted of saying "holds" of what does not, or "broken" of what is not.
const LEVEL: f64 = 0.05;

/// Judges all objectives of the plan, in its order. A suspect generator can't vouch for what seems to hold, and nor can a run
/// that was cut short; what it was stopped for is broken. While a run goes on nothing is decided: who looks often enough sees
/// anything.
pub fn objectives(
    plan: &Plan,
    tally: &Tally,
    health: &Health,
    facts: &RunFacts,
) -> Vec<ObjectiveFinding> {
    let slices = facts.slices.first().map_or(1, |slice| slice.of());
    let stopped_for = match facts.completion {
        Completion::Aborted => {
            certainly_broken(plan, tally, Micros::from_secs(u32::MAX.into()), slices)
        }
        _ => None,
    };
    let cut_short = facts.completion != Completion::Complete;
    let judge = |(place, objective): (usize, &Objective)| {
        let mut found = judged(plan, tally, objective);
        // What was still to come might have made up for too few requests.
        let too_few =
            objective.metric.measure == Measure::Requests && !objective.operator.small_is_good();
        if stopped_for == Some(place) {
            (found.verdict, found.why, found.more_shoppers) =
                (ObjectiveVerdict::Broken, Why::Certain, None);
        } else if facts.completion == Completion::Running {
            found.why = match found.verdict {
                ObjectiveVerdict::Holds => Why::HoldsSoFar,
                ObjectiveVerdict::Broken => Why::BrokenSoFar,
                ObjectiveVerdict::Inconclusive => found.why,
            };
            found.verdict = ObjectiveVerdict::Inconclusive;
        } else if found.verdict == ObjectiveVerdict::Holds && health.soundness != Soundness::Valid {
            (found.verdict, found.why) = (ObjectiveVerdict::Inconclusive, Why::Suspect);
        } else if cut_short && (found.verdict == ObjectiveVerdict::Holds || too_few) {
            (found.verdict, found.why) = (ObjectiveVerdict::Inconclusive, Why::CutShort);
        }
        found
    };
    plan.objectives.iter().enumerate().map(judge).collect()
}

fn judged(plan: &Plan, tally: &Tally, objective: &Objective) -> ObjectiveFinding {
    let nothing = ObjectiveFinding {
        text: objective.text.clone(),
        line: objective.line,
        metric: objective.metric.clone(),
        limit: objective.limit,
        ..ObjectiveFinding::default()
    };
    // A part that was not counted apart, because the run was made with other objectives.
    let Some(part) = tally.cohort(&objective.only) else { return nothing };
    let windows = windows(plan.load.length(), tally.shape.block, objective);
    match Sample::of(plan, part, &objective.metric) {
        Sample::Shares(cells) => {
            let (verdict, worst) = judge_shares(&cells, &windows, objective, objective.limit);
            let shown = worst.share.map(|share| (share.value, share.ci95()));
            let found = ObjectiveFinding {
                observed: shown.map(|shown| shown.0),
                ci95: shown.map(|shown| shown.1),
                ..nothing
            };
            concluded(found, verdict, &worst, plan, part, objective)
        }
        Sample::Spans(spans) => {
            let q = objective.metric.quantile.unwrap_or_default();
            let cells = spans.beyond(Micros(objective.limit as u64));
            let (verdict, worst) = judge_shares(&cells, &windows, objective, 1.0 - q);
            let found = shown_span(nothing, &spans, &worst, q);
            concluded(found, verdict, &worst, plan, part, objective)
        }
        Sample::Requests(seconds) => requests(nothing, plan, &seconds, objective),
    }
}

/// The window that says most against the objective.
struct Worst {
    window: Range<u32>,
    of_windows: u64,
    share: Option<Share>,
    times_needed: Option<f64>,
}

/// The answer for all windows, and the worst of them.
fn judge_shares(
    cells: &SumsByBlock,
    windows: &[Range<u32>],
    objective: &Objective,
    limit: f64,
) -> (ObjectiveVerdict, Worst) {
    let clustering = match windows {
        [whole] => Clustering::of_run(
            &cells.range(whole.clone()).map(|(block, cell)| (*block, *cell)).collect(),
        ),
        _ => Clustering::within(cells, windows),
    };
    let levels = (LEVEL, LEVEL / windows.len().max(1) as f64);
    let small_is_good = objective.operator.small_is_good();
    let judge = |share: Option<Share>| {
        let Some(share) = share else { return ObjectiveVerdict::Inconclusive };
        let (holds, broken) = if small_is_good {
            (share.upper(levels.0) < limit, share.lower(levels.1) > limit)
        } else {
            (share.lower(levels.0) > limit, share.upper(levels.1) < limit)
        };
        match (holds, broken) {
            (_, true) => ObjectiveVerdict::Broken,
            (true, false) => ObjectiveVerdict::Holds,
            (false, false) => ObjectiveVerdict::Inconclusive,
        }
    };
    // How far it is from holding, so that the worst has the highest.
    let badness = |share: &Option<Share>, verdict: ObjectiveVerdict| {
        let gravity = match verdict {
            ObjectiveVerdict::Broken => 2.0,
            ObjectiveVerdict::Inconclusive => 1.0,
            ObjectiveVerdict::Holds => 0.0,
        };
        let bad = share.map_or(1.0, |share| {
            if small_is_good { share.upper(levels.0) } else { 1.0 - share.lower(levels.0) }
        });
        4.0 * gravity + bad
    };
    let judged = windows.iter().map(|window| {
        let share = Share::within(cells, window.clone(), clustering);
        (window.clone(), share, judge(share))
    });
    let worst = judged.max_by(|a, b| badness(&a.1, a.2).total_cmp(&badness(&b.1, b.2)));
    let Some((window, share, verdict)) = worst else {
        return (
            ObjectiveVerdict::Inconclusive,
            Worst { window: 0..0, of_windows: 0, share: None, times_needed: None },
        );
    };
    let swapped = if small_is_good { levels } else { (levels.1, levels.0) };
    (
        verdict,
        Worst {
            window,
            of_windows: windows.len() as u64,
            share,
            times_needed: share.and_then(|share| share.times_needed(limit, swapped)),
        },
    )
}

fn concluded(
    found: ObjectiveFinding,
    verdict: ObjectiveVerdict,
    worst: &Worst,
    plan: &Plan,
    part: &Tally,
    objective: &Objective,
) -> ObjectiveFinding {
    let of = worst.share.map_or(0.0, |share| share.count) as u64;
    let more = |times: f64| (part.arrivals.started as f64 * (times - 1.0)).ceil() as u64;
    ObjectiveFinding {
        verdict,
        why: match verdict {
            ObjectiveVerdict::Inconclusive if of == 0 => Why::NothingSeen,
            ObjectiveVerdict::Inconclusive => Why::Straddles,
            _ => Why::Sure,
        },
        sample: of,
        weak: worst.share.is_some_and(|share| !share.by_blocks),
        more_shoppers: (verdict == ObjectiveVerdict::Inconclusive)
            .then(|| worst.times_needed.map(more))
            .flatten(),
        window: objective.window.map(|_| Window {
            from: part.shape.block * u64::from(worst.window.start),
            // The last window takes in what went on after the last arrival.
            until: (part.shape.block * u64::from(worst.window.end)).min(plan.load.length()),
            of: worst.of_windows,
        }),
        ..found
    }
}

/// The quantile as it was seen in the worst window, with its order statistics (David and Nagaraja 2003, 7.1).
fn shown_span(
    found: ObjectiveFinding,
    spans: &Spans<'_>,
    worst: &Worst,
    q: f64,
) -> ObjectiveFinding {
    let window = worst.window.clone();
    let ranked = spans.ranked(window.clone());
    let Some(seen) = ranked.at(q) else { return found };
    let cells =
        spans.beyond(seen.span).into_iter().filter(|(block, _)| window.contains(block)).collect();
    let effective = Share::within(&cells, window, Clustering::of_run(&cells))
        .map_or(1.0, |share| share.effective.min(share.count).max(1.0));
    let spread = Z95 * (q * (1.0 - q) / effective).sqrt();
    let low = ranked.at(q - spread).map_or(0.0, |at| at.span.0 as f64);
    let high = match ranked.at(q + spread) {
        Some(at) if !at.at_least && q + spread < 1.0 => at.span.0 as f64,
        _ => f64::INFINITY,
    };
    ObjectiveFinding {
        observed: Some(seen.span.0 as f64),
        observed_at_least: seen.at_least,
        ci95: Some(Interval { low, high }),
        successes_only: ranked.successes.quantile(q),
        in_time: worst.share.map(|beyond| {
            let Interval { low, high } = beyond.ci95();
            InTime {
                share: 1.0 - beyond.value,
                ci95: Interval { low: 1.0 - high, high: 1.0 - low },
                never: ranked.never(),
            }
        }),
        ..found
    }
}

/// Requests per second are counted and not estimated, so that there are no limits to them.
fn requests(
    found: ObjectiveFinding,
    plan: &Plan,
    seconds: &std::collections::BTreeMap<u32, u64>,
    objective: &Objective,
) -> ObjectiveFinding {
    let length = plan.load.length();
    // The seconds play the part of blocks.
    let windows = windows(length, Micros::from_secs(1), objective);
    let end = length.as_secs_f64();
    let rate = |window: &Range<u32>| {
        let until = f64::from(window.end).min(end);
        let sent: u64 =
            seconds.range(window.start..until.ceil() as u32).map(|(_, sent)| sent).sum();
        sent as f64 / (until - f64::from(window.start)).max(1e-6)
    };
    let rates = windows.iter().map(|window| (window, rate(window)));
    let good = |rate: f64| objective.operator.accepts(rate, objective.limit);
    let badness = |rate: f64| if objective.operator.small_is_good() { rate } else { -rate };
    let sent: u64 = seconds.values().sum();
    let Some((window, worst)) =
        rates.max_by(|a, b| badness(a.1).total_cmp(&badness(b.1))).filter(|_| sent > 0)
    else {
        return found;
    };
    ObjectiveFinding {
        observed: Some(worst),
        verdict: if good(worst) { ObjectiveVerdict::Holds } else { ObjectiveVerdict::Broken },
        why: Why::Sure,
        sample: sent,
        window: objective.window.map(|_| Window {
            from: Micros::from_secs(window.start.into()),
            until: Micros::from_secs(window.end.into()).min(length),
            of: windows.len() as u64,
        }),
        ..found
    }
}

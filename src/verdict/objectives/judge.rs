//! The answer to each objective.

use std::collections::BTreeMap;
use std::ops::Range;

use super::abort::certainly_violated;
use super::outcome::{LEVEL, ObjectiveFinding, ObjectiveVerdict, Reason, WithinLimit, WorstWindow};
use super::sample::{Sample, SpanSample};
use super::windows::windows;
use crate::base::Micros;
use crate::plan::{Measure, Objective, Plan};
use crate::tally::Tally;
use crate::verdict::facts::{Completion, RunFacts};
use crate::verdict::health::{GeneratorHealth, Validity};
use crate::verdict::statistics::{
    Clustering, Interval, Share, SumOfSquares, SumsByBlock, Z95, min_sample,
};

/// Judges all objectives of the plan, in its order. A suspect generator can't vouch for what seems to hold, and nor can a run
/// that was cut short; what it was stopped for is broken. While a run goes on nothing is decided: who looks often enough sees
/// anything.
pub fn objectives(
    plan: &Plan,
    tally: &Tally,
    health: &GeneratorHealth,
    facts: &RunFacts,
) -> Vec<ObjectiveFinding> {
    let slices = facts.slices.first().map_or(1, |slice| slice.of());
    let stopped_for = match facts.completion {
        Completion::Aborted => {
            certainly_violated(plan, tally, Micros::from_secs(u32::MAX.into()), slices)
        }
        Completion::Complete
        | Completion::Interrupted
        | Completion::Killed
        | Completion::Running
        | Completion::Damaged => None,
    };
    let cut_short = facts.completion != Completion::Complete;
    let judge = |(place, objective): (usize, &Objective)| {
        let mut found = judge_objective(plan, tally, objective);
        // What was still to come might have made up for too few judge_requests.
        let too_few = matches!(objective.metric.measure, Measure::Requests | Measure::Orders)
            && !objective.operator.small_is_good();
        if stopped_for == Some(place) {
            (found.verdict, found.reason, found.more_shoppers) =
                (ObjectiveVerdict::Violated, Reason::Certain, None);
        } else if facts.completion == Completion::Running {
            found.reason = match found.verdict {
                ObjectiveVerdict::Met => Reason::MetSoFar,
                ObjectiveVerdict::Violated => Reason::ViolatedSoFar,
                ObjectiveVerdict::Inconclusive => found.reason,
            };
            found.verdict = ObjectiveVerdict::Inconclusive;
        } else if found.verdict == ObjectiveVerdict::Met && health.validity != Validity::Valid {
            (found.verdict, found.reason) = (ObjectiveVerdict::Inconclusive, Reason::Suspect);
        } else if cut_short && (found.verdict == ObjectiveVerdict::Met || too_few) {
            (found.verdict, found.reason) = (ObjectiveVerdict::Inconclusive, Reason::CutShort);
        }
        found
    };
    plan.objectives.iter().enumerate().map(judge).collect()
}

fn judge_objective(plan: &Plan, tally: &Tally, objective: &Objective) -> ObjectiveFinding {
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
            conclude(found, verdict, &worst, plan, part, objective)
        }
        Sample::Spans(spans) => {
            let q = objective.metric.quantile.unwrap_or_default();
            let cells = spans.beyond(Micros(objective.limit as u64));
            let (verdict, worst) = judge_shares(&cells, &windows, objective, 1.0 - q);
            let found = show_span(nothing, &spans, &worst, q);
            conclude(found, verdict, &worst, plan, part, objective)
        }
        Sample::Requests(seconds) => judge_requests(nothing, plan, &seconds, objective),
    }
}

/// Judges an objective of the shop's records: `bad` of the `confirmed` orders. They are judged as a whole: records have no blocks of
/// time.
pub fn judge_records(
    found: &ObjectiveFinding,
    objective: &Objective,
    (bad, confirmed): (u64, u64),
    health: &GeneratorHealth,
) -> ObjectiveFinding {
    let cells = SumsByBlock::from([(0, SumOfSquares::of_events(bad, confirmed))]);
    let whole = std::iter::once(0..u32::MAX).collect::<Vec<_>>();
    let (verdict, worst) = judge_shares(&cells, &whole, objective, objective.limit);
    let doubtful = verdict == ObjectiveVerdict::Met && health.validity != Validity::Valid;
    let (verdict, reason) = match verdict {
        ObjectiveVerdict::Met if doubtful => (ObjectiveVerdict::Inconclusive, Reason::Suspect),
        ObjectiveVerdict::Inconclusive if confirmed == 0 => (verdict, Reason::NothingSeen),
        ObjectiveVerdict::Inconclusive => (verdict, Reason::Straddles),
        ObjectiveVerdict::Met | ObjectiveVerdict::Violated => (verdict, Reason::Sure),
    };
    ObjectiveFinding {
        decided_by: worst.decided_by,
        observed: worst.share.map(|share| share.value),
        ci95: worst.share.map(|share| share.ci95()),
        sample: confirmed,
        more_shoppers: worst
            .times_needed
            .filter(|_| verdict == ObjectiveVerdict::Inconclusive)
            .map(|times| (health.started as f64 * (times - 1.0)).ceil() as u64),
        verdict,
        reason,
        ..found.clone()
    }
}

/// The window that says most against the objective.
#[derive(Clone, Debug)]
pub struct Worst {
    /// Its blocks.
    pub window: Range<u32>,
    /// How many windows there are.
    pub windows: u64,
    /// What was bad in it; none where nothing was seen.
    pub share: Option<Share>,
    /// How many times as much must be seen to decide.
    pub times_needed: Option<f64>,
    /// The one-sided limit that decided.
    pub decided_by: Option<f64>,
}

/// The answer for all windows, and the worst of them.
pub fn judge_shares(
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
        let (met, violated) = if small_is_good {
            (share.upper(levels.0) < limit, share.lower(levels.1) > limit)
        } else {
            (share.lower(levels.0) > limit, share.upper(levels.1) < limit)
        };
        match (met, violated) {
            (_, true) => ObjectiveVerdict::Violated,
            (true, false) => ObjectiveVerdict::Met,
            (false, false) => ObjectiveVerdict::Inconclusive,
        }
    };
    // How far it is from holding, so that the worst has the highest.
    let badness = |share: &Option<Share>, verdict: ObjectiveVerdict| {
        let severity = match verdict {
            ObjectiveVerdict::Violated => 2.0,
            ObjectiveVerdict::Inconclusive => 1.0,
            ObjectiveVerdict::Met => 0.0,
        };
        let bad = share.map_or(1.0, |share| {
            if small_is_good { share.upper(levels.0) } else { 1.0 - share.lower(levels.0) }
        });
        4.0 * severity + bad
    };
    let judged = windows.iter().map(|window| {
        let share = Share::within(cells, window.clone(), clustering);
        (window.clone(), share, judge(share))
    });
    let worst = judged.max_by(|a, b| badness(&a.1, a.2).total_cmp(&badness(&b.1, b.2)));
    let Some((window, share, verdict)) = worst else {
        return (
            ObjectiveVerdict::Inconclusive,
            Worst { window: 0..0, windows: 0, share: None, times_needed: None, decided_by: None },
        );
    };
    let decided_by = share.and_then(|share| match (verdict, small_is_good) {
        (ObjectiveVerdict::Inconclusive, _) => None,
        (ObjectiveVerdict::Met, true) => Some(share.upper(levels.0)),
        (ObjectiveVerdict::Met, false) => Some(share.lower(levels.0)),
        (ObjectiveVerdict::Violated, true) => Some(share.lower(levels.1)),
        (ObjectiveVerdict::Violated, false) => Some(share.upper(levels.1)),
    });
    let swapped = if small_is_good { levels } else { (levels.1, levels.0) };
    (
        verdict,
        Worst {
            window,
            windows: windows.len() as u64,
            share,
            times_needed: share.and_then(|share| share.times_needed(limit, swapped)),
            decided_by,
        },
    )
}

fn conclude(
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
        reason: match verdict {
            ObjectiveVerdict::Inconclusive if of == 0 => Reason::NothingSeen,
            ObjectiveVerdict::Inconclusive => Reason::Straddles,
            ObjectiveVerdict::Met | ObjectiveVerdict::Violated => Reason::Sure,
        },
        sample: of,
        decided_by: worst.decided_by,
        weak: worst.share.is_some_and(|share| !share.by_blocks),
        more_shoppers: (verdict == ObjectiveVerdict::Inconclusive)
            .then(|| worst.times_needed.map(more))
            .flatten(),
        window: objective.window.map(|_| WorstWindow {
            from: part.shape.block * u64::from(worst.window.start),
            // The last window takes in what went on after the last arrival.
            until: (part.shape.block * u64::from(worst.window.end)).min(plan.load.length()),
            windows: worst.windows,
        }),
        ..found
    }
}

/// The quantile as it was seen in the worst window, with its order statistics (David and Nagaraja 2003, 7.1).
fn show_span(
    found: ObjectiveFinding,
    spans: &SpanSample<'_>,
    worst: &Worst,
    q: f64,
) -> ObjectiveFinding {
    let window = worst.window.clone();
    let ranked = spans.rank_spans(window.clone());
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
    // What the sample can't carry is no figure: the share within the limit stands for it.
    let carried = ranked.count() >= min_sample(q);
    let of_successes = ranked.successes.quantile(q);
    ObjectiveFinding {
        observed: carried.then_some(seen.span.0 as f64),
        observed_at_least: carried && seen.at_least,
        ci95: carried.then_some(Interval { low, high }),
        successes_only: of_successes.filter(|_| ranked.successes.count() >= min_sample(q)),
        within_limit: worst.share.map(|beyond| {
            let Interval { low, high } = beyond.ci95();
            WithinLimit {
                share: 1.0 - beyond.value,
                ci95: Interval { low: 1.0 - high, high: 1.0 - low },
                never: ranked.never(),
            }
        }),
        ..found
    }
}

/// Requests per second are counted and not estimated, so that there are no limits to them.
fn judge_requests(
    found: ObjectiveFinding,
    plan: &Plan,
    seconds: &BTreeMap<u32, u64>,
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
        verdict: if good(worst) { ObjectiveVerdict::Met } else { ObjectiveVerdict::Violated },
        reason: Reason::Sure,
        sample: sent,
        window: objective.window.map(|_| WorstWindow {
            from: Micros::from_secs(window.start.into()),
            until: Micros::from_secs(window.end.into()).min(length),
            windows: windows.len() as u64,
        }),
        ..found
    }
}

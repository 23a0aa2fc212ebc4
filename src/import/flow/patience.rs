//! Patience, from what shoppers of this shop did when a page failed: try again, or leave.

use super::template::KindId;
use super::trip::{Act, Trip};
use crate::import::fit::{Gaps, Proportion, Think};

/// Fewer first failures say nothing.
const FEWEST: u64 = 50;
/// Failures farther apart than this are of different outages, in microseconds.
const OUTAGE: i64 = 300_000_000;
/// Fewer outages than this are few.
const FEW_OUTAGES: usize = 5;
/// The preset's chances of leaving at each failure (Applause 2024), to which small cells are drawn.
const PRIOR: [f64; 3] = [0.26, 0.5, 0.486];
/// How many observations the preset counts for in a small cell.
const WEIGHT: f64 = 50.0;

/// Patience as it was measured, or why it was not.
#[derive(Clone, Debug)]
pub enum MeasuredPatience {
    /// The chances of leaving at each failure.
    Measured {
        /// At the first, the second, and every later failure.
        hazards: Vec<Hazard>,
        /// Outages that the failures belong to.
        outages: usize,
        /// The pause before the second try.
        retry: Option<Think>,
    },
    /// The log can't carry it: why.
    Refused(String),
}

/// The chance of leaving at a failure.
#[derive(Clone, Copy, Debug)]
pub struct Hazard {
    /// The chance, after those who would have left anyway.
    pub chance: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// Failures that it was measured at.
    pub failures: u64,
    /// Whether it was drawn to the preset, as there were fewer than 50 failures.
    pub shrunk: bool,
}

/// A failure that somebody saw: the how-manieth in a row, when, and whether they left.
#[derive(Clone, Copy, Debug)]
struct Seen {
    nth: usize,
    at: i64,
    left: bool,
    kind: KindId,
}

/// Measures patience. `shared` is the share of sessions that may be several people.
pub fn measure_patience(
    trips: &[Trip],
    purchase: Option<KindId>,
    shared: Proportion,
    resolution: u32,
) -> MeasuredPatience {
    if shared.value() > 0.15 {
        let share = shared.value() * 100.0;
        return MeasuredPatience::Refused(format!(
            "{share:.0} % of the sessions may be several people behind one address: log a cookie of the session"
        ));
    }
    let seen = failures_of(trips);
    let first = seen.iter().filter(|one| one.nth == 0).count() as u64;
    if first < FEWEST {
        return MeasuredPatience::Refused(format!(
            "{first} shoppers saw a failure, and {FEWEST} are the least that say anything"
        ));
    }
    let anyway = leave_anyway(trips, purchase, &seen);
    let outage = outages(&seen);
    let outages = outage.iter().max().map_or(0, |last| last + 1);
    let hazards =
        (0..PRIOR.len()).map(|nth| hazard(&seen, &outage, outages, nth, anyway)).collect();
    MeasuredPatience::Measured {
        hazards,
        outages,
        retry: retry_pauses(trips).fit(resolution, 600.0),
    }
}

/// Every failure whose end the log tells.
fn failures_of(trips: &[Trip]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for trip in trips {
        for (place, act) in trip.acts.iter().enumerate() {
            let last_act = place + 1 == trip.acts.len();
            for (nth, (at, next)) in act.failures.iter().enumerate() {
                let last = nth + 1 == act.failures.len();
                let left = last && last_act && next.is_none() && !act.ok;
                // Near the log's end it is not known how it went on, neither for those who left nor for the others.
                if *at <= trip.told_until {
                    seen.push(Seen {
                        nth: nth.min(PRIOR.len() - 1),
                        at: *at,
                        left,
                        kind: act.kind,
                    });
                }
            }
        }
    }
    seen.sort_by_key(|one| one.at);
    seen
}

/// The share that leaves at the same steps although they work, weighted as the failures are. Nobody leaves so between paying and
/// the answer.
fn leave_anyway(trips: &[Trip], purchase: Option<KindId>, seen: &[Seen]) -> f64 {
    let kinds = seen.iter().map(|one| usize::from(one.kind) + 1).max().unwrap_or(0);
    let (mut left, mut all) = (vec![0.0; kinds], vec![0.0; kinds]);
    for trip in trips {
        for (place, act) in trip.acts.iter().enumerate() {
            let kind = usize::from(act.kind);
            let last = place + 1 == trip.acts.len();
            if kind < kinds && act.failures.is_empty() && act.end <= trip.told_until {
                all[kind] += 1.0;
                left[kind] += f64::from(u8::from(last));
            }
        }
    }
    let shares = seen.iter().map(|one| {
        let kind = usize::from(one.kind);
        if Some(one.kind) == purchase || all[kind] == 0.0 { 0.0 } else { left[kind] / all[kind] }
    });
    (shares.sum::<f64>() / seen.len().max(1) as f64).min(0.9)
}

/// The outage of each failure, which come in the order of time.
fn outages(seen: &[Seen]) -> Vec<usize> {
    let mut outage = 0;
    let mut last = None;
    seen.iter()
        .map(|one| {
            if last.is_some_and(|last| one.at - last > OUTAGE) {
                outage += 1;
            }
            last = Some(one.at);
            outage
        })
        .collect()
}

fn hazard(seen: &[Seen], outage: &[usize], outages: usize, nth: usize, anyway: f64) -> Hazard {
    let mut by_outage = vec![(0.0, 0.0); outages];
    for (one, outage) in seen.iter().zip(outage).filter(|(one, _)| one.nth == nth) {
        by_outage[*outage].1 += 1.0;
        by_outage[*outage].0 += f64::from(u8::from(one.left));
    }
    let sum = |skip: Option<usize>| {
        let kept = by_outage.iter().enumerate().filter(|(place, _)| Some(*place) != skip);
        kept.fold((0.0, 0.0), |(left, all), (_, one)| (left + one.0, all + one.1))
    };
    let (left, all) = sum(None);
    let corrected = |left: f64, all: f64| {
        if all == 0.0 { 0.0 } else { (1.0 - (1.0 - left / all) / (1.0 - anyway)).max(0.0) }
    };
    let raw = corrected(left, all);
    let shrunk = all < WEIGHT;
    let chance = if shrunk { (raw * all + WEIGHT * PRIOR[nth]) / (all + WEIGHT) } else { raw };
    let share = Proportion { some: left as u64, all: all as u64 };
    let (low, high) = share.interval();
    let binomial = (high - low) / 2.0 / (1.0 - anyway);
    let used: Vec<usize> = (0..outages).filter(|place| by_outage[*place].1 > 0.0).collect();
    let half = if used.len() >= FEW_OUTAGES {
        let jackknife: f64 = used
            .iter()
            .map(|place| {
                let (left, all) = sum(Some(*place));
                (corrected(left, all) - raw).powi(2)
            })
            .sum::<f64>();
        let k = used.len() as f64;
        binomial.max(1.96 * (jackknife * (k - 1.0) / k).sqrt())
    } else {
        binomial
    };
    let interval = ((chance - half).max(0.0), (chance + half).min(1.0));
    Hazard { chance, interval, failures: all as u64, shrunk }
}

/// The pauses between a failure and the next try.
fn retry_pauses(trips: &[Trip]) -> Gaps {
    let mut gaps = Gaps::default();
    let acts = trips.iter().flat_map(|trip| &trip.acts);
    acts.flat_map(|act: &Act| &act.failures).for_each(|(at, next)| {
        if let Some(next) = next {
            gaps.add(i32::try_from((next - at) / 1_000).unwrap_or(i32::MAX));
        }
    });
    gaps
}

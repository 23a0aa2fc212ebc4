//! What charts draw and `run.json` has no room for: the run second by second, response times over time, and distributions.
//!
//! All of it is cut to a few hundred points, however long the run was. A quantile over time is drawn in windows just wide enough to carry it,
//! so that p99 has fewer points than p50 and none is drawn where the sample can't say.

use std::collections::BTreeMap;

use crate::base::{Micros, StepId};
use crate::plan::Plan;
use crate::tally::{Latency, PurchaseCounts, StepTally, StepTime, Tally};
use crate::verdict::statistics::min_sample;

/// The most points of a line.
const MOST_POINTS: u32 = 300;
/// The most windows of a quantile over time.
const MOST_WINDOWS: u32 = 120;
/// Fewer windows than this make no line.
const FEWEST_WINDOWS: u32 = 4;
/// The most moments of orders.
const MOST_ORDER_POINTS: u32 = 120;
/// The shortest moment of orders, in seconds.
const FEWEST_ORDER_S: u32 = 5;
/// Bins of a distribution for each factor of ten.
const BINS_PER_DECADE: f64 = 10.0;

/// The run over time, and its distributions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    /// From the planned start to the last second that anything was seen in.
    pub(super) length_s: f64,
    /// How many seconds a moment has.
    pub(super) moment_s: u32,
    pub(super) moments: Vec<Moment>,
    /// How many seconds a moment of orders has: they are told per minute, and few in a second.
    pub(super) order_s: u32,
    pub(super) orders: Vec<OrderMoment>,
    /// p50, p95 and p99 of all attempts at all steps, whatever came of them; intended start to last byte, or to the end of waiting.
    pub(super) all: [Curve; 3],
    pub(super) steps: Vec<StepSeries>,
    pub(super) lag: LagSeries,
}

/// What was seen in a stretch of seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moment {
    pub(super) from_s: u32,
    pub(super) planned: u64,
    pub(super) started: u64,
    pub(super) requests: u64,
    pub(super) attempts: u64,
    pub(super) failures: u64,
    pub(super) repeated: u64,
    /// Shoppers in the shop at its end.
    pub(super) inside: u64,
}

/// Purchase requests that were sent or settled in a stretch of seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct OrderMoment {
    pub(super) from_s: u32,
    pub(super) seconds: f64,
    pub(super) counts: PurchaseCounts,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StepSeries {
    pub(super) label: String,
    /// p50, p95 and p99 of successes, intended start to last byte.
    pub(super) quantiles: [Curve; 3],
    pub(super) response: Spread,
    pub(super) service: Spread,
    pub(super) failures: Spread,
}

/// Milliseconds over seconds, in stretches without a gap.
pub(super) type Curve = Vec<Vec<(f64, f64)>>;

/// Schedule lag.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LagSeries {
    pub(super) p50: Curve,
    pub(super) longest: Curve,
}

/// A distribution in bins of equal width on a log scale.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spread {
    pub(super) count: u64,
    pub(super) bins: Vec<Bin>,
}

/// A bin of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bin {
    pub(super) from_ms: f64,
    pub(super) until_ms: f64,
    pub(super) count: u64,
}

// === impl Series ===

impl Series {
    pub(super) fn of(plan: &Plan, tally: &Tally) -> Series {
        let seconds = tally
            .seconds
            .keys()
            .next_back()
            .map_or(1, |last| last + tally.shape.seconds_together());
        let moment_s =
            seconds.div_ceil(MOST_POINTS).next_multiple_of(tally.shape.seconds_together());
        let mut moments: Vec<Moment> = (0..seconds.div_ceil(moment_s))
            .map(|place| Moment { from_s: place * moment_s, ..Moment::default() })
            .collect();
        for (second, seen) in &tally.seconds {
            let moment = &mut moments[(second / moment_s) as usize];
            moment.planned += seen.planned;
            moment.started += seen.started;
            moment.requests += seen.requests;
            moment.repeated += seen.repeated;
            for (attempts, failures) in seen.steps.values() {
                moment.attempts += u64::from(*attempts);
                moment.failures += u64::from(*failures);
            }
        }
        let mut inside = 0u64;
        for moment in &mut moments {
            let until = moment.from_s + moment_s;
            for seen in tally.seconds.range(moment.from_s..until).map(|(_, seen)| seen) {
                inside = (inside + seen.started).saturating_sub(seen.ended);
            }
            moment.inside = inside;
        }
        let order_s = seconds
            .div_ceil(MOST_ORDER_POINTS)
            .max(FEWEST_ORDER_S)
            .next_multiple_of(tally.shape.seconds_together());
        let ids = (0..plan.steps.len()).map(|step| StepId(step as u16));
        let steps = ids
            .zip(&tally.steps)
            .map(|(id, step)| StepSeries::of(plan.step_label(id), step, tally.shape.block))
            .collect();
        let lags: BTreeMap<u32, &Latency> =
            tally.blocks.iter().map(|(number, block)| (*number, &block.lag)).collect();
        let lag = LagSeries {
            p50: over_time(&lags, tally.shape.block, min_sample(0.5), |window| {
                window.quantile(0.5)
            }),
            longest: over_time(&lags, tally.shape.block, 1, Latency::max),
        };
        Series {
            length_s: f64::from(seconds),
            moment_s,
            moments,
            order_s,
            orders: orders(tally, seconds, order_s),
            all: all_attempts(tally),
            steps,
            lag,
        }
    }
}

fn orders(tally: &Tally, seconds: u32, order_s: u32) -> Vec<OrderMoment> {
    let moment = |from_s: u32| {
        let until = (from_s + order_s).min(seconds);
        let mut counts = PurchaseCounts::default();
        tally.seconds.range(from_s..until).for_each(|(_, seen)| counts += seen.purchases);
        OrderMoment { from_s, seconds: f64::from(until - from_s), counts }
    };
    (0..seconds).step_by(order_s as usize).map(moment).collect()
}

fn all_attempts(tally: &Tally) -> [Curve; 3] {
    let kinds = [StepTime::ResponseOk, StepTime::ResponseFailed, StepTime::ResponseCensored];
    let mut parts: BTreeMap<u32, Vec<&Latency>> = BTreeMap::new();
    for step in &tally.steps {
        for (number, seen) in kinds.iter().flat_map(|kind| &step.times[*kind].blocks) {
            parts.entry(*number).or_default().push(seen);
        }
    }
    let sums: BTreeMap<u32, Latency> =
        parts.into_iter().map(|(number, parts)| (number, parts.into_iter().sum())).collect();
    let blocks = sums.iter().map(|(number, seen)| (*number, seen)).collect();
    [0.5, 0.95, 0.99]
        .map(|q| over_time(&blocks, tally.shape.block, min_sample(q), |window| window.quantile(q)))
}

// === impl StepSeries ===

impl StepSeries {
    fn of(label: String, step: &StepTally, block: Micros) -> StepSeries {
        let blocks: BTreeMap<u32, &Latency> = step.times[StepTime::ResponseOk]
            .blocks
            .iter()
            .map(|(number, seen)| (*number, seen))
            .collect();
        let quantiles = [0.5, 0.95, 0.99]
            .map(|q| over_time(&blocks, block, min_sample(q), |window| window.quantile(q)));
        let failed =
            [&step.times[StepTime::ResponseFailed], &step.times[StepTime::ResponseCensored]]
                .map(crate::tally::LatencyByBlock::total);
        StepSeries {
            label,
            quantiles,
            response: Spread::of(&step.times[StepTime::ResponseOk].total()),
            service: Spread::of(&step.times[StepTime::ServiceOk].total()),
            failures: Spread::of(&failed.iter().sum()),
        }
    }
}

/// A figure of each window of neighbouring blocks that has at least `needed` spans. Windows are as narrow as most of them can be.
fn over_time(
    blocks: &BTreeMap<u32, &Latency>,
    block: Micros,
    needed: u64,
    figure: impl Fn(&Latency) -> Option<Micros>,
) -> Curve {
    let Some(last) = blocks.keys().next_back() else { return Vec::new() };
    let count: u64 = blocks.values().map(|seen| seen.count()).sum();
    // A third more than needed on average, since arrivals are uneven.
    let windows =
        (count * 3 / (needed * 4).max(1)).min(u64::from(MOST_WINDOWS.min(last + 1))) as u32;
    if windows < FEWEST_WINDOWS.min(last + 1) {
        return Vec::new();
    }
    let width = (last + 1).div_ceil(windows.max(1));
    let mut line: Curve = vec![Vec::new()];
    for from in (0..=*last).step_by(width as usize) {
        let seen: Latency = blocks.range(from..from + width).map(|(_, seen)| *seen).sum();
        match figure(&seen).filter(|_| seen.count() >= needed) {
            Some(span) => {
                let middle = (f64::from(from) + f64::from(width.min(last + 1 - from)) / 2.0)
                    * block.as_secs_f64();
                line.last_mut().expect("a line has a part").push((middle, span.as_millis_f64()));
            }
            None if line.last().is_some_and(|stretch| !stretch.is_empty()) => line.push(Vec::new()),
            None => {}
        }
    }
    line.retain(|stretch| !stretch.is_empty());
    line
}

// === impl Spread ===

impl Spread {
    fn of(seen: &Latency) -> Spread {
        let mut bins: BTreeMap<i32, u64> = BTreeMap::new();
        for (span, count) in seen.iter() {
            // Below a hundredth of a millisecond nothing is told apart.
            let place = (span.as_millis_f64().max(0.01).log10() * BINS_PER_DECADE).floor() as i32;
            *bins.entry(place).or_default() += count;
        }
        let (Some(first), Some(last)) =
            (bins.keys().next().copied(), bins.keys().next_back().copied())
        else {
            return Spread::default();
        };
        let edge = |place: i32| 10f64.powf(f64::from(place) / BINS_PER_DECADE);
        let bin = |place: i32| Bin {
            from_ms: edge(place),
            until_ms: edge(place + 1),
            count: bins.get(&place).copied().unwrap_or(0),
        };
        Spread { count: seen.count(), bins: (first..=last).map(bin).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, planted};

    #[test]
    fn nothing_is_lost_by_drawing_fewer_points() {
        let simulated = SimulatedRun::run(8_000, 1_000, planted);
        let series = Series::of(&simulated.plan, &simulated.tally);
        assert!(
            series.moments.len() <= MOST_POINTS as usize && series.moment_s == 4,
            "{}",
            series.moments.len()
        );
        let sum = |of: fn(&Moment) -> u64| series.moments.iter().map(of).sum::<u64>();
        let failures: u64 = simulated.tally.steps.iter().map(StepTally::failures).sum();
        assert_eq!(
            (sum(|m| m.planned), sum(|m| m.started), sum(|m| m.failures)),
            (8_000, 8_000, failures)
        );
        for (step, seen) in series.steps.iter().zip(&simulated.tally.steps) {
            assert_eq!(step.response.bins.iter().map(|bin| bin.count).sum::<u64>(), seen.ok);
            assert_eq!(step.failures.count, seen.failures());
        }
    }

    #[test]
    fn a_quantile_is_drawn_only_where_its_window_carries_it() {
        let simulated = SimulatedRun::run(4_000, 100, |_| crate::tally::Outcome::Ok);
        let home = &Series::of(&simulated.plan, &simulated.tally).steps
            [simulated.step("buy/home").index()];
        let [p50, p95, p99] =
            home.quantiles.each_ref().map(|line| line.iter().map(Vec::len).sum::<usize>());
        assert!(p50 > p95 && p95 > p99 && p99 >= 4, "{p50} {p95} {p99}");
        let few = SimulatedRun::run(100, 100, |_| crate::tally::Outcome::Ok);
        assert_eq!(Series::of(&few.plan, &few.tally).steps[0].quantiles[2], Curve::new());
    }
}

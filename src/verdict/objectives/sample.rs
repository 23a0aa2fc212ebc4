//! What an objective counts, by block of time.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::{JourneyId, Micros};
use crate::plan::{Measure, Metric, MetricScope, Plan};
use crate::tally::{
    End, Latency, OrderStatus, SecondTally, ShopperOutcome, StepTally, StepTime, Tally, Timing,
};
use crate::verdict::abandonment::LossModel;
use crate::verdict::statistics::{SumOfSquares, SumsByBlock};

/// What an objective counts.
pub enum Sample<'t> {
    /// Bad of all.
    Shares(SumsByBlock),
    /// Spans of time.
    Spans(SpanSample<'t>),
    /// Requests or orders, by second.
    Requests(BTreeMap<u32, u64>),
}

/// Spans of time by block; what did not come to a success ranks above all that did.
#[derive(Default)]
pub struct SpanSample<'t> {
    blocks: BTreeMap<u32, SpanBlock<'t>>,
}

#[derive(Default)]
struct SpanBlock<'t> {
    successes: Vec<&'t Latency>,
    /// Given up at these spans, which are least bounds.
    given_up: Vec<&'t Latency>,
    /// Never came to an end.
    never: u64,
}

// === impl Sample ===

impl<'t> Sample<'t> {
    /// What `metric` counts in this tally, or in a part of one.
    pub fn of(plan: &Plan, tally: &'t Tally, metric: &Metric) -> Sample<'t> {
        match (metric.measure, &metric.scope) {
            (Measure::RepeatedFailures, _) => {
                Sample::Shares(shoppers(tally, |fate| f64::from(fate.failures >= 2)))
            }
            (Measure::LostShoppers, _) => {
                let model = LossModel::of(plan, tally);
                Sample::Shares(shoppers(tally, |fate| model.to_failures(fate).high))
            }
            (Measure::Failures, scope) => Sample::Shares(attempts(plan, tally, scope, |step| {
                [
                    (&step.times[StepTime::ResponseFailed], true),
                    (&step.times[StepTime::ResponseCensored], true),
                    (&step.times[StepTime::ResponseOk], false),
                    (&step.times[StepTime::ResponseDeclined], false),
                ]
            })),
            (Measure::Declined, scope) => Sample::Shares(attempts(plan, tally, scope, |step| {
                [
                    (&step.times[StepTime::ResponseDeclined], true),
                    (&step.times[StepTime::ResponseOk], false),
                    (&step.times[StepTime::ResponseFailed], false),
                    (&step.times[StepTime::ResponseCensored], false),
                ]
            })),
            (Measure::Response, MetricScope::Journey(journey)) => {
                let mut spans = SpanSample::default();
                spans.successes(&tally.journeys[journey.index()].duration.blocks);
                spans.never(tally, |took, fate| took == *journey && kept_from_the_end(fate));
                Sample::Spans(spans)
            }
            (Measure::Response, scope) => {
                Sample::Spans(step_times(plan, tally, scope, Timing::Response))
            }
            (Measure::TimeToBuy, _) => {
                let mut spans = SpanSample::default();
                tally
                    .journeys
                    .iter()
                    .for_each(|journey| spans.successes(&journey.time_to_buy.blocks));
                let sells = |journey: JourneyId| {
                    plan.journey(journey)
                        .units
                        .clone()
                        .any(|unit| plan.units[usize::from(unit)].paying_step.is_some())
                };
                spans.never(tally, |took, fate| {
                    sells(took) && !fate.has_purchased() && kept_from_the_end(fate)
                });
                Sample::Spans(spans)
            }
            (Measure::UnknownOrders, _) => Sample::Shares(shoppers(tally, |fate| {
                f64::from(fate.order == OrderStatus::Unknown)
            })),
            (Measure::DeclinedShoppers, _) => {
                Sample::Shares(shoppers(tally, |fate| f64::from(fate.declines > 0)))
            }
            (Measure::Requests, _) => Sample::Requests(by_second(tally, |seen| seen.requests)),
            (Measure::Orders, _) => {
                Sample::Requests(by_second(tally, |seen| seen.purchases.confirmed))
            }
            // The tally knows nothing of the shop's records.
            (Measure::LateOrders | Measure::ReceiptsMissing, _) => {
                Sample::Shares(SumsByBlock::new())
            }
        }
    }
}

/// Events by second. Those of seconds that are counted as one are spread evenly over them.
fn by_second(tally: &Tally, events: impl Fn(&SecondTally) -> u64) -> BTreeMap<u32, u64> {
    let together = u64::from(tally.shape.seconds_together());
    let spread = |(first, seen): (&u32, &SecondTally)| {
        let (first, requests) = (*first, events(seen));
        (0..together).map(move |place| {
            let share = requests / together + u64::from(place < requests % together);
            (first.saturating_add(place as u32), share)
        })
    };
    tally.seconds.iter().flat_map(spread).collect()
}

/// Whether failures, and not the shopper's own choice or the end of the run, ended the journey.
fn kept_from_the_end(fate: &ShopperOutcome) -> bool {
    let met = u32::from(fate.failures) + u32::from(fate.declines) > 0;
    matches!(fate.end, End::Lost | End::StoppedByCap) || (fate.end == End::Unfinished && met)
}

/// Shoppers by block, with a figure for each.
pub(super) fn shoppers(tally: &Tally, figure: impl Fn(&ShopperOutcome) -> f64) -> SumsByBlock {
    let cell = |block: &crate::tally::BlockTally| {
        block.shoppers.iter().fold(SumOfSquares::default(), |sum, ((_, fate), count)| {
            let (figure, shoppers) = (figure(fate), count.shoppers as f64);
            sum + SumOfSquares {
                sum: figure * shoppers,
                squares: figure * figure * shoppers,
                count: shoppers,
            }
        })
    };
    tally.blocks.iter().map(|(block, seen)| (*block, cell(seen))).collect()
}

fn steps<'t>(plan: &Plan, tally: &'t Tally, scope: &MetricScope) -> Vec<&'t StepTally> {
    plan.steps_in(scope).map(|(id, _)| &tally.steps[id.index()]).collect()
}

/// The times of attempts at steps.
fn step_times<'t>(
    plan: &Plan,
    tally: &'t Tally,
    scope: &MetricScope,
    timing: Timing,
) -> SpanSample<'t> {
    let mut spans = SpanSample::default();
    for step in steps(plan, tally, scope) {
        spans.successes(&step.times[timing.successes()].blocks);
        if let Some(series) = timing.given_up() {
            spans.given_up(&step.times[series].blocks);
        }
    }
    spans
}

/// Attempts by block, the bad ones marked.
fn attempts<'t>(
    plan: &Plan,
    tally: &'t Tally,
    scope: &MetricScope,
    outcomes: impl Fn(&'t StepTally) -> [(&'t crate::tally::LatencyByBlock, bool); 4],
) -> SumsByBlock {
    let mut cells = SumsByBlock::new();
    for (series, bad) in steps(plan, tally, scope).into_iter().flat_map(outcomes) {
        for (block, seen) in &series.blocks {
            let cell = cells.entry(*block).or_default();
            *cell += SumOfSquares::of_events(if bad { seen.count() } else { 0 }, seen.count());
        }
    }
    cells
}

// === impl SpanSample ===

impl<'t> SpanSample<'t> {
    /// Of these successes alone.
    pub fn of_successes(blocks: &'t BTreeMap<u32, Latency>) -> SpanSample<'t> {
        let mut spans = SpanSample::default();
        spans.successes(blocks);
        spans
    }

    fn successes(&mut self, blocks: &'t BTreeMap<u32, Latency>) {
        blocks
            .iter()
            .for_each(|(block, seen)| self.blocks.entry(*block).or_default().successes.push(seen));
    }

    fn given_up(&mut self, blocks: &'t BTreeMap<u32, Latency>) {
        blocks
            .iter()
            .for_each(|(block, seen)| self.blocks.entry(*block).or_default().given_up.push(seen));
    }

    fn never(&mut self, tally: &Tally, counts: impl Fn(JourneyId, &ShopperOutcome) -> bool) {
        for (block, seen) in &tally.blocks {
            let never: u64 = seen
                .shoppers
                .iter()
                .filter(|((journey, fate), _)| counts(*journey, fate))
                .map(|(_, count)| count.shoppers)
                .sum();
            if never > 0 {
                self.blocks.entry(*block).or_default().never += never;
            }
        }
    }

    /// The share beyond a limit: all that is longer, and all that never came to a success.
    pub fn beyond(&self, limit: Micros) -> SumsByBlock {
        let cell = |block: &SpanBlock<'_>| {
            let within: u64 =
                block.successes.iter().map(|seen| seen.count_at_or_below(limit)).sum();
            let all: u64 =
                block.successes.iter().chain(&block.given_up).map(|seen| seen.count()).sum::<u64>()
                    + block.never;
            SumOfSquares::of_events(all - within, all)
        };
        self.blocks.iter().map(|(number, block)| (*number, cell(block))).collect()
    }

    /// (span, count) by block, in no order. What was given up ranks above every success, at the moment of giving up or
    /// later; what never came to an end, above all of that.
    pub fn counts_by_block(&self) -> BTreeMap<u32, Vec<(Micros, u64)>> {
        let longest = self
            .blocks
            .values()
            .flat_map(|block| &block.successes)
            .filter_map(|seen| seen.max())
            .max()
            .unwrap_or_default();
        let counted = |block: &SpanBlock<'_>| {
            let successes = block.successes.iter().flat_map(|seen| seen.iter());
            let given_up = block
                .given_up
                .iter()
                .flat_map(|seen| seen.iter())
                .map(|(span, count)| (span.max(longest), count));
            successes
                .chain(given_up)
                .chain((block.never > 0).then_some((Latency::BOUND, block.never)))
                .collect()
        };
        self.blocks.iter().map(|(number, block)| (*number, counted(block))).collect()
    }

    /// The spans of some blocks in ascending order.
    pub fn rank_spans(&self, within: Range<u32>) -> RankedSpans {
        let mut ranked = RankedSpans::default();
        for block in self.blocks.range(within).map(|(_, block)| block) {
            block.successes.iter().for_each(|seen| ranked.successes.merge_into_open(seen));
            block.given_up.iter().for_each(|seen| ranked.given_up.merge_into_open(seen));
            ranked.never += block.never;
        }
        ranked.successes.compact();
        ranked.given_up.compact();
        ranked
    }
}

/// Spans in ascending order, what never came to a success last.
#[derive(Default)]
pub struct RankedSpans {
    pub(super) successes: Latency,
    given_up: Latency,
    never: u64,
}

/// A span at some rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankedSpan {
    /// The span.
    pub span: Micros,
    /// Whether it was at least this long, and nobody knows how much longer.
    pub at_least: bool,
}

// === impl RankedSpans ===

impl RankedSpans {
    /// How many.
    pub fn count(&self) -> u64 {
        self.successes.count() + self.given_up.count() + self.never
    }

    /// What never came to a success.
    pub fn never(&self) -> u64 {
        self.given_up.count() + self.never
    }

    /// The span at the share `q` of all, none where nothing was seen.
    pub fn at(&self, q: f64) -> Option<RankedSpan> {
        let n = self.count();
        let rank = ((q.clamp(0.0, 1.0) * n as f64).ceil() as u64).clamp(1, n.max(1));
        if let Some(span) = self.successes.at_rank(rank) {
            return Some(RankedSpan { span, at_least: false });
        }
        // Given up after the longest success, or at the moment of giving up, whichever is later.
        let longest = self.successes.max().unwrap_or_default();
        let rank = rank - self.successes.count();
        let given_up = self.given_up.at_rank(rank.min(self.given_up.count())).unwrap_or_default();
        (n > 0).then_some(RankedSpan { span: longest.max(given_up), at_least: true })
    }
}

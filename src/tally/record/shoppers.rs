//! What shoppers count as: their way through the funnel, and their end.

use std::sync::Arc;

use crate::base::{JourneyId, Micros, MinorUnits};
use crate::tally::first_failures::FirstFailure;
use crate::tally::key_buffer::{fill_attributes, fill_observed};
use crate::tally::latency::Latency;
use crate::tally::latency_by_block::LatencyByBlock;
use crate::tally::merge::Merge;
use crate::tally::observation::{SampleLine, ShopperEnd};
use crate::tally::outcome::End;
use crate::tally::paired::PairQuestion;
use crate::tally::run_tally::Tally;
use crate::tally::shoppers::{OrderStatus, ShopperCount, ShopperOutcome};

impl Tally {
    /// A shopper came to the unit at this place of the journey, from 0; recorded once, whatever the number of attempts.
    pub fn record_entry(&mut self, journey: JourneyId, place: usize) {
        self.journeys[journey.index()].funnel[place].entered += 1;
    }

    /// A shopper got through the unit at this place of the journey, at the `nth` attempt; recorded once, when the shopper will not come to it again.
    pub fn record_pass(&mut self, journey: JourneyId, place: usize, nth: u32) {
        let stage = &mut self.journeys[journey.index()].funnel[place];
        stage.passed += 1;
        stage.passed_at_once += u64::from(nth == 1);
    }

    /// A shopper who came to the unit at this place of the journey did not get through it, and never will.
    pub fn record_stop(&mut self, journey: JourneyId, place: usize) {
        self.journeys[journey.index()].funnel[place].stopped += 1;
    }

    /// A shopper who came to the unit at this place of the journey was there when the run ended.
    pub fn cut_off(&mut self, journey: JourneyId, place: usize) {
        self.journeys[journey.index()].funnel[place].cut_off += 1;
    }

    /// A shopper left by choice after the unit at this place of the journey.
    pub fn record_leave(&mut self, journey: JourneyId, place: usize) {
        self.journeys[journey.index()].funnel[place].left += 1;
    }

    /// A shopper met the second failed attempt of the journey.
    pub fn record_repeat(&mut self, at: Micros) {
        self.seconds.entry(self.shape.second_of(at)).or_default().repeated += 1;
    }

    /// A shopper's journey ended.
    pub fn shopper_end(&mut self, end: &ShopperEnd<'_>) {
        self.record_in_cohorts(end.attributes, |part| {
            part.arrivals.started += 1;
            part.journeys[end.journey.index()].started += 1;
            part.blocks.entry(part.shape.block_of(end.arrived_at)).or_default().started += 1;
            part.shopper_end(end);
        });
        self.seconds.entry(self.shape.second_of(end.ended_at)).or_default().ended += 1;
        let block = self.shape.block_of(end.arrived_at);
        let journey = &mut self.journeys[end.journey.index()];
        let mut record = |series: &mut LatencyByBlock, until: Micros| {
            let span = until.since(end.arrived_at);
            series.record(block, span);
            self.generator.clamped += u64::from(span > Latency::BOUND);
        };
        if end.end == End::Completed {
            record(&mut journey.duration, end.ended_at);
        }
        end.bought_at.into_iter().for_each(|at| record(&mut journey.time_to_buy, at));
        if let (Some(at), Some(effort)) = (end.bought_at, end.effort) {
            journey.friction.record_buyer(block, at.since(end.arrived_at), effort);
        }

        let outcome = outcome_of(end);
        if let Some(cause) = end.cause {
            self.causes.entry(cause.site).or_default().count(&cause.message, outcome.clone());
        }
        let count = ShopperCount {
            shoppers: 1,
            priced: u64::from(end.order_value.is_some()),
            order_value: end.order_value.unwrap_or(MinorUnits(0)),
        };
        self.blocks
            .entry(block)
            .or_default()
            .shoppers
            .entry((end.journey, outcome.clone()))
            .or_default()
            .merge_with(count);
        if let Some(at) = end.first_failed_at {
            let began = self.blocks.entry(self.shape.block_of(at)).or_default();
            began
                .began_to_fail
                .entry((end.journey, outcome.clone()))
                .or_default()
                .merge_with(count);
        }

        let key = &mut self.keys.0.shopper;
        (key.journey, key.outcome) = (end.journey, outcome);
        fill_attributes(&mut key.attributes, end.attributes);
        fill_observed(&mut key.observed, end.observed, &self.distinct);
        if let Some(known) = self.shoppers.get_mut(key) {
            return known.merge_with(count);
        }
        self.note(end.observed);
        let mut key = self.keys.0.shopper.clone();
        fill_observed(&mut key.observed, end.observed, &self.distinct);
        self.shoppers.entry(key).or_default().merge_with(count);
    }

    /// Offers a failing journey as a sample, under its first failure. Ask [`Samples::wants`](crate::tally::Samples::wants) before making the line.
    pub fn sample(&mut self, cause: &FirstFailure, hash: u64, line: Arc<SampleLine>) {
        self.samples.offer(cause, hash, line);
    }

    /// A shopper who was due `at` has been to both shops.
    pub fn record_pair(
        &mut self,
        at: Micros,
        of: PairQuestion,
        in_target: bool,
        in_baseline: bool,
    ) {
        let block = self.shape.block_of(at);
        let pairs = self.pairs.entry(block).or_default().entry(of).or_default();
        let count = match (in_target, in_baseline) {
            (true, true) => &mut pairs.both,
            (true, false) => &mut pairs.only_target,
            (false, true) => &mut pairs.only_baseline,
            (false, false) => &mut pairs.neither,
        };
        *count += 1;
    }
}

fn outcome_of(end: &ShopperEnd<'_>) -> ShopperOutcome {
    let capped = |count: u32| count.min(u8::MAX.into()) as u8;
    ShopperOutcome {
        failures: capped(end.failures),
        declines: capped(end.declines),
        first_failed: end.first_failed,
        second_failed: end.second_failed,
        before_order: end.before_order,
        repeated_at: end.repeated_at,
        reached: end.reached,
        stuck_on: end.stuck_on,
        order: match (end.bought_at, end.order_unknown) {
            (Some(_), _) => OrderStatus::Confirmed,
            (None, true) => OrderStatus::Unknown,
            (None, false) => OrderStatus::None,
        },
        end: end.end,
    }
}

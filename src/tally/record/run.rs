//! What the engine counts: arrivals, and faults of our own.

use crate::base::{JourneyId, Micros};
use crate::tally::generator::{OwnFault, add_cause};
use crate::tally::purchases::PurchaseStage;
use crate::tally::run_tally::Tally;

impl Tally {
    /// An arrival was due.
    pub fn record_planned(&mut self, at: Micros) {
        self.arrivals.planned += 1;
        self.blocks.entry(self.shape.block_of(at)).or_default().planned += 1;
        self.seconds.entry(self.shape.second_of(at)).or_default().planned += 1;
    }

    /// A shopper who was due `at` acted for the first time. Counts the lag of the arrival, at once: a shop that
    /// hangs must not hide that we are late.
    pub fn record_arrival(&mut self, journey: JourneyId, at: Micros, acted_at: Micros) {
        self.arrivals.started += 1;
        self.journeys[journey.index()].started += 1;
        let lag = self.clamp_span(acted_at.since(at));
        let block = self.blocks.entry(self.shape.block_of(at)).or_default();
        block.started += 1;
        block.lag.record(lag);
        block.arrival_lag.record(lag);
        self.seconds.entry(self.shape.second_of(acted_at)).or_default().started += 1;
    }

    /// A shopper acted who comes again; `known` to the shop, or as new after all.
    pub fn came_again(&mut self, known: bool) {
        let arrivals = &mut self.arrivals;
        *if known { &mut arrivals.returned } else { &mut arrivals.returned_as_new } += 1;
    }

    /// An arrival that was due is never started.
    pub fn record_unstarted(&mut self, at: Micros, cause: &str) {
        add_cause(&mut self.arrivals.unstarted, cause, 1);
        self.blocks.entry(self.shape.block_of(at)).or_default().unstarted += 1;
    }

    /// A purchase request was sent, or settled.
    pub fn purchase(&mut self, at: Micros, stage: PurchaseStage) {
        self.seconds.entry(self.shape.second_of(at)).or_default().purchases.add(stage);
    }

    /// A request was not made, or failed, because of us.
    pub fn own_failure(&mut self, fault: OwnFault, cause: &str) {
        add_cause(self.generator.own_failures.entry(fault).or_default(), cause, 1);
    }
}

//! What shoppers and the engine tell a tally, while a run goes on.
//!
//! One core has one tally to itself, so nothing here locks. It allocates only for what is met for the first
//! time: a block, a second, a kind of failure, shoppers unlike any before.

use std::sync::Arc;

use super::generator::add_cause;
use super::merge::Merge;
use super::{
    Again, Cause, Distinct, End, ExchangeSeen, FailureKind, Fate, FunnelStage, JourneyTally,
    Latency, Observed, Outcome, OwnFault, SampleLine, Shape, ShopperCount, ShopperEnd, ShopperKey,
    StepAttempt, StepTally, Tally, Tries, TryKey, UnitAttempt,
};
use crate::base::{JourneyId, Micros, MinorUnits, UnitId};

/// Keys to look up by.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    attempt: TryKey,
    shopper: ShopperKey,
}

// === impl Scratch ===

impl Default for Scratch {
    fn default() -> Scratch {
        let fate = Fate {
            failures: 0,
            declines: 0,
            first_failed: None,
            second_failed: None,
            same_unit_twice: false,
            purchased: false,
            end: End::Unfinished,
        };
        Scratch {
            attempt: TryKey {
                unit: UnitId(0),
                nth: 1,
                attributes: Vec::new(),
                observed: Vec::new(),
            },
            shopper: ShopperKey {
                journey: JourneyId(0),
                attributes: Vec::new(),
                observed: Vec::new(),
                fate,
            },
        }
    }
}

// === impl Tally ===

/// Making one, and what the engine tells.
impl Tally {
    /// An empty tally of this shape.
    pub fn new(shape: Shape) -> Tally {
        let funnel_of = |journey: usize| {
            vec![FunnelStage::default(); shape.journey_units.get(journey).copied().unwrap_or(0)]
        };
        Tally {
            steps: vec![StepTally::default(); shape.steps],
            journeys: (0..shape.journeys)
                .map(|journey| JourneyTally {
                    funnel: funnel_of(journey),
                    ..JourneyTally::default()
                })
                .collect(),
            distinct: vec![Distinct::default(); shape.observed],
            parts: shape.parts.iter().map(|_| Tally::new(shape.of_part())).collect(),
            shape,
            ..Tally::default()
        }
    }

    /// Hands on what was counted since the last time, and starts anew. The new tally still knows which samples
    /// were handed on, so that none is made that a merge would only drop. What is handed on is open: whoever
    /// gets it has the time to [`Tally::seal`] it.
    pub fn take(&mut self) -> Tally {
        let next = Tally {
            samples: self.samples.bar(),
            scratch: std::mem::take(&mut self.scratch),
            ..Tally::new(self.shape.clone())
        };
        std::mem::replace(self, next)
    }

    /// An arrival was due.
    pub fn planned(&mut self, at: Micros) {
        self.arrivals.planned += 1;
        self.blocks.entry(self.shape.block_of(at)).or_default().planned += 1;
        self.seconds.entry(at.second()).or_default().planned += 1;
    }

    /// A shopper who was due `at` acted for the first time. Counts the lag of the arrival, at once: a shop that
    /// hangs must not hide that we are late.
    pub fn arrived(&mut self, journey: JourneyId, at: Micros, acted_at: Micros) {
        self.arrivals.started += 1;
        self.journeys[journey.index()].started += 1;
        let lag = self.bounded(acted_at.since(at));
        let block = self.blocks.entry(self.shape.block_of(at)).or_default();
        block.started += 1;
        block.lag.record(lag);
        block.arrival_lag.record(lag);
        self.seconds.entry(acted_at.second()).or_default().started += 1;
    }

    /// A shopper acted who comes again; `known` to the shop, or as new after all.
    pub fn came_again(&mut self, known: bool) {
        let arrivals = &mut self.arrivals;
        *if known { &mut arrivals.returned } else { &mut arrivals.returned_as_new } += 1;
    }

    /// An arrival that was due is never started.
    pub fn unstarted(&mut self, at: Micros, cause: &str) {
        add_cause(&mut self.arrivals.unstarted, cause, 1);
        self.blocks.entry(self.shape.block_of(at)).or_default().unstarted += 1;
    }

    /// A request was not made, or failed, because of us.
    pub fn own_failure(&mut self, fault: OwnFault, cause: &str) {
        add_cause(self.generator.own_failures.entry(fault).or_default(), cause, 1);
    }

    /// The span, counted as clamped if it is beyond the histograms' bound.
    fn bounded(&mut self, span: Micros) -> Micros {
        self.generator.clamped += u64::from(span > Latency::BOUND);
        span
    }
}

/// What shoppers tell.
impl Tally {
    /// A request was on the wire.
    pub fn exchange(&mut self, seen: &ExchangeSeen) {
        let step = &mut self.steps[seen.step.index()];
        step.requests += u64::from(seen.sent);
        step.redirects += u64::from(seen.redirect);
        step.connections += u64::from(seen.connections);
        step.redials += u64::from(seen.redials);
        step.resumed += u64::from(seen.resumed);
        step.held += u64::from(seen.held);
        step.bytes_sent.absorb(if seen.sent { seen.bytes_sent } else { 0 });
        step.bytes_received.absorb(seen.bytes_received);
        let (phases, spans) = (&mut step.phases, &seen.phases);
        let parts = [
            (&mut phases.dns, spans.dns),
            (&mut phases.connect, spans.connect),
            (&mut phases.tls, spans.tls),
            (&mut phases.wait, spans.wait),
            (&mut phases.receive, spans.receive),
        ];
        for (part, span) in parts {
            if let Some(span) = span {
                part.record(span);
                self.generator.clamped += u64::from(span > Latency::BOUND);
            }
        }
        if seen.held {
            self.blocks.entry(self.shape.block_of(seen.began_at)).or_default().held += 1;
        }
        self.seconds.entry(seen.began_at.second()).or_default().requests += u64::from(seen.sent);
    }

    /// A try at a step ended. Its times are filed under the block in which it was due, its outcome under the second in which it ended.
    pub fn step_attempt(&mut self, attempt: &StepAttempt<'_>) {
        self.tell_parts(attempt.attributes, |part| part.step_attempt(attempt));
        let block = self.shape.block_of(attempt.intended_at);
        if !attempt.arrival {
            let lag = self.bounded(attempt.acted_at.since(attempt.intended_at));
            self.blocks.entry(block).or_default().lag.record(lag);
        }
        let step = &mut self.steps[attempt.step.index()];
        let (response, service) = match attempt.outcome {
            Outcome::Ok => {
                step.ok += 1;
                (&mut step.response_ok, &mut step.service_ok)
            }
            Outcome::Declined => {
                step.declined += 1;
                (&mut step.response_declined, &mut step.service_failed)
            }
            Outcome::Failed(kind) => {
                *step.failed.entry(kind).or_default() += 1;
                let censored = kind == FailureKind::TooSlow;
                (
                    if censored { &mut step.response_censored } else { &mut step.response_failed },
                    &mut step.service_failed,
                )
            }
            Outcome::Unjudged => {
                step.unjudged += 1;
                return;
            }
        };
        let span = attempt.ended_at.since(attempt.intended_at);
        response.record(block, span);
        attempt.service.into_iter().for_each(|span| service.record(block, span));
        self.generator.clamped += [Some(span), attempt.service]
            .into_iter()
            .flatten()
            .filter(|&span| span > Latency::BOUND)
            .count() as u64;
        let failed = u32::from(matches!(attempt.outcome, Outcome::Failed(_)));
        self.seconds
            .entry(attempt.ended_at.second())
            .or_default()
            .steps
            .entry(attempt.step)
            .or_default()
            .absorb((1, failed));
    }

    /// A try at a unit ended.
    pub fn unit_attempt(&mut self, attempt: &UnitAttempt<'_>) {
        self.tell_parts(attempt.attributes, |part| part.unit_attempt(attempt));
        let tries = match attempt.outcome {
            Outcome::Ok => Tries { ok: 1, ..Tries::default() },
            Outcome::Declined => Tries { declined: 1, ..Tries::default() },
            Outcome::Failed(_) => Tries { failed: 1, ..Tries::default() },
            Outcome::Unjudged => return,
        };
        let nth = attempt.nth.clamp(1, TryKey::LAST.into()) as u8;
        let number = self.shape.block_of(attempt.intended_at);
        let block = self.blocks.entry(number).or_default();
        block.tries.entry((attempt.unit, nth)).or_default().absorb(tries);
        if let (2, Some(before)) = (attempt.nth, attempt.after_failure_at) {
            let within_block = u64::from(self.shape.block_of(before) == number);
            block.again.entry(attempt.unit).or_default().absorb(Again { tries, within_block });
        }

        let key = &mut self.scratch.0.attempt;
        (key.unit, key.nth) = (attempt.unit, nth);
        fill(&mut key.attributes, attempt.attributes);
        fill_told(&mut key.observed, attempt.observed, &self.distinct);
        if let Some(known) = self.tries.get_mut(key) {
            return known.absorb(tries);
        }
        self.note(attempt.observed);
        let mut key = self.scratch.0.attempt.clone();
        fill_told(&mut key.observed, attempt.observed, &self.distinct);
        self.tries.entry(key).or_default().absorb(tries);
    }

    /// A shopper came to the unit at this place of the journey, from 0; told once, whatever the number of attempts.
    pub fn entered(&mut self, journey: JourneyId, place: usize) {
        self.journeys[journey.index()].funnel[place].entered += 1;
    }

    /// A shopper got through the unit at this place of the journey, at the `nth` attempt; told once, when the shopper will not come to it again.
    pub fn passed(&mut self, journey: JourneyId, place: usize, nth: u32) {
        let stage = &mut self.journeys[journey.index()].funnel[place];
        stage.passed += 1;
        stage.passed_at_once += u64::from(nth == 1);
    }

    /// A shopper who came to the unit at this place of the journey did not get through it, and never will.
    pub fn stopped(&mut self, journey: JourneyId, place: usize) {
        self.journeys[journey.index()].funnel[place].stopped += 1;
    }

    /// A shopper left by choice after the unit at this place of the journey.
    pub fn left(&mut self, journey: JourneyId, place: usize) {
        self.journeys[journey.index()].funnel[place].left += 1;
    }

    /// A shopper met the second failed attempt of the journey.
    pub fn repeated(&mut self, at: Micros) {
        self.seconds.entry(at.second()).or_default().repeated += 1;
    }

    /// A shopper's journey ended.
    pub fn shopper_end(&mut self, end: &ShopperEnd<'_>) {
        self.tell_parts(end.attributes, |part| {
            part.arrivals.started += 1;
            part.journeys[end.journey.index()].started += 1;
            part.blocks.entry(part.shape.block_of(end.arrived_at)).or_default().started += 1;
            part.shopper_end(end);
        });
        self.seconds.entry(end.ended_at.second()).or_default().ended += 1;
        let block = self.shape.block_of(end.arrived_at);
        let journey = &mut self.journeys[end.journey.index()];
        let mut record = |series: &mut super::Series, until: Micros| {
            let span = until.since(end.arrived_at);
            series.record(block, span);
            self.generator.clamped += u64::from(span > Latency::BOUND);
        };
        if end.end == End::Completed {
            record(&mut journey.duration, end.ended_at);
        }
        end.bought_at.into_iter().for_each(|at| record(&mut journey.time_to_buy, at));
        if let (Some(at), Some(effort)) = (end.bought_at, end.effort) {
            journey.friction.bought(block, at.since(end.arrived_at), effort);
        }

        let fate = fate_of(end);
        if let Some(cause) = end.cause {
            self.causes.entry(cause.place).or_default().count(&cause.message, fate.clone());
        }
        let count = ShopperCount {
            shoppers: 1,
            priced: u64::from(end.worth.is_some()),
            worth: end.worth.unwrap_or(MinorUnits(0)),
        };
        self.blocks
            .entry(block)
            .or_default()
            .shoppers
            .entry((end.journey, fate.clone()))
            .or_default()
            .absorb(count);
        if let Some(at) = end.first_failed_at {
            let began = self.blocks.entry(self.shape.block_of(at)).or_default();
            began.began_to_fail.entry((end.journey, fate.clone())).or_default().absorb(count);
        }

        let key = &mut self.scratch.0.shopper;
        (key.journey, key.fate) = (end.journey, fate);
        fill(&mut key.attributes, end.attributes);
        fill_told(&mut key.observed, end.observed, &self.distinct);
        if let Some(known) = self.shoppers.get_mut(key) {
            return known.absorb(count);
        }
        self.note(end.observed);
        let mut key = self.scratch.0.shopper.clone();
        fill_told(&mut key.observed, end.observed, &self.distinct);
        self.shoppers.entry(key).or_default().absorb(count);
    }

    /// Offers a failing journey as a sample, under its first failure. Ask [`Samples::wants`](super::Samples::wants) before making the line.
    pub fn sample(&mut self, cause: &Cause, hash: u64, line: Arc<SampleLine>) {
        self.samples.offer(cause, hash, line);
    }

    /// Takes note of observed values. Needed only for keys that are new: what is in a known key was noted before.
    fn note(&mut self, observed: &[Observed]) {
        if self.distinct.len() < observed.len() {
            self.distinct.resize_with(observed.len(), Distinct::default);
        }
        let mut collapsed = false;
        for (name, value) in self.distinct.iter_mut().zip(observed) {
            let before = name.told_apart();
            name.note(value);
            collapsed |= before && !name.told_apart();
        }
        if collapsed {
            self.collapse_observed();
        }
    }
}

fn fate_of(end: &ShopperEnd<'_>) -> Fate {
    let capped = |count: u32| count.min(u8::MAX.into()) as u8;
    Fate {
        failures: capped(end.failures),
        declines: capped(end.declines),
        first_failed: end.first_failed,
        second_failed: end.second_failed,
        same_unit_twice: end.same_unit_twice,
        purchased: end.bought_at.is_some(),
        end: end.end,
    }
}

fn fill(key: &mut Vec<u8>, values: &[u8]) {
    key.clear();
    key.extend_from_slice(values);
}

/// The observed values as they are told apart by now.
fn fill_told(key: &mut Vec<Observed>, values: &[Observed], distinct: &[Distinct]) {
    key.clear();
    key.extend_from_slice(values);
    key.iter_mut().zip(distinct).for_each(|(value, name)| name.blur(value));
}

//! Whether a stored tally can be one of its plan.
//!
//! A checksum says that bytes are as they were written, not that they make sense. Everything that reads a tally looks up by
//! the indices in it, so they are checked once, where the tally is read.

use super::merge::Merge;
use super::paired::PairQuestion;
use super::run_tally::Tally;
use super::samples::Samples;
use super::shape::TallyShape;
use super::shoppers::{AttemptKey, Observed, ShopperOutcome};
use super::timeline::{BlockTally, SecondTally};
use crate::base::{JourneyId, Micros, StepId, UnitId};

/// All counts of a run together stay below this, so that no sum of them overflows.
const MAX_VOLUME: u64 = 1 << 60;

/// How long after the last arrival anything can be seen: the longest drain, and a day.
const LONGEST_DRAIN: Micros = Micros::from_secs(31 * 86_400);

/// Why a stored tally can't be one of its plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It is of another plan.
    #[error("it counts other steps, journeys, attributes or objectives than its plan has")]
    OtherShape,
    /// A list is too long or too short.
    #[error("it has {found} {what}, its plan has {planned}")]
    Length {
        /// What is listed.
        what: &'static str,
        /// How many it lists.
        found: usize,
        /// How many there are.
        planned: usize,
    },
    /// Something that the plan does not have.
    #[error("it speaks of {what} {index}, its plan has {planned} (from 0)")]
    Index {
        /// Of what kind.
        what: &'static str,
        /// Its place.
        index: usize,
        /// How many there are.
        planned: usize,
    },
    /// Something was seen after the run.
    #[error("it has counts of second {second}, the run can't have lasted beyond second {last}")]
    AfterTheEnd {
        /// The second.
        second: u64,
        /// The last one that can be.
        last: u64,
    },
    /// More than any run can count.
    #[error("its counts are larger than those of any run")]
    TooMuch,
}

/// What a tally may speak of.
struct PlanSizes<'a> {
    shape: &'a TallyShape,
    last: Micros,
}

impl Tally {
    /// Whether this can be of a plan with this shape, whose load is this long.
    ///
    /// # Errors
    /// When it lists too much or too little, or speaks of what the plan does not have.
    pub fn fits(&self, shape: &TallyShape, length: Micros) -> Result<(), Misfit> {
        let last = length.saturating_add(LONGEST_DRAIN);
        ensure(self.volume() <= MAX_VOLUME, || Misfit::TooMuch)?;
        PlanSizes { shape, last }.check(self)
    }
}

impl PlanSizes<'_> {
    fn check(&self, tally: &Tally) -> Result<(), Misfit> {
        let shape = self.shape;
        ensure(tally.shape == *shape, || Misfit::OtherShape)?;
        length("steps", tally.steps.len(), shape.steps)?;
        length("journeys", tally.journeys.len(), shape.journeys)?;
        length("observed names", tally.distinct.len(), shape.observed)?;
        length("cohorts", tally.cohorts.len(), shape.cohorts.len())?;
        self.check_times(tally)?;
        self.check_shoppers(tally)?;
        tally.retry_arms.keys().try_for_each(|key| self.step(key.step))?;
        tally.causes.iter().try_for_each(|(site, messages)| {
            self.step(site.step)?;
            messages.outcomes().keys().try_for_each(|outcome| self.outcome(outcome))
        })?;
        self.check_samples(&tally.samples)?;
        let cohort = PlanSizes { shape: &shape.of_cohort(), last: self.last };
        tally.cohorts.iter().try_for_each(|part| cohort.check(part))
    }

    fn check_times(&self, tally: &Tally) -> Result<(), Misfit> {
        for step in &tally.steps {
            step.times.iter().try_for_each(|(_, series)| self.blocks(series.blocks.keys()))?;
        }
        for (journey, units) in tally.journeys.iter().zip(&self.shape.journey_units) {
            length("stages of a funnel", journey.funnel.len(), *units)?;
            for series in [&journey.duration, &journey.time_to_buy, &journey.friction.busy] {
                self.blocks(series.blocks.keys())?;
            }
        }
        self.blocks(tally.blocks.keys())?;
        tally.blocks.values().try_for_each(|block| self.block(block))?;
        tally.seconds.iter().try_for_each(|(number, second)| {
            self.moment(Micros::from_secs(u64::from(*number)))?;
            self.second(second)
        })?;
        self.blocks(tally.pairs.keys())?;
        tally.pairs.values().flat_map(|pairs| pairs.keys()).try_for_each(
            |question| match question {
                PairQuestion::Repeated | PairQuestion::Purchase => Ok(()),
                PairQuestion::Step(step) => self.step(*step),
            },
        )
    }

    fn block(&self, block: &BlockTally) -> Result<(), Misfit> {
        block.shoppers.keys().chain(block.began_to_fail.keys()).try_for_each(
            |(journey, outcome)| {
                self.journey(*journey)?;
                self.outcome(outcome)
            },
        )?;
        block.attempts.keys().try_for_each(|(unit, nth)| {
            self.unit(*unit)?;
            nth_attempt(*nth)
        })?;
        block.retries.keys().try_for_each(|unit| self.unit(*unit))
    }

    fn second(&self, second: &SecondTally) -> Result<(), Misfit> {
        second.steps.keys().try_for_each(|step| self.step(*step))
    }

    fn check_shoppers(&self, tally: &Tally) -> Result<(), Misfit> {
        for key in tally.shoppers.keys() {
            self.journey(key.journey)?;
            self.outcome(&key.outcome)?;
            self.person(&key.attributes, &key.observed)?;
        }
        for key in tally.attempts.keys() {
            self.unit(key.unit)?;
            nth_attempt(key.nth)?;
            self.person(&key.attributes, &key.observed)?;
        }
        Ok(())
    }

    fn check_samples(&self, samples: &Samples) -> Result<(), Misfit> {
        samples.strata.keys().try_for_each(|(step, _)| self.step(*step))?;
        samples.causes.keys().try_for_each(|cause| self.step(cause.site.step))?;
        let lines = samples.strata.values().flat_map(|lines| lines.values());
        lines.chain(samples.causes.values().flat_map(|lines| lines.values())).try_for_each(|line| {
            self.moment(line.arrived_at)?;
            line.exchanges.iter().try_for_each(|exchange| {
                self.moment(exchange.began_at)?;
                self.moment(exchange.took)
            })
        })
    }

    fn person(&self, attributes: &[u8], observed: &[Observed]) -> Result<(), Misfit> {
        length("attributes of a shopper", attributes.len(), self.shape.attributes.len())?;
        length("observed values of a shopper", observed.len(), self.shape.observed)?;
        attributes
            .iter()
            .zip(&self.shape.attributes)
            .try_for_each(|(value, values)| index("attribute value", (*value).into(), *values))
    }

    fn outcome(&self, outcome: &ShopperOutcome) -> Result<(), Misfit> {
        [outcome.first_failed, outcome.second_failed]
            .into_iter()
            .flatten()
            .try_for_each(|step| self.step(step))
    }

    fn step(&self, step: StepId) -> Result<(), Misfit> {
        index("step", step.index(), self.shape.steps)
    }

    fn unit(&self, unit: UnitId) -> Result<(), Misfit> {
        index("unit", unit.index(), self.shape.units)
    }

    fn journey(&self, journey: JourneyId) -> Result<(), Misfit> {
        index("journey", journey.index(), self.shape.journeys)
    }

    /// Ascending, so that the last one speaks for all.
    fn blocks<'k>(
        &self,
        mut numbers: impl DoubleEndedIterator<Item = &'k u32>,
    ) -> Result<(), Misfit> {
        let Some(last) = numbers.next_back() else { return Ok(()) };
        self.moment(Micros(self.shape.block.0.saturating_mul(u64::from(*last))))
    }

    fn moment(&self, at: Micros) -> Result<(), Misfit> {
        ensure(at <= self.last, || Misfit::AfterTheEnd {
            second: at.0 / 1_000_000,
            last: self.last.0 / 1_000_000,
        })
    }
}

fn nth_attempt(nth: u8) -> Result<(), Misfit> {
    let most = AttemptKey::MAX_NTH;
    ensure((1..=most).contains(&nth), || Misfit::Index {
        what: "attempt",
        index: nth.into(),
        planned: most.into(),
    })
}

fn length(what: &'static str, found: usize, planned: usize) -> Result<(), Misfit> {
    ensure(found == planned, || Misfit::Length { what, found, planned })
}

fn index(what: &'static str, index: usize, planned: usize) -> Result<(), Misfit> {
    ensure(index < planned, || Misfit::Index { what, index, planned })
}

fn ensure(holds: bool, misfit: impl FnOnce() -> Misfit) -> Result<(), Misfit> {
    if holds { Ok(()) } else { Err(misfit()) }
}

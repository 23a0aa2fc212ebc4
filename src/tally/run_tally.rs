//! Everything that was seen in a run, or in a part of one.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::experiment::RetryArmKey;
use super::first_failures::{FailureMessages, FailureSite};
use super::generator::{ArrivalCounts, Generator};
use super::journey::{FunnelStage, JourneyTally};
use super::key_buffer::KeyBuffer;
use super::merge::Merge;
use super::paired::{PairCounts, PairQuestion};
use super::samples::Samples;
use super::shape::{Cohort, TallyShape};
use super::shoppers::{
    AttemptCounts, AttemptKey, DistinctValues, ShopperCount, ShopperKey, collapse,
};
use super::step::StepTally;
use super::timeline::{BlockTally, SecondTally};
use super::untracked::Untracked;

/// Everything that was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// What it is indexed by.
    pub shape: TallyShape,
    /// Arrivals by what became of them.
    pub arrivals: ArrivalCounts,
    /// By `StepId`.
    pub steps: Vec<StepTally>,
    /// By `JourneyId`.
    pub journeys: Vec<JourneyTally>,
    /// The values that each observed name was seen with, by `ObservedId`.
    pub distinct: Vec<DistinctValues>,
    /// Shoppers who ended, counted jointly by what they were and what they met.
    pub shoppers: BTreeMap<ShopperKey, ShopperCount>,
    /// Attempts at units, counted jointly by order, attributes and observed values.
    pub attempts: BTreeMap<AttemptKey, AttemptCounts>,
    /// The second attempts of an experiment.
    pub retry_arms: BTreeMap<RetryArmKey, AttemptCounts>,
    /// By block of the schedule: what inference resamples.
    pub blocks: BTreeMap<u32, BlockTally>,
    /// By second since the planned start, several as one in long runs ([`TallyShape::seconds_together`]): what charts draw.
    pub seconds: BTreeMap<u32, SecondTally>,
    /// Failing shoppers by the first thing that went wrong.
    pub causes: BTreeMap<FailureSite, FailureMessages>,
    /// A bounded, unbiased choice of failing journeys.
    pub samples: Samples,
    /// What is known of the generator itself.
    pub generator: Generator,
    /// What was seen of each of `shape.cohorts`.
    pub cohorts: Vec<Tally>,
    /// Only in the target of a paired run: the outcomes of shoppers in both shops, by block of their arrival.
    pub pairs: BTreeMap<u32, BTreeMap<PairQuestion, PairCounts>>,
    /// Keys to look up by, reused so that recording allocates only for what is met for the first time.
    #[serde(skip)]
    pub(super) keys: Untracked<KeyBuffer>,
}

// === impl Tally ===

impl Tally {
    /// An empty tally of this shape.
    pub fn new(shape: TallyShape) -> Tally {
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
            distinct: vec![DistinctValues::default(); shape.observed],
            cohorts: shape.cohorts.iter().map(|_| Tally::new(shape.of_cohort())).collect(),
            shape,
            ..Tally::default()
        }
    }

    /// Hands on what was counted since the last time, and starts anew. The new tally still knows which samples
    /// were handed on, so that none is made that a merge would only drop. What is handed on is open: whoever
    /// gets it has the time to [`Tally::compact`] it.
    pub fn take(&mut self) -> Tally {
        let next = Tally {
            samples: self.samples.bar(),
            keys: std::mem::take(&mut self.keys),
            ..Tally::new(self.shape.clone())
        };
        std::mem::replace(self, next)
    }

    /// What was seen of the shoppers for whom these conditions hold: of all, if there are none. None if this part was not counted apart.
    ///
    /// A part knows a shopper's arrival from the shopper's end. Exchanges, samples and arrivals that were never
    /// started are counted in the whole only.
    pub fn cohort(&self, conditions: &[(usize, usize)]) -> Option<&Tally> {
        match Cohort::of(conditions) {
            None => Some(self),
            Some(cohort) => {
                self.cohorts.get(self.shape.cohorts.iter().position(|known| *known == cohort)?)
            }
        }
    }

    /// The pairs that were asked this, by block.
    pub fn pairs_of(&self, of: PairQuestion) -> BTreeMap<u32, PairCounts> {
        self.pairs.iter().filter_map(|(block, pairs)| Some((*block, *pairs.get(&of)?))).collect()
    }

    /// Rewrites the joint counts, where values are now counted as one.
    pub(super) fn collapse_observed(&mut self) {
        collapse(&mut self.shoppers, &self.distinct);
        collapse(&mut self.attempts, &self.distinct);
    }

    /// Adds what `other` counted. Tallies of different shapes take the larger one.
    pub fn merge(&mut self, other: Tally) {
        let Tally {
            shape,
            arrivals,
            steps,
            journeys,
            distinct,
            mut shoppers,
            mut attempts,
            retry_arms,
            blocks,
            seconds,
            causes,
            samples,
            generator,
            cohorts,
            pairs,
            keys: _,
        } = other;
        let blurred =
            |names: &[DistinctValues]| names.iter().filter(|name| !name.are_distinct()).count();
        let before = blurred(&self.distinct);
        self.distinct.merge_with(distinct);
        if blurred(&self.distinct) > before {
            self.collapse_observed();
        }
        collapse(&mut shoppers, &self.distinct);
        collapse(&mut attempts, &self.distinct);
        self.shape.merge_with(shape);
        self.arrivals.merge_with(arrivals);
        self.steps.merge_with(steps);
        self.journeys.merge_with(journeys);
        self.shoppers.merge_with(shoppers);
        self.attempts.merge_with(attempts);
        self.retry_arms.merge_with(retry_arms);
        self.blocks.merge_with(blocks);
        self.seconds.merge_with(seconds);
        self.causes.merge_with(causes);
        self.samples.merge_with(samples);
        self.generator.merge_with(generator);
        self.cohorts.merge_with(cohorts);
        self.pairs.merge_with(pairs);
    }

    /// Packs what was counted since the last time, so that nothing takes more memory than need be. Nothing that can be
    /// read changes.
    pub fn compact(&mut self) {
        let Tally {
            shape: _,
            arrivals,
            steps,
            journeys,
            distinct,
            shoppers,
            attempts,
            retry_arms,
            blocks,
            seconds,
            causes,
            samples,
            generator,
            cohorts,
            pairs,
            keys: _,
        } = self;
        arrivals.compact();
        steps.compact();
        journeys.compact();
        distinct.compact();
        shoppers.compact();
        attempts.compact();
        retry_arms.compact();
        blocks.compact();
        seconds.compact();
        causes.compact();
        samples.compact();
        generator.compact();
        cohorts.compact();
        pairs.compact();
    }
}

impl Merge for Tally {
    fn merge_with(&mut self, other: Tally) {
        Tally::merge(self, other);
    }

    fn volume(&self) -> u64 {
        let Tally {
            shape: _,
            arrivals,
            steps,
            journeys,
            distinct: _,
            shoppers,
            attempts,
            retry_arms,
            blocks,
            seconds,
            causes,
            samples: _,
            generator,
            cohorts,
            pairs,
            keys: _,
        } = self;
        [
            arrivals.volume(),
            steps.volume(),
            journeys.volume(),
            shoppers.volume(),
            attempts.volume(),
            retry_arms.volume(),
            blocks.volume(),
            seconds.volume(),
            causes.volume(),
            generator.volume(),
            cohorts.volume(),
            pairs.volume(),
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }

    fn compact(&mut self) {
        Tally::compact(self);
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.merge(other);
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.merge(other.clone());
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(parts: I) -> Tally {
        parts.fold(Tally::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}

//! What shoppers met: how many of them met repeated failures, and how likely they are lost.

use crate::base::StepId;
use crate::plan::Plan;
use crate::tally::ShopperOutcome;
use crate::verdict::abandonment::abandonment_probability;
use crate::verdict::statistics::SumOfSquares;

/// Where failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HotspotSite {
    /// Anywhere.
    Anywhere,
    /// At this step, among the shoppers of its journey.
    Step(StepId),
}

/// Where shoppers failed first, and whether they then failed again at the same unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FailedStep {
    pub(super) step: StepId,
    pub(super) repeated_at_unit: bool,
}

/// Shoppers, and what they met.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FailureCounts {
    pub(super) shoppers: u64,
    pub(super) repeated: u64,
    /// Each shopper's probability to be lost.
    pub(super) lost: SumOfSquares,
}

// === impl HotspotSite ===

impl HotspotSite {
    /// The step, if it is one.
    pub(super) fn step(self) -> Option<StepId> {
        match self {
            HotspotSite::Step(step) => Some(step),
            HotspotSite::Anywhere => None,
        }
    }
}

// === impl FailedStep ===

impl FailedStep {
    /// None for shoppers who met no failure.
    pub(super) fn of_fate(plan: &Plan, fate: &ShopperOutcome) -> Option<FailedStep> {
        let step = fate.first_failed?;
        let is_same_unit = |second: StepId| plan.step(second).unit == plan.step(step).unit;
        Some(FailedStep { step, repeated_at_unit: fate.second_failed.is_some_and(is_same_unit) })
    }
}

// === impl FailureCounts ===

impl FailureCounts {
    /// What a number of shoppers of one fate met.
    pub(super) fn of_fate(plan: &Plan, fate: &ShopperOutcome, shoppers: u64) -> FailureCounts {
        let (behaviour, patience) = (plan.shoppers.behaviour, &plan.shoppers.patience);
        let lost = abandonment_probability(fate, behaviour, patience).high;
        FailureCounts {
            shoppers,
            repeated: if fate.failures >= 2 { shoppers } else { 0 },
            lost: SumOfSquares::of_equal(lost, shoppers),
        }
    }

    /// The part of it that belongs to a site, of shoppers who all failed so.
    pub(super) fn at(self, first: Option<FailedStep>, site: HotspotSite) -> FailureCounts {
        match (site, first) {
            (HotspotSite::Anywhere, _) => self,
            (HotspotSite::Step(step), Some(first)) if first.step == step => FailureCounts {
                repeated: if first.repeated_at_unit { self.repeated } else { 0 },
                ..self
            },
            (HotspotSite::Step(_), _) => FailureCounts {
                repeated: 0,
                lost: SumOfSquares::of_equal(0.0, self.shoppers),
                ..self
            },
        }
    }

    pub(super) fn add(&mut self, other: FailureCounts) {
        let FailureCounts { shoppers, repeated, lost } = other;
        self.shoppers += shoppers;
        self.repeated += repeated;
        self.lost += lost;
    }

    /// These without those, who are among them.
    pub(super) fn without(self, other: FailureCounts) -> FailureCounts {
        FailureCounts {
            shoppers: self.shoppers - other.shoppers,
            repeated: self.repeated - other.repeated,
            lost: self.lost.without(other.lost),
        }
    }
}

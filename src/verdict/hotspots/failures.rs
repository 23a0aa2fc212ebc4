//! What shoppers met: how many of them met repeated failures, and how likely they are lost.

use crate::base::StepId;
use crate::tally::ShopperOutcome;
use crate::verdict::abandonment::LossModel;
use crate::verdict::statistics::SumOfSquares;

/// Where failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HotspotSite {
    /// Anywhere.
    Anywhere,
    /// At this step, among the shoppers who came to it.
    Step(StepId),
}

/// The step to which shoppers' failures are put down, and whether its unit failed again.
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
    pub(super) fn of_fate(fate: &ShopperOutcome) -> Option<FailedStep> {
        Some(FailedStep { step: fate.blamed_step()?, repeated_at_unit: fate.repeated_at.is_some() })
    }
}

// === impl FailureCounts ===

impl FailureCounts {
    /// What a number of shoppers of one fate met.
    pub(super) fn of_fate(
        model: &LossModel<'_>,
        fate: &ShopperOutcome,
        shoppers: u64,
    ) -> FailureCounts {
        let lost = model.to_failures(fate).high;
        FailureCounts {
            shoppers,
            repeated: if fate.failures >= 2 { shoppers } else { 0 },
            lost: SumOfSquares::of_equal(lost, shoppers),
        }
    }

    /// The part of it that belongs to a site, of shoppers who all failed so.
    pub(super) fn at(self, blamed: Option<FailedStep>, site: HotspotSite) -> FailureCounts {
        match (site, blamed) {
            (HotspotSite::Anywhere, _) => self,
            (HotspotSite::Step(step), Some(blamed)) if blamed.step == step => FailureCounts {
                repeated: if blamed.repeated_at_unit { self.repeated } else { 0 },
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

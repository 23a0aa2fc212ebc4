//! How likely a shopper is lost: what losses, and what incidents cost, are added up from.

use super::statistics::Interval;
use crate::plan::{Behaviour, Patience};
use crate::tally::{End, ShopperOutcome};

/// How likely a shopper of this fate is lost: between the two bounds, which differ only where the story was cut.
///
/// S_k is the chance still to be there after k failed attempts, declines included. An attempt that nobody made
/// may have succeeded (lower bound, 1 − S_k) or not (upper bound, 1).
pub fn abandonment_probability(
    fate: &ShopperOutcome,
    behaviour: Behaviour,
    patience: &Patience,
) -> Interval {
    let exactly = |p| Interval { low: p, high: p };
    let failed = u32::from(fate.failures) + u32::from(fate.declines);
    let left = match behaviour {
        Behaviour::Probe | Behaviour::Experiment => 1.0 - patience.survival(failed),
        // Whoever was going to leave has left.
        Behaviour::Live => 0.0,
    };
    match fate.end {
        End::Lost => exactly(1.0),
        End::Completed | End::LeftByChoice => exactly(left),
        End::StoppedByCap | End::Unfinished if fate.purchased || failed == 0 => exactly(left),
        End::StoppedByCap | End::Unfinished => Interval { low: left, high: 1.0 },
    }
}

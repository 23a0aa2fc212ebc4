//! How much of a shopper is lost: what losses, and bad times, are added up from.

use super::statistics::Interval;
use crate::plan::{Behaviour, Patience};
use crate::tally::{End, ShopperOutcome};

/// How likely a shopper of this fate is lost: between the two bounds, which differ only where the story was cut.
///
/// S_k is the chance still to be there after k failed attempts, declines included. An attempt that nobody made
/// may have succeeded (lower bound, 1 − S_k) or not (upper bound, 1).
pub fn weight(fate: &ShopperOutcome, behaviour: Behaviour, patience: &Patience) -> Interval {
    let exactly = |p| Interval { low: p, high: p };
    let met = u32::from(fate.failures) + u32::from(fate.declines);
    let left = match behaviour {
        Behaviour::Probe | Behaviour::Experiment => 1.0 - patience.survival(met),
        // Whoever was going to leave has left.
        Behaviour::Live => 0.0,
    };
    match fate.end {
        End::Lost => exactly(1.0),
        End::Completed | End::LeftByChoice => exactly(left),
        End::StoppedByCap | End::Unfinished if fate.purchased || met == 0 => exactly(left),
        End::StoppedByCap | End::Unfinished => Interval { low: left, high: 1.0 },
    }
}

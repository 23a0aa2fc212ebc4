//! Whether failures repeat because of the shopper or because of the moment.
//!
//! Second attempts after a failed first one are set beside *other shoppers' first attempts at the same unit in the same
//! block of time* (Mantel and Haenszel's comparison within strata). What second attempts fail more often than these goes with
//! the shopper: a card, a coupon, the node that the session is pinned to. What these fail more often than usual goes
//! with the moment: the shop was down. Without the comparison every outage would make each failure look like the shopper's own.

use super::UnitRepeats;
use crate::base::{Micros, UnitId};
use crate::tally::Tally;
use crate::verdict::MIN_REPEATED;
use crate::verdict::statistics::{MantelHaenszel, Stratum, Z95};
use crate::verdict::windows::TimeWindow;

/// From this share of failing first attempts on, that the next one fails as well needs no explanation.
const MOSTLY: f64 = 0.5;

/// Where repetition comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The answer in a word.
    pub why: Why,
    /// Second attempts set beside other shoppers' first ones of the same block.
    pub strata: MantelHaenszel,
    /// The times at which the shop failed more than at others and at which second attempts failed, if they are part of the answer.
    pub windows: Vec<TimeWindow>,
    /// How long a block of time is: within one, good and bad moments are not told apart.
    pub block: Micros,
}

/// From this length on, a block may hide a bad moment that is worth knowing of.
const LONG: Micros = Micros(5_000_000);

/// Why failures repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Too few tried again after a failure.
    TooFew,
    /// They don't, beyond chance.
    Chance,
    /// Because most attempts fail, anyone's and at any time.
    Always,
    /// Because of the shopper's own circumstances.
    Shopper,
    /// Because the shop was down, or nearly, at the time.
    Moment,
    /// Both, the shopper's circumstances above all.
    ShopperAndMoment,
    /// Both, the moment above all.
    MomentAndShopper,
}

// === impl Source ===

impl Source {
    /// `p_first` is how likely a first attempt fails where failures fell.
    pub(super) fn of(
        tally: &Tally,
        units: &[UnitRepeats],
        p_first: Option<f64>,
        windows: &[TimeWindow],
    ) -> Source {
        let strata = MantelHaenszel::of_strata(strata(tally, units));
        let windows: Vec<TimeWindow> =
            windows.iter().filter(|window| window.failed_again > 0).cloned().collect();
        let own = strata.failed - strata.expected_there;
        let time = strata.expected_there - strata.expected_usually;
        let of_shopper = strata.compared_failed >= MIN_REPEATED && strata.z_score() > Z95;
        // A twentieth is within the error of any part.
        let of_moment = !windows.is_empty() && time > 0.05 * strata.failed;
        let few = strata.compared < MIN_REPEATED
            || (strata.compared_failed < MIN_REPEATED && strata.z_score() > Z95);
        let why = match (of_shopper, of_moment) {
            (false, false) if few => Why::TooFew,
            (false, false) if p_first.is_some_and(|p_first| p_first >= MOSTLY) => Why::Always,
            (false, false) => Why::Chance,
            (true, false) => Why::Shopper,
            (false, true) => Why::Moment,
            (true, true) if time < 0.05 * own => Why::Shopper,
            (true, true) if own < 0.05 * time => Why::Moment,
            (true, true) if own >= time => Why::ShopperAndMoment,
            (true, true) => Why::MomentAndShopper,
        };
        let windows = if matches!(why, Why::Moment | Why::ShopperAndMoment | Why::MomentAndShopper)
        {
            windows
        } else {
            Vec::new()
        };
        Source { why, strata, windows, block: tally.shape.block }
    }

    /// Whether a moment that was bad for everybody may have been taken for the shoppers' own circumstances, since it was shorter than
    /// a block of time: of those who tried again within it more failed than of all who came in the block.
    pub fn may_hide_a_moment(&self) -> bool {
        let blames_the_shopper =
            matches!(self.why, Why::Shopper | Why::ShopperAndMoment | Why::MomentAndShopper);
        blames_the_shopper && self.block > LONG
    }
}

/// Units in blocks of time.
fn strata<'t>(tally: &'t Tally, units: &'t [UnitRepeats]) -> impl Iterator<Item = Stratum> + 't {
    let usual = |unit: UnitId| {
        let known = units.iter().find(|known| known.unit == unit);
        known.and_then(|known| known.first.value()).unwrap_or_default()
    };
    tally.blocks.values().flat_map(move |block| {
        block.retries.iter().map(move |(unit, again)| {
            let first = block.attempts.get(&(*unit, 1)).copied().unwrap_or_default();
            Stratum {
                again: again.attempts.total(),
                again_failed: again.attempts.failed,
                own_within: again.within_block,
                first: first.total(),
                first_failed: first.failed,
                usual: usual(*unit),
            }
        })
    })
}

// === impl Why ===

impl Why {
    /// As `run.json` has it.
    pub const fn key(self) -> &'static str {
        match self {
            Why::TooFew => "too_few",
            Why::Chance => "chance",
            Why::Always => "always",
            Why::Shopper => "shopper",
            Why::Moment => "moment",
            Why::ShopperAndMoment => "shopper_and_moment",
            Why::MomentAndShopper => "moment_and_shopper",
        }
    }
}

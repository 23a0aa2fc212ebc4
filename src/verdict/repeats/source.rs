//! Whether failures repeat because of the shopper or because of the moment.
//!
//! Second attempts after a failed first one are set beside *other shoppers' first attempts at the same unit in the same
//! block of time* (Mantel and Haenszel's comparison within strata). What second attempts fail more often than these goes with
//! the shopper: a card, a coupon, the node that the session is pinned to. What these fail more often than usual goes
//! with the moment: the shop was down. Without the comparison every outage would make each failure look like the shopper's own.

use std::collections::BTreeMap;

use crate::base::{Micros, UnitId};
use crate::tally::Tally;
use crate::verdict::causes::Incident;
use crate::verdict::hotspots::{HotSpot, MIN_REPEATED};
use crate::verdict::statistics::{MantelHaenszel, Stratum, Z95};

/// From this share of failing first attempts on, that the next one fails as well needs no explanation.
const MOSTLY_FAILING: f64 = 0.5;

/// Where repetition comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct RepeatSource {
    /// The answer in a word.
    pub cause: RepeatCause,
    /// Second attempts set beside other shoppers' first ones of the same block.
    pub strata: MantelHaenszel,
    /// The times at which the shop failed more than at others and at which second attempts failed, if they are part of the answer.
    pub incidents: Vec<Incident>,
    /// How long a block of time is: within one, good and bad moments are not told apart.
    pub block: Micros,
}

/// From this length on, a block may hide a bad moment that is worth knowing of.
const LONG_BLOCK: Micros = Micros(5_000_000);

/// RepeatCause failures repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatCause {
    /// Too few tried again after a failure.
    TooFew,
    /// They don't, beyond chance.
    Chance,
    /// Because most attempts fail, anyone's and at any time.
    Always,
    /// Within a group of shoppers that stands out.
    Group,
    /// Because of the shopper's own circumstances.
    Shopper,
    /// Because the shop was down, or nearly, at the time.
    Moment,
    /// Both, the shopper's circumstances above all.
    ShopperAndMoment,
    /// Both, the moment above all.
    MomentAndShopper,
}

// === impl RepeatSource ===

impl RepeatSource {
    /// `usual` is how likely a first attempt at each unit fails, `p_first` how likely one fails where failures fell.
    pub(super) fn new(
        tally: &Tally,
        usual: &BTreeMap<UnitId, f64>,
        p_first: Option<f64>,
        incidents: &[Incident],
    ) -> RepeatSource {
        let strata = MantelHaenszel::of_strata(strata(tally, usual));
        let incidents: Vec<Incident> =
            incidents.iter().filter(|incident| incident.failed_again > 0).cloned().collect();
        let own = strata.failed - strata.expected_there;
        let time = strata.expected_there - strata.expected_usually;
        let of_shopper = strata.compared_failed >= MIN_REPEATED && strata.z_score() > Z95;
        // A twentieth is within the error of any part.
        let of_moment = !incidents.is_empty() && time > 0.05 * strata.failed;
        let few = strata.compared < MIN_REPEATED
            || (strata.compared_failed < MIN_REPEATED && strata.z_score() > Z95);
        let cause = match (of_shopper, of_moment) {
            (false, false) if few => RepeatCause::TooFew,
            (false, false) if p_first.is_some_and(|p_first| p_first >= MOSTLY_FAILING) => {
                RepeatCause::Always
            }
            (false, false) => RepeatCause::Chance,
            (true, false) => RepeatCause::Shopper,
            (false, true) => RepeatCause::Moment,
            (true, true) if time < 0.05 * own => RepeatCause::Shopper,
            (true, true) if own < 0.05 * time => RepeatCause::Moment,
            (true, true) if own >= time => RepeatCause::ShopperAndMoment,
            (true, true) => RepeatCause::MomentAndShopper,
        };
        let incidents = if matches!(
            cause,
            RepeatCause::Moment | RepeatCause::ShopperAndMoment | RepeatCause::MomentAndShopper
        ) {
            incidents
        } else {
            Vec::new()
        };
        RepeatSource { cause, strata, incidents, block: tally.shape.block }
    }

    /// What passes for chance, or for anybody's lot, where all are compared alike goes with a group where one stands out: within it
    /// first attempts fail as well, so that retries fail no more often than these, and among all retries those of cured hiccups
    /// hide it.
    pub(super) fn explained_by(self, hotspots: &[HotSpot]) -> RepeatSource {
        let unexplained = match self.cause {
            RepeatCause::TooFew | RepeatCause::Chance | RepeatCause::Always => true,
            RepeatCause::Group
            | RepeatCause::Shopper
            | RepeatCause::Moment
            | RepeatCause::ShopperAndMoment
            | RepeatCause::MomentAndShopper => false,
        };
        let cause =
            if unexplained && !hotspots.is_empty() { RepeatCause::Group } else { self.cause };
        RepeatSource { cause, ..self }
    }

    /// Whether a moment that was bad for everybody may have been taken for the shoppers' own circumstances, since it was shorter than
    /// a block of time: of those who tried again within it more failed than of all who came in the block.
    pub fn may_hide_a_moment(&self) -> bool {
        let blames_the_shopper = matches!(
            self.cause,
            RepeatCause::Shopper | RepeatCause::ShopperAndMoment | RepeatCause::MomentAndShopper
        );
        blames_the_shopper && self.block > LONG_BLOCK
    }
}

/// Units in blocks of time; `usual` is how likely a first attempt at a unit fails at any time.
fn strata<'t>(
    tally: &'t Tally,
    usual: &'t BTreeMap<UnitId, f64>,
) -> impl Iterator<Item = Stratum> + 't {
    tally.blocks.values().flat_map(move |block| {
        block.retries.iter().map(move |(unit, again)| {
            let first = block.attempts.get(&(*unit, 1)).copied().unwrap_or_default();
            Stratum {
                again: again.attempts.total(),
                again_failed: again.attempts.failed,
                own_within: again.within_block,
                first: first.total(),
                first_failed: first.failed,
                usual: usual.get(unit).copied().unwrap_or_default(),
            }
        })
    })
}

// === impl RepeatCause ===

impl RepeatCause {
    /// As `run.json` has it.
    pub const fn key(self) -> &'static str {
        match self {
            RepeatCause::TooFew => "too_few",
            RepeatCause::Chance => "chance",
            RepeatCause::Always => "always",
            RepeatCause::Group => "group",
            RepeatCause::Shopper => "shopper",
            RepeatCause::Moment => "moment",
            RepeatCause::ShopperAndMoment => "shopper_and_moment",
            RepeatCause::MomentAndShopper => "moment_and_shopper",
        }
    }
}

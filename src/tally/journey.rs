//! What was seen of each journey.

use serde::{Deserialize, Serialize};

use super::friction::Friction;
use super::latency_by_block::LatencyByBlock;
use super::merge::merge_fields;

/// What was seen of one journey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyTally {
    /// Shoppers who started it.
    pub started: u64,
    /// By place of the unit in the journey: shoppers who came to it, and who got through it.
    pub funnel: Vec<FunnelStage>,
    /// Intended arrival to the end of the journey, of shoppers who completed it.
    pub duration: LatencyByBlock,
    /// Intended arrival to the order, of shoppers who bought.
    pub time_to_buy: LatencyByBlock,
    /// What it took them.
    pub friction: Friction,
}

/// Shoppers at one unit of a journey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelStage {
    /// Came to it.
    pub entered: u64,
    /// Got through it, at whatever attempt, as often as they came to it.
    pub passed: u64,
    /// Got through it at the first attempt, each time.
    pub passed_at_once: u64,
    /// Left by choice right after it.
    pub left: u64,
    /// Were stopped at it: tried as often as they may, or lost.
    pub stopped: u64,
    /// Were at it when the run ended. Who came, and neither got through nor was stopped or cut off, is still there.
    pub cut_off: u64,
}

merge_fields!(JourneyTally { started, funnel, duration, time_to_buy, friction });
merge_fields!(FunnelStage { entered, passed, passed_at_once, left, stopped, cut_off });

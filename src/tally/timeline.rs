//! What was seen when: by block, for inference, and by second, for charts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::latency::Latency;
use super::merge::merge_fields;
use super::purchases::PurchaseCounts;
use super::shoppers::{AttemptCounts, ShopperCount, ShopperOutcome};
use crate::base::{JourneyId, StepId, UnitId};

/// What was seen in one block of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTally {
    /// Arrivals that were due.
    pub planned: u64,
    /// Arrivals whose shopper acted.
    pub started: u64,
    /// Arrivals never started.
    pub unstarted: u64,
    /// Requests held back by a cap.
    pub held: u64,
    /// Shoppers whose intended arrival is in the block, by what happened to them.
    pub shoppers: BTreeMap<(JourneyId, ShopperOutcome), ShopperCount>,
    /// Attempts that began in the block (retries under their own block), by unit and order (capped at 8).
    pub attempts: BTreeMap<(UnitId, u8), AttemptCounts>,
    /// Second attempts that began in the block and followed a failed first one, by unit: compared with the first attempts
    /// of the same block, they tell what goes with the shopper from what goes with the moment.
    pub retries: BTreeMap<UnitId, RetryCounts>,
    /// Shoppers whose first failed attempt began in the block, by what happened to them in the end.
    pub began_to_fail: BTreeMap<(JourneyId, ShopperOutcome), ShopperCount>,
    /// Intended start to the moment the shopper's task acts, of every step attempt that was due in the block.
    pub lag: Latency,
    /// Same, of arrivals only.
    pub arrival_lag: Latency,
}

/// Second attempts after a failed first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryCounts {
    /// How they came out.
    pub attempts: AttemptCounts,
    /// Those of them whose first attempt began in the same block: there, one failed first attempt is the shopper's own.
    pub within_block: u64,
}

/// What was seen in one second.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondTally {
    /// Arrivals that were due.
    pub planned: u64,
    /// Arrivals whose shopper acted, by when they acted.
    pub started: u64,
    /// Shoppers who ended.
    pub ended: u64,
    /// Shoppers who met their second failed attempt.
    pub repeated: u64,
    /// Requests that were let go, by when; those that found no connection, and those that are not answered yet, among them.
    pub requests: u64,
    /// Purchase requests, by when they were sent and when they were settled.
    pub purchases: PurchaseCounts,
    /// Attempts at steps that ended with 429 Too Many Requests.
    pub throttled: u64,
    /// By step, where there were any: attempts that ended, and those of them that failed.
    pub steps: BTreeMap<StepId, (u32, u32)>,
}

merge_fields!(BlockTally {
    planned,
    started,
    unstarted,
    held,
    shoppers,
    attempts,
    retries,
    began_to_fail,
    lag,
    arrival_lag,
});
merge_fields!(RetryCounts { attempts, within_block });
merge_fields!(SecondTally {
    planned,
    started,
    ended,
    repeated,
    requests,
    purchases,
    throttled,
    steps
});

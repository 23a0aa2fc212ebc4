//! How a run is to be carried out.

use super::purchase_log::PurchaseLogFile;
use super::stop_rules::StopRules;
use crate::base::{Micros, Slice, VarId};
use crate::shopper::browser::settings::SessionSettings;
use crate::shopper::transport::HttpOptions;

/// How a run is to be carried out; what is run is in the plan.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Draws everything.
    pub seed: u64,
    /// The slice of the schedule that this process takes.
    pub slice: Slice,
    /// How many cores it uses.
    pub cores: u32,
    /// How long from now the planned start is. At least the time that threads need to come up.
    pub starts_in: Micros,
    /// How long shoppers may finish after the last arrival.
    pub drain: Micros,
    /// How long they may where the run is interrupted.
    pub drain_interrupted: Micros,
    /// Names this run to the shop.
    pub run: String,
    /// What was captured before shoppers came.
    pub shared: Vec<(VarId, serde_json::Value)>,
    /// What all sessions have in common.
    pub session: SessionSettings,
    /// How to speak to the shop.
    pub http: HttpOptions,
    /// Where purchases are logged, if anywhere.
    pub purchases: Option<PurchaseLogFile>,
    /// What ends the run early.
    pub stop_rules: StopRules,
    /// The shop that the same shoppers go to at the same time, in a paired run. It shares the limits of the whole run.
    pub baseline: Option<BaselineShop>,
}

/// The second shop of a paired run.
#[derive(Clone, Debug)]
pub struct BaselineShop {
    /// Names this side of the run to the shop.
    pub run: String,
    /// What all sessions in it have in common.
    pub session: SessionSettings,
    /// Where purchases are logged, if anywhere.
    pub purchases: Option<PurchaseLogFile>,
}

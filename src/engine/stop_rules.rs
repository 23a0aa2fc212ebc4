//! Limits that end a run early.

use clap::Args;

/// Limits that end a run early. As arguments, they are options of the same names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct StopRules {
    /// Stop after this many requests
    #[arg(long, env = "TILLRUSH_MAX_REQUESTS", value_name = "N")]
    pub max_requests: Option<u64>,

    /// Stop after this many purchase attempts
    #[arg(long, env = "TILLRUSH_MAX_ORDERS", value_name = "N")]
    pub max_orders: Option<u64>,
}

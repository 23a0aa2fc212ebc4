//! Options of slices that meet in an object store.

use clap::Args;
use url::Url;

use super::value_parsers::quantity;
use crate::base::Micros;

/// How the slices of a run meet.
#[derive(Clone, Debug, Args)]
pub struct JoinArgs {
    /// Meet the other slices in this object store, start with them, and store the slice there: s3://BUCKET/RUN, gs:, az: or file:. Every run needs a name of its own. `merge` judges the run
    #[arg(id = "join", long = "join", env = "TILLRUSH_JOIN", value_name = "URL", conflicts_with_all = ["start_at", "baseline"])]
    pub url: Option<Url>,

    /// With --join: how long to wait for the other slices. Then nobody starts
    #[arg(id = "join_wait", long = "join-wait", env = "TILLRUSH_JOIN_WAIT", default_value = "5m", value_name = "DURATION", value_parser = quantity::<Micros>)]
    pub wait: Micros,

    /// With --join: after the wait, start if at least that number of slices is ready. The run is incomplete then, and never passes
    #[arg(id = "join_least", long = "join-least", env = "TILLRUSH_JOIN_LEAST", value_name = "N", requires = "join", value_parser = clap::value_parser!(u32).range(1..))]
    pub least: Option<u32>,
}

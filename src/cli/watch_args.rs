//! Options of `watch`.

use std::net::SocketAddr;

use clap::Args;
use url::Url;

/// What to watch, and how.
#[derive(Clone, Debug, Args)]
pub struct WatchArgs {
    /// The URL that the slices were given with --join
    pub url: Url,

    /// Serve the live report on this address. Without a value: a free port on loopback
    #[arg(long, env = "TILLRUSH_WEB", value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    pub web: Option<SocketAddr>,

    /// End the run of all slices: they start no more shoppers, and deliver
    #[arg(long)]
    pub stop: bool,
}

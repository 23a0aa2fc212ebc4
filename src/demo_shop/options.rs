//! How a shop is set up, and why it can't open.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::access_log::AccessLogOptions;
use super::faults::Faults;

/// How the shop is to be.
#[derive(Clone, Debug)]
pub struct ShopOptions {
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// How it misbehaves.
    pub faults: Faults,
    /// The names of the nodes that sessions are pinned to; at least one.
    pub nodes: Vec<String>,
    /// The seed of every draw: of faults, and of the nodes.
    pub seed: u64,
    /// Where requests are logged, if anywhere.
    pub access_log: Option<AccessLogOptions>,
    /// Threads that serve; at least one.
    pub threads: usize,
    /// Where the payment provider listens; none: there is none.
    pub payments: Option<SocketAddr>,
    /// Where receipts are sent by SMTP; none: nowhere.
    pub mail: Option<SocketAddr>,
    /// From an order to its payment being confirmed.
    pub paid_after: Duration,
    /// From a return to its refund.
    pub refunded_after: Duration,
    /// From a question to the help desk's answer.
    pub help_answers_after: Duration,
}

/// Why a shop can't open.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// The address can't be listened on.
    #[error(
        "the practice shop can't listen on {addr}: choose another port, or 0 for any that is free"
    )]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A thread or its runtime can't be made.
    #[error("the practice shop can't start its threads")]
    Threads(#[source] io::Error),
    /// The access log can't be written.
    #[error("the practice shop can't write its access log {}", file.display())]
    AccessLog {
        /// The file.
        file: std::path::PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is nothing to pin sessions to.
    #[error("the practice shop needs at least one node")]
    NoNodes,
    /// A fault is meant for a node that isn't there.
    #[error("the fault '{fault}' is meant for '{node}', but the shop's nodes are {known}")]
    UnknownNode {
        /// The fault's name.
        fault: String,
        /// The node that it names.
        node: String,
        /// The nodes there are.
        known: String,
    },
    /// Stock is set for a product that isn't there.
    #[error("stock is set for '{0}', but the shop has only sku-1 to sku-24 and flash-console")]
    UnknownProduct(String),
}

// === impl ShopOptions ===

impl Default for ShopOptions {
    fn default() -> ShopOptions {
        ShopOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            faults: Faults::none(),
            nodes: ShopOptions::node_names(4),
            seed: 1,
            access_log: None,
            threads: 1,
            payments: None,
            mail: None,
            paid_after: Duration::from_millis(300),
            refunded_after: Duration::from_secs(1),
            help_answers_after: Duration::from_secs(2),
        }
    }
}

impl ShopOptions {
    /// `node-1` to `node-n`.
    pub fn node_names(n: usize) -> Vec<String> {
        (1..=n).map(|i| format!("node-{i}")).collect()
    }
}

//! What the connections of one core share, and what is known of an exchange while it lasts.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use super::connection::Connection;
use super::exchange::Origin;
use super::lookup::Lookup;
use super::tls::Tls;
use crate::base::Micros;
use crate::tally::Phases;

/// What the lines of a core share.
pub(super) struct SharedState<C> {
    pub(super) clock: C,
    pub(super) lookup: Lookup,
    pub(super) tls: Tls,
    pub(super) sources: Vec<IpAddr>,
    /// Whose turn it is among the sources.
    pub(super) next_source: Cell<usize>,
    pub(super) kept: Option<RefCell<HashMap<Rc<Origin>, Vec<Connection>>>>,
    pub(super) max_body: u64,
}

/// What is known of an exchange so far, kept outside of it so that it survives giving up.
#[derive(Debug, Default)]
pub(super) struct ExchangeTimings {
    pub(super) phases: Phases,
    pub(super) connections: u32,
    pub(super) resumed: bool,
    pub(super) redials: u32,
    pub(super) sent_at: Option<Micros>,
    pub(super) ended_at: Option<Micros>,
    pub(super) bytes_received: u64,
}

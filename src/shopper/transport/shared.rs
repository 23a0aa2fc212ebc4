//! What the connections of one core share, and what is known of an exchange while it lasts.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::rc::Rc;

use super::connection::Connection;
use super::http1::Buffers;
use super::lookup::Lookup;
use super::run_clock::Clock;
use super::tls::Tls;
use super::wire_request::Origin;
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
    pub(super) buffers: Buffers,
    /// Origins that refuse HTTP/2 though they offer it.
    pub(super) http1_only: RefCell<HashSet<Rc<Origin>>>,
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

// === impl ExchangeTimings ===

impl ExchangeTimings {
    /// Notes that the head of an answer has come; when that was.
    pub(super) fn head_came(&mut self, clock: &impl Clock) -> Micros {
        let now = clock.now();
        self.phases.wait = Some(now.since(self.sent_at.unwrap_or(now)));
        now
    }

    /// Notes that the body has come, or broke off.
    pub(super) fn body_came(&mut self, clock: &impl Clock, head_at: Micros) {
        let now = clock.now();
        self.ended_at = Some(now);
        self.phases.receive = Some(now.since(head_at));
    }
}

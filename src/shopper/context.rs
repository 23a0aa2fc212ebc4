//! What the shoppers of one core share: the plan, the shop, the clock, and where they report.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::browser::returning::ReturningPool;
use super::browser::session::{RedirectHop, RequestGate, SessionSettings};
use super::purchase::Ledger;
use super::rendezvous::Barriers;
use super::transport::{Clock, Exchange, Transport, WireRequest};
use crate::base::{Micros, StepId};
use crate::plan::Plan;
use crate::tally::{AssetsSeen, Checked, Outcome, Tally};

/// What the shoppers of one core share.
pub struct World<S, C, G> {
    /// What they mean to do.
    pub plan: Arc<Plan>,
    /// Where they do it.
    pub transport: S,
    /// When.
    pub clock: C,
    /// What holds requests back.
    pub gate: G,
    /// What all sessions have in common.
    pub settings: Rc<SessionSettings>,
    /// Names this run to the shop.
    pub run: Rc<str>,
    /// What they tell; the engine takes it away each second.
    pub tally: RefCell<Tally>,
    /// Remembers purchases.
    pub ledger: Rc<dyn Ledger>,
    /// What shoppers left behind for those who come again.
    pub returning: RefCell<ReturningPool>,
    /// Where shoppers wait for each other.
    pub barriers: Arc<Barriers>,
    /// Sees everything, where somebody wants to.
    pub witness: Option<Rc<dyn Witness>>,
    /// The world of the other shop, where the same shoppers go to two at once.
    pub beside: Option<Rc<World<S, C, G>>>,
    /// Whether shoppers leave out thinking, pausing and waiting for others: for walks.
    pub hurried: bool,
    /// Whether shoppers never leave by choice: for walks, which are to show the whole journey.
    pub resolute: bool,
}

/// Sees what a shopper does, as it happens.
pub trait Witness {
    /// A step is about to be tried.
    fn begins(&self, step: StepId, nth: u32);
    /// A request was answered, or wasn't.
    fn exchange(&self, step: StepId, request: &WireRequest, exchange: &Exchange, hop: RedirectHop);
    /// A variable got a value.
    fn captured(&self, name: &str, value: &str);
    /// Conditions (`declined` or `expect`) were looked at.
    fn checked(&self, what: &str, checks: &[Checked]);
    /// A step was judged.
    fn judged(&self, step: StepId, outcome: Outcome, detail: &str, took: Micros);
    /// The files of the step's page came; `missing` says in words what did not.
    fn assets(&self, step: StepId, seen: &AssetsSeen, missing: &str);
    /// So many shoppers go on from here, as a fraction; this one would leave by choice, and stays because it is resolute.
    fn stays(&self, going_on: f64);
    /// The shopper pauses this long before the next step, unless hurried.
    fn pauses(&self, pause: Micros, why: &str);
}

// === impl World ===

impl<S: Transport, C: Clock, G: RequestGate> World<S, C, G> {
    /// Tells the witness, if there is one.
    pub(super) fn tell(&self, what: impl FnOnce(&dyn Witness)) {
        if let Some(witness) = &self.witness {
            what(&**witness);
        }
    }
}

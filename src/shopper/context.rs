//! What the shoppers of one core share: the plan, the shop, the clock, and where they report.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::browser::fetch::{RedirectHop, RequestGate};
use super::browser::returning::ReturningPool;
use super::browser::session::BrowserSession;
use super::browser::settings::SessionSettings;
use super::purchase::PurchaseLog;
use super::rendezvous::MeetingPoints;
use super::transport::{Clock, Exchange, Transport, WireRequest};
use crate::base::{Micros, StepId, VarId};
use crate::plan::{Plan, Value};
use crate::tally::{AssetsSeen, Checked, Outcome, Tally};

/// What is outside of shoppers: the shop, the time, and what holds requests back. Real ones in a run, others in tests.
pub trait Env: 'static {
    /// Where requests go.
    type Transport: Transport<Connections: 'static> + 'static;
    /// The time of the run.
    type Clock: Clock + 'static;
    /// What holds requests back.
    type Gate: RequestGate + Clone + 'static;
}

/// The browser session of a shopper in this environment.
pub(super) type ShopperSession<E> =
    BrowserSession<<<E as Env>::Transport as Transport>::Connections, <E as Env>::Gate>;

/// What the shoppers of one core share.
pub struct CoreContext<E: Env> {
    /// What they mean to do.
    pub plan: Arc<Plan>,
    /// Where they do it.
    pub transport: E::Transport,
    /// When.
    pub clock: E::Clock,
    /// What holds requests back.
    pub gate: E::Gate,
    /// What all sessions have in common.
    pub settings: Rc<SessionSettings>,
    /// The same of each of several targets.
    pub targets: Vec<Rc<SessionSettings>>,
    /// Names this run to the shop.
    pub run: Rc<str>,
    /// What was captured before shoppers came, and every shopper knows.
    pub shared: Vec<(VarId, Value)>,
    /// What they count; the engine takes it each second.
    pub tally: RefCell<Tally>,
    /// Remembers purchases.
    pub purchase_log: Rc<dyn PurchaseLog>,
    /// Browsers of shoppers who left, for those who return.
    pub returning: RefCell<ReturningPool>,
    /// Where shoppers wait for each other.
    pub rendezvous: Arc<MeetingPoints>,
    /// Observes every step, where wanted.
    pub observer: Option<Rc<dyn StepObserver>>,
    /// The context of the second shop of a paired run, where the same shoppers go to two at once.
    pub baseline: Option<Rc<CoreContext<E>>>,
    /// Whether shoppers leave out thinking, pausing and waiting for others: for walks.
    pub skip_delays: bool,
    /// Whether shoppers never leave by choice: for walks, which are to show the whole journey.
    pub never_abandon: bool,
}

/// Sees what a shopper does, as it happens.
pub trait StepObserver {
    /// A step is about to be tried.
    fn step_started(&self, step: StepId, nth: u32);
    /// A step is not taken: its condition, or that of its way, does not hold.
    fn step_skipped(&self, step: StepId);
    /// A request was answered, or wasn't.
    fn exchange_done(
        &self,
        step: StepId,
        request: &WireRequest,
        exchange: &Exchange,
        hop: RedirectHop,
    );
    /// A variable got a value.
    fn value_captured(&self, name: &str, value: &str);
    /// Conditions (`declined`, `expect` or `until`) were checked.
    fn conditions_checked(&self, what: &str, checks: &[Checked]);
    /// A step has its outcome.
    fn step_finished(&self, step: StepId, outcome: Outcome, detail: &str, took: Micros);
    /// The files of the step's page came; `missing` says in words what did not.
    fn assets_loaded(&self, step: StepId, seen: &AssetsSeen, missing: &str);
    /// This shopper would leave by choice here, and goes on only because of `never_abandon`; `going_on` is the share of shoppers who do.
    fn would_have_left(&self, going_on: f64);
    /// The shopper pauses this long before the next step, unless delays are skipped.
    fn pause_started(&self, pause: Micros, why: &str);
}

// === impl Env ===

impl<T, C, G> Env for (T, C, G)
where
    T: Transport<Connections: 'static> + 'static,
    C: Clock + 'static,
    G: RequestGate + Clone + 'static,
{
    type Transport = T;
    type Clock = C;
    type Gate = G;
}

// === impl CoreContext ===

impl<E: Env> CoreContext<E> {
    /// What the session of a shopper with these attributes has in common with others.
    pub(super) fn settings_for(&self, attributes: &[u8]) -> Rc<SessionSettings> {
        let target =
            self.plan.targets.as_ref().and_then(|targets| {
                self.targets.get(usize::from(*attributes.get(targets.attribute)?))
            });
        Rc::clone(target.unwrap_or(&self.settings))
    }

    /// Calls the observer, if there is one.
    pub(super) fn observe(&self, what: impl FnOnce(&dyn StepObserver)) {
        if let Some(observer) = &self.observer {
            what(&**observer);
        }
    }
}

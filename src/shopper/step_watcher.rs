//! What a step's requests count as, one by one; and the purchase that begins with one of them.

use super::activity::{Activity, PurchaseUnderWay};
use super::browser::fetch::{FetchWatcher, RedirectHop};
use super::context::{CoreContext, Env};
use super::failure_sample::Trace;
use super::profile::ShopperProfile;
use super::purchase::{Intent, PurchaseEvent};
use super::transport::{Clock, Exchange, WireRequest};
use crate::base::StepId;
use crate::tally::{Effort, ExchangeSeen};

/// Watches the requests of one fetch of a step.
pub(super) struct StepWatcher<'a, E: Env> {
    pub(super) context: &'a CoreContext<E>,
    pub(super) step: StepId,
    pub(super) nth: u32,
    pub(super) trace: &'a mut Trace,
    pub(super) effort: &'a mut Effort,
    pub(super) exchanges: &'a mut u32,
    /// The purchase that begins with the first request, if one does.
    pub(super) purchase: Option<PurchaseUnderWay>,
    pub(super) activity: &'a mut Activity,
    pub(super) intent: Option<&'a Intent>,
    pub(super) profile: &'a ShopperProfile,
}

impl<E: Env> FetchWatcher for StepWatcher<'_, E> {
    /// A purchase is logged before its request is sent, so that nothing that may be an order is forgotten; and not before a
    /// safety cap lets it go, so that nothing is logged that was never sent. What only asks for leave orders nothing.
    fn sending(&mut self, preflight: bool) {
        let now = self.context.clock.now();
        self.context.tally.borrow_mut().request_sent(now);
        if preflight {
            return;
        }
        let Some(purchase) = self.purchase.take() else { return };
        self.activity.replace_purchase(Some(purchase));
        if let Some(intent) = self.intent {
            let log = &*self.context.purchase_log;
            let event = PurchaseEvent::Invoke;
            if let Some(stage) = event.stage() {
                self.context.tally.borrow_mut().purchase(now, stage);
            }
            intent.log(log, &self.context.plan, self.profile, purchase, event, now);
        }
    }

    fn exchange_done(&mut self, request: &WireRequest, exchange: &Exchange, hop: RedirectHop) {
        let seen = ExchangeSeen {
            step: self.step,
            began_at: exchange.began_at,
            phases: exchange.phases,
            redirect: hop.index > 0,
            connections: exchange.connections,
            redials: exchange.redials,
            sent: exchange.sent_at.is_some(),
            resumed: exchange.resumed,
            held: hop.held.is_some(),
            bytes_sent: request.body.len() as u64,
            bytes_received: exchange.bytes_received,
        };
        self.context.tally.borrow_mut().exchange(&seen);
        self.effort.add(&seen);
        self.trace.add(self.step, self.nth, exchange);
        // A preflight buys nothing, and is none of the requests that may have.
        *self.exchanges += u32::from(!hop.preflight);
        self.context.observe(|observer| observer.exchange_done(self.step, request, exchange, hop));
    }
}

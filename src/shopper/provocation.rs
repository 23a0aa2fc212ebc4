//! What some shoppers do at the paying step besides paying, to test whether the shop makes one order of it.
//!
//! The request besides is nobody's attempt: it is in no figure of the run but the safety caps. The purchase log has it, because an
//! order may come of it.

use std::pin::pin;

use bytes::Bytes;
use futures_util::future::select;

use super::activity::PurchaseUnderWay;
use super::browser::fetch::{FetchWatcher, PageRequest, RedirectHop};
use super::context::{CoreContext, Env, ShopperSession};
use super::journey::JourneyRun;
use super::purchase::PurchaseEvent;
use super::transport::{Clock, Exchange, Transport, WireRequest};
use crate::base::Micros;
use crate::plan::{ProvocationArm, ProvocationKind, ProvocationTime};

/// Sees only the last status.
#[derive(Default)]
struct LastStatus(Option<u16>);

impl FetchWatcher for LastStatus {
    fn exchange_done(&mut self, _: &WireRequest, exchange: &Exchange, hop: RedirectHop) {
        if !hop.preflight && hop.index == 0 {
            self.0 = exchange.result.as_ref().ok().map(|answer| answer.status.as_u16());
        }
    }
}

/// How long an answer to a request besides may take, which nobody waits for.
const LONGEST_BESIDES: Micros = Micros::from_secs(30);
/// How often a careful client asks again while its first request is under way.
const ASKED_EVERY: Micros = Micros::from_millis(500);

/// Sends a request besides; the status of its answer. Where it is cut, the connection is closed after so long.
async fn send_besides<E: Env>(
    context: &CoreContext<E>,
    session: &mut ShopperSession<E>,
    request: PageRequest<'_>,
    give_up_at: Micros,
    cut_after: Option<Micros>,
) -> Option<u16> {
    let mut seen = LastStatus::default();
    {
        let fetch = pin!(session.fetch(request, give_up_at, &mut seen));
        match cut_after {
            None => drop(fetch.await),
            Some(after) => {
                let at = context.clock.now().saturating_add(after);
                select(fetch, pin!(context.clock.sleep_until(at))).await;
            }
        }
    }
    seen.0
}

/// Sends a request besides while the shopper's own is under way; the status of its last answer.
pub(super) async fn send_meanwhile<E: Env>(
    context: &CoreContext<E>,
    mut browser: ShopperSession<E>,
    arm: &ProvocationArm,
    request: PageRequest<'_>,
) -> Option<u16> {
    context.clock.sleep_until(context.clock.now().saturating_add(arm.after)).await;
    let until = context.clock.now().saturating_add(LONGEST_BESIDES);
    loop {
        let answer = send_besides(context, &mut browser, request.clone(), until, None).await;
        let asked_again_at = context.clock.now().saturating_add(ASKED_EVERY);
        let is_under_way =
            arm.kind == ProvocationKind::SameKey && matches!(answer, Some(409 | 425));
        if !is_under_way || asked_again_at >= until {
            return answer;
        }
        context.clock.sleep_until(asked_again_at).await;
    }
}

impl<E: Env> JourneyRun<E> {
    /// What this shopper does besides the first attempt at the paying step, if anything.
    pub(super) fn provocation<'p>(
        &self,
        context: &'p CoreContext<E>,
        attempt: PurchaseUnderWay,
        is_paying: bool,
    ) -> Option<&'p ProvocationArm> {
        let arms = &context.plan.unit(attempt.unit).provocations;
        if arms.is_empty() || !is_paying || attempt.nth > 1 {
            return None;
        }
        ProvocationArm::of_shopper(arms, self.profile.id, self.draw_of(attempt.unit.0, 0))
    }

    /// Sends a request besides before the shopper's own, or instead of it; the status of its answer.
    pub(super) async fn send_first(
        &self,
        context: &CoreContext<E>,
        arm: &ProvocationArm,
        request: PageRequest<'_>,
        give_up_at: Micros,
    ) -> Option<u16> {
        let cut_after = match arm.kind.time() {
            ProvocationTime::Before => Some(arm.after),
            ProvocationTime::Instead | ProvocationTime::Meanwhile | ProvocationTime::Afterwards => {
                None
            }
        };
        let mut browser = self.other_browser(context, arm.kind);
        send_besides(context, &mut browser, request, give_up_at, cut_after).await
    }

    /// Sends a request besides, some time after the answer to the shopper's own; the status of its answer.
    pub(super) async fn send_afterwards(
        &self,
        context: &CoreContext<E>,
        arm: &ProvocationArm,
        request: PageRequest<'_>,
    ) -> Option<u16> {
        let at = context.clock.now().saturating_add(arm.after);
        context.clock.sleep_until(at).await;
        let request = match arm.kind {
            ProvocationKind::OtherBody => with_other_body(request),
            ProvocationKind::DoubleClick
            | ProvocationKind::Cut
            | ProvocationKind::NewKeyRetry
            | ProvocationKind::SecondTab
            | ProvocationKind::SameKey
            | ProvocationKind::Resubmit
            | ProvocationKind::OtherSession
            | ProvocationKind::ReturnLost => request,
        };
        let mut browser = self.other_browser(context, arm.kind);
        let give_up_at = context.clock.now().saturating_add(LONGEST_BESIDES);
        send_besides(context, &mut browser, request, give_up_at, None).await
    }

    /// The browser that sends the request besides.
    pub(super) fn other_browser(
        &self,
        context: &CoreContext<E>,
        kind: ProvocationKind,
    ) -> ShopperSession<E> {
        let connections = context.transport.connections(self.profile.id);
        match kind {
            ProvocationKind::OtherSession => self.session.stranger(connections),
            ProvocationKind::ReturnLost => self.session.twin(connections).without_redirects(),
            ProvocationKind::DoubleClick
            | ProvocationKind::Cut
            | ProvocationKind::NewKeyRetry
            | ProvocationKind::SecondTab
            | ProvocationKind::SameKey
            | ProvocationKind::Resubmit
            | ProvocationKind::OtherBody => self.session.twin(connections),
        }
    }

    /// Says in the purchase log that a request besides is sent, or what it was answered.
    pub(super) fn log_provocation(
        &self,
        context: &CoreContext<E>,
        attempt: PurchaseUnderWay,
        arm: &ProvocationArm,
        answer: Option<u16>,
    ) {
        let Some(intent) = &self.intent else { return };
        let event = PurchaseEvent::Provoked { arm: &arm.label(), after: arm.after, answer };
        let now = context.clock.now();
        intent.log(&*context.purchase_log, &context.plan, &self.profile, attempt, event, now);
    }
}

/// The same request with a body that says something else.
fn with_other_body(mut request: PageRequest<'_>) -> PageRequest<'_> {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    request.body = Bytes::from(match body.trim_end().strip_suffix('}') {
        Some(object) => format!("{object},\"tillrush_other_body\":true}}"),
        None => format!("{body}&tillrush_other_body=1"),
    });
    request
}

//! One try at a step: build the request, send it, check the response, record the outcome.

use std::pin::pin;
use std::rc::Rc;

use futures_util::future::join;
use http::HeaderName;

use super::activity::{PurchaseUnderWay, StepUnderWay};
use super::browser::fetch::FetchOutcome;
use super::context::{CoreContext, Env};
use super::failure_sample::{FailingStep, FailureEvidence};
use super::journey::JourneyRun;
use super::page_assets::{PageArrival, load_assets};
use super::provocation::send_meanwhile;
use super::purchase::Intent;
use super::request::traceparent::traceparent;
use super::response::check::FailedCheck;
use super::response::evaluate::StepResult;
use super::response::retry_after::retry_after;
use super::step_watcher::StepWatcher;
use super::transport::Clock;
use crate::base::{Micros, StepId, UnitId};
use crate::plan::ProvocationTime;
use crate::tally::{AttemptTimes, FailureKind, Outcome, PairQuestion, StepAttempt, Timing};

/// The state of one try at a step, over all its requests.
pub(super) struct StepTry {
    pub(super) unit: UnitId,
    pub(super) nth: u32,
    pub(super) begun: StepUnderWay,
    sent_at: Option<Micros>,
    /// Exchanges so far, redirects and polls included.
    exchanges: u32,
    /// The address to ask at next, if not by the step's own request.
    pub(super) reload_url: Option<String>,
    /// Where the first answer said to ask.
    pub(super) poll_url: Option<String>,
    /// How long was waited between answers, as the page or the scenario asks.
    pub(super) waited: Micros,
    evidence: FailureEvidence,
}

impl<E: Env> JourneyRun<E> {
    /// One try at a step that should begin at `intended_at`: its outcome, and when the shopper is through with it.
    pub(super) async fn try_step(
        &mut self,
        context: &CoreContext<E>,
        unit: UnitId,
        step: StepId,
        nth: u32,
        intended_at: Micros,
    ) -> (Outcome, Micros) {
        let begun = self.begin_step(context, step, nth, intended_at);
        let mut attempt = StepTry {
            unit,
            nth,
            begun,
            sent_at: None,
            exchanges: 0,
            reload_url: None,
            poll_url: None,
            waited: Micros::ZERO,
            evidence: FailureEvidence::default(),
        };
        let (mut result, ended_at) = self.request_step(context, &mut attempt).await;
        let assets = context.plan.step(step).assets;
        let arrival =
            |as_expected| PageArrival { step, intended_at, page_at: ended_at, as_expected };
        let mut loaded_at = None;
        if matches!((&result, assets), (StepResult::Ok, Some(assets)) if assets.expect_all) {
            let (session, evidence) = (&mut self.session, &attempt.evidence);
            let mut files = load_assets(context, session, &arrival(true), evidence).await;
            loaded_at = Some(files.at);
            if let Some((fault, cause)) = files.own.pop() {
                files.report_own_faults(context);
                result = StepResult::Own(fault, cause);
            } else if let Some(detail) = files.missing {
                let kind = FailureKind::MissingContent;
                result = StepResult::Failed(FailedCheck { kind, detail });
            }
        }
        self.activity.end_step();
        let outcome = self.record_step(context, &attempt, result, ended_at);
        if assets.is_some() && loaded_at.is_none() && outcome != Outcome::Unjudged {
            let (session, evidence) = (&mut self.session, &attempt.evidence);
            let arrival = arrival(outcome == Outcome::Ok);
            let files = load_assets(context, session, &arrival, evidence).await;
            files.report_own_faults(context);
            loaded_at = Some(files.at);
        }
        // Who goes on, goes on from a page that is there.
        (outcome, loaded_at.unwrap_or(ended_at))
    }

    fn begin_step(
        &mut self,
        context: &CoreContext<E>,
        step: StepId,
        nth: u32,
        intended_at: Micros,
    ) -> StepUnderWay {
        let acted_at = context.clock.now();
        let arrival = !std::mem::replace(&mut self.outcomes.acted, true);
        if arrival {
            let journey = self.profile.persona.journey;
            context.tally.borrow_mut().record_arrival(journey, intended_at, acted_at);
        }
        context.observe(|observer| observer.step_started(step, nth));
        let begun = StepUnderWay { step, intended_at, acted_at, arrival };
        self.activity.begin_step(begun);
        begun
    }

    /// Records what the step came to, and what that means for the purchase.
    fn record_step(
        &mut self,
        context: &CoreContext<E>,
        attempt: &StepTry,
        result: StepResult,
        ended_at: Micros,
    ) -> Outcome {
        let StepUnderWay { step, intended_at, acted_at, arrival } = attempt.begun;
        let (outcome, detail) = match result {
            StepResult::Ok => (Outcome::Ok, String::new()),
            StepResult::Declined => (Outcome::Declined, String::new()),
            StepResult::NotYet(detail, _) => (Outcome::Failed(FailureKind::TooSlow), detail),
            StepResult::Failed(failed) => (Outcome::Failed(failed.kind), failed.detail),
            StepResult::Own(fault, cause) => {
                let cause = self.variables.mask(&context.plan, &cause).into_owned();
                context.tally.borrow_mut().own_failure(fault, &cause);
                (Outcome::Unjudged, cause)
            }
            StepResult::Left => {
                self.outcomes.left = true;
                (Outcome::Unjudged, "left on purpose".to_owned())
            }
        };
        self.outcomes.record_paired(PairQuestion::Step(step), outcome);
        self.outcomes.asked_to_wait =
            attempt.evidence.answer.as_ref().and_then(|answer| retry_after(&answer.headers));
        if let Outcome::Failed(kind) = outcome {
            let failed = FailingStep { step, kind, detail: &detail, evidence: &attempt.evidence };
            self.outcomes.trace.record_failure(
                &context.tally.borrow().samples,
                self.profile.id,
                &failed,
                self.variables.redactor(&context.plan),
            );
        }
        // What was waited between answers is not the shop's service.
        let service = attempt.sent_at.map(|sent_at| ended_at.since(sent_at).since(attempt.waited));
        context.tally.borrow_mut().step_attempt(&StepAttempt {
            step,
            intended_at,
            acted_at,
            ended_at,
            times: AttemptTimes::default().with(Timing::Service, service),
            arrival,
            attributes: self.profile.attributes(),
            outcome,
        });
        let pays = self.activity.purchase().is_some_and(|purchase| purchase.paying_step == step);
        if pays || outcome != Outcome::Ok {
            let refused = attempt.exchanges <= 1
                && context.plan.decides_order(step)
                && is_certain_refusal(&attempt.evidence);
            self.settle_purchase(context, outcome, refused, ended_at);
        }
        context.observe(|observer| {
            observer.step_finished(step, outcome, &detail, ended_at.since(acted_at));
        });
        outcome
    }

    /// Sends the step's request, again and again where it polls, until its result is known.
    async fn request_step(
        &mut self,
        context: &CoreContext<E>,
        attempt: &mut StepTry,
    ) -> (StepResult, Micros) {
        let step = context.plan.step(attempt.begun.step);
        let acted_at = attempt.begun.acted_at;
        let mut waits_until = step.poll.as_ref().map(|poll| acted_at.saturating_add(poll.within));
        let mut asked_at = acted_at;
        loop {
            let mut give_up_at = asked_at.saturating_add(step.gives_up_after);
            if let Some(waits_until) = waits_until {
                give_up_at = give_up_at.min(waits_until);
            }
            // In a scope of its own: who waits to ask again holds no page.
            let (result, ended_at, page) = {
                let fetched = match self.fetch(context, attempt, give_up_at).await {
                    Ok(fetched) => fetched,
                    Err(result) => return (result, context.clock.now()),
                };
                let progress = &fetched.progress;
                attempt.sent_at = attempt.sent_at.or(progress.sent_at);
                // What our own caps cost is not the shop's slowness.
                waits_until = waits_until.map(|until| until.saturating_add(progress.held));
                let ended_at = progress.ended_at.unwrap_or_else(|| context.clock.now());
                let answered = fetched.result.as_ref().ok().filter(|_| step.poll.is_some());
                let page = answered.map(|page| Rc::clone(&page.final_url));
                let (result, answer) = self
                    .read_response(context, attempt.begun.step, fetched, (ended_at, give_up_at))
                    .await;
                attempt.evidence.answer = answer;
                (result, ended_at, page)
            };
            let (Some(poll), Some(waits_until), StepResult::NotYet(_, again)) =
                (&step.poll, waits_until, &result)
            else {
                return (result, ended_at);
            };
            let pause =
                match self.next_poll(context, attempt, poll, again.as_ref(), page.as_deref()) {
                    Ok(pause) => pause,
                    Err(result) => return (result, ended_at),
                };
            asked_at = ended_at.saturating_add(pause);
            attempt.waited += asked_at.min(waits_until).since(ended_at);
            if asked_at >= waits_until {
                context.clock.sleep_until(waits_until).await;
                return (result, waits_until);
            }
            context.observe(|observer| observer.pause_started(pause, "before asking again"));
            context.clock.sleep_until(asked_at).await;
        }
    }

    /// One request and its redirects.
    async fn fetch(
        &mut self,
        context: &CoreContext<E>,
        attempt: &mut StepTry,
        give_up_at: Micros,
    ) -> Result<FetchOutcome, StepResult> {
        let plan = &*context.plan;
        let step_id = attempt.begun.step;
        let step = plan.step(step_id);
        let pays = plan.may_invoke(attempt.unit, step_id) && self.activity.purchase().is_none();
        let page = match attempt.reload_url {
            None => self.read_form_page(context, step, give_up_at).await?,
            Some(_) => None,
        };
        let request = self.build_request(context, attempt, pays, page.as_ref())?;
        if pays && !context.purchase_log.admits_purchase() {
            // The run ends now; this shopper is cut where it stands.
            std::future::pending::<()>().await;
        }
        if plan.trace {
            let nth = self.outcomes.trace.exchanges_made() as u64;
            let traceparent = traceparent(&context.run, self.profile.id, nth);
            self.session.set_header(HeaderName::from_static("traceparent"), traceparent);
        }
        let (unit, nth) = (attempt.unit, attempt.nth);
        let paying_step = plan.unit(unit).paying_step.unwrap_or(step_id);
        let under_way = PurchaseUnderWay { unit, nth, paying_step };
        // Who polls provokes with the first request only.
        let is_paying = plan.unit(unit).paying_step == Some(step_id) && attempt.exchanges == 0;
        let arm = self.provocation(context, under_way, is_paying);
        let mut request = request;
        let mut besides = None;
        if let Some(arm) = arm {
            self.log_provocation(context, under_way, arm, None);
            besides = Some((arm, request.clone()));
            if arm.kind.takes_new_key() {
                self.intent.iter_mut().for_each(Intent::renew);
                request = self.build_request(context, attempt, pays, page.as_ref())?;
            }
        }
        let time = arm.map(|arm| arm.kind.time());
        if let Some((arm, request)) = &besides
            && matches!(time, Some(ProvocationTime::Before | ProvocationTime::Instead))
        {
            let sent = Box::pin(self.send_first(context, arm, request.clone(), give_up_at));
            let answer = sent.await;
            self.log_provocation(context, under_way, arm, answer);
        }
        if time == Some(ProvocationTime::Instead) {
            return Err(StepResult::Left);
        }
        let meanwhile = besides.as_ref().filter(|_| time == Some(ProvocationTime::Meanwhile));
        let meanwhile = meanwhile.map(|(arm, request)| {
            let browser = self.other_browser(context, arm.kind);
            Box::pin(send_meanwhile(context, browser, arm, request.clone()))
        });
        let mut watcher = StepWatcher {
            context,
            step: step_id,
            nth,
            trace: &mut self.outcomes.trace,
            effort: &mut self.outcomes.effort,
            exchanges: &mut attempt.exchanges,
            purchase: pays.then_some(under_way),
            activity: &mut self.activity,
            intent: self.intent.as_ref(),
            profile: &self.profile,
        };
        let (mut fetched, answer) = {
            // In one place of the future, whichever way it is waited for.
            let mut own = pin!(self.session.fetch(request, give_up_at, &mut watcher));
            match meanwhile {
                None => (own.as_mut().await, None),
                Some(besides) => join(own.as_mut(), besides).await,
            }
        };
        match (besides, time) {
            (Some((arm, _)), Some(ProvocationTime::Meanwhile)) => {
                self.log_provocation(context, under_way, arm, answer);
            }
            (Some((arm, request)), Some(ProvocationTime::Afterwards)) => {
                let answer = match fetched.result.is_ok() {
                    true => Box::pin(self.send_afterwards(context, arm, request)).await,
                    false => None,
                };
                self.log_provocation(context, under_way, arm, answer);
            }
            (Some(_), Some(ProvocationTime::Before | ProvocationTime::Instead) | None)
            | (None, _) => {}
        }
        if step.keeps_page
            && let Ok(page) = &fetched.result
        {
            self.session.keep_document(page);
        }
        attempt.evidence = FailureEvidence { request: fetched.last_request.take(), answer: None };
        Ok(fetched)
    }
}

/// Whether the response leaves no doubt that the request was not carried out. A request that timed out at the shop (408),
/// met another one like it under way (409) or came too early (425) may have been.
fn is_certain_refusal(evidence: &FailureEvidence) -> bool {
    !evidence
        .answer
        .as_ref()
        .is_some_and(|answer| matches!(answer.status.as_u16(), 408 | 409 | 425))
}

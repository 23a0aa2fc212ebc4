//! One try at a step: build the request, send it, check the response, record the outcome.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, Method};

use super::activity::{PurchaseUnderWay, StepUnderWay};
use super::browser::request_headers::RequestKind;
use super::browser::session::{FetchOutcome, PageRequest};
use super::context::{CoreContext, Env};
use super::failure_sample::{FailingStep, FailureEvidence};
use super::journey::JourneyRun;
use super::page_assets::{PageArrival, load_assets};
use super::purchase::Intent;
use super::request::build::{self, fill};
use super::request::form;
use super::request::traceparent::traceparent;
use super::request::variables::built_in;
use super::response::check::{Checker, FailedCheck};
use super::response::evaluate::{CapturedValues, StepResult, capture, evaluate, failed_fetch};
use super::response::extract::{Refresh, Response};
use super::response::prepared::{Prepared, is_large, prepare};
use super::response::retry_after::retry_after;
use super::step_watcher::StepWatcher;
use super::transport::{Clock, WireResponse};
use crate::base::{Micros, Money, StepId, UnitId};
use crate::plan::{Body, Client, Plan, Poll, RenderError, Step};
use crate::tally::{
    AttemptTimes, FailureKind, Observed, Outcome, OwnFault, PairQuestion, StepAttempt, Timing,
};

/// The state of one try at a step, over all its requests.
struct StepTry {
    unit: UnitId,
    nth: u32,
    begun: StepUnderWay,
    sent_at: Option<Micros>,
    /// Exchanges so far, redirects and polls included.
    exchanges: u32,
    /// The address at which the waiting page wants to be asked for again.
    reload_url: Option<String>,
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
            context.tally.borrow_mut().arrived(journey, intended_at, acted_at);
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
        let service = attempt.sent_at.map(|sent_at| ended_at.since(sent_at));
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
            let (result, ended_at) = {
                let fetched = match self.fetch(context, attempt, give_up_at).await {
                    Ok(fetched) => fetched,
                    Err(result) => return (result, context.clock.now()),
                };
                let progress = &fetched.progress;
                attempt.sent_at = attempt.sent_at.or(progress.sent_at);
                // What our own caps cost is not the shop's slowness.
                waits_until = waits_until.map(|until| until.saturating_add(progress.held));
                let ended_at = progress.ended_at.unwrap_or_else(|| context.clock.now());
                let Some(prepared) = prepare_within(context, &fetched, give_up_at).await else {
                    let cause = "answers were too large to be read before shoppers give up";
                    let result = StepResult::Own(OwnFault::Limit, cause.to_owned());
                    return (result, context.clock.now());
                };
                let (result, answer) =
                    self.read_response(context, step, (fetched, prepared), ended_at);
                attempt.evidence.answer = answer;
                (result, ended_at)
            };
            let (Some(poll), Some(waits_until), StepResult::NotYet(_, refresh)) =
                (&step.poll, waits_until, &result)
            else {
                return (result, ended_at);
            };
            (asked_at, attempt.reload_url) = self.next_poll(poll, refresh.as_ref(), ended_at);
            if asked_at >= waits_until {
                context.clock.sleep_until(waits_until).await;
                return (result, waits_until);
            }
            context.clock.sleep_until(asked_at).await;
        }
    }

    /// When a poll asks again, and at which address where the page says so.
    fn next_poll(
        &self,
        poll: &Poll,
        refresh: Option<&Refresh>,
        ended_at: Micros,
    ) -> (Micros, Option<String>) {
        let pause = poll.every.or(refresh.map(|refresh| refresh.after)).unwrap_or_default();
        let reload_url = refresh.and_then(|refresh| {
            let page = self.session.page()?;
            let url = match refresh.to.as_deref() {
                Some(to) => page.join(to).ok()?,
                None => page.clone(),
            };
            Some(String::from(url))
        });
        (ended_at.saturating_add(pause), reload_url)
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
        let pays =
            plan.invoking_step(attempt.unit) == Some(step_id) && self.activity.purchase().is_none();
        let request = self.build_request(context, attempt, pays)?;
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
        let mut watcher = StepWatcher {
            context,
            step: step_id,
            nth,
            trace: &mut self.outcomes.trace,
            effort: &mut self.outcomes.effort,
            exchanges: &mut attempt.exchanges,
            purchase: pays.then_some(PurchaseUnderWay { unit, nth, paying_step }),
            activity: &mut self.activity,
            intent: self.intent.as_ref(),
            profile: &self.profile,
        };
        let mut fetched = self.session.fetch(request, give_up_at, &mut watcher).await;
        if step.keeps_page
            && let Ok(page) = &fetched.result
        {
            self.session.keep_document(page);
        }
        attempt.evidence = FailureEvidence { request: fetched.last_request.take(), answer: None };
        Ok(fetched)
    }

    /// The request to send next. Where it pays and its body differs from the last attempt's, the intent has a new key.
    fn build_request<'p>(
        &mut self,
        context: &'p CoreContext<E>,
        attempt: &mut StepTry,
        pays: bool,
    ) -> Result<PageRequest<'p>, StepResult> {
        let plan = &*context.plan;
        let step = plan.step(attempt.begun.step);
        let kind = self.request_kind(step, attempt.reload_url.is_some());
        self.set_intent(context, attempt.unit);
        self.variables.begin(attempt.begun.step, self.round);
        let (mut request, mut meant) = match attempt.reload_url.take() {
            Some(url) => (self.reload_request(plan, step, url)?, Bytes::new()),
            None => self.step_request(plan, step)?,
        };
        if pays && self.intent.as_mut().is_some_and(|intent| intent.changes(&meant)) {
            drop(request);
            self.intent.iter_mut().for_each(Intent::renew);
            self.set_intent(context, attempt.unit);
            self.variables.begin(attempt.begun.step, self.round);
            (request, meant) = self.step_request(plan, step)?;
            self.intent.iter_mut().for_each(|intent| {
                intent.changes(&meant);
            });
        }
        Ok(PageRequest { kind, ..request })
    }

    /// What the step's request is to whoever makes it.
    fn request_kind(&self, step: &Step, refreshes: bool) -> RequestKind {
        let by_browser = match step.client {
            Some(Client::Browser) => true,
            Some(Client::App) => false,
            None => step.on_pages || self.session.page().is_some(),
        };
        match (by_browser, step.scripted) {
            (false, _) => RequestKind::App,
            (true, true) => RequestKind::Script,
            (true, false) if refreshes => RequestKind::Refresh,
            (true, false) => RequestKind::Navigation,
        }
    }

    /// The step's request, and what the shopper means by it: the body, but for what a form's page gave.
    fn step_request<'p>(
        &self,
        plan: &'p Plan,
        step: &'p Step,
    ) -> Result<(PageRequest<'p>, Bytes), StepResult> {
        if let Body::Submit(wanted) = &step.request.body {
            let page = self.session.document();
            return match form::submit(
                &step.request,
                wanted,
                page.as_ref(),
                &plan.templates,
                &self.variables,
            ) {
                Ok(submission) => Ok((submission.request, submission.meant)),
                Err(error) if error.is_missing_content() => Err(StepResult::Failed(FailedCheck {
                    kind: FailureKind::MissingContent,
                    detail: error.to_string(),
                })),
                Err(error) => Err(StepResult::Own(OwnFault::Scenario, error.to_string())),
            };
        }
        let request = fill(&step.request, &plan.templates, &self.variables)
            .map_err(|error| StepResult::Own(OwnFault::Scenario, error.to_string()))?;
        let meant = request.body.clone();
        Ok((request, meant))
    }

    /// The request by which a page asks for itself again.
    fn reload_request<'p>(
        &self,
        plan: &'p Plan,
        step: &'p Step,
        url: String,
    ) -> Result<PageRequest<'p>, StepResult> {
        let headers = build::headers(&step.request, &plan.templates, &self.variables);
        let headers =
            headers.map_err(|error| StepResult::Own(OwnFault::Scenario, error.to_string()))?;
        Ok(PageRequest {
            method: Method::GET,
            url: url.into(),
            is_link: true,
            kind: RequestKind::Refresh,
            headers,
            body: Bytes::new(),
        })
    }

    /// Makes the intent's key and marker known to templates, in a purchase.
    fn set_intent(&mut self, context: &CoreContext<E>, unit: UnitId) {
        if !context.plan.unit(unit).purchase {
            return;
        }
        let known = self.intent.take().filter(|intent| intent.matches(unit, self.round));
        let new = || Intent::new(&context.run, self.profile.id, unit, self.round);
        let intent = self.intent.insert(known.unwrap_or_else(new));
        self.variables.set_text(built_in::INTENT_ID, &intent.key());
        self.variables.set_text(built_in::INTENT_MARKER, &intent.marker);
    }

    /// Checks what came, and captures from it what the scenario captures. The response is read once for both.
    fn read_response(
        &mut self,
        context: &CoreContext<E>,
        step: &Step,
        (fetched, prepared): (FetchOutcome, Prepared),
        ended_at: Micros,
    ) -> (StepResult, Option<WireResponse>) {
        let page = match fetched.result {
            Ok(page) => page,
            Err(error) => return (failed_fetch(&error), None),
        };
        let cookie = |name: &str| self.session.cookie(name, &page.final_url).map(Cow::into_owned);
        let response = Response::new(
            page.answer.status.as_u16(),
            &page.answer.headers,
            &page.answer.body,
            &cookie,
        )
        .at(&page.final_url, fetched.progress.first_location.as_deref())
        .prepared(prepared);
        let captured = match self.check(context, step, &response) {
            Ok(StepResult::Ok) => capture(&context.plan, step, &response, &|place| {
                self.variables.draw_for_capture(place)
            }),
            Ok(result) => Err(result),
            Err(error) => Err(StepResult::Own(OwnFault::Scenario, error.to_string())),
        };
        response.release();
        let result = match captured {
            Ok(captured) => {
                self.keep_captured(context, step, captured, ended_at);
                StepResult::Ok
            }
            Err(result) => result,
        };
        (result, Some(page.answer))
    }

    fn check(
        &self,
        context: &CoreContext<E>,
        step: &Step,
        response: &Response<'_>,
    ) -> Result<StepResult, RenderError> {
        let checker = Checker { templates: &context.plan.templates, scope: &self.variables };
        context.observe(|observer| {
            for (conditions, what) in [(&step.declined, "declined"), (&step.expect, "expect")] {
                observer.conditions_checked(what, &checker.explain(conditions, response));
            }
            if let Some(poll) = &step.poll {
                observer.conditions_checked("until", &checker.explain(&poll.until, response));
            }
        });
        evaluate(step, &checker, response)
    }

    /// What was captured from a good response becomes the shopper's.
    fn keep_captured(
        &mut self,
        context: &CoreContext<E>,
        step: &Step,
        captured: CapturedValues,
        ended_at: Micros,
    ) {
        let plan = &*context.plan;
        if let Some(text) = &captured.unread_price {
            let text = format!("none: `{text}` is not one price");
            context.observe(|observer| observer.value_captured("order value", &text));
        }
        if let Some(value) = captured.order_value {
            let money = Money { minor_units: value.0, currency: plan.currency };
            // Scripts read the second half.
            let text = format!("{money}; worth, in minor units: {}", value.0);
            context.observe(|observer| observer.value_captured("order value", &text));
            self.outcomes.order_value = Some(value);
        }
        let paying_step = plan.unit(step.unit).paying_step;
        if paying_step.is_some_and(|paying| std::ptr::eq(plan.step(paying), step)) {
            self.outcomes.record_purchase(ended_at);
        }
        for (var, value) in captured.values {
            context.observe(|observer| {
                observer.value_captured(&plan.variables[var.index()], &value.as_text());
            });
            self.variables.set(var, value);
        }
        for (observed, value) in captured.observed {
            self.outcomes.observed[observed.index()] = match value {
                Observed::Is(text) => match self.variables.mask(plan, &text) {
                    Cow::Borrowed(_) => Observed::Is(text),
                    Cow::Owned(masked) => Observed::Is(masked.into()),
                },
                Observed::Missing | Observed::TooMany => value,
            };
        }
    }
}

/// Reads a large answer away from the core; of any other nothing is made yet. None if that is not done before the shopper
/// gives up: our own slowness, and not the shop's.
async fn prepare_within<E: Env>(
    context: &CoreContext<E>,
    fetched: &FetchOutcome,
    give_up_at: Micros,
) -> Option<Prepared> {
    let Some(page) = fetched.result.as_ref().ok().filter(|page| is_large(&page.answer)) else {
        return Some(Prepared::default());
    };
    let give_up_at = give_up_at.saturating_add(fetched.progress.held);
    tokio::select! {
        biased;
        prepared = prepare(&page.answer) => Some(prepared),
        () = context.clock.sleep_until(give_up_at) => None,
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

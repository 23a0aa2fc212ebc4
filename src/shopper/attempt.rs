//! One try at a step: fill the request, send it, read the answer, judge it, tell the tally.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderName;

use super::browser::session::{FetchError, FetchOutcome, PageRequest, RedirectHop, RequestGate};
use super::context::CoreContext;
use super::failure_sample::Evidence;
use super::journey::{JourneyRun, Purchase, StepUnderWay};
use super::page_assets::PageArrival;
use super::purchase::{Intent, PurchaseEvent, PurchaseRecord};
use super::request::build::{self, fill};
use super::request::form;
use super::request::traceparent::traceparent;
use super::request::variables::built_in;
use super::response::check::{Checker, FailedCheck, classify_transport_error};
use super::response::extract::{Refresh, Response};
use super::response::price;
use super::transport::{Clock, Exchange, Transport, WireRequest, WireResponse};
use crate::base::{Micros, MinorUnits, ObservedId, ShopperId, StepId, UnitId, VarId};
use crate::plan::{Body, Plan, RenderError, Step, Value};
use crate::tally::{
    Effort, ExchangeSeen, FailureKind, Observed, OrderKnowledge, Outcome, OwnFault, PairOf,
    StepAttempt,
};

/// What an answer was found to be.
#[derive(Debug)]
enum StepResult {
    /// All as expected.
    Ok,
    /// The shop worked, and said no.
    Declined,
    /// A poll's condition does not hold yet; how the page itself wants to be asked again, where the poll goes by that.
    NotYet(String, Option<Refresh>),
    /// Something went wrong for the shopper.
    Failed(FailedCheck),
    /// It is our own or the scenario's fault; nothing can be said about the shop.
    Own(OwnFault, String),
}

/// What is drawn for the basket's total and for the order, should they be picked at random: no step has so many captures.
const BASKET: u64 = 1 << 16;
const ORDER: u64 = BASKET + 1;

/// What was found in an answer.
#[derive(Debug, Default)]
struct CapturedValues {
    values: Vec<(VarId, Value)>,
    observed: Vec<(ObservedId, Observed)>,
    worth: Option<MinorUnits>,
}

/// The state of one try at a step, over all its requests.
struct Try {
    unit: UnitId,
    step: StepId,
    nth: u32,
    acted_at: Micros,
    sent_at: Option<Micros>,
    /// Exchanges so far, redirects and polls included.
    exchanges: u32,
    /// The address at which the waiting page wants to be asked for again.
    again: Option<String>,
    evidence: Evidence,
}

impl<S: Transport, G: RequestGate + Clone> JourneyRun<S, G> {
    /// One try at a step that should begin at `intended_at`: how it came out, and when it ended.
    pub(super) async fn try_step<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        unit: UnitId,
        step: StepId,
        nth: u32,
        intended_at: Micros,
    ) -> (Outcome, Micros) {
        let acted_at = context.clock.now();
        let arrival = !self.met.acted;
        if arrival {
            self.met.acted = true;
            context.tally.borrow_mut().arrived(self.persona.journey, intended_at, acted_at);
        }
        context.observe(|observer| observer.step_started(step, nth));
        self.under_way.step = Some(StepUnderWay { step, intended_at, acted_at, arrival });
        let mut attempt = Try {
            unit,
            step,
            nth,
            acted_at,
            sent_at: None,
            exchanges: 0,
            again: None,
            evidence: Evidence::default(),
        };
        let (mut finding, ended_at) = self.ask(context, &mut attempt).await;
        let assets = context.plan.step(step).assets;
        let arrived =
            |as_expected| PageArrival { step, intended_at, page_at: ended_at, as_expected };
        let mut loaded_at = None;
        if matches!((&finding, assets), (StepResult::Ok, Some(assets)) if assets.expect_all) {
            let mut files = self.load_assets(context, &arrived(true), &attempt.evidence).await;
            loaded_at = Some(files.at);
            if let Some((fault, cause)) = files.own.pop() {
                files.report_own_faults(context);
                finding = StepResult::Own(fault, cause);
            } else if let Some(detail) = files.missing {
                finding =
                    StepResult::Failed(FailedCheck { kind: FailureKind::MissingContent, detail });
            }
        }
        self.under_way.step = None;

        let (outcome, detail) = match finding {
            StepResult::Ok => (Outcome::Ok, String::new()),
            StepResult::Declined => (Outcome::Declined, String::new()),
            StepResult::NotYet(detail, _) => (Outcome::Failed(FailureKind::TooSlow), detail),
            StepResult::Failed(unmet) => (Outcome::Failed(unmet.kind), unmet.detail),
            StepResult::Own(fault, cause) => {
                context.tally.borrow_mut().own_failure(fault, &cause);
                (Outcome::Unjudged, cause)
            }
        };
        self.answer(PairOf::Step(step), outcome);
        if let Outcome::Failed(kind) = outcome {
            self.trace.record_failure(
                &context.tally.borrow().samples,
                self.shopper,
                step,
                kind,
                &detail,
                &attempt.evidence,
            );
        }
        let service = attempt.sent_at.map(|sent_at| ended_at.since(sent_at));
        let attributes = self.held();
        context.tally.borrow_mut().step_attempt(&StepAttempt {
            step,
            intended_at,
            acted_at,
            ended_at,
            service,
            arrival,
            attributes,
            outcome,
        });
        if self.under_way.purchase.is_some_and(|purchase| purchase.paying_step == step)
            || outcome != Outcome::Ok
        {
            // A later request of the purchase may be refused, and the order be made all the same.
            let first = attempt.exchanges <= 1 && context.plan.invoking_step(unit) == Some(step);
            let refused = first && is_refusal(&attempt.evidence);
            self.settle(context, outcome, refused, ended_at);
        }
        context.observe(|observer| {
            observer.step_finished(step, outcome, &detail, ended_at.since(acted_at))
        });
        if assets.is_some() && loaded_at.is_none() && outcome != Outcome::Unjudged {
            let files = self
                .load_assets(context, &arrived(outcome == Outcome::Ok), &attempt.evidence)
                .await;
            files.report_own_faults(context);
            loaded_at = Some(files.at);
        }
        // Who goes on, goes on from a page that is there.
        (outcome, loaded_at.unwrap_or(ended_at))
    }

    /// Sends the step's request, again and again where it polls, until its answer is judged.
    async fn ask<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        attempt: &mut Try,
    ) -> (StepResult, Micros) {
        let step = context.plan.step(attempt.step);
        let mut waits_until =
            step.poll.as_ref().map(|poll| attempt.acted_at.saturating_add(poll.within));
        let mut asked_at = attempt.acted_at;
        loop {
            let mut give_up_at = asked_at.saturating_add(step.gives_up_after);
            if let Some(waits_until) = waits_until {
                give_up_at = give_up_at.min(waits_until);
            }
            // In a scope of its own: who waits to ask again holds no page.
            let (finding, ended_at) = {
                let fetched = match self.fetch(context, attempt, give_up_at).await {
                    Ok(fetched) => fetched,
                    Err(finding) => return (finding, context.clock.now()),
                };
                let progress = &fetched.progress;
                attempt.sent_at = attempt.sent_at.or(progress.sent_at);
                // What our own caps cost is not the shop's slowness.
                waits_until = waits_until.map(|until| until.saturating_add(progress.held));
                let ended_at = progress.ended_at.unwrap_or_else(|| context.clock.now());
                let (finding, answer) = self.read(context, step, fetched, ended_at);
                attempt.evidence.answer = answer;
                (finding, ended_at)
            };
            let (Some(poll), Some(waits_until), StepResult::NotYet(_, refresh)) =
                (&step.poll, waits_until, &finding)
            else {
                return (finding, ended_at);
            };
            let refresh = refresh.as_ref();
            asked_at = ended_at.saturating_add(
                poll.every.or(refresh.map(|refresh| refresh.after)).unwrap_or_default(),
            );
            attempt.again = refresh.and_then(|refresh| {
                let page = self.session.page()?;
                refresh
                    .to
                    .as_deref()
                    .map_or(Some(page.clone()), |to| page.join(to).ok())
                    .map(String::from)
            });
            if asked_at >= waits_until {
                context.clock.sleep_until(waits_until).await;
                return (finding, waits_until);
            }
            context.clock.sleep_until(asked_at).await;
        }
    }

    /// One request and its redirects.
    async fn fetch<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        attempt: &mut Try,
        give_up_at: Micros,
    ) -> Result<FetchOutcome, StepResult> {
        let plan = &*context.plan;
        let step = plan.step(attempt.step);
        let pays = plan.invoking_step(attempt.unit) == Some(attempt.step)
            && self.under_way.purchase.is_none();
        self.intend(context, attempt.unit);
        self.variables.begin(attempt.step, self.round);
        let (mut request, meant) = match attempt.again.take() {
            Some(url) => (self.reload(plan, step, url)?, Bytes::new()),
            None => self.request(plan, step)?,
        };
        if pays && self.intent.as_mut().is_some_and(|intent| intent.changes(&meant)) {
            drop(request);
            self.intent.iter_mut().for_each(Intent::renew);
            self.intend(context, attempt.unit);
            self.variables.begin(attempt.step, self.round);
            let meant;
            (request, meant) = self.request(plan, step)?;
            self.intent.iter_mut().for_each(|intent| {
                intent.changes(&meant);
            });
        }
        if pays {
            if !context.purchase_log.admits_purchase() {
                // The run ends now; this shopper is cut where it stands.
                std::future::pending::<()>().await;
            }
            let paying_step = plan.unit(attempt.unit).paying_step.unwrap_or(attempt.step);
            self.under_way.purchase =
                Some(Purchase { unit: attempt.unit, nth: attempt.nth, paying_step });
            let line = purchase_line(
                context,
                self.intent.as_ref(),
                &self.marker,
                self.shopper,
                attempt.unit,
                attempt.nth,
            );
            line(&PurchaseEvent::Invoke, context.clock.now());
        }
        if plan.trace {
            let traceparent =
                traceparent(&context.run, self.shopper, self.trace.exchanges_made() as u64);
            self.session.set_header(HeaderName::from_static("traceparent"), traceparent);
        }
        let (trace, effort, nth, exchanges) =
            (&mut self.trace, &mut self.effort, attempt.nth, &mut attempt.exchanges);
        let mut seen = |request: &WireRequest, exchange: &Exchange, hop: RedirectHop| {
            let seen = ExchangeSeen {
                step: attempt.step,
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
            context.tally.borrow_mut().exchange(&seen);
            effort.add(&seen);
            trace.add(attempt.step, nth, exchange);
            *exchanges += 1;
            context
                .observe(|observer| observer.exchange_done(attempt.step, request, exchange, hop));
        };
        let mut fetched = self.session.fetch(request, give_up_at, &mut seen).await;
        if step.keeps_page
            && let Ok(page) = &fetched.result
        {
            self.session.keep_document(page);
        }
        attempt.evidence = Evidence { request: fetched.last_request.take(), answer: None };
        Ok(fetched)
    }

    /// The step's request, and what the shopper means by it: the body, but for what a form's page gave.
    fn request<'p>(
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
    fn reload<'p>(
        &self,
        plan: &'p Plan,
        step: &'p Step,
        url: String,
    ) -> Result<PageRequest<'p>, StepResult> {
        let headers = build::headers(&step.request, &plan.templates, &self.variables);
        let headers =
            headers.map_err(|error| StepResult::Own(OwnFault::Scenario, error.to_string()))?;
        Ok(PageRequest { method: http::Method::GET, url: url.into(), headers, body: Bytes::new() })
    }

    /// Makes the intent's key and marker known to templates, in a purchase.
    fn intend<C: Clock>(&mut self, context: &CoreContext<S, C, G>, unit: UnitId) {
        if !context.plan.unit(unit).purchase {
            return;
        }
        let known = self.intent.take().filter(|intent| intent.matches(unit, self.round));
        let intent = self.intent.insert(
            known.unwrap_or_else(|| Intent::new(&context.run, self.shopper, unit, self.round)),
        );
        self.variables.set_text(built_in::INTENT_ID, &intent.key());
        self.variables.set_text(built_in::INTENT_MARKER, &intent.marker);
    }

    /// Judges what came, and takes from it what the scenario captures. The answer is read once for both.
    fn read<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        step: &Step,
        fetched: FetchOutcome,
        ended_at: Micros,
    ) -> (StepResult, Option<WireResponse>) {
        let page = match fetched.result {
            Ok(page) => page,
            Err(trouble) => return (no_page(&trouble), None),
        };
        let cookie = |name: &str| self.session.cookie(name, &page.final_url).map(Cow::into_owned);
        let answer = Response::new(
            page.answer.status.as_u16(),
            &page.answer.headers,
            &page.answer.body,
            &cookie,
        )
        .at(&page.final_url, fetched.progress.first_location.as_deref());
        let found = match self.judge(context, step, &answer) {
            Ok(StepResult::Ok) => {
                find(context, step, &answer, &|place| self.variables.found(place))
            }
            Ok(finding) => Err(finding),
            Err(error) => Err(StepResult::Own(OwnFault::Scenario, error.to_string())),
        };
        let finding = match found {
            Ok(found) => {
                self.take(context, step, found, ended_at);
                StepResult::Ok
            }
            Err(finding) => finding,
        };
        (finding, Some(page.answer))
    }

    fn judge<C: Clock>(
        &self,
        context: &CoreContext<S, C, G>,
        step: &Step,
        answer: &Response<'_>,
    ) -> Result<StepResult, RenderError> {
        let judge = Checker { templates: &context.plan.templates, scope: &self.variables };
        context.observe(|observer| {
            for (conditions, what) in [(&step.declined, "declined"), (&step.expect, "expect")] {
                observer.conditions_checked(what, &judge.explain(conditions, answer));
            }
            if let Some(poll) = &step.poll {
                observer.conditions_checked("until", &judge.explain(&poll.until, answer));
            }
        });
        if judge.holds(&step.declined, answer)? {
            return Ok(StepResult::Declined);
        }
        if let Some(unmet) = judge.unmet(&step.expect, answer)? {
            return Ok(StepResult::Failed(unmet));
        }
        if let Some(poll) = &step.poll
            && let Some(unmet) = judge.unmet(&poll.until, answer)?
        {
            let refresh = if poll.every.is_some() { None } else { answer.refresh() };
            if poll.every.is_none() && refresh.is_none() {
                let detail =
                    format!("{}, and the page does not say when to ask again", unmet.detail);
                return Ok(StepResult::Failed(FailedCheck {
                    kind: FailureKind::MissingContent,
                    detail,
                }));
            }
            return Ok(StepResult::NotYet(format!("gave up waiting: {}", unmet.detail), refresh));
        }
        Ok(StepResult::Ok)
    }

    /// What was found in a good answer becomes the shopper's.
    fn take<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        step: &Step,
        found: CapturedValues,
        ended_at: Micros,
    ) {
        if let Some(worth) = found.worth {
            context.observe(|observer| {
                observer.value_captured("worth, in minor units", &worth.0.to_string())
            });
            self.met.worth = Some(worth);
        }
        for (observed, value) in found.observed {
            self.observed[observed.index()] = value;
        }
        let pays = context
            .plan
            .unit(step.unit)
            .paying_step
            .is_some_and(|paying| std::ptr::eq(context.plan.step(paying), step));
        if pays && self.met.bought_at.is_none() {
            let troubles = u64::from(self.met.failures + self.met.declines);
            self.met.bought_at = Some(ended_at);
            self.met.effort_to_buy = Some(Effort { troubles, ..self.effort });
        }
        for (var, value) in found.values {
            context.observe(|observer| {
                observer.value_captured(&context.plan.variables[var.index()], &value.as_text())
            });
            self.variables.set(var, value);
        }
    }

    /// Tells the ledger what became of the purchase whose request was sent, if one was.
    ///
    /// `refused` says that the failure is the shop's own answer to the very request: only then is there surely no order.
    pub(super) fn settle<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        outcome: Outcome,
        refused: bool,
        at: Micros,
    ) {
        let Some(Purchase { unit, nth, .. }) = self.under_way.purchase.take() else { return };
        let line =
            purchase_line(context, self.intent.as_ref(), &self.marker, self.shopper, unit, nth);
        let text = |var| {
            crate::plan::Scope::value(&self.variables, var)
                .map(|value| value.as_text().into_owned())
        };
        let order = text(built_in::ORDER_ID);
        let event = match outcome {
            Outcome::Ok => PurchaseEvent::Ok {
                order: order.as_deref(),
                total_minor: self.met.worth.map(|worth| worth.0),
            },
            Outcome::Declined => PurchaseEvent::Declined,
            Outcome::Failed(kind) if refused && kind.order_knowledge() == OrderKnowledge::None => {
                PurchaseEvent::Failed { kind }
            }
            Outcome::Failed(kind) => PurchaseEvent::Unknown { kind: Some(kind) },
            Outcome::Unjudged => PurchaseEvent::Unknown { kind: None },
        };
        line(&event, at);
    }
}

/// Looks for everything that the scenario takes from a good answer: captures, basket, order. What is not there is a failure.
///
/// `bits` are drawn for the n-th of them, should it be picked at random.
fn find<S, C, G>(
    context: &CoreContext<S, C, G>,
    step: &Step,
    answer: &Response<'_>,
    bits: &dyn Fn(u64) -> u64,
) -> Result<CapturedValues, StepResult> {
    let missing = |what: &str| {
        StepResult::Failed(FailedCheck {
            kind: FailureKind::MissingContent,
            detail: format!("{what} is not in the answer"),
        })
    };
    let mut found = CapturedValues::default();
    for (place, capture) in step.captures.iter().enumerate() {
        let value = answer
            .find(&capture.from, &|| bits(place as u64))
            .ok_or_else(|| missing(&context.plan.variables[capture.var.index()]))?;
        if let Some(observed) = capture.observed {
            found.observed.push((observed, Observed::Is(value.as_text().as_ref().into())));
        }
        found.values.push((capture.var, value));
    }
    if let Some(basket) = &step.basket {
        found.worth = price::minor_units(
            &answer
                .find(&basket.at, &|| bits(BASKET))
                .ok_or_else(|| missing("the basket's total"))?,
            basket.unit,
        );
    }
    if let Some(order) = &step.order {
        found.values.push((
            built_in::ORDER_ID,
            answer.find(&order.id, &|| bits(ORDER)).ok_or_else(|| missing("the order's number"))?,
        ));
        if let Some(total) = &order.total {
            let value = answer
                .find(&total.at, &|| bits(ORDER))
                .ok_or_else(|| missing("the order's total"))?;
            found.worth = price::minor_units(&value, total.unit).or(found.worth);
            found.values.push((built_in::ORDER_TOTAL, value));
        }
    }
    Ok(found)
}

/// Writes lines about one purchase attempt to the ledger.
fn purchase_line<'a, S, C, G>(
    context: &'a CoreContext<S, C, G>,
    intent: Option<&'a Intent>,
    marker: &'a str,
    shopper: ShopperId,
    unit: UnitId,
    attempt: u32,
) -> impl Fn(&PurchaseEvent<'_>, Micros) + 'a {
    move |event, at_us| {
        if let Some(intent) = intent {
            let (purchase, key) = (context.plan.unit(unit).name.as_str(), intent.key());
            let event = event.clone();
            context.purchase_log.write(&PurchaseRecord {
                at_us,
                intent: &intent.marker,
                key: &key,
                shopper,
                marker,
                purchase,
                attempt,
                event,
            });
        }
    }
}

/// Whether the answer leaves no doubt that the request was not carried out. A request that timed out at the shop (408), met
/// another one like it under way (409) or came too early (425) may have been.
fn is_refusal(evidence: &Evidence) -> bool {
    !evidence
        .answer
        .as_ref()
        .is_some_and(|answer| matches!(answer.status.as_u16(), 408 | 409 | 425))
}

/// What it means that there is no page.
fn no_page(trouble: &FetchError) -> StepResult {
    let failed = |kind, detail: String| StepResult::Failed(FailedCheck { kind, detail });
    match trouble {
        FetchError::Transport(wire) => match classify_transport_error(wire) {
            Ok(kind) => failed(kind, wire.to_string()),
            Err((fault, cause)) => StepResult::Own(fault, cause.to_owned()),
        },
        FetchError::RedirectLoop { .. } => failed(FailureKind::RedirectLoop, trouble.to_string()),
        FetchError::BadRedirect(_) => failed(FailureKind::Protocol, trouble.to_string()),
        FetchError::RedirectNotAllowed { location, .. } => {
            StepResult::Own(OwnFault::Permission, refused(location))
        }
        FetchError::HostNotAllowed(address) => {
            StepResult::Own(OwnFault::Permission, refused(address))
        }
        FetchError::BadAddress(_) => StepResult::Own(OwnFault::Scenario, trouble.to_string()),
    }
}

/// The cause, named by host so that causes stay few.
fn refused(address: &str) -> String {
    let host = url::Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| address.to_owned());
    format!("{host} is not an allowed host: --allow-host {host}, if you may load it")
}

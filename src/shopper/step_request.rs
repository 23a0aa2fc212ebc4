//! The request of a step: from its templates, a form of the page, or the page that asks to be reloaded.

use bytes::Bytes;
use http::Method;

use super::attempt::StepTry;
use super::browser::fetch::PageRequest;
use super::browser::request_headers::RequestKind;
use super::context::{CoreContext, Env};
use super::journey::JourneyRun;
use super::off_core::{is_large, off_core};
use super::purchase::Intent;
use super::request::aws_signature;
use super::request::build::{self, fill};
use super::request::form::{self, FormPage};
use super::request::variables::built_in;
use super::response::check::FailedCheck;
use super::response::evaluate::StepResult;
use super::transport::Clock;
use crate::base::{Micros, UnitId};
use crate::plan::{Auth, AwsKeys, Body, Client, Plan, Step, Value};
use crate::tally::{FailureKind, OwnFault};

impl<E: Env> JourneyRun<E> {
    /// The request to send next; `page` has the form that it submits. Where it pays and its body differs from the last attempt's, the intent has a new key.
    pub(super) fn build_request<'p>(
        &mut self,
        context: &'p CoreContext<E>,
        attempt: &mut StepTry,
        pays: bool,
        page: Option<&FormPage>,
    ) -> Result<PageRequest<'p>, StepResult> {
        let plan = &*context.plan;
        let step = plan.step(attempt.begun.step);
        let kind = self.request_kind(step, attempt.reload_url.is_some());
        self.set_intent(context, attempt.unit);
        let now = context.settings.unix_seconds(context.clock.now());
        self.variables.begin(attempt.begun.step, self.round, now);
        if attempt.reload_url.is_none() {
            self.compute(context, step)?;
        }
        let (mut request, mut meant) = match attempt.reload_url.take() {
            Some(url) => (self.reload_request(plan, step, url)?, Bytes::new()),
            None => self.step_request(plan, step, page)?,
        };
        if pays && self.intent.as_mut().is_some_and(|intent| intent.changes(&meant)) {
            drop(request);
            self.intent.iter_mut().for_each(Intent::renew);
            self.set_intent(context, attempt.unit);
            self.variables.begin(attempt.begun.step, self.round, now);
            self.compute(context, step)?;
            (request, meant) = self.step_request(plan, step, page)?;
            self.intent.iter_mut().for_each(|intent| {
                intent.changes(&meant);
            });
        }
        let mut request = PageRequest { kind, ..request };
        if let Some(Auth::Aws(keys)) = &step.request.auth {
            self.sign(plan, keys, &mut request)?;
        }
        Ok(request)
    }

    fn sign(
        &self,
        plan: &Plan,
        keys: &AwsKeys,
        request: &mut PageRequest<'_>,
    ) -> Result<(), StepResult> {
        let own = |text: String| StepResult::Own(OwnFault::Scenario, text);
        let url = self.session.resolve(&request.url, request.is_link);
        let url = url.map_err(|error| own(error.to_string()))?;
        aws_signature::sign(request, &url, keys, &plan.templates, &self.variables)
            .map_err(|error| own(error.to_string()))
    }

    /// Computes what the step computes from other values.
    fn compute(&mut self, context: &CoreContext<E>, step: &Step) -> Result<(), StepResult> {
        for computed in &step.lets {
            let plan = &*context.plan;
            let text = computed
                .from
                .render(&plan.templates, &self.variables)
                .map_err(|error| StepResult::Own(OwnFault::Scenario, error.to_string()))?;
            let value = match serde_json::from_str(&text) {
                Ok(json) if computed.is_json => Value::of_json(&json),
                Ok(_) | Err(_) => Value::text(&text),
            };
            drop(text);
            context.observe(|observer| {
                observer.value_captured(&plan.variables[computed.var.index()], &value.as_text());
            });
            self.variables.set(computed.var, value);
        }
        Ok(())
    }

    /// The page with the form that the step submits, if it submits one and there is a page. A large one is read away from the core.
    ///
    /// # Errors
    /// When that is not done before the shopper gives up.
    pub(super) async fn read_form_page(
        &self,
        context: &CoreContext<E>,
        step: &Step,
        give_up_at: Micros,
    ) -> Result<Option<FormPage>, StepResult> {
        let Body::Submit(wanted) = &step.request.body else { return Ok(None) };
        let Some(page) = self.session.document() else { return Ok(None) };
        if !is_large(&page.body) {
            return Ok(Some(FormPage::read(&page, wanted.css.as_deref())));
        }
        let css = wanted.css.clone();
        tokio::select! {
            biased;
            read = Box::pin(off_core(move || FormPage::read(&page, css.as_deref()))) => Ok(Some(read)),
            () = context.clock.sleep_until(give_up_at) => {
                let cause = "pages were too large to be read before shoppers give up";
                Err(StepResult::Own(OwnFault::Limit, cause.to_owned()))
            }
        }
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
        page: Option<&FormPage>,
    ) -> Result<(PageRequest<'p>, Bytes), StepResult> {
        if let Body::Submit(wanted) = &step.request.body {
            return match form::submit(&step.request, wanted, page, &plan.templates, &self.variables)
            {
                Ok(submission) => Ok((submission.request, submission.meant)),
                Err(error) if error.is_missing_content() && step.declined_without_form => {
                    Err(StepResult::Declined)
                }
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
}

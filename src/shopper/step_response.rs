//! The response to a step: read once, checked, and captured from.

use std::borrow::Cow;

use super::browser::fetch::FetchOutcome;
use super::context::{CoreContext, Env};
use super::gates::LastAnswer;
use super::journey::JourneyRun;
use super::response::check::Checker;
use super::response::evaluate::{CapturedValues, StepResult, capture, evaluate, failed_fetch};
use super::response::extract::Response;
use super::response::prepared::{Prepared, is_large, prepare};
use super::transport::{Clock, WireResponse};
use crate::base::{Micros, Money};
use crate::plan::{Guard, RenderError, Step};
use crate::tally::{Observed, OwnFault};

impl<E: Env> JourneyRun<E> {
    /// Checks what came, and captures from it what the scenario captures. The response is read once for both.
    pub(super) fn read_response(
        &mut self,
        context: &CoreContext<E>,
        step: &Step,
        (fetched, prepared): (FetchOutcome, Prepared),
        ended_at: Micros,
    ) -> (StepResult, Option<WireResponse>) {
        let page = match fetched.result {
            Ok(page) => page,
            Err(error) => {
                self.last_answer = None;
                return (failed_fetch(&error), None);
            }
        };
        if context.plan.guards.iter().any(Guard::reads_answer) {
            self.last_answer = Some(Box::new(LastAnswer {
                status: page.answer.status.as_u16(),
                headers: page.answer.headers.clone(),
                body: page.answer.body.clone(),
                url: page.final_url.clone(),
                first_location: fetched.progress.first_location.clone(),
            }));
        }
        let cookie = |name: &str| self.session.cookie(name, &page.final_url).map(Cow::into_owned);
        let response = Response::new(
            page.answer.status.as_u16(),
            &page.answer.headers,
            &page.answer.body,
            &cookie,
        )
        .at(&page.final_url, fetched.progress.first_location.as_deref())
        .after(&fetched.progress.redirects)
        .with_prepared(prepared);
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
            let explain = |what, conditions| {
                let explained = checker.explain(conditions, response);
                observer.conditions_checked(what, &explained);
                explained.iter().all(|checked| checked.held)
            };
            explain("declined", &step.declined);
            if step.poll.as_ref().is_none_or(|poll| explain("until", &poll.until)) {
                explain("expect", &step.expect);
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
pub(super) async fn prepare_within<E: Env>(
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

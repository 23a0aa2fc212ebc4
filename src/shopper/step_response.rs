//! The response to a step: read once, checked, and captured from.

use std::borrow::Cow;

use super::browser::fetch::{FetchOutcome, FetchProgress, FetchedPage};
use super::context::{CoreContext, Env};
use super::gates::LastAnswer;
use super::journey::JourneyRun;
use super::response::evaluate::{CapturedValues, StepResult, failed_fetch};
use super::response::read_answer::{AnswerRead, AnswerReader, Arrived};
use super::transport::{Clock, WireResponse};
use crate::base::{Micros, Money, StepId};
use crate::plan::{Guard, Step};
use crate::tally::{Observed, OwnFault};

impl<E: Env> JourneyRun<E> {
    /// Checks what came, and captures from it what the scenario captures. A large answer is read away from the core, until the
    /// shopper gives up at the latest: then our own slowness ends the step, and not the shop's.
    pub(super) async fn read_response(
        &mut self,
        context: &CoreContext<E>,
        step: StepId,
        fetched: FetchOutcome,
        (ended_at, give_up_at): (Micros, Micros),
    ) -> (StepResult, Option<WireResponse>) {
        let page = match fetched.result {
            Ok(page) => page,
            Err(error) => {
                self.last_answer = None;
                return (failed_fetch(&error), None);
            }
        };
        let FetchProgress { first_location, held, redirects, .. } = fetched.progress;
        let first_location = first_location.as_deref();
        self.keep_last_answer(context, &page, first_location);
        let arrived = Arrived {
            answer: &page.answer,
            url: &page.final_url,
            first_location,
            redirects: &redirects,
        };
        let read = if arrived.is_large() {
            let give_up_at = give_up_at.saturating_add(held);
            let read = Box::pin(self.read_large(context, step, arrived, give_up_at)).await;
            match read {
                Some(read) => read,
                None => {
                    let cause = "answers were too large to be read before shoppers give up";
                    return (StepResult::Own(OwnFault::Limit, cause.to_owned()), None);
                }
            }
        } else {
            let cookie = |name: &str| self.session.cookie(name, arrived.url).map(Cow::into_owned);
            self.reader(context, step).read(arrived, &cookie)
        };
        for (what, conditions) in &read.explained {
            context.observe(|observer| observer.conditions_checked(what, conditions));
        }
        let result = match read.captured {
            Ok(captured) => {
                self.keep_captured(context, context.plan.step(step), captured, ended_at);
                StepResult::Ok
            }
            Err(result) => result,
        };
        (result, Some(page.answer))
    }

    fn reader<'r>(&'r self, context: &'r CoreContext<E>, step: StepId) -> AnswerReader<'r> {
        let explains = context.observer.is_some();
        AnswerReader { plan: &context.plan, step, variables: &self.variables, explains }
    }

    /// Reads an answer away from the core. None if that is not done before the shopper gives up.
    async fn read_large(
        &mut self,
        context: &CoreContext<E>,
        step: StepId,
        arrived: Arrived<'_>,
        give_up_at: Micros,
    ) -> Option<AnswerRead> {
        let cookies = self.session.cookies(arrived.url);
        let (read, variables) = {
            let reader = self.reader(context, step);
            tokio::select! {
                biased;
                read = reader.read_off_core(arrived, cookies) => read,
                () = context.clock.sleep_until(give_up_at) => return None,
            }
        };
        // Templates of its conditions may have drawn.
        self.variables = variables;
        Some(read)
    }

    /// Keeps the answer for guards that ask for it.
    fn keep_last_answer(
        &mut self,
        context: &CoreContext<E>,
        page: &FetchedPage,
        first_location: Option<&str>,
    ) {
        if context.plan.guards.iter().any(Guard::reads_answer) {
            self.last_answer = Some(Box::new(LastAnswer {
                status: page.answer.status.as_u16(),
                headers: page.answer.headers.clone(),
                body: page.answer.body.clone(),
                url: page.final_url.clone(),
                first_location: first_location.map(str::to_owned),
            }));
        }
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

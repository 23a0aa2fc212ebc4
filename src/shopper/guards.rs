//! Which ways and steps a shopper takes where a guard decides: found out when the shopper comes there.

use std::borrow::Cow;

use super::context::{CoreContext, Env};
use super::journey::JourneyRun;
use super::response::check::Checker;
use super::response::extract::Response;
use crate::base::StepId;
use crate::plan::{Guard, GuardId, GuardTerm, JourneyRoute, RenderError, Value};
use crate::tally::OwnFault;

// === impl JourneyRun ===

impl<E: Env> JourneyRun<E> {
    /// The first place from `place` on whose gate is open; none at the route's end.
    ///
    /// # Errors
    /// When a guard can't be evaluated: it is told, and the shopper can't go on.
    pub(super) fn next_stop(
        &mut self,
        context: &CoreContext<E>,
        route: &JourneyRoute,
        place: usize,
    ) -> Result<Option<usize>, OwnFault> {
        let mut gates = std::mem::take(&mut self.gates);
        let mut found = Ok(None);
        for (place, stop) in route.stops.iter().enumerate().skip(place) {
            let open = match stop.gate {
                None => Ok(true),
                Some(gate) => gates.is_open(gate, &mut |guard| self.holds(context, guard)),
            };
            match open {
                Ok(true) => found = Ok(Some(place)),
                Ok(false) => {
                    let step = StepId(context.plan.unit(stop.unit).steps.start);
                    // Of a loop, the end of the list is no news.
                    if stop.round == 0 {
                        context.observe(|observer| observer.step_skipped(step));
                    }
                    continue;
                }
                Err(error) => found = Err(self.guard_failed(context, &error)),
            }
            break;
        }
        self.gates = gates;
        found
    }

    /// Whether the shopper takes this step of a purchase.
    ///
    /// # Errors
    /// As `next_stop`.
    pub(super) fn takes_step(
        &mut self,
        context: &CoreContext<E>,
        step: StepId,
    ) -> Result<bool, OwnFault> {
        let Some(guard) = context.plan.step(step).guard else { return Ok(true) };
        let takes =
            self.holds(context, guard).map_err(|error| self.guard_failed(context, &error))?;
        if !takes {
            context.observe(|observer| observer.step_skipped(step));
        }
        Ok(takes)
    }

    fn guard_failed(&self, context: &CoreContext<E>, error: &RenderError) -> OwnFault {
        let cause = format!("a condition (`when`): {error}");
        let cause = self.variables.mask(&context.plan, &cause);
        context.tally.borrow_mut().own_failure(OwnFault::Scenario, &cause);
        OwnFault::Scenario
    }

    fn holds(&mut self, context: &CoreContext<E>, guard: GuardId) -> Result<bool, RenderError> {
        let guard = context.plan.guard(guard);
        Ok(guard.expressions_hold(&context.plan.templates, &self.variables)?
            && self.answer_holds(context, guard)?
            && self.take_item(context, guard)?)
    }

    /// Takes the item of a list that the guard asks for, if there is one; true where it asks for none.
    fn take_item(&mut self, context: &CoreContext<E>, guard: &Guard) -> Result<bool, RenderError> {
        for term in &guard.terms {
            let GuardTerm::Item { item, list, place } = term else { continue };
            let text = list.render(&context.plan.templates, &self.variables)?;
            let Ok(serde_json::Value::Array(mut items)) = serde_json::from_str(&text) else {
                let what = "`each` goes through a list, and this is none";
                return Err(RenderError::Expression(format!("{what}: {text}")));
            };
            let place = *place as usize;
            if place >= items.len() {
                return Ok(false);
            }
            let value = Value::of_json(&items.swap_remove(place));
            context.observe(|observer| {
                observer.value_captured(&context.plan.variables[item.index()], &value.as_text());
            });
            self.variables.set(*item, value);
        }
        Ok(true)
    }

    /// Whether the last answer is as the guard says. Where there was none, it is not.
    fn answer_holds(&self, context: &CoreContext<E>, guard: &Guard) -> Result<bool, RenderError> {
        if !guard.reads_answer() {
            return Ok(true);
        }
        let Some(answer) = &self.last_answer else { return Ok(false) };
        let cookie = |name: &str| self.session.cookie(name, &answer.url).map(Cow::into_owned);
        let response = Response::new(answer.status, &answer.headers, &answer.body, &cookie)
            .at(&answer.url, answer.first_location.as_deref());
        let checker = Checker { templates: &context.plan.templates, scope: &self.variables };
        for term in &guard.terms {
            if let GuardTerm::Answer(conditions) = term
                && !checker.holds(conditions, &response)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

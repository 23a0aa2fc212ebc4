//! Which ways and steps a shopper takes where a guard decides: found out when the shopper comes there.

use std::borrow::Cow;
use std::rc::Rc;

use bytes::Bytes;
use http::HeaderMap;
use url::Url;

use super::context::{CoreContext, Env};
use super::journey::JourneyRun;
use super::response::check::Checker;
use super::response::extract::Response;
use crate::base::StepId;
use crate::plan::{Guard, GuardId, GuardTerm, JourneyRoute, RenderError, RouteGate, Value};
use crate::tally::OwnFault;

/// The gates of a route, each open, closed, or not come to yet.
#[derive(Debug, Default)]
pub(super) struct Gates {
    gates: Vec<RouteGate>,
    open: Vec<Option<bool>>,
}

/// The last answer that a shopper got, where a guard may ask for it.
#[derive(Debug)]
pub(super) struct LastAnswer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) url: Rc<Url>,
    pub(super) first_location: Option<String>,
}

// === impl Gates ===

impl Gates {
    /// Of this route, none come to yet.
    pub(super) fn new(route: &mut JourneyRoute) -> Gates {
        let gates = std::mem::take(&mut route.gates);
        Gates { open: vec![None; gates.len()], gates }
    }

    /// Forgets what was found out.
    pub(super) fn forget(&mut self) {
        self.open.fill(None);
    }

    /// Whether a gate is open, by what `holds` says of guards.
    fn is_open<X>(
        &mut self,
        gate: u32,
        holds: &mut impl FnMut(GuardId) -> Result<bool, X>,
    ) -> Result<bool, X> {
        if let Some(open) = self.open[gate as usize] {
            return Ok(open);
        }
        let RouteGate { outer, before, guard } = self.gates[gate as usize];
        let mut open = match outer {
            Some(outer) => self.is_open(outer, holds)?,
            None => true,
        };
        if open && let Some(before) = before {
            open = !self.is_passed(before, holds)?;
        }
        if open && let Some(guard) = guard {
            open = holds(guard)?;
        }
        self.open[gate as usize] = Some(open);
        Ok(open)
    }

    /// Whether this gate, or one before it in the same choice, is open.
    fn is_passed<X>(
        &mut self,
        gate: u32,
        holds: &mut impl FnMut(GuardId) -> Result<bool, X>,
    ) -> Result<bool, X> {
        // From the first on, so that each finds those before it known, and nothing is deeply nested.
        let mut chain: Vec<u32> =
            std::iter::successors(Some(gate), |gate| self.gates[*gate as usize].before)
                .take_while(|gate| self.open[*gate as usize].is_none())
                .collect();
        chain.reverse();
        for gate in chain {
            self.is_open(gate, holds)?;
        }
        let mut known = std::iter::successors(Some(gate), |gate| self.gates[*gate as usize].before);
        Ok(known.any(|gate| self.open[gate as usize] == Some(true)))
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::UnitVisit;

    /// Two ways, the second of which has two of its own and something else.
    fn gates() -> Gates {
        let gate = |outer, before, guard: Option<u16>| RouteGate {
            outer,
            before,
            guard: guard.map(GuardId),
        };
        let gates = vec![
            gate(None, None, Some(0)),
            gate(None, Some(0), Some(1)),
            gate(Some(1), None, Some(2)),
            gate(Some(1), Some(2), None),
            gate(None, Some(1), None),
        ];
        let mut route = JourneyRoute { stops: Vec::<UnitVisit>::new(), gates };
        Gates::new(&mut route)
    }

    fn open(holding: &[u16]) -> Vec<u32> {
        let mut gates = gates();
        let mut holds = |guard: GuardId| Ok::<bool, ()>(holding.contains(&guard.0));
        // The last first: what was not come to is found out on the way.
        let mut open: Vec<u32> =
            (0..5).rev().filter(|gate| gates.is_open(*gate, &mut holds).unwrap()).collect();
        open.reverse();
        open
    }

    #[test]
    fn of_several_ways_the_first_is_taken_whose_guard_holds() {
        assert_eq!(open(&[0, 1, 2]), [0]);
        assert_eq!(open(&[1, 2]), [1, 2]);
        assert_eq!(open(&[1]), [1, 3]);
        assert_eq!(open(&[2]), [4]);
    }

    #[test]
    fn a_way_that_was_taken_is_not_reconsidered() {
        let mut gates = gates();
        assert_eq!(gates.is_open(0, &mut |_| Ok::<bool, ()>(true)), Ok(true));
        assert_eq!(gates.is_open(4, &mut |_| Ok::<bool, ()>(false)), Ok(false));
        gates.forget();
        assert_eq!(gates.is_open(4, &mut |_| Ok::<bool, ()>(false)), Ok(true));
    }
}

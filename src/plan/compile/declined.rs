//! `then`: what a shopper does after a refusal.

use std::sync::Arc;

use super::Compiler;
use super::journeys::CompiledFlow;
use crate::base::UnitId;
use crate::plan::{AfterDecline, JourneyItem};
use crate::scenario::{self, DeclineWord, Located, LocatedText, Then, nearest};

/// A refusal whose step is to be looked up when the journey is whole.
pub(super) struct PendingDecline {
    step: usize,
    then: Then,
}

impl Compiler<'_> {
    /// Whether a form that is not there is a refusal.
    pub(super) fn declined_without_form(&mut self, written: &scenario::Step) -> bool {
        let asked = written.declined.as_ref().and_then(|declined| declined.without_form.as_ref());
        let Some(asked) = asked.filter(|asked| asked.value) else { return false };
        if written.submit.is_none() {
            let message = "`without_form` in a step that submits no form";
            self.problem(asked.span, message, "remove it, or put it to the step with `submit`");
        }
        true
    }

    /// Nobody goes on from a payment that did not go through.
    pub(super) fn paying_step_stays(&mut self, written: &scenario::Step) {
        let then = written.declined.as_ref().and_then(|declined| declined.then.as_ref());
        if let Some(Then::Word(Located { value: DeclineWord::Next, span })) = then {
            let remedy = "write `leave`, `retry`, { skip_to: STEP } or { redraw: ATTRIBUTE }";
            self.problem(
                *span,
                "no shopper goes on with a purchase whose payment is refused",
                remedy,
            );
        }
        if let Some(optional) = written.optional.as_ref().filter(|optional| optional.value) {
            let message = "the step that pays can't be optional";
            self.problem(optional.span, message, "remove `optional`");
        }
    }

    /// Notes what follows a refusal at the step that is compiled last.
    pub(super) fn note_decline(&mut self, written: &scenario::Step, flow: &mut CompiledFlow) {
        let then = written.declined.as_ref().and_then(|declined| declined.then.clone());
        let step = flow.steps.len() - 1;
        if flow.steps[step].optional && then.is_none() {
            flow.steps[step].after_decline = AfterDecline::Next;
        }
        flow.declines.extend(then.map(|then| PendingDecline { step, then }));
    }

    /// Fills in what follows refusals in a journey that is whole, from this unit on.
    pub(super) fn after_declines(
        &mut self,
        first_unit: usize,
        route: &[JourneyItem],
        flow: &mut CompiledFlow,
    ) {
        for PendingDecline { step, then } in std::mem::take(&mut flow.declines) {
            let after = self.after_decline((first_unit, route), step, &then, flow);
            flow.steps[step].after_decline = after.unwrap_or_default();
        }
    }

    fn after_decline(
        &mut self,
        (first_unit, route): (usize, &[JourneyItem]),
        step: usize,
        then: &Then,
        flow: &CompiledFlow,
    ) -> Option<AfterDecline> {
        let action = match then {
            Then::Word(word) => {
                return Some(match word.value {
                    DeclineWord::Retry => AfterDecline::Retry,
                    DeclineWord::Leave => AfterDecline::Leave,
                    DeclineWord::Next => AfterDecline::Next,
                });
            }
            Then::Action(action) => action,
        };
        match (&action.skip_to, &action.redraw) {
            (Some(name), None) => self.skip_to((first_unit, route), step, name, flow),
            (None, Some(attribute)) => {
                let attributes = Arc::clone(&self.attributes);
                let place = self.redrawn(attribute, &attributes)?;
                u8::try_from(place).ok().map(AfterDecline::Redraw)
            }
            (Some(_), Some(_)) | (None, None) => {
                let message = "after a refusal a shopper does one thing";
                self.problem(then.span(), message, "write `skip_to` or `redraw`");
                None
            }
        }
    }

    fn skip_to(
        &mut self,
        (first_unit, route): (usize, &[JourneyItem]),
        step: usize,
        name: &LocatedText,
        flow: &CompiledFlow,
    ) -> Option<AfterDecline> {
        let wanted = name.value.trim();
        let own = flow.steps[step].unit.index();
        let place = (first_unit..flow.units.len()).find(|unit| flow.units[*unit].name == wanted);
        let Some(unit) = place else {
            let later = flow.units[(own + 1).min(flow.units.len())..].iter();
            let remedy = match nearest(wanted, later.map(|unit| unit.name.as_str())) {
                Some(meant) => format!("write `{meant}`"),
                None => "write the name of a later step or purchase of the journey".to_owned(),
            };
            let message = format!("the journey has no step or purchase `{wanted}`");
            self.problem(name.span, message, remedy);
            return None;
        };
        if unit <= own {
            let message = format!("`{wanted}` does not come later");
            self.problem(
                name.span,
                message,
                "a shopper skips forward only; use `retry` to try again",
            );
            return None;
        }
        let (to, from) = (UnitId(super::journeys::index(unit)), flow.steps[step].unit);
        if !JourneyItem::leads_from(route, from, to) {
            let message = format!("`{wanted}` is on a branch that not every shopper takes");
            let remedy = "write a step or purchase outside of `choose`, or one on the same branch";
            self.problem(name.span, message, remedy);
            return None;
        }
        Some(AfterDecline::SkipTo(to))
    }
}

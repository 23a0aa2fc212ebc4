//! One shopper's variables, and the shopper's stream of choices in templates.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use crate::base::random::{Purpose, draw};
use crate::base::{Redactor, ShopperId, StepId, VarId};
use crate::plan::{self, Plan, TemplateScope, Value};
use crate::shopper::profile::ShopperProfile;

/// The variables of `plan::BUILT_IN_VARIABLES`, by place.
pub mod built_in {
    use crate::base::VarId;

    pub const INTENT_ID: VarId = VarId(0);
    pub const INTENT_MARKER: VarId = VarId(1);
    pub const ORDER_ID: VarId = VarId(2);
    pub const ORDER_TOTAL: VarId = VarId(3);
    pub const SHOPPER_ID: VarId = VarId(4);
    pub const SHOPPER_ORDINAL: VarId = VarId(5);
    pub const SHOPPER_MARKER: VarId = VarId(6);
    pub const RUN_ID: VarId = VarId(7);
    pub const ATTEMPT: VarId = VarId(8);
    pub const SHOPPER_EMAIL: VarId = VarId(9);
}

/// One shopper's variables.
#[derive(Clone, Debug)]
pub struct Variables {
    values: Vec<Option<Value>>,
    shopper: ShopperId,
    /// Draws of this step's templates so far, and the step and round: the same choices at every attempt at a step,
    /// because a reload asks for the same page again.
    drawn: Cell<u64>,
    /// The step and round alone.
    place: Cell<u64>,
    /// When the step's request is made, in seconds since 1970.
    now: Cell<f64>,
    /// Those whose values are secret.
    secret: Arc<[VarId]>,
    /// Made when it is first asked for, and anew after a secret variable has changed: it costs more than a step.
    redactor: OnceCell<Redactor>,
}

// === impl Variables ===

impl Variables {
    /// The variables that a shopper of this plan begins with: none but those that are set next.
    pub fn new(plan: &Plan, shopper: ShopperId) -> Variables {
        Variables {
            values: vec![None; plan.variables.len()],
            shopper,
            drawn: Cell::new(0),
            place: Cell::new(0),
            now: Cell::new(0.0),
            secret: Arc::clone(&plan.secret_variables),
            redactor: OnceCell::new(),
        }
    }

    /// The variables that a shopper arrives with. `row` selects data rows.
    pub(crate) fn of_shopper(
        plan: &Plan,
        profile: &ShopperProfile,
        run: &str,
        row: u64,
    ) -> Variables {
        let marker = &*profile.marker;
        let mut variables = Variables::new(plan, profile.id);
        variables.set_text(built_in::SHOPPER_ID, &profile.id.to_string());
        variables.set(built_in::SHOPPER_ORDINAL, Value::Json(Arc::new(row.into())));
        variables.set_text(built_in::SHOPPER_MARKER, marker);
        variables.set_text(built_in::RUN_ID, run);
        // At a domain that is reserved (RFC 2606), so that no mail of the shop ever reaches anybody.
        variables.set_text(built_in::SHOPPER_EMAIL, &format!("{marker}.{run}@example.com"));
        let values = &profile.persona.attributes;
        for (attribute, value) in plan.shoppers.attributes.iter().zip(values) {
            variables.set_text(attribute.var, &attribute.values[usize::from(*value)].0);
        }
        for (place, data) in plan.shoppers.data.iter().enumerate() {
            // A shopper beyond the last row has none; the run is refused before it comes to that.
            for (var, cell) in data.columns.iter().zip(data.row(place, profile.id, row)) {
                match cell {
                    plan::DataCell::Text(text) => variables.set_text(*var, text),
                    plan::DataCell::Json(value) => {
                        variables.set(*var, Value::Json(Arc::new(value.clone())))
                    }
                }
            }
        }
        variables
    }

    /// Gives a variable a value.
    pub fn set(&mut self, var: VarId, value: Value) {
        if self.secret.contains(&var) {
            self.redactor.take();
        }
        self.values[var.index()] = Some(value);
    }

    /// Gives a variable a text.
    pub fn set_text(&mut self, var: VarId, text: &str) {
        self.set(var, Value::Text(Arc::from(text)));
    }

    /// Masks the secrets of this shopper and of all shoppers.
    pub fn redactor<'r>(&'r self, plan: &'r Plan) -> &'r Redactor {
        if self.secret.is_empty() {
            return &plan.secrets;
        }
        self.redactor.get_or_init(|| plan.secrets.with(self.secret_texts()))
    }

    /// The text with secrets masked. For a short text, as most order numbers and observed values are, no redactor is made.
    pub fn mask<'t>(&self, plan: &Plan, text: &'t str) -> Cow<'t, str> {
        if self.secret_texts().any(|secret| Redactor::may_find(&secret, text)) {
            self.redactor(plan).mask_known(text)
        } else {
            plan.secrets.mask_known(text)
        }
    }

    fn secret_texts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.secret.iter().filter_map(|var| self.value(*var)).map(|value| value.as_text())
    }

    /// Starts the stream of choices for a step, in the n-th round of it, at this time in seconds since 1970.
    pub fn begin(&self, step: StepId, round: u32, now: f64) {
        self.now.set(now);
        self.place.set(u64::from(step.0) << 48 | u64::from(round) << 24);
        self.drawn.set(u64::from(step.0) << 32 | u64::from(round) << 20);
    }

    /// What is drawn for the n-th thing that is looked for in the answer to this step.
    pub fn draw_for_capture(&self, place: u64) -> u64 {
        draw(self.shopper.0, Purpose::Found, self.place.get() + place)
    }
}

impl plan::TemplateScope for Variables {
    fn value(&self, var: VarId) -> Option<&Value> {
        self.values.get(var.index())?.as_ref()
    }

    fn unix_seconds(&self) -> f64 {
        self.now.get()
    }

    fn next_bits(&self) -> u64 {
        let ordinal = self.drawn.get();
        self.drawn.set(ordinal + 1);
        draw(self.shopper.0, Purpose::Pick, ordinal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_places_are_those_of_the_plan() {
        let place = |name: &str| {
            plan::BUILT_IN_VARIABLES
                .iter()
                .position(|known| *known == name)
                .map(|i| VarId(i as u16))
        };
        assert_eq!(place("intent.id"), Some(built_in::INTENT_ID));
        assert_eq!(place("intent.marker"), Some(built_in::INTENT_MARKER));
        assert_eq!(place("order.id"), Some(built_in::ORDER_ID));
        assert_eq!(place("order.total"), Some(built_in::ORDER_TOTAL));
        assert_eq!(place("shopper.id"), Some(built_in::SHOPPER_ID));
        assert_eq!(place("shopper.ordinal"), Some(built_in::SHOPPER_ORDINAL));
        assert_eq!(place("shopper.marker"), Some(built_in::SHOPPER_MARKER));
        assert_eq!(place("run.id"), Some(built_in::RUN_ID));
        assert_eq!(place("shopper.email"), Some(built_in::SHOPPER_EMAIL));
        assert_eq!(place("attempt"), Some(built_in::ATTEMPT));
    }
}

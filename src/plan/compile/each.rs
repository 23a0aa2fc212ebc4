//! `each`: steps gone through once for each item of a list; and `let`: values computed from others.

use super::Compiler;
use super::journeys::{CompiledFlow, index};
use super::names::Spot;
use super::text::lone_placeholder;
use crate::plan::{Computed, Guard, GuardId, GuardTerm, JourneyItem, Template};
use crate::scenario::{self, Defaults, Located, LocatedText, Named};

/// How many items are gone through, where the scenario does not say.
const AT_MOST: u32 = 20;
/// More would fill the memory, for each shopper's way has them all.
const MOST: u32 = 1_000;

/// The name of the item and the list, of `item in list`.
pub(super) fn item_of(written: &LocatedText) -> Option<(LocatedText, String)> {
    let (item, list) = written.value.split_once(" in ")?;
    let item = Located::new(item.trim().to_owned(), written.span);
    Some((item, list.trim().to_owned()))
}

impl Compiler<'_> {
    /// The way through a loop over a list.
    pub(super) fn each(
        &mut self,
        written: &scenario::Each,
        defaults: Option<&Defaults>,
        spot: &mut Spot,
        flow: &mut CompiledFlow,
    ) -> Option<JourneyItem> {
        let guards = self.rounds(written, spot, flow);
        let around = std::mem::replace(&mut spot.around, true);
        let parts = self.parts(written.steps.as_deref().unwrap_or_default(), defaults, spot, flow);
        spot.around = around;
        Some(JourneyItem::Each { guards: guards?, parts })
    }

    /// What must hold for each round: that the list has an item for it.
    fn rounds(
        &mut self,
        written: &scenario::Each,
        spot: &Spot,
        flow: &mut CompiledFlow,
    ) -> Option<Vec<GuardId>> {
        let each = written.each.as_ref()?;
        let Some((item, list)) = item_of(each) else {
            let message = format!("`{}` names no list", each.value);
            self.problem(each.span, message, "write `item in LIST`, such as `item in cart.items`");
            return None;
        };
        let at_most = written.at_most.as_ref().map_or(AT_MOST, |at_most| at_most.value.0);
        if let Some(written) = written.at_most.as_ref().filter(|at_most| at_most.value.0 > MOST) {
            let message = format!("{} rounds for each shopper", written.value.0);
            self.problem(written.span, message, format!("write at most {MOST}"));
            return None;
        }
        let here = Spot { step: flow.steps.len(), before_lets: true, ..spot.clone() };
        let list = self.expression(&format!("{{{{ ({list})|tojson }}}}"), each.span, &here)?;
        let item = self.names.find(&item.value)?;
        (0..at_most)
            .map(|place| {
                let id = GuardId(index(flow.guards.len()));
                let term = GuardTerm::Item { item, list: list.clone(), place };
                flow.guards.push(Guard { terms: vec![term] });
                flow.guard_spans.push(each.span);
                Some(id)
            })
            .collect()
    }

    /// What a step computes before its request.
    pub(super) fn lets(
        &mut self,
        written: Option<&Named<LocatedText>>,
        spot: &Spot,
    ) -> Vec<Computed> {
        let spot = Spot { before_lets: true, ..spot.clone() };
        let mut computed = Vec::new();
        for (name, value) in written.iter().flat_map(|named| &named.0) {
            let Some(value) = value else { continue };
            let lone = lone_placeholder(&value.value);
            let from = match lone {
                Some(inside) => {
                    self.expression(&format!("{{{{ ({inside})|tojson }}}}"), value.span, &spot)
                }
                None => self.text(value, &spot),
            };
            let is_json = matches!((lone, &from), (Some(_), Some(Template::Expression { .. })));
            if let (Some(var), Some(from)) = (self.names.find(&name.value), from) {
                computed.push(Computed { var, from, is_json });
            }
        }
        computed
    }
}

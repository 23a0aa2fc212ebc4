//! `when` and `otherwise`: on what conditions shoppers take steps and ways.

use minijinja::ErrorKind;

use super::Compiler;
use super::journeys::{CompiledFlow, index};
use super::names::Spot;
use super::text::{MAX_CODE, has_placeholder};
use crate::base::{StepId, count_of};
use crate::plan::template_functions::UNFORESEEABLE_FUNCTIONS;
use crate::plan::{Guard, GuardId, GuardTerm, JourneyItem, Plan, Template};
use crate::scenario::{self, Branch, Defaults, LocatedText, OneOrMany, Problems, Span, join_words};

impl Compiler<'_> {
    /// The guard of a written condition; nothing, beside the problem, where it can't be one.
    pub(super) fn guard(
        &mut self,
        written: &OneOrMany<scenario::GuardTerm>,
        spot: &Spot,
        flow: &mut CompiledFlow,
    ) -> Option<GuardId> {
        let here = Spot { step: flow.steps.len(), before_lets: true, ..spot.clone() };
        let mut terms = Vec::new();
        let mut span: Option<Span> = None;
        for term in &written.0 {
            let (at, term) = match term {
                scenario::GuardTerm::Expression(text) => {
                    let here = Spot { may_be_missing: true, ..here.clone() };
                    let compiled = self.condition(text, &here);
                    let source = text.value.trim().to_owned();
                    (text.span, compiled.map(|compiled| GuardTerm::Holds { source, compiled }))
                }
                scenario::GuardTerm::Answer(conditions) => {
                    if spot.first {
                        self.problem(
                            conditions.keys.span,
                            "a condition on the last answer, and the journey begins here",
                            "write it at a later step",
                        );
                    }
                    let conditions_span = conditions.keys.span;
                    (conditions_span, Some(GuardTerm::Answer(self.conditions(conditions, &here))))
                }
            };
            span = span.or(Some(at));
            terms.push(term?);
        }
        let id = GuardId(index(flow.guards.len()));
        flow.guards.push(Guard { terms });
        flow.guard_spans.push(span?);
        Some(id)
    }

    /// An expression that is true or not.
    fn condition(&mut self, text: &LocatedText, spot: &Spot) -> Option<Template> {
        let (source, span) = (text.value.trim(), text.span);
        if has_placeholder(source) {
            let bare = source.trim_start_matches("{{").trim_end_matches("}}").trim();
            let message = "a condition is an expression without braces";
            self.problem(span, message, format!("write {bare}"));
            return None;
        }
        if source.len() > MAX_CODE {
            let message = format!("a condition of {}", count_of(source.len() as u64, "character"));
            self.problem(span, message, format!("write at most {MAX_CODE}"));
            return None;
        }
        let (name, looked_up) = match self.templates.add_condition(source) {
            Ok(added) => added,
            Err(error) => {
                let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
                self.problem(span, format!("the condition can't be read: {what}"), remedy(source));
                return None;
            }
        };
        if let Some(choosing) =
            looked_up.iter().find(|name| UNFORESEEABLE_FUNCTIONS.contains(&name.as_str()))
        {
            self.problem(
                span,
                format!("`{choosing}` in a condition: nobody could forecast who takes the step"),
                "use an attribute, or `choose` with weights",
            );
            return None;
        }
        let (mut reads, mut constants, mut good) = (Vec::new(), Vec::new(), true);
        for looked_up in looked_up {
            good &= self.look_up(&looked_up, source, span, spot, &mut reads, &mut constants);
        }
        reads.sort_unstable();
        reads.dedup();
        constants.sort_unstable();
        constants.dedup();
        good.then_some(())?;
        if let Err(error) = self.templates.try_out_condition(&name, &reads, &constants)
            && (reads.is_empty() || error.kind() != ErrorKind::InvalidOperation)
        {
            let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            self.problem(
                span,
                format!("the condition fails: {}{detail}", error.kind()),
                "see minijinja's documentation for filters, tests and functions",
            );
            return None;
        }
        let source = source.to_owned();
        Some(Template::Expression { name, source, reads, constants })
    }

    /// The ways of a choice: by weight, or the first whose condition holds.
    pub(super) fn branches(
        &mut self,
        choose: &scenario::Choose,
        defaults: Option<&Defaults>,
        spot: &mut Spot,
        flow: &mut CompiledFlow,
    ) -> JourneyItem {
        let branches = choose.branches.as_deref().unwrap_or_default();
        let by_condition =
            branches.iter().any(|branch| branch.keys.has("when") || branch.keys.has("otherwise"));
        if by_condition {
            self.branch_rules(branches);
        }
        let first = spot.first;
        let (mut by_weight, mut ways) = (Vec::new(), Vec::new());
        for branch in branches {
            spot.first = first;
            let guard = branch.when.as_ref().and_then(|when| self.guard(when, spot, flow));
            let steps = branch.steps.as_ref().or(branch.otherwise.as_ref());
            let parts = self.parts(steps.map_or(&[], Vec::as_slice), defaults, spot, flow);
            let weight = branch.weight.as_ref().map_or(1.0, |weight| weight.value.0);
            if by_condition {
                ways.push((guard, parts));
            } else {
                by_weight.push((weight, parts));
            }
        }
        if by_condition { JourneyItem::First(ways) } else { JourneyItem::Choose(by_weight) }
    }

    /// What branches by condition can't be.
    fn branch_rules(&mut self, branches: &[Branch]) {
        for (place, branch) in branches.iter().enumerate() {
            let keys = &branch.keys;
            if let Some(span) = keys.span_of("weight") {
                self.problem(
                    span,
                    "a weight among branches that are chosen by `when`",
                    "give all branches weights, or put a `choose` with weights into the branch",
                );
            }
            match (keys.span_of("otherwise"), keys.has("when")) {
                (Some(otherwise), _) => {
                    for (key, span) in keys.among(&["when", "steps"]) {
                        self.problem(
                            span,
                            format!("`{key}` together with `otherwise`"),
                            "write the steps below `otherwise:`, in a branch of its own",
                        );
                    }
                    if place + 1 < branches.len() {
                        let message = "`otherwise` before other branches: none would be taken";
                        self.problem(otherwise, message, "write it last");
                    } else if place == 0 {
                        let message = "`otherwise` without a branch that has `when`";
                        self.problem(otherwise, message, "write the steps without `choose`");
                    }
                }
                (None, true) => {}
                (None, false) => self.problem(
                    keys.span,
                    "a branch without `when`, among branches that have it",
                    "add `when:`, or write the last branch as `otherwise: [...]`",
                ),
            }
        }
    }

    /// Whether there is an order must not depend on a condition within the purchase.
    pub(super) fn paying_step_is_certain(
        &mut self,
        steps: &[&scenario::Step],
        first: usize,
        paying_step: Option<StepId>,
    ) {
        let paying = paying_step.and_then(|paying| steps.get(paying.index().checked_sub(first)?));
        if let Some(span) = paying.and_then(|step| step.keys.span_of("when")) {
            self.problem(
                span,
                "`when` at the step that pays: there would be purchases without a payment",
                "put `when` next to `purchase:`, and write a purchase for each way to pay",
            );
        }
    }
}

/// What to write instead of a condition that can't be read.
fn remedy(source: &str) -> &'static str {
    let mut signs = source.split("==").flat_map(|part| part.split(['!', '<', '>']));
    if signs.any(|part| part.trim_start_matches('=').contains('=')) {
        "write == to compare, such as payment == 'wallet'"
    } else if source.contains("&&") || source.contains("||") {
        "write `and`, `or` and `not`"
    } else {
        "write an expression such as payment == 'wallet' or total > 100"
    }
}

/// Reports conditions on attributes that hold for no shopper.
pub(super) fn check_guards(plan: &Plan, spans: &[Span], problems: &mut Problems) {
    for (guard, span) in plan.guards.iter().zip(spans) {
        let Some(read) = guard.deciding_variables() else { continue };
        let uses_inputs = guard.terms.iter().any(|term| match term {
            GuardTerm::Holds { compiled: Template::Expression { constants, .. }, .. } => {
                !constants.is_empty()
            }
            GuardTerm::Holds { .. } | GuardTerm::Answer(_) | GuardTerm::Item { .. } => false,
        });
        if read.is_empty() || uses_inputs || plan.may_hold(guard) {
            continue;
        }
        let attributes = plan.shoppers.attributes.iter().filter(|a| read.contains(&a.var));
        let known: Vec<String> = attributes
            .map(|attribute| {
                let values = attribute.values.iter().map(|(value, _)| value.as_str());
                format!("{} is {}", attribute.name, join_words(values, "or"))
            })
            .collect();
        let remedy = format!("{}: compare with one of these", known.join("; "));
        problems.add(*span, "the condition holds for no shopper", "", remedy);
    }
}

//! The arms of an experiment.

use super::Compiler;
use crate::base::{Delay, UnitId};
use crate::plan::arms::{Arm, MAX_ARMS, RetryStrategy};
use crate::plan::{Attribute, Behaviour, Plan};
use crate::scenario::{self, Fresh, LocatedText, Named, STRATEGIES, Span, join_words, nearest};

impl Compiler<'_> {
    /// The arms that are written, if the behaviour is an experiment.
    pub(super) fn arms(
        &mut self,
        written: &scenario::Shoppers,
        behaviour: Behaviour,
        most: Option<u32>,
        attributes: &[Attribute],
    ) -> Vec<Arm> {
        let given = written.retry.as_ref().and_then(|retry| retry.arms.as_ref());
        let span = written.retry.as_ref().and_then(|retry| retry.keys.span_of("arms"));
        match (behaviour, given) {
            (Behaviour::Experiment, None) => {
                if let (Some(behaviour), None) = (&written.behaviour, span) {
                    let remedy = "add ways to try again: `retry: { arms: [same, fresh: session, wait: 30s] }`";
                    self.problem(behaviour.span, "an experiment has nothing to compare", remedy);
                }
                Vec::new()
            }
            (Behaviour::Probe | Behaviour::Live, Some(_)) => {
                let span = span.unwrap_or(written.keys.span);
                self.problem(
                    span,
                    "arms are compared in an experiment only",
                    "write `behaviour: experiment`, or remove `arms`",
                );
                Vec::new()
            }
            (_, None) => Vec::new(),
            (Behaviour::Experiment, Some(arms)) => {
                let span = span.unwrap_or(written.keys.span);
                if most.is_some_and(|most| most < 2) {
                    let span = written.max_attempts.as_ref().map_or(span, |most| most.span);
                    self.problem(
                        span,
                        "with one attempt nobody tries again",
                        "allow two attempts or more",
                    );
                }
                let arms_written = arms.len();
                let arms: Vec<Arm> =
                    arms.iter().filter_map(|arm| self.arm(arm, attributes)).collect();
                self.comparable(&arms, arms_written, span);
                arms
            }
        }
    }

    /// A new key is one that is sent.
    pub(super) fn check_fresh_key(&mut self, plan: &Plan) {
        let sent = (0..plan.units.len()).any(|unit| plan.sends_key(UnitId(unit as u16)));
        if let Some(span) = self.fresh_key.filter(|_| !sent) {
            self.problem(
                span,
                "no purchase sends an idempotency key, so there is none to renew",
                "send it in a purchase, such as headers: { idempotency-key: \"{{ intent.id }}\" }",
            );
        }
    }

    /// There is something to compare with, and nothing is compared with itself.
    fn comparable(&mut self, arms: &[Arm], written: usize, span: Span) {
        if arms.len() < written {
            return;
        }
        if !arms.iter().any(|arm| arm.strategy == RetryStrategy::Same) {
            self.problem(
                span,
                "an experiment compares with trying the same again",
                "add `same` to the arms",
            );
        } else if arms.len() < 2 || arms.len() > MAX_ARMS {
            let message = format!("an experiment with {} arms", arms.len());
            self.problem(
                span,
                message,
                format!("write 2 to {MAX_ARMS}, such as [same, fresh: session, wait: 30s]"),
            );
        }
        if let Some((_, twice)) = arms
            .iter()
            .enumerate()
            .find(|(i, arm)| arms[..*i].iter().any(|other| other.strategy == arm.strategy))
        {
            self.problem(
                span,
                format!("the arm `{}` is given twice", twice.label),
                "keep one of the two",
            );
        }
    }

    fn arm(&mut self, written: &scenario::Arm, attributes: &[Attribute]) -> Option<Arm> {
        let written = match written {
            scenario::Arm::Same => {
                return Some(Arm { label: "same".to_owned(), strategy: RetryStrategy::Same });
            }
            scenario::Arm::Unread => return None,
            scenario::Arm::Changed(written) => written,
        };
        let scenario::RetryStrategy { keys, redraw, set, fresh, wait } = written;
        let given = keys.among(&STRATEGIES);
        if given.len() != 1 {
            let remedy = format!("write exactly one of {}", join_words(STRATEGIES, "and"));
            self.problem(keys.span, format!("an arm with {} of its keys", given.len()), remedy);
            return None;
        }
        match (redraw, set, fresh, wait) {
            (Some(name), ..) => self.redraw(name, attributes),
            (_, Some(values), ..) => self.set(keys.span, values, attributes),
            (_, _, Some(fresh), _) => match fresh.value {
                Fresh::Session => {
                    let strategy = RetryStrategy::FreshSession;
                    Some(Arm { label: "fresh: session".to_owned(), strategy })
                }
                Fresh::Key => {
                    self.fresh_key = Some(fresh.span);
                    let strategy = RetryStrategy::FreshKey;
                    Some(Arm { label: "fresh: key".to_owned(), strategy })
                }
            },
            (.., Some(pause)) => Some(wait_arm(pause.value)),
            // Its value could not be read.
            (None, None, None, None) => None,
        }
    }

    fn redraw(&mut self, name: &LocatedText, attributes: &[Attribute]) -> Option<Arm> {
        let place = self.redrawn(name, attributes)?;
        Some(Arm {
            label: format!("redraw: {}", name.value),
            strategy: RetryStrategy::Redraw(place),
        })
    }

    /// The place of an attribute of which another value is to be drawn.
    pub(super) fn redrawn(
        &mut self,
        name: &LocatedText,
        attributes: &[Attribute],
    ) -> Option<usize> {
        let place = self.attribute_named(name, attributes)?;
        if attributes[place].values.len() < 2 {
            self.problem(
                name.span,
                format!("`{}` has no other value", name.value),
                "give the attribute a second value",
            );
            return None;
        }
        Some(place)
    }

    fn set(
        &mut self,
        span: Span,
        values: &Named<LocatedText>,
        attributes: &[Attribute],
    ) -> Option<Arm> {
        if values.0.is_empty() {
            self.problem(span, "an arm that sets nothing", "write set: { ATTRIBUTE: VALUE }");
            return None;
        }
        let mut wanted = Vec::with_capacity(values.0.len());
        let mut names = Vec::with_capacity(values.0.len());
        for (name, value) in &values.0 {
            let place = self.attribute_named(name, attributes)?;
            let value = value.as_ref()?;
            let known = attributes[place].values.iter().map(|(known, _)| known.as_str());
            let Some(number) = known.clone().position(|known| known == value.value) else {
                let remedy = match nearest(&value.value, known.clone()) {
                    Some(meant) => format!("write {meant}"),
                    None => format!("write one of its values: {}", join_words(known, "or")),
                };
                self.problem(
                    value.span,
                    format!("`{}` has no value `{}`", name.value, value.value),
                    remedy,
                );
                return None;
            };
            wanted.push((place, number as u8));
            names.push(format!("{} {}", name.value, value.value));
        }
        Some(Arm {
            label: format!("set: {}", names.join(", ")),
            strategy: RetryStrategy::Set(wanted),
        })
    }

    fn attribute_named(&mut self, name: &LocatedText, attributes: &[Attribute]) -> Option<usize> {
        let place = attributes.iter().position(|attribute| attribute.name == name.value);
        if place.is_none() {
            let known = || attributes.iter().map(|attribute| attribute.name.as_str());
            let remedy = match nearest(&name.value, known()) {
                Some(meant) => format!("write {meant}"),
                None if attributes.is_empty() => {
                    "give shoppers attributes, such as payment: { card: 50, wallet: 50 }".to_owned()
                }
                None => format!("write {}", join_words(known(), "or")),
            };
            self.problem(name.span, format!("shoppers have no attribute `{}`", name.value), remedy);
        }
        if place
            .is_some_and(|place| attributes[place].brings.values().any(|brought| brought.returns))
        {
            let message = format!(
                "`{}` is settled when a shopper comes, and no retry changes it",
                name.value
            );
            self.problem(name.span, message, "change another attribute, or write `fresh: session`");
            return None;
        }
        place
    }
}

fn wait_arm(pause: Delay) -> Arm {
    let label = match pause {
        Delay::Uniform { low, high } if low == high => format!("wait: {low}"),
        Delay::Uniform { low, high } => format!("wait: {low}..{high}"),
        Delay::LogNormal { median, p90 } => format!("wait: median {median}, p90 {p90}"),
    };
    Arm { label, strategy: RetryStrategy::Wait(pause) }
}

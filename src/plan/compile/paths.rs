//! The branches that lead to each step: what a shopper who comes to one step has surely been at before.

use super::each::item_of;
use crate::scenario::{
    Choose, DeclineWord, GuardTerm, Journey, JourneyItem, LocatedText, OneOrMany, Step, Then,
};

/// Forks of a journey, in their order, and which of their branches is taken. Of a condition, branch 0 is taken where it
/// holds.
pub(super) type Path = Vec<(usize, usize)>;

/// A step and where it stands.
pub(super) struct PlacedStep<'s> {
    /// The journey's place in the scenario.
    pub(super) journey: usize,
    /// The branches that lead to it.
    pub(super) path: Path,
    /// The branches of those who got from it what they wanted.
    pub(super) after: Path,
    /// The items of loops that begin with it.
    pub(super) items: Vec<LocatedText>,
    pub(super) step: &'s Step,
}

/// Goes along a journey.
#[derive(Default)]
struct BranchTraversal<'s> {
    journey: usize,
    path: Path,
    /// How many branches each fork has.
    forks: Vec<usize>,
    /// The forks of conditions that are expressions alone: those with the same text are taken to have the same value.
    conditions: Vec<(Vec<&'s str>, usize)>,
    /// The forks at refusals after which shoppers skip, each with what they skip to.
    skips: Vec<(usize, &'s str)>,
    /// The items of loops that begin here.
    items: Vec<LocatedText>,
    steps: Vec<PlacedStep<'s>>,
}

/// All steps in order, each with the branches that lead there; and by journey how many branches each fork has.
pub(super) fn all_steps(journeys: &[Journey]) -> (Vec<PlacedStep<'_>>, Vec<Vec<usize>>) {
    let (mut steps, mut forks) = (Vec::new(), Vec::new());
    for (place, journey) in journeys.iter().enumerate() {
        let mut walk = BranchTraversal { journey: place, ..BranchTraversal::default() };
        walk.along(journey.steps.as_deref().unwrap_or_default());
        steps.extend(walk.steps);
        forks.push(walk.forks);
    }
    (steps, forks)
}

// === impl BranchTraversal ===

impl<'s> BranchTraversal<'s> {
    fn along(&mut self, items: &'s [JourneyItem]) {
        for item in items {
            match item {
                JourneyItem::Step(step) => self.step(step),
                JourneyItem::Purchase(purchase) => self.when(purchase.when.as_ref(), |walk| {
                    walk.arrive(purchase.purchase.as_ref());
                    for item in purchase.steps.iter().flatten() {
                        if let JourneyItem::Step(step) = item {
                            walk.step(step);
                        }
                    }
                }),
                JourneyItem::Repeat(repeat) => self.when(repeat.when.as_ref(), |walk| {
                    walk.along(repeat.steps.as_deref().unwrap_or_default());
                }),
                JourneyItem::Each(each) => self.when(each.when.as_ref(), |walk| {
                    // Of an empty list nothing is done.
                    let fork = walk.fork(2);
                    walk.path.push((fork, 0));
                    walk.items.extend(each.each.as_ref().and_then(item_of).map(|(item, _)| item));
                    walk.along(each.steps.as_deref().unwrap_or_default());
                    walk.path.pop();
                }),
                JourneyItem::Choose(choose) => {
                    self.when(choose.when.as_ref(), |walk| walk.branches(choose));
                }
                JourneyItem::Include(_) => {}
            }
        }
    }

    fn step(&mut self, step: &'s Step) {
        self.when(step.when.as_ref(), |walk| {
            walk.arrive(step.name.as_ref());
            let mut path = walk.path.clone();
            path.extend(walk.skips.iter().map(|(fork, _)| (*fork, 0)));
            let mut after = path.clone();
            after.extend(walk.goes_on_without(step).map(|fork| (fork, 0)));
            let items = std::mem::take(&mut walk.items);
            walk.steps.push(PlacedStep { journey: walk.journey, path, after, items, step });
        });
    }

    /// Who skipped to here is here.
    fn arrive(&mut self, name: Option<&LocatedText>) {
        self.skips.retain(|(_, to)| name.is_none_or(|name| name.value.trim() != *to));
    }

    /// The fork between those whom the step served and those who go on without.
    fn goes_on_without(&mut self, step: &'s Step) -> Option<usize> {
        let then = step.declined.as_ref().and_then(|declined| declined.then.as_ref());
        let skips_to = match then {
            Some(Then::Action(action)) => action.skip_to.as_ref(),
            Some(Then::Word(_)) | None => None,
        };
        let next = match then {
            Some(Then::Word(word)) => word.value == DeclineWord::Next,
            Some(Then::Action(_)) | None => false,
        };
        let optional = step.optional.as_ref().is_some_and(|optional| optional.value);
        if !(optional || next || skips_to.is_some()) {
            return None;
        }
        let fork = self.fork(2);
        self.skips.extend(skips_to.map(|to| (fork, to.value.trim())));
        Some(fork)
    }

    fn branches(&mut self, choose: &'s Choose) {
        let branches = choose.branches.as_deref().unwrap_or_default();
        let is_first = branches.iter().any(|branch| branch.when.is_some());
        let all = !is_first || branches.iter().any(|branch| branch.otherwise.is_some());
        let fork = self.fork(branches.len() + usize::from(!all));
        for (place, branch) in branches.iter().enumerate() {
            self.path.push((fork, place));
            self.when(branch.when.as_ref(), |walk| {
                walk.along(branch.steps.as_deref().unwrap_or_default());
                walk.along(branch.otherwise.as_deref().unwrap_or_default());
            });
            self.path.pop();
        }
    }

    /// What is done where the condition holds; always, without one.
    fn when(&mut self, when: Option<&'s OneOrMany<GuardTerm>>, inside: impl FnOnce(&mut Self)) {
        let Some(when) = when else { return inside(self) };
        let fork = self.condition(when);
        self.path.push((fork, 0));
        inside(self);
        self.path.pop();
    }

    fn condition(&mut self, when: &'s OneOrMany<GuardTerm>) -> usize {
        let text = |term: &'s GuardTerm| match term {
            GuardTerm::Expression(text) => Some(text.value.trim()),
            GuardTerm::Answer(_) => None,
        };
        let Some(texts) = when.0.iter().map(text).collect::<Option<Vec<&str>>>() else {
            return self.fork(2);
        };
        if let Some((_, fork)) = self.conditions.iter().find(|(known, _)| *known == texts) {
            return *fork;
        }
        let fork = self.fork(2);
        self.conditions.push((texts, fork));
        fork
    }

    fn fork(&mut self, branches: usize) -> usize {
        self.forks.push(branches);
        self.forks.len() - 1
    }
}

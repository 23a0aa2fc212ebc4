//! Shared lists of steps, put in where journeys include them.
//!
//! A copy keeps the places of the original, so that a mistake in a shared list is told once, where it is written.

use super::decode::{Keys, Named, OneOrMany};
use super::document::Document;
use super::guard::GuardTerm;
use super::problem::{Problems, nearest};
use super::steps::{Branch, Choose, Include, JourneyItem};

/// How many steps and groups the journeys may have, all included.
const MOST_ITEMS: usize = 100_000;

/// What is included, and how much so far.
struct Lists<'a> {
    shared: &'a Named<Vec<JourneyItem>>,
    problems: &'a mut Problems,
    /// The lists that are being put in, outermost first.
    open: Vec<String>,
    items: usize,
}

/// Puts shared lists in.
pub(super) fn include(document: &mut Document, problems: &mut Problems) {
    let shared = document.shared.take().unwrap_or(Named(Vec::new()));
    let mut lists = Lists { shared: &shared, problems, open: Vec::new(), items: 0 };
    for journey in document.journeys.iter_mut().flatten() {
        journey.steps.iter_mut().for_each(|steps| lists.fill(steps, false));
    }
    for steps in document.before.iter_mut().chain(&mut document.after) {
        lists.fill(steps, false);
    }
    document.shared = Some(shared);
}

// === impl Lists ===

impl Lists<'_> {
    fn fill(&mut self, items: &mut Vec<JourneyItem>, in_purchase: bool) {
        for mut item in std::mem::take(items) {
            match &mut item {
                JourneyItem::Include(include) => {
                    let included = self.list(include, in_purchase);
                    items.extend(match &include.when {
                        Some(when) => on_condition(when, &include.keys, included, in_purchase),
                        None => included,
                    });
                    continue;
                }
                JourneyItem::Purchase(purchase) => {
                    purchase.steps.iter_mut().for_each(|steps| self.fill(steps, true))
                }
                JourneyItem::Repeat(repeat) => {
                    repeat.steps.iter_mut().for_each(|steps| self.fill(steps, in_purchase))
                }
                JourneyItem::Each(each) => {
                    each.steps.iter_mut().for_each(|steps| self.fill(steps, in_purchase))
                }
                JourneyItem::Choose(choose) => {
                    let branches = choose.branches.iter_mut().flatten();
                    branches
                        .flat_map(|branch| branch.steps.iter_mut().chain(&mut branch.otherwise))
                        .for_each(|steps| self.fill(steps, in_purchase));
                }
                JourneyItem::Step(_) => {}
            }
            self.items += 1;
            items.push(item);
        }
    }

    /// The steps of a shared list; none, beside the problem, where there is none.
    fn list(&mut self, include: &Include, in_purchase: bool) -> Vec<JourneyItem> {
        let Some(name) = &include.name else { return Vec::new() };
        let (mut message, mut remedy) = (String::new(), String::new());
        let found = self.shared.0.iter().find(|(known, _)| known.value == name.value);
        if found.is_none() {
            message = format!("there is no shared list `{}`", name.value);
            remedy = match nearest(
                &name.value,
                self.shared.0.iter().map(|(known, _)| known.value.as_str()),
            ) {
                Some(meant) => format!("write `{meant}`"),
                None => format!("add it at the top: `shared: {{ {}: [...] }}`", name.value),
            };
        } else if self.open.contains(&name.value) {
            message = format!("`{}` includes itself", name.value);
            remedy = "use `repeat:` to go through steps several times".to_owned();
        } else if self.items > MOST_ITEMS {
            message = format!("more than {MOST_ITEMS} steps");
            remedy = "include less".to_owned();
        }
        if !message.is_empty() {
            self.problems.add(name.span, message, "", remedy);
            return Vec::new();
        }
        let mut items = found.and_then(|(_, items)| items.clone()).unwrap_or_default();
        self.open.push(name.value.clone());
        self.fill(&mut items, in_purchase);
        self.open.pop();
        items
    }
}

/// Puts the condition of an inclusion on the items that were put in: on each, or around all of them.
fn on_condition(
    when: &OneOrMany<GuardTerm>,
    keys: &Keys,
    mut items: Vec<JourneyItem>,
    in_purchase: bool,
) -> Vec<JourneyItem> {
    if !in_purchase {
        let branch = Branch {
            keys: keys.clone(),
            when: Some(when.clone()),
            steps: Some(items),
            ..Branch::default()
        };
        let choose =
            Choose { keys: keys.clone(), branches: Some(vec![branch]), ..Choose::default() };
        return vec![JourneyItem::Choose(choose)];
    }
    for item in &mut items {
        if let JourneyItem::Step(step) = item {
            let mut terms = when.clone();
            terms.0.extend(step.when.take().into_iter().flat_map(|own| own.0));
            step.when = Some(terms);
        }
    }
    items
}

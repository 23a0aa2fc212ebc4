//! The variables of a plan, and where each may be used.

use std::collections::HashMap;

use super::paths::{Path, PlacedStep, all_steps};
use crate::base::VarId;
use crate::plan::BUILT_IN_VARIABLES;
use crate::plan::template_functions::FUNCTIONS;
use crate::scenario::{Journey, JourneyItem, Located, LocatedText, Problems, Span, Step};

/// Words that a variable can't be called.
const RESERVED: [&str; 21] = [
    "shared", "intent", "order", "shopper", "run", "attempt", "env", "loop", "self", "true",
    "false", "none", "not", "and", "or", "in", "is", "if", "else", "caller", "super",
];

/// All variables: built-in ones, attributes, columns of data, captures.
#[derive(Debug)]
pub(super) struct Names {
    list: Vec<String>,
    /// The place of each in the list.
    places: HashMap<String, usize>,
    /// How many are known in every step.
    common: usize,
    /// By journey: how many branches each fork has.
    forks: Vec<Vec<usize>>,
    /// By step: the branches that lead there.
    paths: Vec<Path>,
    captures: Vec<Site>,
}

/// Where a capture is made.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) var: VarId,
    /// The journey's place in the scenario.
    pub(super) journey: usize,
    /// The step's place in the whole scenario.
    pub(super) step: usize,
    pub(super) step_name: String,
    pub(super) line: u32,
    /// The branches that lead there.
    pub(super) path: Path,
    /// Where its value comes from.
    pub(super) origin: ValueOrigin,
}

/// Where the value of a variable comes from, and so from when on it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueOrigin {
    /// The answer to a step.
    Answer,
    /// A step computes it before its request.
    Computed,
    /// The list of a loop, from the loop's first step on.
    Item,
}

impl Site {
    /// Whether the value may be there when the step at this spot makes its request.
    fn is_before(&self, spot: &Spot) -> bool {
        self.step < spot.step
            || self.step == spot.step
                && match self.origin {
                    ValueOrigin::Answer => false,
                    ValueOrigin::Computed => !spot.before_lets,
                    ValueOrigin::Item => true,
                }
    }
}

/// A step's place, and what is known when its request is made.
#[derive(Clone, Debug, Default)]
pub(super) struct Spot {
    pub(super) journey: usize,
    pub(super) step: usize,
    /// Inside a purchase: there is an intent.
    pub(super) purchase: bool,
    /// Nothing of the journey comes before.
    pub(super) first: bool,
    /// The shopper comes back here.
    pub(super) around: bool,
    /// A condition is read here, in which a variable may have no value.
    pub(super) may_be_missing: bool,
    /// It is read before what the step computes is known.
    pub(super) before_lets: bool,
}

impl Default for Names {
    fn default() -> Names {
        Names {
            list: BUILT_IN_VARIABLES.map(str::to_owned).into(),
            places: BUILT_IN_VARIABLES.map(str::to_owned).into_iter().zip(0..).collect(),
            common: BUILT_IN_VARIABLES.len(),
            forks: Vec::new(),
            paths: Vec::new(),
            captures: Vec::new(),
        }
    }
}

impl Names {
    pub(super) fn list(&self) -> &[String] {
        &self.list
    }

    /// Adds a variable that every step knows, or returns the one of that name.
    pub(super) fn declare(&mut self, name: String) -> VarId {
        let var = self.add(name);
        self.common = self.list.len();
        var
    }

    fn add(&mut self, name: String) -> VarId {
        let place = *self.places.entry(name).or_insert_with_key(|name| {
            self.list.push(name.clone());
            self.list.len() - 1
        });
        // Beyond 65,535 the scenario is refused; until then the number only must not panic.
        VarId(u16::try_from(place).unwrap_or(u16::MAX))
    }

    /// The variable of this name.
    pub(super) fn find(&self, name: &str) -> Option<VarId> {
        self.places.get(name).map(|&place| VarId(u16::try_from(place).unwrap_or(u16::MAX)))
    }

    /// Whether the name can be a variable's: a word of the template language that means nothing else there.
    pub(super) fn check(&self, name: &LocatedText, what: &str, problems: &mut Problems) -> bool {
        let word = &name.value;
        let good = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !good {
            let plain: String =
                word.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let message = format!("`{word}` can't be used in templates");
            problems.add(
                name.span,
                message,
                format!("the name of {what}"),
                format!(
                    "use letters, digits and _ only, such as `{}`",
                    plain.trim_start_matches(|c: char| c.is_ascii_digit())
                ),
            );
        } else if RESERVED.contains(&word.to_lowercase().as_str())
            || FUNCTIONS.contains(&word.as_str())
        {
            problems.add(
                name.span,
                format!("`{word}` means something else in templates"),
                format!("the name of {what}"),
                format!("use another name, such as `my_{word}`"),
            );
        } else if self.list[..self.common].iter().any(|known| {
            known == word || known.split_once('.').is_some_and(|(group, _)| group == word)
        }) {
            problems.add(
                name.span,
                format!("`{word}` is already the name of something else"),
                format!("the name of {what}"),
                "use another name",
            );
        } else {
            return true;
        }
        false
    }

    /// Adds the captures of all journeys.
    pub(super) fn declare_captures(&mut self, journeys: &[Journey], problems: &mut Problems) {
        let (steps, forks) = all_steps(journeys);
        self.forks = forks;
        for (step, PlacedStep { journey, path, after, items, step: written }) in
            steps.into_iter().enumerate()
        {
            let mut captured: Vec<(VarId, Span, ValueOrigin)> = Vec::new();
            for name in items {
                if self.check(&name, "an item", problems) {
                    captured.push((self.add(name.value.clone()), name.span, ValueOrigin::Item));
                }
            }
            for (name, _) in written.lets.iter().flat_map(|lets| &lets.0) {
                if self.check(name, "a value", problems) {
                    captured.push((self.add(name.value.clone()), name.span, ValueOrigin::Computed));
                }
            }
            for (name, _) in written.capture.iter().flat_map(|captures| &captures.0) {
                if self.check(name, "a capture", problems) {
                    captured.push((self.add(name.value.clone()), name.span, ValueOrigin::Answer));
                }
            }
            if let Some(order) = &written.order {
                let total = order.total.as_ref().and_then(|_| self.find("order.total"));
                let of_order = self.find("order.id").into_iter().chain(total);
                captured.extend(of_order.map(|var| (var, order.keys.span, ValueOrigin::Answer)));
            }
            for (var, span, origin) in captured {
                let step_name =
                    written.name.as_ref().map_or_else(String::new, |name| name.value.clone());
                let (line, _) = problems.source().position(span.start);
                let path = match origin {
                    ValueOrigin::Answer => after.clone(),
                    ValueOrigin::Computed | ValueOrigin::Item => path.clone(),
                };
                self.captures.push(Site { var, journey, step, step_name, line, path, origin });
            }
            self.paths.push(path);
        }
        if self.list.len() > usize::from(u16::MAX) {
            problems.add(
                None,
                "the scenario has more than 65535 variables",
                "",
                "remove columns that no template uses from the data files",
            );
        }
    }

    /// Whether the variable has a value when the step at this spot sends its request; else why not, and what to do.
    pub(super) fn visible(&self, var: VarId, spot: &Spot) -> Result<(), (String, String)> {
        let name = &self.list[var.index()];
        if matches!(name.as_str(), "intent.id" | "intent.marker") && !spot.purchase {
            return Err((
                format!("`{name}` is known inside a purchase only"),
                "put the step into `purchase:`".to_owned(),
            ));
        }
        let of_order = matches!(name.as_str(), "order.id" | "order.total");
        let sites: Vec<&Site> = self.captures.iter().filter(|site| site.var == var).collect();
        let earlier: Vec<&Site> = sites
            .iter()
            .copied()
            .filter(|site| site.journey == spot.journey && site.is_before(spot))
            .collect();
        let mut path = self.paths.get(spot.step).cloned().unwrap_or_default();
        if (var.index() < self.common && !of_order)
            || (spot.may_be_missing && !earlier.is_empty())
            || self.certain(&earlier, spot.journey, &mut path)
        {
            return Ok(());
        }
        if of_order && earlier.is_empty() {
            return Err(self.without_order(name, spot));
        }
        if let Some(site) = sites.iter().find(|site| site.origin == ValueOrigin::Item) {
            let message =
                format!("`{name}` is known inside of its `each` only, on line {}", site.line);
            return Err((message, "use it in a step of the loop".to_owned()));
        }
        if let Some(site) = earlier.first() {
            let message = format!(
                "`{name}` is captured in another branch only, by `{}` on line {}",
                site.step_name, site.line
            );
            let remedy =
                "capture it in every branch, or before `choose`; or use it under the same `when`";
            return Err((message, remedy.to_owned()));
        }
        Err(match sites.iter().find(|site| site.journey == spot.journey) {
            Some(site) if site.step == spot.step && site.origin == ValueOrigin::Computed => {
                let message = format!("`{name}` is computed by this very step");
                (message, "compute it in an earlier step".to_owned())
            }
            Some(site) if site.step == spot.step => {
                let message = format!("`{name}` is captured from the answer to this very step");
                (message, "use it in a later step, or capture it in an earlier one".to_owned())
            }
            Some(site) => {
                let message = format!(
                    "`{name}` is captured only later, by `{}` on line {}",
                    site.step_name, site.line
                );
                (message, "capture it in an earlier step".to_owned())
            }
            None => {
                let message = format!("`{name}` is captured in another journey only");
                (
                    message,
                    "capture it in an earlier step of this journey: a shopper takes one journey"
                        .to_owned(),
                )
            }
        })
    }

    /// Why nothing is known of an order at this spot, and what to do.
    fn without_order(&self, name: &str, spot: &Spot) -> (String, String) {
        let makes_order = |site: &&Site| {
            Some(site.var) == self.find("order.id")
                && site.journey == spot.journey
                && site.step < spot.step
        };
        if self.captures.iter().any(|site| makes_order(&site)) {
            let remedy = "add `total:` to the `order` of that step";
            return (format!("`{name}` is not captured"), remedy.to_owned());
        }
        let remedy = "give an earlier step of the journey `order: { id: ... }`";
        (format!("`{name}` is known after a step with `order` only"), remedy.to_owned())
    }

    /// Whether a shopper who took these branches has surely been at one of the sites.
    fn certain(&self, sites: &[&Site], journey: usize, taken: &mut Path) -> bool {
        if sites.iter().any(|site| site.path.iter().all(|branch| taken.contains(branch))) {
            return true;
        }
        // Whichever branch of the next fork was taken.
        let open = sites
            .iter()
            .flat_map(|site| &site.path)
            .map(|(fork, _)| *fork)
            .find(|fork| taken.iter().all(|(known, _)| known != fork));
        let Some((fork, branches)) =
            open.and_then(|fork| Some((fork, *self.forks.get(journey)?.get(fork)?)))
        else {
            return false;
        };
        (0..branches).all(|branch| {
            taken.push((fork, branch));
            let certain = self.certain(sites, journey, taken);
            taken.pop();
            certain
        })
    }

    /// All names that may be used at this spot.
    pub(super) fn known_at(&self, spot: &Spot) -> Vec<&str> {
        let all = self.list.iter().enumerate().filter(|(i, _)| {
            self.visible(VarId(u16::try_from(*i).unwrap_or(u16::MAX)), spot).is_ok()
        });
        all.map(|(_, name)| name.as_str()).collect()
    }
}

/// The steps of a place in a journey, in order.
pub(super) fn steps_of(item: &JourneyItem) -> Vec<&Step> {
    fn all(items: &Option<Vec<JourneyItem>>) -> Vec<&Step> {
        items.iter().flatten().flat_map(steps_of).collect()
    }
    match item {
        JourneyItem::Step(step) => vec![step],
        // What is no step in a purchase is told where purchases are made.
        JourneyItem::Purchase(purchase) => {
            let steps = purchase.steps.iter().flatten();
            steps
                .filter_map(
                    |item| if let JourneyItem::Step(step) = item { Some(&**step) } else { None },
                )
                .collect()
        }
        JourneyItem::Repeat(repeat) => all(&repeat.steps),
        JourneyItem::Each(each) => all(&each.steps),
        JourneyItem::Choose(choose) => {
            let branches = choose.branches.iter().flatten();
            branches.flat_map(|b| all(&b.steps).into_iter().chain(all(&b.otherwise))).collect()
        }
        JourneyItem::Include(_) => Vec::new(),
    }
}

/// The names given twice, each with the place of its second.
pub(super) fn twice<'n>(names: impl Iterator<Item = &'n LocatedText>) -> Vec<&'n Located<String>> {
    let mut seen: Vec<&str> = Vec::new();
    let mut twice = Vec::new();
    for name in names {
        if seen.contains(&name.value.trim()) {
            twice.push(name);
        } else {
            seen.push(name.value.trim());
        }
    }
    twice
}

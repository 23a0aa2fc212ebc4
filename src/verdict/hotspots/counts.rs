//! Shoppers by what they were, and what each kind of them met.

use std::collections::BTreeMap;

use super::spot::Basis;
use crate::base::{JourneyId, StepId};
use crate::plan::Plan;
use crate::tally::{Observed, ShopperKey, ShopperOutcome, Tally};
use crate::verdict::statistics::SumOfSquares;
use crate::verdict::weight::weight;

/// Shoppers by what they were.
pub(super) struct Counts {
    /// Attributes, then observed names.
    names: Vec<(String, Basis)>,
    /// The values of all names; a place here is a [`Value`].
    values: Vec<(usize, String)>,
    /// Shoppers alike in all that a finding can tell apart.
    kinds: Vec<Kind>,
}

/// The value of some name: a place in [`Counts::values`].
pub(super) type Value = u16;

/// One value, or two of different names in ascending order; the second is the first again where there is just one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group(pub(super) Value, pub(super) Value);

/// Where failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Anywhere.
    Anywhere,
    /// At this step, among the shoppers of its journey.
    Step(StepId),
}

/// Shoppers alike.
struct Kind {
    /// By name; none where nothing was seen, or too much to tell apart.
    values: Vec<Option<Value>>,
    journey: JourneyId,
    /// The step of their first failure, and whether the second fell at the same unit.
    failed: Option<(StepId, bool)>,
    met: Failing,
}

/// Shoppers, and what they met.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failing {
    pub(super) shoppers: u64,
    pub(super) repeated: u64,
    /// Each shopper's chance to be lost.
    pub(super) lost: SumOfSquares,
}

/// What was counted at one place, group by group, and of everybody there.
pub(super) struct AtPlace {
    /// By group, only those who have the group's values.
    pub(super) inside: BTreeMap<Group, Failing>,
    /// By the names of a group: all for whom both are known.
    known: BTreeMap<(usize, usize), Failing>,
}

// === impl Counts ===

impl Counts {
    pub(super) fn of(plan: &Plan, tally: &Tally) -> Counts {
        let names = plan
            .shoppers
            .attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), Basis::Assigned));
        let names: Vec<(String, Basis)> =
            names.chain(plan.observed.iter().map(|name| (name.clone(), Basis::Observed))).collect();
        let mut values: Vec<(usize, String)> = Vec::new();
        for (name, attribute) in plan.shoppers.attributes.iter().enumerate() {
            values.extend(attribute.values.iter().map(|(value, _)| (name, value.clone())));
        }
        for place in 0..plan.observed.len() {
            let seen = tally.shoppers.keys().filter_map(|key| match key.observed.get(place)? {
                Observed::Is(value) => Some(value),
                // Not one value, and Missing is not one either: failing early is why nothing was seen, not the reverse.
                Observed::TooMany | Observed::Missing => None,
            });
            let mut seen: Vec<String> = seen.map(|value| value.to_string()).collect();
            seen.sort_unstable();
            seen.dedup();
            values.extend(
                seen.into_iter().map(|value| (plan.shoppers.attributes.len() + place, value)),
            );
        }
        let mut counts = Counts { names, values, kinds: Vec::new() };
        counts.kinds = counts.kinds(plan, tally);
        counts
    }

    fn kinds(&self, plan: &Plan, tally: &Tally) -> Vec<Kind> {
        let known = |name: usize, value: &str| {
            let found = self.values.iter().position(|(of, known)| *of == name && known == value)?;
            Value::try_from(found).ok()
        };
        let firsts: Vec<usize> = (0..plan.shoppers.attributes.len())
            .map(|name| self.values.iter().take_while(|(of, _)| *of < name).count())
            .collect();
        let attribute = |key: &ShopperKey, name: usize| {
            Value::try_from(firsts[name] + usize::from(*key.attributes.get(name)?)).ok()
        };
        let observed =
            |key: &ShopperKey, name: usize| match key.observed.get(name - firsts.len())? {
                Observed::Is(value) => known(name, value),
                Observed::TooMany | Observed::Missing => None,
            };
        let mut kinds: BTreeMap<_, Failing> = BTreeMap::new();
        for (key, count) in &tally.shoppers {
            let values: Vec<Option<Value>> =
                (0..self.names.len())
                    .map(|name| {
                        if name < firsts.len() { attribute(key, name) } else { observed(key, name) }
                    })
                    .collect();
            let (failed, met) = Failing::of(plan, &key.outcome, count.shoppers);
            kinds
                .entry((values, key.journey, failed, key.outcome.failures >= 2))
                .or_default()
                .add(met);
        }
        kinds
            .into_iter()
            .map(|((values, journey, failed, _), met)| Kind { values, journey, failed, met })
            .collect()
    }

    /// The places where anybody failed, anywhere first.
    pub(super) fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> =
            self.kinds.iter().filter_map(|kind| Some(Place::Step(kind.failed?.0))).collect();
        places.push(Place::Anywhere);
        places.sort_unstable();
        places.dedup();
        places
    }

    /// What each group met at a place, without the shoppers of the groups that are left out.
    pub(super) fn at(&self, plan: &Plan, place: Place, left_out: &[Group]) -> AtPlace {
        let journey = place.step().map(|step| plan.step(step).journey);
        let mut found = AtPlace { inside: BTreeMap::new(), known: BTreeMap::new() };
        // Kinds with the same values stand next to each other; what their shoppers met is summed before it is counted group by group.
        for same in self.kinds.chunk_by(|one, other| one.values == other.values) {
            let here = |kind: &&Kind| journey.is_none_or(|journey| kind.journey == journey);
            if left_out.iter().any(|group| self.holds(&same[0], *group)) {
                continue;
            }
            let mut met = Failing::default();
            same.iter().filter(here).for_each(|kind| met.add(kind.at(place)));
            found.count(&same[0].values, met);
        }
        found
    }

    /// What a group met at several steps together, and all others, without the shoppers whom `explained` leaves out at each.
    pub(super) fn at_steps(
        &self,
        plan: &Plan,
        steps: &[StepId],
        explained: &[(Place, Group)],
        group: Group,
    ) -> (Failing, Failing) {
        let (mut inside, mut outside) = (Failing::default(), Failing::default());
        for kind in &self.kinds {
            let open = |step: &StepId| {
                let explained = explained
                    .iter()
                    .any(|(place, group)| *place == Place::Step(*step) && self.holds(kind, *group));
                plan.step(*step).journey == kind.journey && !explained
            };
            let known = [group.0, group.1]
                .iter()
                .all(|value| kind.values[self.values[usize::from(*value)].0].is_some());
            let open: Vec<StepId> = steps.iter().copied().filter(open).collect();
            if open.is_empty() || !known {
                continue;
            }
            let here = kind
                .failed
                .filter(|(step, _)| open.contains(step))
                .map_or(Place::Step(open[0]), |(step, _)| Place::Step(step));
            if self.holds(kind, group) { &mut inside } else { &mut outside }.add(kind.at(here));
        }
        (inside, outside)
    }

    /// What everybody met at these steps, or anywhere if there are none, by block of time. Blocks don't tell groups apart.
    pub(super) fn by_block<'t>(
        plan: &'t Plan,
        tally: &'t Tally,
        steps: &'t [StepId],
    ) -> impl Iterator<Item = Failing> + 't {
        tally.blocks.values().map(move |block| {
            let mut sum = Failing::default();
            for ((journey, fate), count) in &block.shoppers {
                let here =
                    || steps.iter().copied().filter(|step| plan.step(*step).journey == *journey);
                let (failed, met) = Failing::of(plan, fate, count.shoppers);
                let place = failed
                    .map(|(step, _)| step)
                    .filter(|step| here().any(|here| here == *step))
                    .or_else(|| here().next());
                match place {
                    Some(step) => sum.add(met.at(failed, Place::Step(step))),
                    None if steps.is_empty() => sum.add(met),
                    None => {}
                }
            }
            sum
        })
    }

    fn holds(&self, kind: &Kind, group: Group) -> bool {
        [group.0, group.1]
            .into_iter()
            .all(|value| kind.values[self.values[usize::from(value)].0] == Some(value))
    }

    /// A group's names and values.
    pub(super) fn named(&self, group: Group) -> Vec<(String, String)> {
        let named = |value: Value| {
            let (name, value) = &self.values[usize::from(value)];
            (self.names[*name].0.clone(), value.clone())
        };
        let mut pair = vec![named(group.0)];
        pair.extend(group.is_pair().then(|| named(group.1)));
        pair
    }

    /// The group with these names and values, if any were seen.
    pub(super) fn group(&self, named: &[(String, String)]) -> Option<Group> {
        let value = |(name, value): &(String, String)| {
            let found = self
                .values
                .iter()
                .position(|(of, known)| self.names[*of].0 == *name && known == value)?;
            Value::try_from(found).ok()
        };
        let mut values = named.iter().map(value).collect::<Option<Vec<Value>>>()?;
        values.sort_unstable();
        Some(Group(*values.first()?, *values.last()?))
    }

    pub(super) fn basis(&self, group: Group) -> Basis {
        let observed =
            |value: Value| self.names[self.values[usize::from(value)].0].1 == Basis::Observed;
        if observed(group.0) || observed(group.1) { Basis::Observed } else { Basis::Assigned }
    }

    fn names_of(&self, group: Group) -> (usize, usize) {
        (self.values[usize::from(group.0)].0, self.values[usize::from(group.1)].0)
    }
}

// === impl Place ===

impl Place {
    /// The step, if it is one.
    pub(super) fn step(self) -> Option<StepId> {
        match self {
            Place::Step(step) => Some(step),
            Place::Anywhere => None,
        }
    }
}

// === impl AtPlace ===

impl AtPlace {
    fn count(&mut self, values: &[Option<Value>], met: Failing) {
        if met.shoppers == 0 {
            return;
        }
        let known =
            || values.iter().enumerate().filter_map(|(name, value)| Some((name, (*value)?)));
        for (name, value) in known() {
            for (other_name, other) in known().filter(|(other, _)| *other >= name) {
                self.inside.entry(Group(value, other)).or_default().add(met);
                self.known.entry((name, other_name)).or_default().add(met);
            }
        }
    }

    /// All others of whom it is known that they are others.
    pub(super) fn outside(&self, counts: &Counts, group: Group, inside: Failing) -> Failing {
        let all = self.known.get(&counts.names_of(group)).copied().unwrap_or_default();
        all.without(inside)
    }
}

// === impl Kind ===

impl Kind {
    fn at(&self, place: Place) -> Failing {
        self.met.at(self.failed, place)
    }
}

// === impl Group ===

impl Group {
    pub(super) fn is_pair(self) -> bool {
        self.0 != self.1
    }

    /// The groups of its values alone, if it is a pair.
    pub(super) fn halves(self) -> Vec<Group> {
        if self.is_pair() { vec![Group(self.0, self.0), Group(self.1, self.1)] } else { Vec::new() }
    }
}

// === impl Failing ===

impl Failing {
    /// What so many shoppers of one fate met; with the step of their first failure, and whether the second fell at the same unit.
    fn of(plan: &Plan, fate: &ShopperOutcome, shoppers: u64) -> (Option<(StepId, bool)>, Failing) {
        let unit = |step| plan.step(step).unit;
        let failed = fate.first_failed.map(|step| {
            (step, fate.second_failed.is_some_and(|second| unit(second) == unit(step)))
        });
        let chance = weight(fate, plan.shoppers.behaviour, &plan.shoppers.patience).high;
        let repeated = if fate.failures >= 2 { shoppers } else { 0 };
        (failed, Failing { shoppers, repeated, lost: SumOfSquares::of_equal(chance, shoppers) })
    }

    /// The part of it that belongs to a place, of shoppers who all failed so.
    fn at(self, failed: Option<(StepId, bool)>, place: Place) -> Failing {
        match (place, failed) {
            (Place::Anywhere, _) => self,
            (Place::Step(step), Some((failed, again_here))) if failed == step => {
                Failing { repeated: if again_here { self.repeated } else { 0 }, ..self }
            }
            (Place::Step(_), _) => {
                Failing { repeated: 0, lost: SumOfSquares::of_equal(0.0, self.shoppers), ..self }
            }
        }
    }

    fn add(&mut self, other: Failing) {
        self.shoppers += other.shoppers;
        self.repeated += other.repeated;
        self.lost += other.lost;
    }

    /// These without those, who are among them.
    pub(super) fn without(self, other: Failing) -> Failing {
        Failing {
            shoppers: self.shoppers - other.shoppers,
            repeated: self.repeated - other.repeated,
            lost: self.lost.without(other.lost),
        }
    }
}

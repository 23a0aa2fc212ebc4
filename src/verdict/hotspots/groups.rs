//! Groups of shoppers: by the value of one attribute or observed name, or by the values of two.

use super::hotspot::Basis;
use crate::base::JourneyId;
use crate::plan::Plan;
use crate::tally::{Observed, ShopperKey, Tally};

/// The value of some name: a place in [`Values::values`].
pub(super) type ValueId = u16;

/// One value, or two of different names in ascending order; the second is the first again where there is just one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group(pub(super) ValueId, pub(super) ValueId);

/// The name under which journeys are groups.
const JOURNEY: &str = "journey";

/// All names with the values that shoppers had.
pub(super) struct Values {
    /// Attributes, then observed names, then the journey.
    names: Vec<(String, Basis)>,
    /// The place of the name, and the value; by name, and attributes' values in the order of the plan.
    values: Vec<(usize, String)>,
    /// Where each attribute's values begin.
    attribute_starts: Vec<usize>,
    /// Where the journeys begin among the values; none if there is only one.
    first_journey: Option<usize>,
}

// === impl Values ===

impl Values {
    pub(super) fn new(plan: &Plan, tally: &Tally) -> Values {
        let attributes = &plan.shoppers.attributes;
        let assigned = attributes.iter().map(|attribute| (attribute.name.clone(), Basis::Assigned));
        let observed = plan.observed.iter().map(|name| (name.clone(), Basis::Observed));
        let (mut values, mut attribute_starts) = (Vec::new(), Vec::new());
        for (name, attribute) in attributes.iter().enumerate() {
            attribute_starts.push(values.len());
            values.extend(attribute.values.iter().map(|(value, _)| (name, value.clone())));
        }
        for place in 0..plan.observed.len() {
            let name = attributes.len() + place;
            values.extend(observed_values(tally, place).into_iter().map(|value| (name, value)));
        }
        let mut names: Vec<(String, Basis)> = assigned.chain(observed).collect();
        let several = plan.journeys.len() > 1 && names.iter().all(|(name, _)| name != JOURNEY);
        let first_journey = several.then_some(values.len());
        if several {
            values.extend(plan.journeys.iter().map(|journey| (names.len(), journey.name.clone())));
            names.push((JOURNEY.to_owned(), Basis::Assigned));
        }
        Values { names, values, attribute_starts, first_journey }
    }

    /// A shopper's value of each name; none where nothing was seen, or too much to tell apart.
    pub(super) fn of_shopper(&self, key: &ShopperKey) -> Vec<Option<ValueId>> {
        let assigned = self.attribute_starts.iter().enumerate().map(|(place, start)| {
            ValueId::try_from(start + usize::from(*key.attributes.get(place)?)).ok()
        });
        let first_observed = self.attribute_starts.len();
        let until = self.names.len() - usize::from(self.first_journey.is_some());
        let observed =
            (first_observed..until).map(|name| match key.observed.get(name - first_observed)? {
                Observed::Is(value) => self.find(name, value),
                Observed::TooMany | Observed::Missing => None,
            });
        let journey =
            self.first_journey.map(|start| ValueId::try_from(start + key.journey.index()).ok());
        assigned.chain(observed).chain(journey).collect()
    }

    /// The shoppers of a journey as a group, if there are several journeys.
    pub(super) fn of_journey(&self, journey: JourneyId) -> Option<Group> {
        let id = ValueId::try_from(self.first_journey? + journey.index()).ok()?;
        Some(Group(id, id))
    }

    /// Whether a group is one of a journey, alone or with another value.
    pub(super) fn is_of_journey(&self, group: Group) -> bool {
        self.first_journey
            .is_some_and(|start| [group.0, group.1].into_iter().any(|id| usize::from(id) >= start))
    }

    /// All groups with a single value.
    pub(super) fn singles(&self) -> impl Iterator<Item = Group> {
        (0..self.values.len()).filter_map(|id| ValueId::try_from(id).ok()).map(|id| Group(id, id))
    }

    /// The group with these names and values, if any were seen.
    pub(super) fn group(&self, names_and_values: &[(String, String)]) -> Option<Group> {
        let find = |(name, value): &(String, String)| {
            let name = self.names.iter().position(|(known, _)| known == name)?;
            self.find(name, value)
        };
        let mut values = names_and_values.iter().map(find).collect::<Option<Vec<ValueId>>>()?;
        values.sort_unstable();
        Some(Group(*values.first()?, *values.last()?))
    }

    /// A group's names and values.
    pub(super) fn names_and_values(&self, group: Group) -> Vec<(String, String)> {
        let pair = |id: ValueId| {
            let (name, value) = &self.values[usize::from(id)];
            (self.names[*name].0.clone(), value.clone())
        };
        let mut pairs = vec![pair(group.0)];
        pairs.extend(group.is_pair().then(|| pair(group.1)));
        pairs
    }

    /// Whether a group was drawn, or at least one of its values merely seen.
    pub(super) fn basis(&self, group: Group) -> Basis {
        let is_observed = |id: ValueId| self.names[self.name_of(id)].1 == Basis::Observed;
        if is_observed(group.0) || is_observed(group.1) { Basis::Observed } else { Basis::Assigned }
    }

    /// The places of a group's names.
    pub(super) fn names_of(&self, group: Group) -> (usize, usize) {
        (self.name_of(group.0), self.name_of(group.1))
    }

    /// Whether shoppers with these values are of the group.
    pub(super) fn include(&self, shopper: &[Option<ValueId>], group: Group) -> bool {
        [group.0, group.1].into_iter().all(|id| shopper[self.name_of(id)] == Some(id))
    }

    /// Whether it is known of shoppers with these values if they are of the group.
    pub(super) fn can_tell(&self, shopper: &[Option<ValueId>], group: Group) -> bool {
        [group.0, group.1].into_iter().all(|id| shopper[self.name_of(id)].is_some())
    }

    fn name_of(&self, id: ValueId) -> usize {
        self.values[usize::from(id)].0
    }

    fn find(&self, name: usize, value: &str) -> Option<ValueId> {
        let is_it = |(of, known): &(usize, String)| *of == name && known == value;
        ValueId::try_from(self.values.iter().position(is_it)?).ok()
    }
}

/// The values of an observed name that shoppers saw, in order. Too many values are not one, and a missing value is not one
/// either: failing early is why nothing was seen, not the reverse.
fn observed_values(tally: &Tally, place: usize) -> Vec<String> {
    let seen = tally.shoppers.keys().filter_map(|key| match key.observed.get(place)? {
        Observed::Is(value) => Some(value.to_string()),
        Observed::TooMany | Observed::Missing => None,
    });
    let mut values: Vec<String> = seen.collect();
    values.sort_unstable();
    values.dedup();
    values
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

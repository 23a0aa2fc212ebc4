//! Looking: one group at one step, or overall, beside all others.

use std::collections::BTreeMap;

use super::counts::{Counts, Failing, Group, Place};
use super::spot::{MIN_REPEATED, MIN_SHOPPERS};
use crate::plan::Plan;
use crate::verdict::statistics::{benjamini_hochberg, fisher_greater};

/// One group at one step, or overall.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) group: Group,
    pub(super) place: Place,
    pub(super) inside: Failing,
    pub(super) outside: Failing,
    pub(super) p_value: f64,
    pub(super) q_value: f64,
}

/// The looks at every place.
pub(super) struct Looks {
    by_place: BTreeMap<Place, Vec<Look>>,
}

// === impl Looks ===

impl Looks {
    /// Everywhere, with nothing explained yet.
    pub(super) fn of(plan: &Plan, counts: &Counts) -> Looks {
        Looks {
            by_place: counts
                .places()
                .into_iter()
                .map(|place| (place, at(plan, counts, place, &[])))
                .collect(),
        }
    }

    /// Looks again where something was explained since.
    pub(super) fn again(
        &mut self,
        plan: &Plan,
        counts: &Counts,
        places: impl Iterator<Item = Place>,
        explained: &[(Place, Group)],
    ) {
        places.for_each(|place| {
            self.by_place.insert(place, at(plan, counts, place, explained));
        });
    }

    /// All of them, corrected for looking so often.
    pub(super) fn corrected(&self) -> Vec<Look> {
        let mut looks: Vec<Look> = self.by_place.values().flatten().copied().collect();
        let q_values =
            benjamini_hochberg(&looks.iter().map(|look| look.p_value).collect::<Vec<_>>());
        looks.iter_mut().zip(q_values).for_each(|(look, q)| look.q_value = q);
        looks
    }
}

/// The looks at a place, without the shoppers whom earlier findings explain there. Which looks are taken depends on
/// sizes and on sums over both sides only, so that choosing them doesn't bias their p-values.
fn at(plan: &Plan, counts: &Counts, place: Place, explained: &[(Place, Group)]) -> Vec<Look> {
    let left_out: Vec<Group> =
        explained.iter().filter(|(at, _)| *at == place).map(|(_, group)| *group).collect();
    let seen = counts.at(plan, place, &left_out);
    let look = |(&group, &inside): (&Group, &Failing)| {
        let outside = seen.outside(counts, group, inside);
        // A pair that is all of one of its halves says nothing that the half doesn't.
        let same = |half: &Group| {
            seen.inside.get(half).is_some_and(|half| half.shoppers == inside.shoppers)
        };
        let enough = inside.shoppers >= MIN_SHOPPERS
            && outside.shoppers > 0
            && inside.repeated + outside.repeated >= MIN_REPEATED;
        let worth_it = enough && !group.halves().iter().any(same);
        worth_it.then(|| Look {
            group,
            place,
            inside,
            outside,
            p_value: greater(inside, outside),
            q_value: 1.0,
        })
    };
    seen.inside.iter().filter_map(look).collect()
}

/// How likely it is that repeated failures are so many more among some than among others, without any cause. Where
/// they are no more, the exact figure doesn't matter and is not worth its time.
pub(super) fn greater(some: Failing, others: Failing) -> f64 {
    let more = some.repeated as f64 * others.shoppers as f64
        > others.repeated as f64 * some.shoppers as f64;
    if more {
        fisher_greater(some.repeated, some.shoppers, others.repeated, others.shoppers)
    } else {
        1.0
    }
}

// === impl Look ===

impl Look {
    /// n (p − p'): repeated failures beyond what the group would have met at the others' rate.
    pub(super) fn repeated(&self) -> f64 {
        let elsewhere = self.outside.repeated as f64 / (self.outside.shoppers as f64).max(1.0);
        self.inside.repeated as f64 - self.inside.shoppers as f64 * elsewhere
    }
}

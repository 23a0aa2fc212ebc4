//! Choosing the cause among its shadows.
//!
//! Whatever fails wallets on phones makes wallets fail more than cards, and phones more than desktops: the pair and each of its
//! halves have the same expected excess. So the costliest group is only where the search begins. Among the groups whose excess
//! is statistically equal to its own, the smallest is the cause, provided that it needs both of its values: that wallets in the one
//! country where nearly everybody lives have nearly all of the excess of wallets doesn't make the country a part of the cause,
//! if wallets elsewhere fail as often.

use super::counts::{Counts, Failing, Group, Place};
use super::looks::{Look, greater};
use super::spot::{MAX_Q, MIN_REPEATED};
use crate::base::StepId;
use crate::plan::Plan;

/// This share of the excess is as good as all of it.
const NEARLY_ALL: f64 = 0.9;
/// The level at which what is left of a group is called elevated.
const ELEVATED: f64 = 0.05;
/// The level at which a value is called needed.
const NEEDED: f64 = 0.01;

/// A group with the looks that show it.
pub(super) struct Choice {
    group: Group,
    /// The look by which it was found and is compared with others.
    look: Look,
    /// Those that showed it at further steps.
    further: Vec<Look>,
    /// Where it fails again and again, in the order in which it was found.
    steps: Vec<StepId>,
}

// === impl Choice ===

impl Choice {
    /// The costliest cause that these looks show; none if nothing stands out.
    pub(super) fn of(looks: &[Look]) -> Option<Choice> {
        let listed: Vec<&Look> = looks
            .iter()
            .filter(|look| {
                look.q_value < MAX_Q
                    && look.inside.repeated >= MIN_REPEATED
                    && look.repeated() > 0.0
            })
            .collect();
        let top = Choice::told(
            &listed,
            listed.iter().max_by(|a, b| a.repeated().total_cmp(&b.repeated()))?.group,
        )?;
        let there = |look: &&&Look| look.place == top.look.place;
        let equal = listed.iter().filter(there).filter(|look| {
            let nearly_all = look.repeated() >= NEARLY_ALL * top.look.repeated();
            nearly_all || (look.group.halves().contains(&top.group) && !elevated(&top.look, look))
        });
        let half_of = |half: Group| {
            looks.iter().find(|look| look.group == half && look.place == top.look.place)
        };
        let causes = equal.filter(|look| {
            look.group
                .halves()
                .into_iter()
                .all(|half| half_of(half).is_some_and(|half| needed(look, half)))
        });
        let cause = causes
            .min_by_key(|look| (look.inside.shoppers, look.group))
            .map_or(top.group, |look| look.group);
        Choice::told(&listed, cause)
    }

    /// A cause where it costs most. At another step it may only seem to fail, since it has more than its share of what fails there:
    /// each further step must stand out by itself once the costlier causes are set aside there.
    fn told(listed: &[&Look], group: Group) -> Option<Choice> {
        let costliest = |step: bool| {
            let looks = listed
                .iter()
                .filter(|look| look.group == group && look.place.step().is_some() == step);
            looks.max_by(|a, b| a.repeated().total_cmp(&b.repeated())).map(|look| **look)
        };
        let look = costliest(true).or_else(|| costliest(false))?;
        Some(Choice {
            group,
            look,
            further: Vec::new(),
            steps: look.place.step().into_iter().collect(),
        })
    }

    /// Takes in what was found of the same group later. Who fails a little everywhere is not one of a step.
    pub(super) fn join(&mut self, later: Choice) {
        if !self.steps.is_empty() {
            self.steps.extend(later.steps);
            self.further.push(later.look);
        }
    }

    /// The group.
    pub(super) fn group(&self) -> Group {
        self.group
    }

    /// Whom it explains where.
    pub(super) fn explains(&self) -> impl Iterator<Item = (Place, Group)> {
        let group = self.group;
        std::iter::once(Place::Anywhere)
            .chain(self.steps.iter().map(|step| Place::Step(*step)))
            .map(move |place| (place, group))
    }

    /// Where it fails again and again; nowhere if it is a little everywhere.
    pub(super) fn steps(&self) -> &[StepId] {
        &self.steps
    }

    /// What the group met at all its steps together, or anywhere if it has none, and what all others met.
    pub(super) fn met(
        &self,
        plan: &Plan,
        counts: &Counts,
        explained: &[(Place, Group)],
    ) -> (Failing, Failing) {
        if self.steps.is_empty() {
            return (self.look.inside, self.look.outside);
        }
        counts.at_steps(plan, &self.steps, explained, self.group)
    }

    /// The look that shows it least clearly.
    pub(super) fn vaguest(&self) -> &Look {
        self.further.iter().fold(&self.look, |vaguest, look| {
            if look.p_value > vaguest.p_value { look } else { vaguest }
        })
    }
}

/// Whether those of a group who are not in one of its sub-groups still fail more than those outside.
fn elevated(group: &Look, part: &Look) -> bool {
    greater(group.inside.without(part.inside), group.outside) < ELEVATED
}

/// Whether a pair fails more than the rest of one of its halves: only then the other value matters.
fn needed(pair: &Look, half: &Look) -> bool {
    greater(pair.inside, half.inside.without(pair.inside)) < NEEDED
}

//! Where repeated failures concentrate: which shoppers, at which step.
//!
//! Assigned attributes are drawn independently for each shopper, so what goes with them is caused by them: a statement that
//! no log analysis can make, and one that Fisher's test is exact for, however failures cluster in time. Observed values (the
//! node that answered, say) may go with something else that is the cause; they are labelled so. A group is the shoppers with one
//! value, or with two (depth 2: wallets on phones). Each group at each step, and overall, is one look; looks are many, so what
//! is listed must survive the correction for looking often (q < 5 %), and it is ranked by what it costs, not by how sure it is
//! (large and interpretable groups before significant ones: Chung and others 2018, arXiv 1807.06068).
//!
//! A repeated failure belongs to a step when the first two failures fell at the same unit, and to the step of the first;
//! otherwise only to the journey: a passing error at the door doesn't make the door a place where a bad node
//! fails. One cause that shows overall and at a step, or at several steps, is one finding, not a list of its shadows.
//!
//! [`counts`] counts every group at every step, [`looks`] tests them, and [`choice`] picks the cause among its shadows, and [`figures`]
//! says how sure its figures are; [`heat`] is the plain table of counts, for the eye.

mod choice;
mod counts;
mod figures;
mod heat;
mod looks;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod truth;

use super::statistics::{Interval, Rate};
use crate::base::StepId;
use crate::plan::Plan;
use crate::tally::Tally;

use choice::Choice;
use counts::{Counts, Group, Place};
pub use heat::{HeatCell, heat};
use looks::Looks;

/// A group of shoppers who meet repeated failures more often than the others.
#[derive(Clone, Debug, PartialEq)]
pub struct HotSpot {
    /// Who: attributes or observed names with their values, one or two.
    pub group: Vec<(String, String)>,
    /// Whether the group was drawn or merely seen.
    pub basis: Basis,
    /// The steps at which the group fails again and again, the costliest first; none if it is a little everywhere.
    pub steps: Vec<StepId>,
    /// What the figures below count.
    pub scope: Scope,
    /// Shoppers of the group who met two failures or more.
    pub inside: Rate,
    /// The same of all other shoppers. Those whom a costlier finding at the same place has explained are in neither.
    pub outside: Rate,
    /// How many times the rate outside; where there were none outside, the least that it can be: the lower end of `lift_ci95`.
    pub lift: f64,
    /// Where that lies with 95 % confidence; without an upper end where there were none outside.
    pub lift_ci95: Interval,
    /// How likely so many, or more, would be without any cause (Fisher's exact test, one-sided); at the step where it is
    /// least clear, if there are several.
    pub p_value: f64,
    /// The same, corrected for all looks taken (Benjamini and Hochberg).
    pub q_value: f64,
    /// Repeated failures beyond what the group would have met at the others' rate.
    /// And its interval.
    pub excess_repeated: (f64, Interval),
    /// Lost shoppers beyond what the group would have lost at the others' rate; none for a closed load.
    /// And its interval.
    pub excess_lost: Option<(f64, Interval)>,
}

/// What a finding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Drawn per shopper, independently of everything: the association is causal.
    Assigned,
    /// Seen during the journey, at least one of the values: the association may have another cause.
    Observed,
}

/// What a finding's figures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Repeated failures anywhere.
    Journey,
    /// Repeated failures at the steps of the finding, among the shoppers of their journeys.
    Steps,
}

/// The smallest group that is looked at.
pub const MIN_SHOPPERS: u64 = 30;
/// The fewest repeated failures that are listed.
pub const MIN_REPEATED: u64 = 5;
/// The rate of false discoveries among what is listed.
pub const MAX_Q: f64 = 0.05;
/// The most findings that are listed; who has more causes than these fixes them first.
const MOST: usize = 10;

/// The hot spots, the costliest first.
///
/// Greedy: the costliest cause is found, the shoppers whom it explains are set aside at the steps where it does, and
/// the rest is looked at again. So one cause is listed once, and not with all that goes along with it.
pub fn hotspots(plan: &Plan, tally: &Tally) -> Vec<HotSpot> {
    let counts = Counts::of(plan, tally);
    // Each finding with what was explained before it at its places.
    let mut found: Vec<(Choice, Vec<(Place, Group)>)> = Vec::new();
    let mut explained: Vec<(Place, Group)> = Vec::new();
    let mut looks = Looks::of(plan, &counts);
    for _ in 0..MOST * counts.places().len() {
        let Some(choice) = Choice::of(&looks.corrected()) else { break };
        let newly: Vec<(Place, Group)> = choice.explains().collect();
        let before: Vec<(Place, Group)> = explained.iter().filter(|(at, _)| newly.iter().any(|(place, _)| place == at)).copied().collect();
        explained.extend(&newly);
        looks.again(plan, &counts, newly.iter().map(|(place, _)| *place), &explained);
        let place = found.iter().position(|(known, _)| known.group() == choice.group());
        match place {
            Some(place) => {
                let (known, explained) = &mut found[place];
                explained.extend(before.iter().filter(|(place, group)| place.step().is_some() && *group != choice.group()));
                known.join(choice);
            }
            None if found.len() == MOST => break,
            None => found.push((choice, before)),
        }
    }
    let mut spots: Vec<HotSpot> = found.iter().map(|(choice, explained)| figures::spot(plan, tally, &counts, choice, explained)).collect();
    // What was found later may cost more where the earlier was set aside only at its own step.
    spots.sort_by(|a, b| b.cost().total_cmp(&a.cost()));
    spots
}

/// How the shoppers of a hot spot fared at its place in another run, whose plan may be another; none where that run has no
/// such shoppers or no such step.
pub(super) fn met_at(plan: &Plan, spot: &HotSpot, other: &Plan, tally: &Tally) -> Option<Rate> {
    let counts = Counts::of(other, tally);
    let group = counts.group(&spot.group).filter(|group| counts.basis(*group) == spot.basis)?;
    let same_step = |step: &StepId| {
        let label = plan.step_label(*step);
        (0..other.steps.len()).map(|i| StepId(i as u16)).find(|step| other.step_label(*step) == label)
    };
    let met = match spot.scope {
        Scope::Journey => counts.at(other, Place::Anywhere, &[]).inside.get(&group).copied()?,
        Scope::Steps => counts.at_steps(other, &spot.steps.iter().map(same_step).collect::<Option<Vec<_>>>()?, &[], group).0,
    };
    (met.shoppers > 0).then(|| Rate::new(met.repeated, met.shoppers))
}

// === impl HotSpot ===

impl HotSpot {
    /// What it is ranked by: lost shoppers, or repeated failures where there is no loss to derive.
    fn cost(&self) -> f64 {
        self.excess_lost.unwrap_or(self.excess_repeated).0
    }

    /// Whether there were none outside, so that the lift is not known but for the least that it can be.
    pub fn lift_is_least(&self) -> bool {
        self.outside.events == 0
    }

    /// Where the rate inside lies with 95 % confidence.
    pub fn ci95(&self) -> Option<Interval> {
        self.inside.ci95()
    }
}

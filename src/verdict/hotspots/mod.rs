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
mod spot;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod truth;

use super::statistics::Rate;
use crate::base::StepId;
use crate::plan::Plan;
use crate::tally::Tally;

use choice::Choice;
use counts::{Counts, Group, Place};
pub use heat::{HeatCell, heat};
use looks::Looks;
pub use spot::{Basis, HotSpot, MAX_Q, MIN_REPEATED, MIN_SHOPPERS, Scope};

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
        let before: Vec<(Place, Group)> = explained
            .iter()
            .filter(|(at, _)| newly.iter().any(|(place, _)| place == at))
            .copied()
            .collect();
        explained.extend(&newly);
        looks.again(plan, &counts, newly.iter().map(|(place, _)| *place), &explained);
        let place = found.iter().position(|(known, _)| known.group() == choice.group());
        match place {
            Some(place) => {
                let (known, explained) = &mut found[place];
                explained.extend(
                    before.iter().filter(|(place, group)| {
                        place.step().is_some() && *group != choice.group()
                    }),
                );
                known.join(choice);
            }
            None if found.len() == MOST => break,
            None => found.push((choice, before)),
        }
    }
    let mut spots: Vec<HotSpot> = found
        .iter()
        .map(|(choice, explained)| figures::spot(plan, tally, &counts, choice, explained))
        .collect();
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
        (0..other.steps.len())
            .map(|i| StepId(i as u16))
            .find(|step| other.step_label(*step) == label)
    };
    let met = match spot.scope {
        Scope::Journey => counts.at(other, Place::Anywhere, &[]).inside.get(&group).copied()?,
        Scope::Steps => {
            counts
                .at_steps(
                    other,
                    &spot.steps.iter().map(same_step).collect::<Option<Vec<_>>>()?,
                    &[],
                    group,
                )
                .0
        }
    };
    (met.shoppers > 0).then(|| Rate::new(met.repeated, met.shoppers))
}

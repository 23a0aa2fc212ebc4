//! Hot spots that came and went between two runs.
//!
//! A place that is listed in one run and not in the other may have been just short of being listed, so each change says how often
//! the same shoppers met repeated failures there in the other run, and whether the difference is more than chance. Changes
//! of places explain a comparison and don't decide it.

use super::Side;
use crate::plan::Plan;
use crate::verdict::hotspots::{HotSpot, met_at};
use crate::verdict::statistics::{Rate, fisher_greater};

/// Hot spots that came and went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// In the candidate only, the costliest first.
    pub new: Vec<ChangedSpot>,
    /// In the base only.
    pub vanished: Vec<ChangedSpot>,
    /// In both.
    pub stayed: usize,
}

/// A hot spot of one run, beside what the other run saw there.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedSpot {
    /// The run's hot spot.
    pub spot: HotSpot,
    /// The steps' names.
    pub steps: Vec<String>,
    /// The same shoppers at the same place in the other run; none where the other run has no such shoppers.
    pub other: Option<Rate>,
    /// Whether the rate surely differs: Fisher's exact test, corrected for the number of changes.
    pub sure: bool,
}

/// The chance that is accepted of calling any change sure that is none.
const LEVEL: f64 = 0.05;

// === impl Places ===

impl Places {
    /// What came and went between a base and a candidate.
    pub fn of(base: &Side<'_>, candidate: &Side<'_>) -> Places {
        let mut places =
            Places { new: gone(candidate, base), vanished: gone(base, candidate), stayed: 0 };
        places.stayed = candidate.findings.hotspots.len() - places.new.len();
        let changes = (places.new.len() + places.vanished.len()).max(1) as f64;
        for changed in places.new.iter_mut().chain(&mut places.vanished) {
            let (here, there) = (&changed.spot.inside, changed.other.unwrap_or(Rate::new(0, 0)));
            changed.sure = there.trials > 0
                && fisher_greater(here.events, here.trials, there.events, there.trials)
                    < LEVEL / changes;
        }
        places
    }
}

/// Hot spots of one run that the other does not list.
fn gone(here: &Side<'_>, there: &Side<'_>) -> Vec<ChangedSpot> {
    let listed = |spot: &&HotSpot| {
        there.findings.hotspots.iter().any(|other| alike(here.plan, spot, there.plan, other))
    };
    let missing = here.findings.hotspots.iter().filter(|spot| !listed(spot));
    missing
        .map(|spot| ChangedSpot {
            other: met_at(here.plan, spot, there.plan, there.tally),
            steps: names(here.plan, spot),
            spot: spot.clone(),
            sure: false,
        })
        .collect()
}

/// Whether two hot spots are of the same shoppers, and have a step in common or none at all.
fn alike(plan: &Plan, spot: &HotSpot, other_plan: &Plan, other: &HotSpot) -> bool {
    let (steps, others) = (names(plan, spot), names(other_plan, other));
    spot.group == other.group
        && (steps.is_empty() || others.is_empty() || steps.iter().any(|step| others.contains(step)))
}

fn names(plan: &Plan, spot: &HotSpot) -> Vec<String> {
    spot.steps.iter().map(|step| plan.step_label(*step)).collect()
}

//! Hot spots that came and went between two runs.
//!
//! A place that is listed in one run and not in the other may have been just short of being listed, so each change says how often
//! the same shoppers met repeated failures there in the other run, and whether the difference is more than chance. Changes
//! of changes explain a comparison and don't decide it.

use super::run::ComparedRun;
use crate::plan::Plan;
use crate::verdict::hotspots::{HotSpot, observed_in};
use crate::verdict::statistics::{Rate, fisher_greater};

/// Hot spots that came and went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HotspotChanges {
    /// In the candidate only, the costliest first.
    pub new: Vec<HotspotChange>,
    /// In the base only.
    pub vanished: Vec<HotspotChange>,
    /// In both.
    pub unchanged: usize,
}

/// A hot spot of one run, beside what the other run saw there.
#[derive(Clone, Debug, PartialEq)]
pub struct HotspotChange {
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

// === impl HotspotChanges ===

impl HotspotChanges {
    /// What came and went between a base and a candidate.
    pub fn between(base: &ComparedRun<'_>, candidate: &ComparedRun<'_>) -> HotspotChanges {
        let mut changes = HotspotChanges {
            new: only_in(candidate, base),
            vanished: only_in(base, candidate),
            unchanged: 0,
        };
        changes.unchanged = candidate.findings.hotspots.len() - changes.new.len();
        let count = (changes.new.len() + changes.vanished.len()).max(1) as f64;
        for changed in changes.new.iter_mut().chain(&mut changes.vanished) {
            let (here, there) = (&changed.spot.inside, changed.other.unwrap_or(Rate::new(0, 0)));
            changed.sure = there.trials > 0
                && fisher_greater(here.events, here.trials, there.events, there.trials)
                    < LEVEL / count;
        }
        changes
    }
}

/// Hot spots of one run that the other does not list.
fn only_in(here: &ComparedRun<'_>, there: &ComparedRun<'_>) -> Vec<HotspotChange> {
    let listed = |spot: &&HotSpot| {
        there
            .findings
            .hotspots
            .iter()
            .any(|other| is_same_hotspot(here.plan, spot, there.plan, other))
    };
    let missing = here.findings.hotspots.iter().filter(|spot| !listed(spot));
    missing
        .map(|spot| HotspotChange {
            other: observed_in(here.plan, spot, there.plan, there.tally),
            steps: step_names(here.plan, spot),
            spot: spot.clone(),
            sure: false,
        })
        .collect()
}

/// Whether two hot spots are of the same shoppers, and have a step in common or none at all.
fn is_same_hotspot(plan: &Plan, spot: &HotSpot, other_plan: &Plan, other: &HotSpot) -> bool {
    let (steps, others) = (step_names(plan, spot), step_names(other_plan, other));
    spot.group == other.group
        && (steps.is_empty() || others.is_empty() || steps.iter().any(|step| others.contains(step)))
}

fn step_names(plan: &Plan, spot: &HotSpot) -> Vec<String> {
    spot.steps.iter().map(|step| plan.step_label(*step)).collect()
}

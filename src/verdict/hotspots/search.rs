//! One cause after the other, the costliest first.

use super::attribution::Attribution;
use super::counts::Counts;
use super::estimates;
use super::failures::HotspotSite;
use super::groups::Group;
use super::hotspot::{HotSpot, HotspotScope};
use super::hypotheses::TestSet;
use crate::base::StepId;
use crate::plan::Plan;
use crate::tally::Tally;
use crate::verdict::statistics::Rate;

/// The most findings that are listed; who has more causes than these fixes them first.
const MAX_HOTSPOTS: usize = 10;

/// A cause, with what was explained before it at its sites.
struct FoundCause {
    attribution: Attribution,
    explained_before: Vec<(HotspotSite, Group)>,
}

/// The hot spots, the costliest first.
///
/// Greedy: the costliest cause is found, the shoppers whom it explains are set aside at the steps where it does, and
/// the rest is tested again. So one cause is listed once, and not with all that goes along with it.
pub fn hotspots(plan: &Plan, tally: &Tally) -> Vec<HotSpot> {
    let counts = Counts::new(plan, tally);
    let mut findings: Vec<FoundCause> = Vec::new();
    let mut explained: Vec<(HotspotSite, Group)> = Vec::new();
    let mut tests = TestSet::new(plan, &counts);
    for _ in 0..MAX_HOTSPOTS * counts.sites().len() {
        let Some(attribution) = Attribution::costliest(&tests.correct()) else { break };
        let newly: Vec<(HotspotSite, Group)> = attribution.explains().collect();
        let sites = || newly.iter().map(|(site, _)| *site);
        let explained_before: Vec<(HotspotSite, Group)> =
            explained.iter().filter(|(at, _)| sites().any(|site| site == *at)).copied().collect();
        explained.extend(&newly);
        tests.repeat(plan, &counts, sites(), &explained);
        let known =
            findings.iter().position(|known| known.attribution.group() == attribution.group());
        match known {
            Some(known) => findings[known].extend(attribution, explained_before),
            None if findings.len() == MAX_HOTSPOTS => break,
            None => findings.push(FoundCause { attribution, explained_before }),
        }
    }
    let estimate = |found: &FoundCause| {
        estimates::hotspot(plan, tally, &counts, &found.attribution, &found.explained_before)
    };
    let mut spots: Vec<HotSpot> = findings.iter().map(estimate).collect();
    // What was found later may cost more where the earlier was set aside only at its own step.
    spots.sort_by(|a, b| b.cost().total_cmp(&a.cost()));
    spots
}

// === impl FoundCause ===

impl FoundCause {
    /// Takes in a further step of the same group.
    fn extend(&mut self, later: Attribution, explained_before: Vec<(HotspotSite, Group)>) {
        self.explained_before.extend(
            explained_before
                .into_iter()
                .filter(|(site, group)| site.step().is_some() && *group != later.group()),
        );
        self.attribution.extend(later);
    }
}

/// What the shoppers of a hot spot met at its site in another run, whose plan may be another; none where that run has no
/// such shoppers or no such step.
pub fn observed_in(plan: &Plan, spot: &HotSpot, other: &Plan, tally: &Tally) -> Option<Rate> {
    let counts = Counts::new(other, tally);
    let group = counts
        .values
        .group(&spot.group)
        .filter(|group| counts.values.basis(*group) == spot.basis)?;
    let same_step = |step: &StepId| {
        let label = plan.step_label(*step);
        (0..other.steps.len())
            .map(|i| StepId(i as u16))
            .find(|step| other.step_label(*step) == label)
    };
    let observed = match spot.scope {
        HotspotScope::Journey => {
            counts.at(other, HotspotSite::Anywhere, &[]).inside.get(&group).copied()?
        }
        HotspotScope::Steps => {
            let steps: Option<Vec<StepId>> = spot.steps.iter().map(same_step).collect();
            counts.at_steps(other, &steps?, &[], group).0
        }
    };
    (observed.shoppers > 0).then(|| Rate::new(observed.repeated, observed.shoppers))
}

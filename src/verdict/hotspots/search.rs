//! One cause after the other, the costliest first.

use super::attribution::Attribution;
use super::counts::Counts;
use super::estimates;
use super::failures::HotspotSite;
use super::groups::Group;
use super::hotspot::{HotSpot, HotspotScope, SmallGroup};
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
    search(plan, tally).0
}

/// The hot spots, and the groups that are too small to be judged.
pub fn search(plan: &Plan, tally: &Tally) -> (Vec<HotSpot>, Vec<SmallGroup>) {
    let counts = Counts::new(plan, tally);
    let mut findings: Vec<FoundCause> = Vec::new();
    let mut explained: Vec<(HotspotSite, Group)> = Vec::new();
    let mut tests = TestSet::new(plan, &counts);
    let too_small = small_groups(plan, &counts, &tests);
    for _ in 0..MAX_HOTSPOTS * counts.sites().len() {
        let Some(attribution) = Attribution::costliest(&tests.correct()) else { break };
        let newly: Vec<(HotspotSite, Group)> = attribution.explains().collect();
        let sites = || newly.iter().map(|(site, _)| *site);
        let compared = attribution.compared_steps(plan, &counts);
        let is_compared = |at: HotspotSite| {
            sites().any(|site| site == at) || at.step().is_some_and(|step| compared.contains(&step))
        };
        let explained_before: Vec<(HotspotSite, Group)> =
            explained.iter().filter(|(at, _)| is_compared(*at)).copied().collect();
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
    (spots, too_small)
}

/// The groups with one value that no outcome would have shown to stand out, those with the largest share of repeated failures first. None
/// where that holds of every group: then failures are too few, not groups too small.
fn small_groups(plan: &Plan, counts: &Counts, tests: &TestSet) -> Vec<SmallGroup> {
    let seen = counts.at(plan, HotspotSite::Anywhere, &[]);
    let describe = |group: Group| {
        let observed = seen.inside.get(&group).copied().unwrap_or_default();
        let (name, value) = counts.values.names_and_values(group).swap_remove(0);
        SmallGroup { name, value, shoppers: observed.shoppers, repeated: observed.repeated }
    };
    let not_judged: Vec<Group> = tests.not_judged(counts).collect();
    let values = counts.values.singles().filter(|group| !counts.values.is_of_journey(*group));
    if not_judged.len() == values.count() {
        return Vec::new();
    }
    // Others are large enough, and too few failures make them say nothing.
    let is_small = |group: &Group| {
        let inside = seen.inside.get(group).copied().unwrap_or_default();
        let outside = seen.outside(&counts.values, *group);
        outside.shoppers > 0 && inside.shoppers <= inside.repeated + outside.repeated
    };
    let mut small: Vec<SmallGroup> =
        not_judged.into_iter().filter(is_small).map(describe).collect();
    let share = |group: &SmallGroup| group.repeated as f64 / group.shoppers.max(1) as f64;
    small.sort_by(|a, b| share(b).total_cmp(&share(a)));
    small
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

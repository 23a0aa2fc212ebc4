//! Testing: does one group, at one step or overall, meet more repeated failures than everybody else?

use std::collections::BTreeMap;

use super::counts::{Counts, namesakes};
use super::failures::{FailureCounts, HotspotSite};
use super::groups::Group;
use super::hotspot::MAX_Q;
use crate::plan::Plan;
use crate::verdict::statistics::{benjamini_hochberg, fisher_greater};

/// One group at one step, or overall.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    pub(super) group: Group,
    pub(super) site: HotspotSite,
    pub(super) inside: FailureCounts,
    pub(super) outside: FailureCounts,
    pub(super) p_value: f64,
    /// The smallest p-value that any outcome with these margins has.
    pub(super) least_p_value: f64,
    pub(super) q_value: f64,
}

/// The tests at every site.
pub(super) struct TestSet {
    by_site: BTreeMap<HotspotSite, Vec<Test>>,
}

// === impl TestSet ===

impl TestSet {
    /// Everywhere, with nothing explained yet.
    pub(super) fn new(plan: &Plan, counts: &Counts) -> TestSet {
        TestSet {
            by_site: counts
                .sites()
                .into_iter()
                .map(|site| (site, test_site(plan, counts, site, &[])))
                .collect(),
        }
    }

    /// Tests again where something was explained since.
    pub(super) fn repeat(
        &mut self,
        plan: &Plan,
        counts: &Counts,
        sites: impl Iterator<Item = HotspotSite>,
        explained: &[(HotspotSite, Group)],
    ) {
        // A journey at a step is tested beside the steps of the same name in others.
        let with_namesakes = sites.flat_map(|site| {
            let others = site.step().into_iter().flat_map(|step| namesakes(plan, step));
            std::iter::once(site).chain(others.map(HotspotSite::Step))
        });
        for site in with_namesakes {
            if let Some(tests) = self.by_site.get_mut(&site) {
                *tests = test_site(plan, counts, site, explained);
            }
        }
    }

    /// The groups of one value that no outcome at any site would have shown to stand out.
    pub(super) fn not_judged<'t>(&'t self, counts: &'t Counts) -> impl Iterator<Item = Group> + 't {
        let tests = || self.by_site.values().flatten();
        let most = testable(tests().map(|test| test.least_p_value).collect());
        let is_judged = move |group: &Group| {
            tests().any(|test| test.group == *group && test.least_p_value * most as f64 <= MAX_Q)
        };
        counts
            .values
            .singles()
            .filter(move |group| !counts.values.is_of_journey(*group) && !is_judged(group))
    }

    /// All of them, corrected for their number. Tests of groups so small that no outcome could be listed count for nothing (Tarone 1990;
    /// with the rate of false discoveries Gilbert 2005): there is no other floor.
    pub(super) fn correct(&self) -> Vec<Test> {
        let mut tests: Vec<Test> = self.by_site.values().flatten().copied().collect();
        let most = testable(tests.iter().map(|test| test.least_p_value).collect());
        let is_testable = |test: &&mut Test| test.least_p_value * most as f64 <= MAX_Q;
        let p_values: Vec<f64> =
            tests.iter_mut().filter(is_testable).map(|test| test.p_value).collect();
        let q_values = benjamini_hochberg(&p_values);
        tests.iter_mut().filter(is_testable).zip(q_values).for_each(|(test, q)| test.q_value = q);
        tests
    }
}

/// How many tests can become significant when corrected for just as many.
fn testable(mut least_p_values: Vec<f64>) -> usize {
    least_p_values.sort_by(f64::total_cmp);
    let within = |most: usize| least_p_values.partition_point(|least| least * most as f64 <= MAX_Q);
    (1..=least_p_values.len()).find(|most| within(*most) <= *most).unwrap_or(1)
}

/// The tests at a site, without the shoppers whom earlier findings explain there. Which tests are taken depends on
/// sizes and on sums over both sides only, so that choosing them doesn't bias their p-values.
fn test_site(
    plan: &Plan,
    counts: &Counts,
    site: HotspotSite,
    explained: &[(HotspotSite, Group)],
) -> Vec<Test> {
    let left_out: Vec<Group> =
        explained.iter().filter(|(at, _)| *at == site).map(|(_, group)| *group).collect();
    let seen = counts.at(plan, site, &left_out);
    let test = |(&group, &inside): (&Group, &FailureCounts)| {
        // A pair that is all of one of its halves says nothing that the half doesn't.
        let same = |half: &Group| {
            seen.inside.get(half).is_some_and(|half| half.shoppers == inside.shoppers)
        };
        let informative = !counts.values.is_of_journey(group) && !group.halves().iter().any(same);
        informative.then(|| test_group(group, site, inside, seen.outside(&counts.values, group)))?
    };
    let of_journey = test_journey(plan, counts, site, explained);
    seen.inside.iter().filter_map(test).chain(of_journey).collect()
}

/// The journey of a step, beside the other journeys at their steps of the same name.
fn test_journey(
    plan: &Plan,
    counts: &Counts,
    site: HotspotSite,
    explained: &[(HotspotSite, Group)],
) -> Option<Test> {
    let step = site.step()?;
    let group = counts.values.of_journey(plan.step(step).journey)?;
    let compared = counts.compared_steps(plan, &[step], group);
    let (inside, outside) = counts.at_steps(plan, &compared, explained, group);
    test_group(group, site, inside, outside)
}

/// The test of a group; none where nobody failed or there is nobody to compare with. There is no floor but the test's own: what no
/// outcome could make significant is left out of the correction.
fn test_group(
    group: Group,
    site: HotspotSite,
    inside: FailureCounts,
    outside: FailureCounts,
) -> Option<Test> {
    let all_repeated = inside.repeated + outside.repeated;
    let most = inside.shoppers.min(all_repeated);
    (most > 0 && outside.shoppers > 0).then(|| Test {
        group,
        site,
        inside,
        outside,
        p_value: excess_p_value(inside, outside),
        least_p_value: fisher_greater(most, inside.shoppers, all_repeated - most, outside.shoppers),
        q_value: 1.0,
    })
}

/// How likely chance alone gives `some` as many more repeated failures than `others`. Where they have no more, the exact figure
/// doesn't matter and is not computed.
pub(super) fn excess_p_value(some: FailureCounts, others: FailureCounts) -> f64 {
    let more = some.repeated as f64 * others.shoppers as f64
        > others.repeated as f64 * some.shoppers as f64;
    if more {
        fisher_greater(some.repeated, some.shoppers, others.repeated, others.shoppers)
    } else {
        1.0
    }
}

// === impl Test ===

impl Test {
    /// n (p − p'): repeated failures beyond what the group would have met at the others' rate.
    pub(super) fn excess(&self) -> f64 {
        let elsewhere = self.outside.repeated as f64 / (self.outside.shoppers as f64).max(1.0);
        self.inside.repeated as f64 - self.inside.shoppers as f64 * elsewhere
    }
}

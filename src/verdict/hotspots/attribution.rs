//! Choosing the cause among the groups that it shows in.
//!
//! Whatever fails wallets on phones makes wallets fail more than cards, and phones more than desktops: the pair and each of its
//! halves have the same expected excess. So the costliest group is only where the search begins. Among the groups whose excess
//! is statistically equal to its own, the smallest is the cause, provided that it needs both of its values: that wallets in the one
//! country where nearly everybody lives have nearly all of the excess of wallets doesn't make the country a part of the cause,
//! if wallets elsewhere fail as often.
//!
//! Example: 200 wallets on phones fail again and again at `pay`, and nobody else does. `payment=wallet`, `device=mobile` and the
//! pair all have an excess of about 200. The pair is the smallest of them; wallets on desktops don't fail, nor do cards on
//! phones, so it needs both of its values and is the cause. Did wallets on desktops fail as often, the pair would have half of
//! the excess of `payment=wallet`, which then is the cause.

use std::cmp::Ordering;

use super::counts::{Counts, NEARLY_ALL};
use super::failures::{FailureCounts, HotspotSite};
use super::groups::Group;
use super::hotspot::MAX_Q;
use super::hypotheses::{Test, excess_p_value};
use crate::base::StepId;
use crate::plan::Plan;

/// The level at which what is left of a group is called elevated.
const ELEVATED_LEVEL: f64 = 0.05;
/// The level at which a value is called needed.
const NEEDED_LEVEL: f64 = 0.01;

/// A group with the tests that show it.
pub(super) struct Attribution {
    group: Group,
    /// The test by which it was found and is compared with others.
    test: Test,
    /// Those that showed it at further steps.
    further: Vec<Test>,
    /// Where it fails again and again, in the order in which it was found.
    steps: Vec<StepId>,
}

// === impl Attribution ===

impl Attribution {
    /// The costliest cause that these tests show; none if nothing stands out.
    pub(super) fn costliest(tests: &[Test]) -> Option<Attribution> {
        let listed: Vec<&Test> = tests.iter().filter(|test| is_listed(test)).collect();
        let top_group = listed.iter().copied().max_by(by_excess)?.group;
        let top = Attribution::at_costliest_site(&listed, top_group)?;
        let at_top_site = |test: &&Test| test.site == top.test.site;
        let tests_there: Vec<&Test> = tests.iter().filter(at_top_site).collect();
        let cause = listed
            .iter()
            .copied()
            .filter(at_top_site)
            .filter(|test| explains_as_much(test, &top.test))
            .filter(|test| needs_all_its_values(test, &tests_there))
            .min_by_key(|test| (test.inside.shoppers, test.group))
            .map_or(top_group, |test| test.group);
        Attribution::at_costliest_site(&listed, cause)
    }

    /// A cause where it costs most. At another step it may only seem to fail, since it has more than its share of what fails there:
    /// each further step must stand out by itself once the costlier causes are set aside there.
    fn at_costliest_site(listed: &[&Test], group: Group) -> Option<Attribution> {
        let of_group = || listed.iter().copied().filter(|test| test.group == group);
        let at_a_step = of_group().filter(|test| test.site.step().is_some()).max_by(by_excess);
        let anywhere = of_group().filter(|test| test.site.step().is_none()).max_by(by_excess);
        let test = *at_a_step.or(anywhere)?;
        Some(Attribution {
            group,
            test,
            further: Vec::new(),
            steps: test.site.step().into_iter().collect(),
        })
    }

    /// Takes in what was found of the same group later. Who fails a little everywhere is not one of a step.
    pub(super) fn extend(&mut self, later: Attribution) {
        if !self.steps.is_empty() {
            self.steps.extend(later.steps);
            self.further.push(later.test);
        }
    }

    /// The group.
    pub(super) fn group(&self) -> Group {
        self.group
    }

    /// Whom it explains where.
    pub(super) fn explains(&self) -> impl Iterator<Item = (HotspotSite, Group)> {
        let group = self.group;
        std::iter::once(HotspotSite::Anywhere)
            .chain(self.steps.iter().map(|step| HotspotSite::Step(*step)))
            .map(move |site| (site, group))
    }

    /// Where it fails again and again; nowhere if it is a little everywhere.
    pub(super) fn steps(&self) -> &[StepId] {
        &self.steps
    }

    /// The steps at which it is compared with others.
    pub(super) fn compared_steps(&self, plan: &Plan, counts: &Counts) -> Vec<StepId> {
        counts.compared_steps(plan, &self.steps, self.group)
    }

    /// What the group met at all its steps together, or anywhere if it has none, and what all others met.
    pub(super) fn observed_counts(
        &self,
        plan: &Plan,
        counts: &Counts,
        explained: &[(HotspotSite, Group)],
    ) -> (FailureCounts, FailureCounts) {
        if self.steps.is_empty() {
            return (self.test.inside, self.test.outside);
        }
        counts.at_steps(plan, &self.compared_steps(plan, counts), explained, self.group)
    }

    /// The test that shows it least clearly.
    pub(super) fn least_clear(&self) -> &Test {
        self.further.iter().fold(&self.test, |least_clear, test| {
            if test.p_value > least_clear.p_value { test } else { least_clear }
        })
    }
}

/// Whether a test is sure enough to be listed.
fn is_listed(test: &Test) -> bool {
    test.q_value < MAX_Q && test.excess() > 0.0
}

fn by_excess(one: &&Test, other: &&Test) -> Ordering {
    one.excess().total_cmp(&other.excess())
}

/// Whether a group has as good as all of the excess of `top`: nearly all of it, or all but what is left in the rest of
/// `top` by chance.
fn explains_as_much(test: &Test, top: &Test) -> bool {
    let is_part_of_top = || test.group.halves().contains(&top.group);
    test.excess() >= NEARLY_ALL * top.excess()
        || (is_part_of_top() && !is_elevated_without(top, test))
}

/// Whether those of a group who are not in one of its sub-groups still fail more than those outside.
fn is_elevated_without(group: &Test, part: &Test) -> bool {
    excess_p_value(group.inside.without(part.inside), group.outside) < ELEVATED_LEVEL
}

/// Whether a pair fails more than the rest of each of its halves: only then both of its values matter. A single value always does.
fn needs_all_its_values(test: &Test, tests_there: &[&Test]) -> bool {
    let fails_more_than_rest_of = |half: Group| {
        tests_there.iter().find(|test| test.group == half).is_some_and(|half| {
            excess_p_value(test.inside, half.inside.without(test.inside)) < NEEDED_LEVEL
        })
    };
    test.group.halves().into_iter().all(fails_more_than_rest_of)
}

//! Shoppers by what they were, and what each kind of them met.
//!
//! Example: of 600 buyers with wallets 30 fail twice at `pay`, of 600 with cards 3 do. At the site `pay` the counts inside the group
//! `payment=wallet` are 600 shoppers and 30 repeated, and those outside of it 600 and 3.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::failures::{FailedStep, FailureCounts, HotspotSite};
use super::groups::{Group, ValueId, Values};
use crate::base::{JourneyId, StepId};
use crate::plan::Plan;
use crate::tally::Tally;
use crate::verdict::abandonment::LossModel;

/// This share of the excess is as good as all of it.
pub(super) const NEARLY_ALL: f64 = 0.9;

/// Shoppers by what they were.
pub(super) struct Counts {
    pub(super) values: Values,
    /// Shoppers alike in all that a finding can tell apart.
    profiles: Vec<ShopperClass>,
}

/// Shoppers alike.
struct ShopperClass {
    /// By name; none where nothing was seen, or too much to tell apart.
    values: Vec<Option<ValueId>>,
    journey: JourneyId,
    blamed: Option<FailedStep>,
    reached: Option<StepId>,
    /// By step: whether guards let them come to it; none where no guard tells.
    open: Option<Rc<[bool]>>,
    observed: FailureCounts,
}

/// What was counted at one site, group by group, and of everybody there.
#[derive(Default)]
pub(super) struct CountsAtSite {
    /// By group, only those who have the group's values.
    pub(super) inside: BTreeMap<Group, FailureCounts>,
    /// By the names of a group: all for whom both are known.
    known: BTreeMap<(usize, usize), FailureCounts>,
}

/// Whether a shopper came to a step: a rate is of those who did. Who went further on another branch counts as well.
fn came_to(
    plan: &Plan,
    step: StepId,
    journey: JourneyId,
    reached: Option<StepId>,
    blamed: Option<FailedStep>,
) -> bool {
    plan.step(step).journey == journey
        && (reached >= Some(step) || blamed.is_some_and(|blamed| blamed.step == step))
}

/// The steps of other journeys with the name of this one.
pub(super) fn namesakes(plan: &Plan, step: StepId) -> impl Iterator<Item = StepId> {
    let own = plan.step(step);
    (0..plan.steps.len()).map(|place| StepId(place as u16)).filter(move |other| {
        let other = plan.step(*other);
        other.name == own.name && other.journey != own.journey
    })
}

// === impl Counts ===

impl Counts {
    pub(super) fn new(plan: &Plan, tally: &Tally) -> Counts {
        let values = Values::new(plan, tally);
        let mut profiles: BTreeMap<_, FailureCounts> = BTreeMap::new();
        let mut open_to: BTreeMap<&[u8], Option<Rc<[bool]>>> = BTreeMap::new();
        let model = LossModel::of(plan, tally);
        for (key, count) in &tally.shoppers {
            let fate = &key.outcome;
            let (blamed, repeated) = (FailedStep::of_fate(fate), fate.failures >= 2);
            let open = open_to
                .entry(&key.attributes)
                .or_insert_with(|| plan.steps_open_to(&key.attributes).map(Rc::from))
                .clone();
            profiles
                .entry((values.of_shopper(key), key.journey, fate.reached, blamed, repeated, open))
                .or_default()
                .add(FailureCounts::of_fate(&model, fate, count.shoppers));
        }
        let profile = |((values, journey, reached, blamed, _, open), observed)| ShopperClass {
            values,
            journey,
            blamed,
            reached,
            open,
            observed,
        };
        Counts { profiles: profiles.into_iter().map(profile).collect(), values }
    }

    /// The sites where anybody failed, anywhere first.
    pub(super) fn sites(&self) -> Vec<HotspotSite> {
        let failed = self.profiles.iter().filter_map(|profile| profile.blamed);
        let mut sites: Vec<HotspotSite> =
            failed.map(|blamed| HotspotSite::Step(blamed.step)).collect();
        sites.push(HotspotSite::Anywhere);
        sites.sort_unstable();
        sites.dedup();
        sites
    }

    /// What each group met at a site, without the shoppers of the groups that are left out.
    pub(super) fn at(&self, plan: &Plan, site: HotspotSite, left_out: &[Group]) -> CountsAtSite {
        let is_here =
            |profile: &&ShopperClass| site.step().is_none_or(|step| profile.came_to(plan, step));
        let mut found = CountsAtSite::default();
        // Profiles with the same values stand next to each other; what their shoppers met is summed before it is
        // counted group by group.
        for same in self.profiles.chunk_by(|one, other| one.values == other.values) {
            let values = &same[0].values;
            if left_out.iter().any(|group| self.values.include(values, *group)) {
                continue;
            }
            let mut observed = FailureCounts::default();
            same.iter().filter(is_here).for_each(|profile| observed.add(profile.at(site)));
            found.count(values, observed);
        }
        found
    }

    /// What a group met at several steps together, and all others, without the shoppers whom `explained` leaves out at each.
    pub(super) fn at_steps(
        &self,
        plan: &Plan,
        steps: &[StepId],
        explained: &[(HotspotSite, Group)],
        group: Group,
    ) -> (FailureCounts, FailureCounts) {
        let (mut inside, mut outside) = (FailureCounts::default(), FailureCounts::default());
        for profile in self.profiles.iter().filter(|p| self.values.can_tell(&p.values, group)) {
            let counted = self.steps_not_explained(plan, profile, steps, explained);
            // Who failed at none of them counts once, as one who met nothing.
            let Some(any) = counted.first() else { continue };
            let failed_at = profile.blamed.map(|blamed| blamed.step);
            let step = failed_at.filter(|step| counted.contains(step)).unwrap_or(*any);
            let is_inside = self.values.include(&profile.values, group);
            let side = if is_inside { &mut inside } else { &mut outside };
            side.add(profile.at(HotspotSite::Step(step)));
        }
        (inside, outside)
    }

    /// The steps at which a group is compared with others: those of a journey with those of the same name in other journeys.
    pub(super) fn compared_steps(
        &self,
        plan: &Plan,
        steps: &[StepId],
        group: Group,
    ) -> Vec<StepId> {
        let mut compared = steps.to_vec();
        if self.values.is_of_journey(group) {
            compared.extend(steps.iter().flat_map(|step| namesakes(plan, *step)));
        }
        compared
    }

    /// The step at which nearly all of a group's shoppers who failed again and again did so, where guards let nobody else come
    /// to it: there is nobody to compare them with there.
    pub(super) fn own_step(&self, plan: &Plan, group: Group) -> Option<StepId> {
        let mut repeated: BTreeMap<StepId, u64> = BTreeMap::new();
        let inside = |profile: &&ShopperClass| self.values.include(&profile.values, group);
        for profile in self.profiles.iter().filter(inside) {
            if let Some(blamed) = profile.blamed {
                let there = profile.at(HotspotSite::Step(blamed.step)).repeated;
                *repeated.entry(blamed.step).or_default() += there;
            }
        }
        let all: u64 = repeated.values().sum();
        let (step, most) = repeated.into_iter().max_by_key(|(_, repeated)| *repeated)?;
        let is_closed =
            |profile: &ShopperClass| profile.open.as_ref().is_some_and(|open| !open[step.index()]);
        let mut others = self.profiles.iter().filter(|profile| {
            !self.values.include(&profile.values, group)
                && profile.journey == plan.step(step).journey
        });
        (most as f64 >= NEARLY_ALL * all as f64 && others.all(is_closed)).then_some(step)
    }

    /// Those of the steps that a shopper came to, and at which no earlier finding explains the shopper.
    fn steps_not_explained(
        &self,
        plan: &Plan,
        profile: &ShopperClass,
        steps: &[StepId],
        explained: &[(HotspotSite, Group)],
    ) -> Vec<StepId> {
        let is_explained = |step: StepId| {
            explained.iter().any(|(site, group)| {
                *site == HotspotSite::Step(step) && self.values.include(&profile.values, *group)
            })
        };
        let came = |step: &StepId| profile.came_to(plan, *step) && !is_explained(*step);
        steps.iter().copied().filter(came).collect()
    }
}

/// What everybody met at these steps, or anywhere if there are none, by block of time. Blocks don't tell groups apart.
pub(super) fn counts_by_block<'t>(
    plan: &'t Plan,
    tally: &'t Tally,
    steps: &'t [StepId],
) -> impl Iterator<Item = FailureCounts> + 't {
    let model = LossModel::of(plan, tally);
    tally.blocks.values().map(move |block| {
        let mut sum = FailureCounts::default();
        for ((journey, fate), count) in &block.shoppers {
            let blamed = FailedStep::of_fate(fate);
            let mut here = steps
                .iter()
                .copied()
                .filter(|step| came_to(plan, *step, *journey, fate.reached, blamed));
            let observed = FailureCounts::of_fate(&model, fate, count.shoppers);
            let failed_at = blamed.map(|blamed| blamed.step);
            let failed_here = failed_at.filter(|step| here.clone().any(|here| here == *step));
            match failed_here.or_else(|| here.next()) {
                Some(step) => sum.add(observed.at(blamed, HotspotSite::Step(step))),
                None if steps.is_empty() => sum.add(observed),
                None => {}
            }
        }
        sum
    })
}

// === impl CountsAtSite ===

impl CountsAtSite {
    fn count(&mut self, values: &[Option<ValueId>], observed: FailureCounts) {
        if observed.shoppers == 0 {
            return;
        }
        let known =
            || values.iter().enumerate().filter_map(|(name, value)| Some((name, (*value)?)));
        for (name, value) in known() {
            for (other_name, other) in known().filter(|(other, _)| *other >= name) {
                self.inside.entry(Group(value, other)).or_default().add(observed);
                self.known.entry((name, other_name)).or_default().add(observed);
            }
        }
    }

    /// All others of whom it is known that they are others.
    pub(super) fn outside(&self, values: &Values, group: Group) -> FailureCounts {
        let known = self.known.get(&values.names_of(group)).copied().unwrap_or_default();
        known.without(self.inside.get(&group).copied().unwrap_or_default())
    }
}

// === impl ShopperClass ===

impl ShopperClass {
    /// Whether they came to a step. Whom a guard over attributes kept from it did not, however far they went.
    fn came_to(&self, plan: &Plan, step: StepId) -> bool {
        self.open.as_ref().is_none_or(|open| open[step.index()])
            && came_to(plan, step, self.journey, self.reached, self.blamed)
    }

    fn at(&self, site: HotspotSite) -> FailureCounts {
        self.observed.at(self.blamed, site)
    }
}

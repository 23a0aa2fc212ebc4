//! Where repeated failures concentrate: which shoppers, at which step.
//!
//! Assigned attributes are drawn independently for each shopper, so what goes with them is caused by them: a statement that
//! no log analysis can make. Observed values (the node that answered, say) may go with something else that is the cause;
//! they are labelled so. Each value, at each step and overall, is one look; looks are many, so what is listed must
//! survive the correction for looking often (q < 5 %), and it is ranked by what it costs, not by how sure it is.
//!
//! A repeated failure belongs to a step when the first two failures fell at the same unit, and to the step of the first;
//! otherwise only to the journey: a passing error at the door doesn't make the door a place where a bad node
//! fails. One cause that shows overall and at a step, or at several steps, is one finding, not a list of its shadows.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::loss::weight;
use super::statistics::{Interval, Rate, benjamini_hochberg, fisher_greater, rule_of_three};
use crate::base::{JourneyId, StepId};
use crate::plan::{Arrivals, Plan};
use crate::tally::{Observed, ShopperKey, Tally};

/// A group of shoppers who meet repeated failures more often than the others.
#[derive(Clone, Debug, PartialEq)]
pub struct HotSpot {
    /// The attribute or observed name and its value; one for now.
    pub group: Vec<(String, String)>,
    /// Whether the group was drawn or merely seen.
    pub basis: Basis,
    /// The steps at which the group fails again and again, the costliest first; none if it is a little everywhere.
    pub steps: Vec<StepId>,
    /// What the figures below count.
    pub scope: Scope,
    /// Shoppers of the group who met two failures or more.
    pub inside: Rate,
    /// The same of all other shoppers.
    pub outside: Rate,
    /// How many times the rate outside. Where there were none outside, their rate may be up to 3/n: then this is
    /// the least that it can be.
    pub lift: f64,
    /// Whether there were none outside.
    pub lift_is_least: bool,
    /// How likely so many, or more, would be without any cause (Fisher's exact test, one-sided).
    pub p_value: f64,
    /// The same, corrected for all looks taken (Benjamini and Hochberg).
    pub q_value: f64,
    /// Repeated failures beyond what the group would have met at the others' rate.
    pub excess_repeated: f64,
    /// Lost shoppers beyond what the group would have lost at the others' rate; none for a closed load.
    pub excess_lost: Option<f64>,
}

/// What a finding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Drawn per shopper, independently of everything: the association is causal.
    Assigned,
    /// Seen during the journey: the association may have another cause.
    Observed,
}

/// What a finding's figures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Repeated failures at this one step, among the shoppers of its journey.
    Step(StepId),
    /// Repeated failures anywhere.
    Journey,
}

/// The smallest group that is looked at.
pub const MIN_SHOPPERS: u64 = 30;
/// The fewest repeated failures that are listed.
pub const MIN_REPEATED: u64 = 5;
/// The rate of false discoveries among what is listed.
pub const MAX_Q: f64 = 0.05;

/// The hot spots, the costliest first.
pub fn hotspots(plan: &Plan, tally: &Tally) -> Vec<HotSpot> {
    let groups = groups(plan, tally);
    let looks: Vec<Look> = groups.iter().enumerate().flat_map(|(group, seen)| looks(plan, group, seen)).collect();
    let q_values = benjamini_hochberg(&looks.iter().map(|look| look.p_value).collect::<Vec<_>>());
    let mut listed: BTreeMap<usize, Vec<(&Look, f64)>> = BTreeMap::new();
    for (look, q) in looks.iter().zip(q_values) {
        if q < MAX_Q && look.inside.repeated >= MIN_REPEATED && look.repeated() > 0.0 {
            listed.entry(look.group).or_default().push((look, q));
        }
    }
    let mut found: Vec<HotSpot> = listed.into_iter().map(|(group, looks)| finding(plan, &groups[group], looks)).collect();
    found.sort_by(|a, b| b.cost().total_cmp(&a.cost()));
    found
}

/// How the shoppers of a hot spot fared at its place in another run, whose plan may be another; none where that run has no
/// such shoppers or no such step.
pub(super) fn met_at(plan: &Plan, spot: &HotSpot, other: &Plan, tally: &Tally) -> Option<Rate> {
    let scope = match spot.scope {
        Scope::Journey => Scope::Journey,
        Scope::Step(step) => {
            let label = plan.step_label(step);
            Scope::Step((0..other.steps.len()).map(|i| StepId(i as u16)).find(|step| other.step_label(*step) == label)?)
        }
    };
    let same = |group: &Group| group.basis == spot.basis && spot.group == [(group.name.clone(), group.value.clone())];
    let met = groups(other, tally).iter().find(|group| same(group))?.inside.at(other, scope);
    (met.shoppers > 0).then(|| Rate::new(met.repeated, met.shoppers))
}

/// Shoppers alike in one attribute or observed value, beside those who are not.
struct Group {
    name: String,
    value: String,
    basis: Basis,
    inside: Scopes,
    outside: Scopes,
}

/// Shoppers by journey, and what they met: by step, and anywhere.
#[derive(Default)]
struct Scopes {
    shoppers: BTreeMap<JourneyId, u64>,
    by_step: BTreeMap<StepId, Failing>,
    anywhere: Failing,
}

/// Failing shoppers of one scope.
#[derive(Clone, Copy, Default)]
struct Failing {
    shoppers: u64,
    repeated: u64,
    lost: f64,
}

/// One group at one step, or overall.
struct Look {
    group: usize,
    scope: Scope,
    inside: Failing,
    outside: Failing,
    p_value: f64,
}

fn groups(plan: &Plan, tally: &Tally) -> Vec<Group> {
    let mut groups = Vec::new();
    for (place, attribute) in plan.shoppers.attributes.iter().enumerate() {
        let value = |key: &ShopperKey| key.attributes.get(place).map(|index| usize::from(*index));
        for (index, (text, _)) in attribute.values.iter().enumerate() {
            let side = |key: &ShopperKey| value(key).map(|held| held == index);
            groups.push(Group::new(plan, tally, &attribute.name, text.clone(), Basis::Assigned, &side));
        }
    }
    for (place, name) in plan.observed.iter().enumerate() {
        // A shopper who saw no value is in neither side: failing early is why nothing was seen, not the reverse.
        let value = |key: &ShopperKey| key.observed.get(place).filter(|held| **held != Observed::Missing).cloned();
        let mut values: Vec<Observed> = tally.shoppers.keys().filter_map(value).collect();
        values.sort_unstable();
        values.dedup();
        for seen in values {
            let text = match &seen {
                Observed::Is(text) => text.to_string(),
                // Not one value, and Missing is not one either: neither can be told apart from others.
                Observed::TooMany | Observed::Missing => continue,
            };
            let side = |key: &ShopperKey| value(key).map(|held| held == seen);
            groups.push(Group::new(plan, tally, name, text, Basis::Observed, &side));
        }
    }
    groups
}

/// The looks at one group: overall, and at each step where its journey's shoppers failed often enough. Which looks are taken
/// depends on sizes and on sums over both sides only, so that choosing them doesn't bias their p-values.
fn looks(plan: &Plan, group: usize, seen: &Group) -> Vec<Look> {
    let scopes = std::iter::once(Scope::Journey).chain((0..plan.steps.len()).map(|i| Scope::Step(StepId(i as u16))));
    scopes
        .filter_map(|scope| {
            let (inside, outside) = (seen.inside.at(plan, scope), seen.outside.at(plan, scope));
            let enough = inside.shoppers >= MIN_SHOPPERS && outside.shoppers > 0 && inside.repeated + outside.repeated >= MIN_REPEATED;
            enough.then(|| Look {
                group,
                scope,
                inside,
                outside,
                p_value: fisher_greater(inside.repeated, inside.shoppers, outside.repeated, outside.shoppers),
            })
        })
        .collect()
}

/// One cause, one finding: in the figures of its step if there is just one, overall if there are several or none.
fn finding(plan: &Plan, group: &Group, mut looks: Vec<(&Look, f64)>) -> HotSpot {
    // By cost; the journey, which holds them all, before its steps.
    looks.sort_by(|(a, _), (b, _)| {
        (b.scope == Scope::Journey, b.lost()).partial_cmp(&(a.scope == Scope::Journey, a.lost())).unwrap_or(Ordering::Equal)
    });
    let steps: Vec<StepId> = looks.iter().filter_map(|(look, _)| look.scope.step()).collect();
    let (look, q_value) = if steps.len() == 1 { looks[looks.len() - 1] } else { looks[0] };
    let rate = |side: &Failing| Rate::new(side.repeated, side.shoppers);
    let (inside, outside) = (rate(&look.inside), rate(&look.outside));
    let open = !matches!(plan.load.arrivals, Arrivals::Closed { .. });
    HotSpot {
        group: vec![(group.name.clone(), group.value.clone())],
        basis: group.basis,
        steps,
        scope: look.scope,
        inside,
        outside,
        lift: inside.value().unwrap_or(0.0) / outside.value().filter(|rate| *rate > 0.0).unwrap_or_else(|| rule_of_three(outside.of)),
        lift_is_least: outside.events == 0,
        p_value: look.p_value,
        q_value,
        excess_repeated: look.repeated(),
        excess_lost: open.then(|| look.lost()),
    }
}

// === impl HotSpot ===

impl HotSpot {
    /// What it is ranked by: lost shoppers, or repeated failures where there is no loss to derive.
    fn cost(&self) -> f64 {
        self.excess_lost.unwrap_or(self.excess_repeated)
    }

    /// Where the rate inside lies with 95 % confidence.
    pub fn ci95(&self) -> Option<Interval> {
        self.inside.ci95()
    }
}

// === impl Group ===

impl Group {
    fn new(plan: &Plan, tally: &Tally, name: &str, value: String, basis: Basis, side: &dyn Fn(&ShopperKey) -> Option<bool>) -> Group {
        let mut group = Group { name: name.to_owned(), value, basis, inside: Scopes::default(), outside: Scopes::default() };
        for (key, count) in &tally.shoppers {
            let Some(inside) = side(key) else { continue };
            let scopes = if inside { &mut group.inside } else { &mut group.outside };
            *scopes.shoppers.entry(key.journey).or_default() += count.shoppers;
            let lost = weight(&key.fate, plan.shoppers.behaviour, &plan.shoppers.patience).high * count.shoppers as f64;
            let repeated = if key.fate.failures >= 2 { count.shoppers } else { 0 };
            scopes.anywhere.add(repeated, lost);
            if let Some(step) = key.fate.first_failed {
                let unit = |step| plan.step(step).unit;
                let again_here = key.fate.second_failed.is_some_and(|second| unit(second) == unit(step));
                scopes.by_step.entry(step).or_default().add(if again_here { repeated } else { 0 }, lost);
            }
        }
        group
    }
}

// === impl Scopes ===

impl Scopes {
    fn at(&self, plan: &Plan, scope: Scope) -> Failing {
        match scope {
            Scope::Journey => Failing { shoppers: self.shoppers.values().sum(), ..self.anywhere },
            Scope::Step(step) => Failing {
                shoppers: self.shoppers.get(&plan.step(step).journey).copied().unwrap_or_default(),
                ..self.by_step.get(&step).copied().unwrap_or_default()
            },
        }
    }
}

// === impl Failing ===

impl Failing {
    fn add(&mut self, repeated: u64, lost: f64) {
        self.repeated += repeated;
        self.lost += lost;
    }
}

// === impl Scope ===

impl Scope {
    /// The step, if it is one.
    pub fn step(self) -> Option<StepId> {
        match self {
            Scope::Step(step) => Some(step),
            Scope::Journey => None,
        }
    }
}

// === impl Look ===

impl Look {
    /// n (p − p'): repeated failures beyond what the group would have met at the others' rate.
    fn repeated(&self) -> f64 {
        self.excess(|side| side.repeated as f64)
    }

    /// The same of lost shoppers.
    fn lost(&self) -> f64 {
        self.excess(|side| side.lost)
    }

    fn excess(&self, figure: impl Fn(&Failing) -> f64) -> f64 {
        figure(&self.inside) - self.inside.shoppers as f64 * figure(&self.outside) / self.outside.shoppers as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Micros;
    use crate::verdict::trial::{Trial, failing, planted, shop};

    fn named(trial: &Trial) -> Vec<(String, Vec<String>)> {
        let of = |spot: &HotSpot| {
            let group = spot.group.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
            (group, spot.steps.iter().map(|step| trial.plan.step_label(*step)).collect())
        };
        hotspots(&trial.plan, &trial.tally).iter().map(of).collect()
    }

    #[test]
    fn planted_causes_are_named_once_each_and_passing_errors_are_not() {
        let trial = Trial::run(12_000, 120, planted);
        let found = named(&trial);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], ("payment=wallet".into(), vec!["pay".into()]));
        assert_eq!(found[1].0, "node=n3");
        assert_eq!(found[1].1, ["cart", "checkout"]);
    }

    #[test]
    fn a_finding_says_how_many_how_often_and_at_what_cost() {
        let trial = Trial::run(12_000, 120, planted);
        let wallet = &hotspots(&trial.plan, &trial.tally)[0];
        assert_eq!(wallet.basis, Basis::Assigned);
        assert_eq!(wallet.scope, Scope::Step(trial.step("pay")));
        // Three in five buyers come to pay, and a twelfth of the wallets never work: 5 % of the buyers with wallets.
        assert!((wallet.inside.value().unwrap() - 0.05).abs() < 0.008, "{wallet:?}");
        assert!(wallet.lift > 10.0 && wallet.lift_is_least && wallet.q_value < 1e-20 && wallet.q_value >= wallet.p_value);
        // All of them are stopped by the cap: each counts as lost, as the others at pay do after three failures.
        let lost = wallet.excess_lost.unwrap();
        assert!((lost - wallet.excess_repeated).abs() < 0.1 * lost, "{wallet:?}");
        assert_eq!(hotspots(&trial.plan, &trial.tally)[1].basis, Basis::Observed);
    }

    #[test]
    fn where_nothing_concentrates_nothing_is_named() {
        // Failures stick, but to no group: some shoppers fail for good, whoever they are.
        let named: usize = (0..20)
            .map(|run| {
                let from = 0.04 * f64::from(run);
                let trial = Trial::run(3_000, 60, move |m| failing(m.step == "pay" && (from..from + 0.1).contains(&m.shopper)));
                hotspots(&trial.plan, &trial.tally).len()
            })
            .sum();
        assert!(named <= 2, "{named} false findings in 20 runs");
    }

    #[test]
    fn a_group_that_fails_everywhere_a_little_is_named_without_a_step_or_with_all() {
        let trial = Trial::run(20_000, 60, |m| failing(m.device == "mobile" && m.luck < 0.04));
        let found = named(&trial);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "device=mobile");
    }

    #[test]
    fn small_groups_are_left_alone() {
        let trial = Trial::run(40, 60, |m| failing(m.step == "home" && m.payment == "wallet"));
        assert_eq!(named(&trial), []);
    }

    #[test]
    fn failing_before_the_value_is_seen_does_not_make_missing_a_cause() {
        let mut trial = Trial::run(4_000, 60, |m| failing(m.step == "home" && m.shopper < 0.05));
        let shoppers = std::mem::take(&mut trial.tally.shoppers);
        for (mut key, count) in shoppers {
            if key.fate.failures > 0 {
                key.observed = vec![Observed::Missing];
            }
            trial.tally.shoppers.insert(key, count);
        }
        assert_eq!(named(&trial), []);
    }

    #[test]
    fn a_closed_load_is_ranked_by_repeated_failures_without_a_loss() {
        let mut plan = shop();
        plan.load.arrivals = Arrivals::Closed { users: 8, length: Micros::from_secs(60) };
        let trial = Trial::of(plan, 12_000, 120, planted);
        let found = hotspots(&trial.plan, &trial.tally);
        assert!(found.len() == 2 && found.iter().all(|spot| spot.excess_lost.is_none()));
    }
}

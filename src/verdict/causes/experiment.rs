//! The retry experiment: which way to try again cures a failure, and what that says of its cause.
//!
//! The arm is drawn for each shopper before anything fails, so what differs between the arms is their doing, in an
//! outage as in a quiet hour: Fisher's exact test holds without any assumption on how failures come. An arm is
//! compared with trying the same again among those shoppers only for whom it would have changed anything.

use std::collections::BTreeSet;

use crate::base::StepId;
use crate::plan::{Plan, RetryStrategy};
use crate::tally::{AttemptCounts, RetryArmKey, Tally};
use crate::verdict::statistics::{
    Interval, Rate, Z95, benjamini_hochberg, difference, fisher_two_sided, wilson,
};

/// A difference as sure as this is called one.
const MAX_Q: f64 = 0.05;

/// What an experiment found.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentFinding {
    /// The arms' names, in the order of the scenario.
    pub arms: Vec<String>,
    /// Whatever failed first.
    pub everywhere: ArmComparison,
    /// By the step of the first failure, the most frequent first.
    pub places: Vec<ArmComparison>,
}

/// The arms, beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmComparison {
    /// The step where the first failure fell; none for all of them together.
    pub step: Option<StepId>,
    /// Arm by arm, in the order of the scenario.
    pub arms: Vec<ArmFinding>,
    /// The arm that surely cures more than trying the same again, and most of those that do; by its place. Where a new key alone
    /// cures as well as an arm that renews the key too, it is that.
    pub cure: Option<usize>,
}

/// One arm.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmFinding {
    /// Those who got through, of those who then got through or failed again.
    pub recovered: Rate,
    /// Who was declined instead.
    pub declined: u64,
    /// Of both: those who paid under another idempotency key than the one that had failed.
    pub new_keys: u64,
    /// Beside trying the same again; none for that itself, and where one of the two has nobody.
    pub versus_same: Option<VersusSame>,
}

/// An arm beside trying the same again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VersusSame {
    /// Those whom trying the same again recovered, among the shoppers for whom the arm would have changed anything.
    pub same: Rate,
    /// How much more of its shoppers the arm recovered, as a fraction.
    pub difference: f64,
    /// Its interval.
    pub ci95: Interval,
    /// How likely so large a difference would be if the arm did nothing (Fisher's exact test, two-sided).
    pub p_value: f64,
    /// The same, corrected for all comparisons (Benjamini and Hochberg).
    pub q_value: f64,
}

/// What the experiment found; none if the scenario is none.
pub fn experiment(plan: &Plan, tally: &Tally) -> Option<ExperimentFinding> {
    let arms = &plan.shoppers.arms;
    if arms.is_empty() {
        return None;
    }
    let steps: BTreeSet<StepId> = tally.retry_arms.keys().map(|treatment| treatment.step).collect();
    let mut everywhere = compare_arms(plan, tally, None);
    let mut places: Vec<ArmComparison> =
        steps.into_iter().map(|step| compare_arms(plan, tally, Some(step))).collect();
    places.sort_by_key(|place| (std::cmp::Reverse(place.shoppers()), place.step));

    let all = || std::iter::once(&everywhere).chain(&places).flat_map(|place| &place.arms);
    let p_values: Vec<f64> = all().filter_map(|arm| Some(arm.versus_same?.p_value)).collect();
    let mut q_values = benjamini_hochberg(&p_values).into_iter();
    for place in std::iter::once(&mut everywhere).chain(&mut places) {
        for versus_same in place.arms.iter_mut().filter_map(|arm| arm.versus_same.as_mut()) {
            versus_same.q_value = q_values.next().unwrap_or(1.0);
        }
        place.cure = place.best().map(|best| place.least_change(plan, best));
    }
    Some(ExperimentFinding {
        arms: arms.iter().map(|arm| arm.label.clone()).collect(),
        everywhere,
        places,
    })
}

fn compare_arms(plan: &Plan, tally: &Tally, step: Option<StepId>) -> ArmComparison {
    let here = |treatment: &RetryArmKey| step.is_none_or(|step| step == treatment.step);
    // Who tried again in the way of `arm`, of those for whom that of `other` would have changed anything.
    let tried = |arm: usize, other: usize| {
        let among = tally.retry_arms.iter().filter(|(treatment, _)| {
            here(treatment)
                && usize::from(treatment.arm) == arm
                && treatment.eligible & (1 << arm) != 0
                && treatment.eligible & (1 << other) != 0
        });
        among.fold(AttemptCounts::default(), |sum, (_, tries)| AttemptCounts {
            ok: sum.ok + tries.ok,
            declined: sum.declined + tries.declined,
            failed: sum.failed + tries.failed,
        })
    };
    // Whoever was declined was not recovered: to leave them out would choose among the shoppers after the draw.
    let rate = |tries: AttemptCounts| Rate::new(tries.ok, tries.total());
    let baseline = plan.shoppers.arms.iter().position(|arm| arm.strategy == RetryStrategy::Same);
    let arms = (0..plan.shoppers.arms.len()).map(|arm| {
        let own = tried(arm, arm);
        let same = baseline.filter(|same| *same != arm).map(|same| rate(tried(same, arm)));
        let renewed = |(treatment, tries): (&RetryArmKey, &AttemptCounts)| {
            let counts = here(treatment) && usize::from(treatment.arm) == arm && treatment.new_key;
            if counts { tries.total() } else { 0 }
        };
        ArmFinding {
            recovered: rate(own),
            declined: own.declined,
            new_keys: tally.retry_arms.iter().map(renewed).sum(),
            versus_same: same.and_then(|same| versus_same(rate(own), same)),
        }
    });
    ArmComparison { step, arms: arms.collect(), cure: None }
}

fn versus_same(arm: Rate, same: Rate) -> Option<VersusSame> {
    let side = |rate: &Rate| Some((rate.value()?, wilson(rate.value()?, rate.trials as f64, Z95)));
    let p_value = fisher_two_sided(arm.events, arm.trials, same.events, same.trials);
    let (one, other) = (side(&arm)?, side(&same)?);
    Some(VersusSame {
        same,
        difference: one.0 - other.0,
        ci95: difference(one, other),
        p_value,
        q_value: 1.0,
    })
}

// === impl ArmComparison ===

impl ArmComparison {
    /// Shoppers whose second try came to a judgement.
    pub fn shoppers(&self) -> u64 {
        self.arms.iter().map(|arm| arm.recovered.trials + arm.declined).sum()
    }

    fn best(&self) -> Option<usize> {
        let surely =
            |versus_same: &VersusSame| versus_same.q_value <= MAX_Q && versus_same.ci95.low > 0.0;
        let better = self
            .arms
            .iter()
            .enumerate()
            .filter_map(|(i, arm)| Some((i, arm.versus_same.filter(surely)?)));
        better.max_by(|(_, a), (_, b)| a.ci95.low.total_cmp(&b.ci95.low)).map(|(i, _)| i)
    }

    /// The new key, where the best arm renewed it too and a new key alone cures no less.
    fn least_change(&self, plan: &Plan, best: usize) -> usize {
        let arms = &plan.shoppers.arms;
        let Some(key) = arms.iter().position(|arm| arm.strategy == RetryStrategy::FreshKey) else {
            return best;
        };
        let (one, other) = (&self.arms[key].recovered, &self.arms[best].recovered);
        let surely = self.arms[key]
            .versus_same
            .is_some_and(|against| against.q_value <= MAX_Q && against.ci95.low > 0.0);
        let p_value = fisher_two_sided(one.events, one.trials, other.events, other.trials);
        let no_less = one.value() >= other.value() || p_value > MAX_Q;
        if self.arms[best].new_keys > 0 && surely && no_less { key } else { best }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Arm;
    use crate::tally::{FailureKind, Outcome};
    use crate::verdict::simulation::SimulatedRun;

    const SAME: u8 = 0;
    const FRESH: u8 = 1;
    const CARD: u8 = 2;

    /// An experiment with (arm, eligible, recovered, failed again) at a step.
    fn found(treated: &[(&str, u8, u16, u64, u64)]) -> (SimulatedRun, ExperimentFinding) {
        let mut simulated = SimulatedRun::run(0, 10, |_| Outcome::Ok);
        let strategies = [
            ("same", RetryStrategy::Same),
            ("fresh: session", RetryStrategy::FreshSession),
            ("set: payment card", RetryStrategy::Set(vec![(1, 0)])),
        ];
        simulated.plan.shoppers.arms = strategies
            .into_iter()
            .map(|(label, strategy)| Arm { label: label.into(), strategy })
            .collect();
        for &(step, arm, eligible, recovered, failed) in treated {
            let treatment =
                RetryArmKey { step: simulated.step(step), arm, eligible, new_key: false };
            (0..recovered).for_each(|_| simulated.tally.retried_in_arm(treatment, Outcome::Ok));
            (0..failed).for_each(|_| {
                simulated.tally.retried_in_arm(treatment, Outcome::Failed(FailureKind::ServerError))
            });
        }
        let found = experiment(&simulated.plan, &simulated.tally).unwrap();
        (simulated, found)
    }

    #[test]
    fn the_arm_that_cures_is_named_where_it_does() {
        let (simulated, found) = found(&[
            ("cart", SAME, 0b111, 6, 44),
            ("cart", FRESH, 0b111, 47, 3),
            ("cart", CARD, 0b111, 7, 43),
            ("pay", SAME, 0b111, 4, 16),
            ("pay", FRESH, 0b111, 5, 15),
            ("pay", CARD, 0b111, 19, 1),
        ]);
        let cures: Vec<_> = found.places.iter().map(|place| (place.step, place.cure)).collect();
        assert_eq!(
            cures,
            [(Some(simulated.step("cart")), Some(1)), (Some(simulated.step("pay")), Some(2))]
        );
        assert_eq!(found.everywhere.cure, Some(1));
        let fresh = found.places[0].arms[1].versus_same.unwrap();
        assert!(
            (fresh.difference - 0.82).abs() < 1e-9
                && fresh.ci95.low > 0.66
                && fresh.ci95.high < 0.92,
            "{fresh:?}"
        );
        assert!(fresh.q_value < 1e-10);
    }

    #[test]
    fn an_arm_is_compared_among_those_whom_it_would_have_changed() {
        // Half of the shoppers pay by card already: they are recovered as often by anything.
        let (_, found) = found(&[
            ("pay", SAME, 0b011, 30, 0),
            ("pay", SAME, 0b111, 0, 30),
            ("pay", CARD, 0b011, 30, 0),
            ("pay", CARD, 0b111, 27, 3),
        ]);
        let card = &found.everywhere.arms[2];
        assert_eq!((card.recovered.events, card.recovered.trials), (27, 30));
        let versus_same = card.versus_same.unwrap();
        assert_eq!((versus_same.same.events, versus_same.same.trials), (0, 30));
        assert_eq!(found.everywhere.cure, Some(2));
        assert_eq!(
            (found.everywhere.arms[0].recovered.events, found.everywhere.arms[0].recovered.trials),
            (30, 60)
        );
    }

    #[test]
    fn a_new_key_is_the_cure_where_another_payment_renews_the_key_too() {
        let (mut simulated, _) =
            found(&[("pay", SAME, 0b111, 0, 40), ("pay", FRESH, 0b111, 37, 1)]);
        simulated.plan.shoppers.arms[1].strategy = RetryStrategy::FreshKey;
        let step = simulated.step("pay");
        let with_card = RetryArmKey { step, arm: CARD, eligible: 0b111, new_key: true };
        (0..40).for_each(|_| simulated.tally.retried_in_arm(with_card, Outcome::Ok));
        let cure = |simulated: &SimulatedRun| {
            let found = experiment(&simulated.plan, &simulated.tally).unwrap();
            (found.everywhere.cure, found.everywhere.arms[2].new_keys)
        };
        assert_eq!(cure(&simulated), (Some(1), 40));
        // A wallet that fails whatever the key is the payment's own matter.
        let with_key = RetryArmKey { step, arm: FRESH, eligible: 0b111, new_key: true };
        let failed = Outcome::Failed(FailureKind::ServerError);
        (0..40).for_each(|_| simulated.tally.retried_in_arm(with_key, failed));
        assert_eq!(cure(&simulated), (Some(2), 40));
    }

    #[test]
    fn arms_that_do_nothing_are_no_cure() {
        let (_, found) = found(&[
            ("pay", SAME, 0b111, 20, 30),
            ("pay", FRESH, 0b111, 24, 26),
            ("pay", CARD, 0b111, 18, 32),
        ]);
        assert_eq!((found.everywhere.cure, found.places[0].cure), (None, None));
        let without = SimulatedRun::run(10, 10, |_| Outcome::Ok);
        assert_eq!(experiment(&without.plan, &without.tally), None);
    }
}

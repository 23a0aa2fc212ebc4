//! Whether a failure comes back to the same shopper: the difference between a shopper who buys a minute later and
//! one who is gone.
//!
//! If failures struck attempts at random, a second attempt would fail as often as a first: P(F₂|F₁) = P(F₁) = μ.
//! Where something about the shopper or the moment makes it fail (a card, a node, an outage), it fails more often.
//! The lift P(F₂|F₁)/μ says how much more; the stickiness ρ = (P(F₂|F₁) − μ)/(1 − μ) says it on a scale from 0
//! (passing) to 1 (for good), whatever μ is: under an exchangeable beta-binomial model it is the correlation between the attempts of one
//! shopper.

use super::statistics::{Interval, Rate, Z95, wilson};
use crate::base::{StepId, UnitId};
use crate::plan::Plan;
use crate::tally::{End, Fate, Tally};

/// How failures come back.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeats {
    /// All units together.
    pub pooled: Stickiness,
    /// Unit by unit, those that anybody came to.
    pub units: Vec<UnitRepeats>,
    /// Where shoppers' first failures fell, the most frequent first.
    pub first_failed: Vec<(StepId, u64)>,
    /// Where their second failures fell.
    pub second_failed: Vec<(StepId, u64)>,
    /// Where the story of shoppers with two or more failures began.
    pub repeated_from: Vec<(StepId, u64)>,
}

/// How failures come back at one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitRepeats {
    /// Which.
    pub unit: UnitId,
    /// First attempts that failed.
    pub first: Rate,
    /// What it means.
    pub stickiness: Stickiness,
}

/// How much likelier a second failure is than a first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stickiness {
    /// μ: how likely a first attempt fails; for all units together, averaged as the first failures fell, so that a
    /// unit that never fails doesn't make the others look sticky. None if nobody attempted anything, or pooled without a failure.
    pub p_first: Option<f64>,
    /// Of the shoppers who failed there and then made another attempt: those who failed there again.
    pub second: Rate,
    /// P(F₂|F₁)/μ, with its interval.
    pub lift: Option<(f64, Interval)>,
    /// ρ, with its interval.
    pub rho: Option<(f64, Interval)>,
}

/// How failures come back, from the shoppers' fates and the units' first attempts.
pub fn repeats(plan: &Plan, tally: &Tally) -> Repeats {
    let units: Vec<UnitRepeats> =
        (0..plan.units.len()).map(|i| of_unit(plan, tally, UnitId(i as u16))).filter(|unit| unit.first.of > 0).collect();
    let where_fell = |place: &dyn Fn(&Fate) -> Option<StepId>| ranked(plan, tally, place);
    Repeats {
        pooled: pooled(&units),
        units,
        first_failed: where_fell(&|fate| fate.first_failed),
        second_failed: where_fell(&|fate| fate.second_failed),
        repeated_from: where_fell(&|fate| fate.first_failed.filter(|_| fate.failures >= 2)),
    }
}

fn of_unit(plan: &Plan, tally: &Tally, unit: UnitId) -> UnitRepeats {
    let first =
        tally.tries.iter().filter(|(key, _)| key.unit == unit && key.nth == 1).fold(Rate::new(0, 0), |sum, (_, tries)| {
            Rate::new(sum.events + tries.failed, sum.of + tries.ok + tries.declined + tries.failed)
        });
    let at = |step: Option<StepId>| step.is_some_and(|step| plan.step(step).unit == unit);
    let again = tally.shoppers.iter().filter(|(key, _)| at(key.fate.first_failed) && went_on(&key.fate)).fold(
        Rate::new(0, 0),
        |sum, (key, count)| {
            let failed = if at(key.fate.second_failed) { count.shoppers } else { 0 };
            Rate::new(sum.events + failed, sum.of + count.shoppers)
        },
    );
    let mu = first.value();
    UnitRepeats { unit, first, stickiness: Stickiness::of(mu, again) }
}

/// Whether another attempt after the first failure is on record. A second *attempt* isn't looked up in the tries:
/// there, those who try again after a decline would dilute those who try again after a failure.
fn went_on(fate: &Fate) -> bool {
    fate.failures >= 2 || fate.purchased || matches!(fate.end, End::Completed | End::LeftByChoice)
}

/// All units together: each first failure is compared with the chance at the unit where it happened.
fn pooled(units: &[UnitRepeats]) -> Stickiness {
    let second = units
        .iter()
        .fold(Rate::new(0, 0), |sum, unit| Rate::new(sum.events + unit.stickiness.second.events, sum.of + unit.stickiness.second.of));
    let expected: f64 = units.iter().filter_map(|unit| Some(unit.stickiness.p_first? * unit.stickiness.second.of as f64)).sum();
    Stickiness::of((second.of > 0).then(|| expected / second.of as f64), second)
}

fn ranked(plan: &Plan, tally: &Tally, place: &dyn Fn(&Fate) -> Option<StepId>) -> Vec<(StepId, u64)> {
    let mut counts = vec![0; plan.steps.len()];
    for (key, count) in &tally.shoppers {
        if let Some(step) = place(&key.fate) {
            counts[step.index()] += count.shoppers;
        }
    }
    let mut ranked: Vec<(StepId, u64)> =
        counts.into_iter().enumerate().map(|(i, count)| (StepId(i as u16), count)).filter(|(_, count)| *count > 0).collect();
    ranked.sort_by_key(|&(step, count)| (std::cmp::Reverse(count), step));
    ranked
}

// === impl Stickiness ===

impl Stickiness {
    /// From the chance of a first failure, taken as known (its sample is larger by orders of magnitude than that of
    /// the second), and the second attempts; the intervals are Wilson's for P(F₂|F₁), carried over.
    fn of(p_first: Option<f64>, second: Rate) -> Stickiness {
        let figures = p_first.filter(|mu| *mu > 0.0).zip(second.value());
        let interval = second.value().map(|p| wilson(p, second.of as f64, Z95));
        let carried = |figure: fn(f64, f64) -> f64| {
            let ((mu, p), ci) = figures.zip(interval)?;
            Some((figure(p, mu), Interval { low: figure(ci.low, mu), high: figure(ci.high, mu) }))
        };
        Stickiness {
            p_first,
            second,
            lift: carried(|p, mu| p / mu),
            rho: if p_first == Some(1.0) { None } else { carried(|p, mu| (p - mu) / (1.0 - mu)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Outcome;
    use crate::verdict::trial::{Trial, failing};

    fn pay(trial: &Trial) -> UnitRepeats {
        let found = repeats(&trial.plan, &trial.tally);
        found.units.into_iter().find(|unit| trial.plan.unit(unit.unit).purchase).unwrap()
    }

    #[test]
    fn passing_failures_do_not_stick() {
        let trial = Trial::run(20_000, 60, |m| failing(m.step == "pay" && m.luck < 0.1));
        let (rho, interval) = pay(&trial).stickiness.rho.unwrap();
        assert!(interval.low < 0.0 && 0.0 < interval.high && rho.abs() < 0.04, "{rho} {interval:?}");
    }

    #[test]
    fn a_failure_for_good_sticks_entirely() {
        let trial = Trial::run(8_000, 60, |m| failing(m.step == "pay" && m.shopper < 0.02));
        let found = pay(&trial);
        assert_eq!(found.stickiness.rho.unwrap().0, 1.0);
        assert!((found.stickiness.lift.unwrap().0 - 1.0 / found.first.value().unwrap()).abs() < 1e-9);
    }

    #[test]
    fn the_beta_binomial_gives_the_stickiness_that_was_planted() {
        // With chance ρ the second attempt repeats the first, else it is drawn anew: P(F₂|F₁) = μ + ρ(1 − μ) = 24 %.
        let trial = Trial::run(40_000, 60, |m| {
            let sticks = m.shopper < 0.2;
            let (first, anew) = (m.shopper / 0.2 < 0.05, m.luck < 0.05);
            failing(m.step == "pay" && if sticks { first } else { anew })
        });
        let found = pay(&trial).stickiness;
        let (rho, interval) = found.rho.unwrap();
        assert!(interval.low < 0.2 && 0.2 < interval.high, "{rho} {interval:?}");
        assert!((found.lift.unwrap().0 - 4.8).abs() < 0.7);
    }

    #[test]
    fn units_that_never_fail_do_not_make_the_others_look_sticky() {
        let trial = Trial::run(20_000, 60, |m| failing(m.step == "pay" && m.luck < 0.2));
        let pooled = repeats(&trial.plan, &trial.tally).pooled;
        assert!((pooled.lift.unwrap().0 - 1.0).abs() < 0.15, "{pooled:?}");
    }

    #[test]
    fn trying_again_after_a_decline_does_not_dilute() {
        let trial = Trial::run(8_000, 60, |m| match (m.step, m.nth) {
            ("pay", _) if m.shopper < 0.02 => failing(true),
            ("pay", 1) if m.luck < 0.2 => Outcome::Declined,
            _ => Outcome::Ok,
        });
        assert_eq!(pay(&trial).stickiness.second.value(), Some(1.0));
    }

    #[test]
    fn without_a_failure_nothing_is_said() {
        let found = repeats(&Trial::run(500, 60, |_| Outcome::Ok).plan, &Trial::run(500, 60, |_| Outcome::Ok).tally);
        assert_eq!((found.pooled.p_first, found.pooled.lift, found.pooled.rho), (None, None, None));
        assert!(found.first_failed.is_empty() && found.repeated_from.is_empty());
        assert_eq!(found.units.len(), 7);
    }

    #[test]
    fn where_failures_fell_is_ranked() {
        let trial = Trial::run(4_000, 60, |m| failing(m.nth == 1 && (m.step == "cart" || m.step == "home" && m.luck < 0.2)));
        let found = repeats(&trial.plan, &trial.tally);
        assert_eq!(found.first_failed[0].0, trial.step("cart"));
        assert_eq!(found.second_failed.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [trial.step("cart")]);
        assert_eq!(found.repeated_from.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [trial.step("buy/home")]);
    }
}

//! What a run of this size could have seen, and how many shoppers more it would take to see as much again as usual.
//!
//! That nothing was found means little where little could be found. The figures are those that `check` promises before the run
//! ([`detect`]), for as many shoppers as came, each worth as much as the clustering of failures in time left it.

use super::shoppers::ShopperFindings;
use crate::plan::Plan;
use crate::plan::forecast::detect;
use crate::tally::{BlockTally, Tally};
use crate::verdict::statistics::{Rate, design_effect};

pub use crate::plan::forecast::detect::Sight;

/// What a run could see of one kind of shoppers.
#[derive(Clone, Debug, PartialEq)]
pub struct Detectable {
    /// Whom it is about.
    pub population: DetectablePopulation,
    /// How many they were.
    pub shoppers: u64,
    /// How many independent shoppers are worth a shopper of this run, inverted: at least 1.
    pub design_effect: f64,
    /// The failure rate that is ruled out where none fails.
    pub if_none_fails: f64,
    /// What would be seen beside usual failure rates, and beside the one of this run.
    pub sights: Vec<Sight>,
}

/// Whom a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectablePopulation {
    /// All who ended.
    Shoppers,
    /// Those who came to pay.
    Buyers,
}

/// What this run could see.
pub fn detectable(plan: &Plan, tally: &Tally, shoppers: &ShopperFindings) -> Vec<Detectable> {
    let mut found =
        vec![Detectable::of(DetectablePopulation::Shoppers, shoppers.ended, &shoppers.repeated)];
    // Attempts to pay cluster as attempts to pay do, and not as all that fails anywhere.
    let first_to_pay = |block: &BlockTally| {
        let tries = block
            .attempts
            .iter()
            .filter(|((unit, nth), _)| *nth == 1 && plan.unit(*unit).paying_step.is_some());
        tries.fold((0, 0), |(failed, of), (_, tries)| (failed + tries.failed, of + tries.total()))
    };
    let by_block = || tally.blocks.values().map(first_to_pay);
    let (failed, of) = by_block().fold((0, 0), |sum, block| (sum.0 + block.0, sum.1 + block.1));
    let clustering = design_effect(by_block());
    let first = Rate {
        design_effect: clustering.unwrap_or(1.0),
        by_blocks: clustering.is_some(),
        ..Rate::new(failed, of)
    };
    found.extend(
        (first.trials > 0)
            .then(|| Detectable::of(DetectablePopulation::Buyers, first.trials, &first)),
    );
    found
}

// === impl Detectable ===

impl Detectable {
    fn of(population: DetectablePopulation, shoppers: u64, seen: &Rate) -> Detectable {
        let effect = seen.design_effect.max(1.0);
        let own = seen.value().filter(|rate| *rate > 0.0 && *rate < 0.5);
        let bases =
            detect::BASELINES.into_iter().chain(own.filter(|own| !detect::BASELINES.contains(own)));
        Detectable {
            population,
            shoppers,
            design_effect: effect,
            if_none_fails: detect::bound_of_none((shoppers as f64 / effect) as u64),
            sights: bases.map(|base| Sight::of(base, shoppers, effect)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{Moment, SimulatedRun, failing, planted};

    #[test]
    fn a_run_says_what_it_could_have_seen() {
        let found = SimulatedRun::run(12_000, 120, planted).findings().detectable;
        let [all, buyers] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            (all.population, all.shoppers, buyers.population),
            (DetectablePopulation::Shoppers, 12_000, DetectablePopulation::Buyers)
        );
        assert!(buyers.shoppers > 4_000 && buyers.shoppers < 6_000);
        let [tenth, half, one, own] = &all.sights[..] else { panic!("{all:?}") };
        assert!((own.base - 0.031).abs() < 0.01, "the run's own rate: {own:?}");
        assert!(
            tenth.seen_from.unwrap() < 0.003 && half.seen_from.unwrap() < 0.01 && one.more == 0,
            "{all:?}"
        );
    }

    #[test]
    fn bursts_make_shoppers_worth_less() {
        let alone = Detectable::of(DetectablePopulation::Shoppers, 2_000, &Rate::new(20, 2_000));
        let bursts = Detectable::of(
            DetectablePopulation::Shoppers,
            2_000,
            &Rate { design_effect: 4.0, ..Rate::new(20, 2_000) },
        );
        assert_eq!((alone.if_none_fails, bursts.if_none_fails), (0.0015, 0.006));
        assert!(
            bursts.sights[1].seen_from > alone.sights[1].seen_from
                && bursts.sights[1].more > alone.sights[1].more
        );
        assert_eq!(alone.sights.len(), 3, "its own rate is one of the usual ones");
    }

    #[test]
    fn those_who_come_to_pay_are_worth_less_where_paying_fails_in_bursts_only() {
        let bursts = |at: &'static str| {
            let bad = |m: &Moment<'_>| m.step == at && ((m.now / 4.0) as u64).is_multiple_of(5);
            let found = SimulatedRun::run(6_000, 120, |m| {
                failing(m.luck < if bad(m) { 0.3 } else { 0.02 })
            })
            .findings();
            (found.shoppers.failed.design_effect, found.detectable[1].design_effect)
        };
        let (searching, paying) = (bursts("search"), bursts("pay"));
        assert!(
            searching.0 > 2.0 && searching.1 < 2.0 && paying.1 > 5.0,
            "{searching:?} {paying:?}"
        );
    }

    #[test]
    fn nobody_sees_nothing() {
        let found = Detectable::of(DetectablePopulation::Shoppers, 0, &Rate::new(0, 0));
        assert_eq!((found.if_none_fails, found.sights[0].seen_from), (1.0, None));
    }
}

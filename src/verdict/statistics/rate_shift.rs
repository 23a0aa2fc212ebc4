//! By how much a rate differs between two runs: Newcombe's interval, at the sample that is left of shoppers who fail in bursts.
//!
//! The limits of the difference come from the limits of each rate (Newcombe 1998, method 10: the hybrid score interval).
//! Clustering is judged on the difference itself, block of time by block of time: the runs follow one schedule, so that
//! what the load does to both (failures at the peak) is no noise, and neither is what hits both sides of a duet at once.

use std::collections::BTreeMap;

use statrs::function::beta::beta_reg;

use super::neighbours::{Neighbours, variance_over_blocks};
use super::power::detectable_rise;
use super::student::widening;
use super::time_blocks::{MAX_COMPARED_BLOCKS, TimeBlocks};
use super::{Clustering, Interval, SumOfSquares, SumsByBlock, wilson};
use crate::tally::PairCounts;

/// A difference of two rates, or of two means of figures in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateShift {
    base: SideRate,
    candidate: SideRate,
    /// How much both sides of pairs have in common (φ); 0 between separate runs.
    correlation: f64,
    /// PairCounts in which one side only failed, the base's first, at what clustering leaves of them; none between separate runs.
    discordant: Option<(f64, f64)>,
    /// The degrees of freedom of what is known of clustering; infinite where nothing is.
    pub freedom: f64,
    /// Whether clustering could be judged.
    pub by_blocks: bool,
}

/// One run's rate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct SideRate {
    value: f64,
    /// What was counted.
    count: f64,
    /// Independent yes-and-no answers that would say as much.
    effective: f64,
}

// === impl RateShift ===

impl RateShift {
    /// From what was counted by block; none where either run counted nothing.
    pub fn between(base: &SumsByBlock, candidate: &SumsByBlock) -> Option<RateShift> {
        let (b, c): (SumOfSquares, SumOfSquares) = (base.values().sum(), candidate.values().sum());
        if b.count <= 0.0 || c.count <= 0.0 {
            return None;
        }
        let independent = b.variance() / b.count + c.variance() / c.count;
        let blocks = blocks_of_both(base, candidate);
        let clustering = clustering_of_difference(blocks.as_ref(), b, c, independent);
        Some(RateShift {
            base: SideRate::new(b, clustering.effect),
            candidate: SideRate::new(c, clustering.effect),
            correlation: 0.0,
            discordant: None,
            freedom: clustering.freedom,
            by_blocks: blocks.is_some(),
        })
    }

    /// From pairs of shoppers in two shops at once, by block: the target is the candidate. None where there are no pairs.
    pub fn of_pairs(pairs: &BTreeMap<u32, PairCounts>) -> Option<RateShift> {
        let failed = |count: fn(&PairCounts) -> u64| -> SumsByBlock {
            let sums = |pairs: &PairCounts| SumOfSquares::of_events(count(pairs), pairs.total());
            pairs.iter().map(|(block, pairs)| (*block, sums(pairs))).collect()
        };
        let base = failed(|p| p.both + p.only_baseline);
        let candidate = failed(|p| p.both + p.only_target);
        let sum = |count: fn(&PairCounts) -> u64| pairs.values().map(count).sum::<u64>() as f64;
        let both = sum(|p| p.both);
        let only_candidate = sum(|p| p.only_target);
        let only_base = sum(|p| p.only_baseline);
        let neither = sum(|p| p.neither);
        let n = both + only_candidate + only_base + neither;
        if n <= 0.0 {
            return None;
        }
        let (b, c): (SumOfSquares, SumOfSquares) = (base.values().sum(), candidate.values().sum());
        let independent =
            (only_candidate + only_base - (only_candidate - only_base).powi(2) / n) / (n * n);
        let blocks = blocks_of_both(&base, &candidate);
        let clustering = clustering_of_difference(blocks.as_ref(), b, c, independent);
        // An estimated clustering is paid for by Student's law instead of the normal one.
        let student =
            if clustering.effect > 1.0 { widening(clustering.freedom, 0.05).powi(2) } else { 1.0 };
        let pairs_per_evidence = clustering.effect * student;
        Some(RateShift {
            base: SideRate::new(b, clustering.effect),
            candidate: SideRate::new(c, clustering.effect),
            correlation: phi(both, only_candidate, only_base, neither),
            discordant: Some((only_base / pairs_per_evidence, only_candidate / pairs_per_evidence)),
            freedom: clustering.freedom,
            by_blocks: blocks.is_some(),
        })
    }

    /// McNemar's exact one-sided p-value (1947): this many pairs, or more, in which only the candidate failed, of those in which one side
    /// only failed, were both as likely. None between separate runs.
    pub fn exact_p_value(&self) -> Option<f64> {
        let (base, candidate) = self.discordant?;
        // P(X ≥ c) of a binomial is an incomplete beta function, which takes fractions as well.
        Some(if candidate <= 0.0 { 1.0 } else { beta_reg(candidate, base + 1.0, 0.5) })
    }

    /// The candidate's rate less the base's.
    pub fn estimate(&self) -> f64 {
        self.candidate.value - self.base.value
    }

    /// Both rates, the base's first.
    pub fn values(&self) -> (f64, f64) {
        (self.base.value, self.candidate.value)
    }

    /// What was counted in both runs, the base's first.
    pub fn samples(&self) -> (u64, u64) {
        (self.base.count as u64, self.candidate.count as u64)
    }

    /// Newcombe's limits at this critical value on either side.
    pub fn limits(&self, critical: f64) -> Interval {
        let at = |side: &SideRate| wilson(side.value, side.effective, critical);
        let (base, candidate) = (at(&self.base), at(&self.candidate));
        let apart =
            |a: f64, b: f64| (a * a - 2.0 * self.correlation * a * b + b * b).max(0.0).sqrt();
        Interval {
            low: self.estimate()
                - apart(self.candidate.value - candidate.low, base.high - self.base.value),
            high: self.estimate()
                + apart(candidate.high - self.candidate.value, self.base.value - base.low),
        }
    }

    /// The standard error of the estimate. Never zero: no failure among n leaves a doubt of about 1/n.
    pub fn error(&self) -> f64 {
        let at = |side: &SideRate| {
            let p = ((side.value * side.effective + 0.5) / (side.effective + 1.0)).clamp(0.0, 1.0);
            p * (1.0 - p) / side.effective.max(1.0)
        };
        let (base, candidate) = (at(&self.base), at(&self.candidate));
        (base + candidate - 2.0 * self.correlation * (base * candidate).sqrt()).max(0.0).sqrt()
    }

    /// As if this many times as much had been seen, to the same effect.
    pub fn with_more(&self, times: f64) -> RateShift {
        let more = |side: SideRate| SideRate { effective: side.effective * times, ..side };
        let discordant = self.discordant.map(|(base, candidate)| (base * times, candidate * times));
        RateShift { base: more(self.base), candidate: more(self.candidate), discordant, ..*self }
    }

    /// The smallest rise of the base's rate whose lower limit lies above `floor` in four of five runs like these.
    pub fn detectable(&self, critical: f64, floor: f64) -> Option<f64> {
        /// The normal law's 80 % point.
        const POWER: f64 = 0.841_621;
        let (n, m) = (self.base.effective, self.candidate.effective);
        // Of pairs, what fails on both sides is no noise.
        let events = self.discordant.map_or(self.base.value * n, |(base, _)| base);
        let p = (events + 0.5) / (n + 1.0);
        let seen = |risen: f64| {
            let mean = f64::midpoint(p, risen);
            let under_none = critical * (mean * (1.0 - mean) * (1.0 / n + 1.0 / m)).sqrt();
            let under_rise = POWER * (p * (1.0 - p) / n + risen * (1.0 - risen) / m).sqrt();
            risen - p - floor >= under_none + under_rise
        };
        detectable_rise(p, seen)
    }
}

// === impl SideRate ===

impl SideRate {
    fn new(total: SumOfSquares, clustering: f64) -> SideRate {
        SideRate {
            value: total.mean(),
            count: total.count,
            effective: total.count * total.sharpness() / clustering,
        }
    }
}

/// The correlation of both sides of pairs, corrected for continuity where it is positive (Newcombe 1998, Statistics in Medicine 17, 2635–2650,
/// method 10).
fn phi(both: f64, only_candidate: f64, only_base: f64, neither: f64) -> f64 {
    let scale = (both + only_candidate)
        * (only_base + neither)
        * (both + only_base)
        * (only_candidate + neither);
    let product = both * neither - only_candidate * only_base;
    let product = if product > 0.0 {
        (product - (both + only_candidate + only_base + neither) / 2.0).max(0.0)
    } else {
        product
    };
    if scale > 0.0 { product / scale.sqrt() } else { 0.0 }
}

/// For each joined block of time: what both runs counted; then the count and the sum of the base, and those of the candidate.
fn blocks_of_both(base: &SumsByBlock, candidate: &SumsByBlock) -> Option<TimeBlocks> {
    let mut numbers: Vec<u32> = base.keys().chain(candidate.keys()).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    let at = |sums: &SumsByBlock, number: u32| sums.get(&number).copied().unwrap_or_default();
    TimeBlocks::of_two_runs(numbers.into_iter().map(|number| {
        let (b, c) = (at(base, number), at(candidate, number));
        vec![b.count + c.count, b.count, b.sum, c.count, c.sum]
    }))
}

/// By how much clustering inflates the variance of a difference over that of independent figures. Where nothing happened on either
/// side nothing is known of clustering, and nothing is estimated.
fn clustering_of_difference(
    blocks: Option<&TimeBlocks>,
    base: SumOfSquares,
    candidate: SumOfSquares,
    independent: f64,
) -> Clustering {
    match blocks.filter(|_| independent > 0.0) {
        Some(blocks) => Clustering {
            effect: (variance(blocks, base, candidate) / independent).max(1.0),
            freedom: blocks.count() as f64 - 1.0,
        },
        None => Clustering { effect: 1.0, freedom: f64::INFINITY },
    }
}

/// The variance of the difference of two ratios over the same blocks of time.
fn variance(blocks: &TimeBlocks, base: SumOfSquares, candidate: SumOfSquares) -> f64 {
    let excess =
        |count: f64, sum: f64, total: SumOfSquares| (sum - total.mean() * count) / total.count;
    let deviations: Vec<f64> = blocks
        .each()
        .map(|sums| excess(sums[3], sums[4], candidate) - excess(sums[1], sums[2], base))
        .collect();
    let few = blocks.count() * 2 <= MAX_COMPARED_BLOCKS;
    variance_over_blocks(&deviations, if few { Neighbours::Ignored } else { Neighbours::Full })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::statistics::Z95;

    fn counts(of: impl IntoIterator<Item = (u64, u64)>) -> SumsByBlock {
        (0..)
            .zip(of.into_iter().map(|(events, trials)| SumOfSquares::of_events(events, trials)))
            .collect()
    }

    #[test]
    fn newcombe_gives_the_published_examples() {
        // Newcombe 1998 (Statistics in Medicine 17, 873–890), table II, method 10: 56/70 − 48/80, 9/10 − 3/10, 5/56 − 0/29, 0/10 − 0/10.
        for (candidate, base, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 10), -0.2775, 0.2775),
        ] {
            let found =
                RateShift::between(&counts([base]), &counts([candidate])).unwrap().limits(Z95);
            assert!(
                (found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5,
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_burst_in_one_run_is_less_evidence_than_its_count() {
        let base = counts([(1, 100); 60]);
        let mut burst = vec![(1, 100); 60];
        burst[20..22].fill((31, 100));
        let steady = RateShift::between(&base, &counts([(2, 100); 60])).unwrap();
        let burst = RateShift::between(&base, &counts(burst)).unwrap();
        assert!((steady.estimate() - burst.estimate()).abs() < 1e-12);
        assert!(steady.limits(2.0).low > 0.0 && burst.limits(2.0).low < 0.0, "{burst:?}");
    }

    #[test]
    fn what_the_load_does_to_both_runs_is_no_noise() {
        let peak = |at: u32| {
            counts(
                (0..60)
                    .map(|block| if (at..at + 6).contains(&block) { (50, 100) } else { (0, 100) }),
            )
        };
        let (together, apart) = (
            RateShift::between(&peak(20), &peak(20)).unwrap(),
            RateShift::between(&peak(20), &peak(40)).unwrap(),
        );
        assert!(
            together.base.effective > 5_999.0 && apart.base.effective < 500.0,
            "{together:?} {apart:?}"
        );
    }

    fn pairs(both: u64, only_target: u64, only_baseline: u64, neither: u64) -> RateShift {
        RateShift::of_pairs(&BTreeMap::from([(
            0,
            PairCounts { both, only_target, only_baseline, neither },
        )]))
        .unwrap()
    }

    #[test]
    fn newcombe_gives_the_published_example_of_pairs() {
        // Newcombe 1998 (Statistics in Medicine 17, 2635–2650), table III, method 10: 36, 12, 2, 0.
        let found = pairs(36, 12, 2, 0).limits(Z95);
        assert!(
            (found.low - 0.0569).abs() < 5e-5 && (found.high - 0.3404).abs() < 5e-5,
            "{found:?}"
        );
    }

    #[test]
    fn mcnemar_counts_the_pairs_that_differ() {
        // P(X ≥ 8), X binomial of 10 and 1/2: 56/1024.
        let p = |here, beside| pairs(500, here, beside, 500).exact_p_value().unwrap();
        assert!((p(8, 2) - 56.0 / 1_024.0).abs() < 1e-9);
        assert!((p(5, 0) - 1.0 / 32.0).abs() < 1e-9);
        assert_eq!(p(0, 5), 1.0);
    }

    #[test]
    fn a_burst_on_one_side_is_less_evidence_than_its_count() {
        let of = |burst: u64| {
            let at = |block: u32| PairCounts {
                only_target: if block == 7 { burst } else { (20 - burst) / 20 },
                neither: 80,
                ..PairCounts::default()
            };
            RateShift::of_pairs(&(0..21).map(|block| (block, at(block))).collect()).unwrap()
        };
        assert!(of(0).exact_p_value().unwrap() < 1e-5, "{:?}", of(0));
        assert!(of(20).exact_p_value().unwrap() > 0.1, "{:?}", of(20));
    }

    #[test]
    fn more_of_the_same_decides_and_what_is_detectable_is_detected() {
        let shift = RateShift::between(&counts([(30, 6_000)]), &counts([(40, 6_000)])).unwrap();
        assert!(shift.limits(1.75).low < 0.0 && shift.with_more(20.0).limits(1.75).low > 0.0);
        let rise = shift.detectable(1.75, 0.0).unwrap();
        assert!((0.003..0.005).contains(&rise), "{rise}");
        let risen = RateShift::between(
            &counts([(30, 6_000)]),
            &counts([((6_000.0 * (0.005 + rise)) as u64, 6_000)]),
        )
        .unwrap();
        assert!(risen.limits(1.75).low > 0.0);
    }
}

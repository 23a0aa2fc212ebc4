//! By how much a rate differs between two runs: Newcombe's interval, at the sample that is left of shoppers who fail in bursts.
//!
//! The limits of the difference come from the limits of each rate (Newcombe 1998, method 10: the hybrid score interval).
//! Clustering is judged on the difference itself, stretch of time by stretch of time: the runs follow one schedule, so that
//! what the load does to both (failures at the peak) is no noise, and neither is what hits both sides of a duet at once.

use std::collections::BTreeMap;

use statrs::function::beta::beta_reg;

use super::stretches::{MOST_STRETCHES, joined};
use super::student::critical;
use crate::tally::Pairs;
use crate::verdict::objectives::share::{Cell, Cells};
use crate::verdict::statistics::{Interval, Z_ONE_SIDED, wilson};

/// A difference of two rates, or of two means of figures in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RateShift {
    base: Side,
    candidate: Side,
    /// How much both sides of pairs have in common (φ); 0 between separate runs.
    correlation: f64,
    /// Pairs in which one side only failed, the base's first, at what clustering leaves of them; none between separate runs.
    discordant: Option<(f64, f64)>,
    /// The degrees of freedom of what is known of clustering; infinite where nothing is.
    pub(super) freedom: f64,
    /// Whether clustering could be judged.
    pub(super) by_blocks: bool,
}

/// One run's rate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Side {
    value: f64,
    /// What was counted.
    of: f64,
    /// Independent yes-and-no answers that would say as much.
    effective: f64,
}

// === impl RateShift ===

impl RateShift {
    /// From what was counted by block; none where either run counted nothing.
    pub(super) fn of(base: &Cells, candidate: &Cells) -> Option<RateShift> {
        let (b, c) = (total(base), total(candidate));
        if b.of <= 0.0 || c.of <= 0.0 {
            return None;
        }
        let independent = b.variance() / b.of + c.variance() / c.of;
        let stretches = joined(base, candidate);
        let clustering = stretches.as_ref().map_or(1.0, |stretches| match independent > 0.0 {
            true => (variance(stretches, b, c) / independent).max(1.0),
            false => 1.0,
        });
        // Where nothing happened on either side nothing is known of clustering, and nothing is estimated.
        let freedom = stretches
            .as_ref()
            .filter(|_| independent > 0.0)
            .map_or(f64::INFINITY, |stretches| stretches.len() as f64 - 1.0);
        Some(RateShift {
            base: Side::of(b, clustering),
            candidate: Side::of(c, clustering),
            correlation: 0.0,
            discordant: None,
            freedom,
            by_blocks: stretches.is_some(),
        })
    }

    /// From pairs of shoppers in two shops at once, by block: the target is the candidate. None where there are no pairs.
    pub(super) fn of_pairs(pairs: &BTreeMap<u32, Pairs>) -> Option<RateShift> {
        let cells = |failed: fn(&Pairs) -> u64| -> Cells {
            pairs
                .iter()
                .map(|(block, pairs)| (*block, Cell::counts(failed(pairs), pairs.total())))
                .collect()
        };
        let (base, candidate) =
            (cells(|p| p.both + p.only_beside), cells(|p| p.both + p.only_here));
        let sum = |count: fn(&Pairs) -> u64| pairs.values().map(count).sum::<u64>() as f64;
        let (both, here, beside, neither) =
            (sum(|p| p.both), sum(|p| p.only_here), sum(|p| p.only_beside), sum(|p| p.neither));
        let n = both + here + beside + neither;
        if n <= 0.0 {
            return None;
        }
        let (b, c) = (total(&base), total(&candidate));
        let independent = (here + beside - (here - beside).powi(2) / n) / (n * n);
        let stretches = joined(&base, &candidate).filter(|_| independent > 0.0);
        let clustering = stretches
            .as_ref()
            .map_or(1.0, |stretches| (variance(stretches, b, c) / independent).max(1.0));
        let freedom =
            stretches.as_ref().map_or(f64::INFINITY, |stretches| stretches.len() as f64 - 1.0);
        // An estimated clustering is paid for by Student's law instead of the normal one.
        let estimated =
            if clustering > 1.0 { (critical(freedom, 0.05) / Z_ONE_SIDED).powi(2) } else { 1.0 };
        let worth = clustering * estimated;
        Some(RateShift {
            base: Side::of(b, clustering),
            candidate: Side::of(c, clustering),
            correlation: phi(both, here, beside, neither),
            discordant: Some((beside / worth, here / worth)),
            freedom,
            by_blocks: joined(&base, &candidate).is_some(),
        })
    }

    /// McNemar's exact one-sided p-value (1947): so many pairs, or more, in which only the candidate failed, of those in which one side
    /// only failed, were both as likely. None between separate runs.
    pub(super) fn exact_p_value(&self) -> Option<f64> {
        let (base, candidate) = self.discordant?;
        // P(X ≥ c) of a binomial is an incomplete beta function, which takes fractions as well.
        Some(if candidate <= 0.0 { 1.0 } else { beta_reg(candidate, base + 1.0, 0.5) })
    }

    /// The candidate's rate less the base's.
    pub(super) fn estimate(&self) -> f64 {
        self.candidate.value - self.base.value
    }

    /// Both rates, the base's first.
    pub(super) fn values(&self) -> (f64, f64) {
        (self.base.value, self.candidate.value)
    }

    /// What was counted in both runs, the base's first.
    pub(super) fn samples(&self) -> (u64, u64) {
        (self.base.of as u64, self.candidate.of as u64)
    }

    /// Newcombe's limits at this critical value on either side.
    pub(super) fn limits(&self, critical: f64) -> Interval {
        let at = |side: &Side| wilson(side.value, side.effective, critical);
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
    pub(super) fn error(&self) -> f64 {
        let at = |side: &Side| {
            let p = ((side.value * side.effective + 0.5) / (side.effective + 1.0)).clamp(0.0, 1.0);
            p * (1.0 - p) / side.effective.max(1.0)
        };
        let (base, candidate) = (at(&self.base), at(&self.candidate));
        (base + candidate - 2.0 * self.correlation * (base * candidate).sqrt()).max(0.0).sqrt()
    }

    /// As if so many times as much had been seen, to the same effect.
    pub(super) fn with_more(&self, times: f64) -> RateShift {
        let more = |side: Side| Side { effective: side.effective * times, ..side };
        let discordant = self.discordant.map(|(base, candidate)| (base * times, candidate * times));
        RateShift { base: more(self.base), candidate: more(self.candidate), discordant, ..*self }
    }

    /// The smallest rise of the base's rate whose lower limit lies above `floor` in four of five runs like these.
    pub(super) fn detectable(&self, critical: f64, floor: f64) -> Option<f64> {
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
        let (mut low, mut high) = (p, 1.0);
        if !seen(high) {
            return None;
        }
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if seen(middle) { high = middle } else { low = middle }
        }
        Some(high - p)
    }
}

// === impl Side ===

impl Side {
    fn of(total: Cell, clustering: f64) -> Side {
        let (value, variance) = (total.mean(), total.variance());
        // Chances vary less than yes-and-no answers of the same mean, and say more.
        let sharper = if variance > 0.0 { value * (1.0 - value) / variance } else { 1.0 };
        Side { value, of: total.of, effective: total.of * sharper / clustering }
    }
}

/// The correlation of both sides of pairs, corrected for continuity where it is positive (Newcombe 1998, Statistics in Medicine 17, 2635–2650,
/// method 10).
fn phi(both: f64, here: f64, beside: f64, neither: f64) -> f64 {
    let scale = (both + here) * (beside + neither) * (both + beside) * (here + neither);
    let product = both * neither - here * beside;
    let product = if product > 0.0 {
        (product - (both + here + beside + neither) / 2.0).max(0.0)
    } else {
        product
    };
    if scale > 0.0 { product / scale.sqrt() } else { 0.0 }
}

fn total(cells: &Cells) -> Cell {
    cells.values().fold(Cell::default(), |sum, cell| sum + *cell)
}

/// The variance of the difference of two ratios over the same stretches of time (Cochran 1977, 6.3, of each). A burst across
/// the edge of two stretches shows in their covariance (Newey and West 1987); a negative one is no merit.
fn variance(stretches: &[[Cell; 2]], base: Cell, candidate: Cell) -> f64 {
    let excess = |cell: &Cell, total: Cell| (cell.sum - total.mean() * cell.of) / total.of;
    let excesses: Vec<f64> =
        stretches.iter().map(|[b, c]| excess(c, candidate) - excess(b, base)).collect();
    let squares: f64 = excesses.iter().map(|e| e * e).sum();
    let neighbours: f64 = excesses.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let count = excesses.len() as f64;
    // With few stretches the covariance of neighbours is mostly noise.
    let neighbours = if stretches.len() * 2 > MOST_STRETCHES { neighbours.max(0.0) } else { 0.0 };
    count / (count - 1.0) * (squares + 2.0 * neighbours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::statistics::Z95;

    fn counts(of: impl IntoIterator<Item = (u64, u64)>) -> Cells {
        (0..).zip(of.into_iter().map(|(events, of)| Cell::counts(events, of))).collect()
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
            let found = RateShift::of(&counts([base]), &counts([candidate])).unwrap().limits(Z95);
            assert!(
                (found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5,
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_burst_in_one_run_is_worth_less_than_its_count() {
        let base = counts([(1, 100); 60]);
        let mut burst = vec![(1, 100); 60];
        burst[20..22].fill((31, 100));
        let steady = RateShift::of(&base, &counts([(2, 100); 60])).unwrap();
        let burst = RateShift::of(&base, &counts(burst)).unwrap();
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
            RateShift::of(&peak(20), &peak(20)).unwrap(),
            RateShift::of(&peak(20), &peak(40)).unwrap(),
        );
        assert!(
            together.base.effective > 5_999.0 && apart.base.effective < 500.0,
            "{together:?} {apart:?}"
        );
    }

    fn pairs(both: u64, only_here: u64, only_beside: u64, neither: u64) -> RateShift {
        RateShift::of_pairs(&BTreeMap::from([(0, Pairs { both, only_here, only_beside, neither })]))
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
    fn a_burst_on_one_side_is_worth_less_than_its_count() {
        let of = |burst: u64| {
            let at = |block: u32| Pairs {
                only_here: if block == 7 { burst } else { (20 - burst) / 20 },
                neither: 80,
                ..Pairs::default()
            };
            RateShift::of_pairs(&(0..21).map(|block| (block, at(block))).collect()).unwrap()
        };
        assert!(of(0).exact_p_value().unwrap() < 1e-5, "{:?}", of(0));
        assert!(of(20).exact_p_value().unwrap() > 0.1, "{:?}", of(20));
    }

    #[test]
    fn more_of_the_same_decides_and_what_is_detectable_is_detected() {
        let shift = RateShift::of(&counts([(30, 6_000)]), &counts([(40, 6_000)])).unwrap();
        assert!(shift.limits(1.75).low < 0.0 && shift.with_more(20.0).limits(1.75).low > 0.0);
        let rise = shift.detectable(1.75, 0.0).unwrap();
        assert!((0.003..0.005).contains(&rise), "{rise}");
        let risen = RateShift::of(
            &counts([(30, 6_000)]),
            &counts([((6_000.0 * (0.005 + rise)) as u64, 6_000)]),
        )
        .unwrap();
        assert!(risen.limits(1.75).low > 0.0);
    }
}

//! How much likelier a second failure is than a first, and how sure that is.

use crate::base::UnitId;
use crate::tally::Tally;
use crate::verdict::statistics::{Interval, Rate, TimeBlocks, Z95, wilson};

/// How much likelier a second failure is than a first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stickiness {
    /// μ: how likely a first attempt fails; for all units together, averaged as the first failures fell, so that a
    /// unit that never fails doesn't make the others look sticky. None if nobody attempted anything, or pooled without a failure.
    pub p_first: Option<f64>,
    /// Of those who tried again after a failed first attempt: those who failed again.
    pub second: Rate,
    /// P(F₂|F₁)/μ, with its interval.
    pub relative_risk: Option<(f64, Interval)>,
    /// ρ, with its interval.
    pub rho: Option<(f64, Interval)>,
    /// Whether the intervals rest on stretches of time; otherwise they take attempts for independent and are weak.
    pub by_blocks: bool,
}

/// For each unit, sums over some stretch of time.
const PER_UNIT: usize = 4;

/// First attempts, those that failed, second attempts after a failed one, those that failed.
fn sums(tally: &Tally, units: &[UnitId]) -> Vec<Vec<f64>> {
    let of_block = |block: &crate::tally::BlockTally| {
        let of_unit = |unit: &UnitId| {
            let first = block.attempts.get(&(*unit, 1)).copied().unwrap_or_default();
            let again = block.retries.get(unit).copied().unwrap_or_default().attempts;
            [first.total(), first.failed, again.total(), again.failed].map(|count| count as f64)
        };
        let figures: Vec<f64> = units.iter().flat_map(of_unit).collect();
        let attempts = figures.chunks(PER_UNIT).map(|of| of[0] + of[2]).sum();
        std::iter::once(attempts).chain(figures).collect()
    };
    tally.blocks.values().map(of_block).collect()
}

/// (μ, second attempts, those that failed): each first failure is compared with the chance at the unit where it happened.
fn figures(sums: &[f64]) -> Option<(f64, f64, f64)> {
    let (mut expected, mut again, mut failed) = (0.0, 0.0, 0.0);
    for unit in sums[1..].chunks(PER_UNIT).filter(|unit| unit[0] > 0.0) {
        expected += unit[2] * unit[1] / unit[0];
        again += unit[2];
        failed += unit[3];
    }
    (again > 0.0).then(|| (expected / again, again, failed))
}

fn rho(sums: &[f64]) -> Option<f64> {
    figures(sums)
        .filter(|(mu, ..)| *mu < 1.0)
        .map(|(mu, again, failed)| (failed / again - mu) / (1.0 - mu))
}

// === impl Stickiness ===

impl Stickiness {
    /// At these units together.
    pub(super) fn of(tally: &Tally, units: &[UnitId]) -> Stickiness {
        let blocks = sums(tally, units);
        let mut total = vec![0.0; 1 + PER_UNIT * units.len()];
        blocks
            .iter()
            .for_each(|sums| total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum));
        let Some((mu, again, failed)) = figures(&total) else {
            // Nobody tried again; at one unit the chance of a first failure may be known all the same.
            let alone = (units.len() == 1 && total[1] > 0.0).then(|| total[2] / total[1]);
            return Stickiness {
                p_first: alone,
                second: Rate::new(0, 0),
                relative_risk: None,
                rho: None,
                by_blocks: false,
            };
        };
        let first: f64 = total[1..].chunks(PER_UNIT).map(|unit| unit[0]).sum();
        let second = Rate::new(failed as u64, again as u64);
        let error = TimeBlocks::of_run(blocks.into_iter())
            .and_then(|stretches| stretches.bootstrap_error(rho));
        let found =
            rho(&total).map(|found| (found, interval((mu, first), (failed / again, again), error)));
        // The same interval on the other scale: P(F₂|F₁) = μ + ρ (1 − μ).
        let relative_risk = found.filter(|_| mu > 0.0).map(|(rho, ci95)| {
            let relative_risk = |rho: f64| 1.0 + rho * (1.0 - mu) / mu;
            (
                relative_risk(rho),
                Interval { low: relative_risk(ci95.low), high: relative_risk(ci95.high) },
            )
        });
        Stickiness {
            p_first: Some(mu),
            second,
            relative_risk,
            rho: found.filter(|_| mu > 0.0),
            by_blocks: error.is_some(),
        }
    }

    /// Where the rate of second failures lies with 95 % confidence: the interval of ρ on its scale, μ + ρ (1 − μ).
    pub fn second_ci95(&self) -> Option<Interval> {
        let (mu, (_, ci95)) = self.p_first.zip(self.rho)?;
        let p = |rho: f64| (mu + rho * (1.0 - mu)).clamp(0.0, 1.0);
        Some(Interval { low: p(ci95.low), high: p(ci95.high) })
    }
}

/// Where ρ lies with 95 % confidence: Wilson's interval for P(F₂|F₁) at the sample that would leave ρ the error that it has, by the
/// bootstrap if there is one, but never a smaller one than independent attempts leave.
fn interval((mu, first): (f64, f64), (p, again): (f64, f64), error: Option<f64>) -> Interval {
    let scale = 1.0 - mu;
    // The delta method: dρ/dp = 1/(1 − μ), dρ/dμ = (p − 1)/(1 − μ)².
    let variance = p * (1.0 - p) / again / scale.powi(2)
        + mu * scale / first * ((1.0 - p) / scale.powi(2)).powi(2);
    let variance = variance.max(error.map_or(0.0, |error| error * error));
    // Where none failed, or all did, the attempts are what there is.
    let effective = if variance > 0.0 && p > 0.0 && p < 1.0 {
        (p * (1.0 - p) / (variance * scale * scale)).min(again)
    } else {
        again
    };
    let of_p = wilson(p, effective, Z95);
    Interval { low: (of_p.low - mu) / scale, high: (of_p.high - mu) / scale }
}

//! Clustering in time: failures come in bursts, and a burst is fewer pieces of evidence than its count.

/// With fewer blocks than this, clustering can't be judged, and intervals that take shoppers for independent are
/// marked as weak.
pub const MIN_BLOCKS: usize = 30;

/// By how much the variance of a pooled rate exceeds the binomial one, from (events, of) by block: Pearson's χ² over
/// its degrees of freedom, at least 1 (McCullagh and Nelder 1989, 4.5). None with fewer than [`MIN_BLOCKS`] blocks.
pub fn design_effect(blocks: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let blocks: Vec<(f64, f64)> = blocks.filter(|(_, of)| *of > 0).map(|(events, of)| (events as f64, of as f64)).collect();
    if blocks.len() < MIN_BLOCKS {
        return None;
    }
    let (events, of) = blocks.iter().fold((0.0, 0.0), |(e, n), (events, of)| (e + events, n + of));
    let p: f64 = events / of;
    if p <= 0.0 || p >= 1.0 {
        return Some(1.0);
    }
    let chi_squared: f64 = blocks.iter().map(|(events, of)| (events - of * p).powi(2) / (of * p * (1.0 - p))).sum();
    Some((chi_squared / (blocks.len() - 1) as f64).max(1.0))
}

/// The standard error of a ratio Σy / Σn from (y, n) by block, blocks being independent:
/// √(B/(B − 1) Σ(y − R n)²) / Σn (Cochran 1977, 6.3). None with fewer than [`MIN_BLOCKS`] blocks.
pub fn ratio_error(blocks: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let blocks: Vec<(f64, f64)> = blocks.filter(|(_, n)| *n > 0.0).collect();
    if blocks.len() < MIN_BLOCKS {
        return None;
    }
    let (y, n) = blocks.iter().fold((0.0, 0.0), |(ys, ns), (y, n)| (ys + y, ns + n));
    let squares: f64 = blocks.iter().map(|(y_b, n_b)| (y_b - y / n * n_b).powi(2)).sum();
    let count = blocks.len() as f64;
    Some((count / (count - 1.0) * squares).sqrt() / n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, uniform};

    /// 100 blocks of 200: events come in bursts of `burst` at a pooled rate of 5 %.
    fn bursts(key: u64, burst: u64) -> Vec<(u64, u64)> {
        let hit = |block: u64, i: u64| uniform(key, Purpose::Bootstrap, block * 1_000 + i) < 0.05;
        (0..100).map(|block| ((0..200 / burst).filter(|&i| hit(block, i)).count() as u64 * burst, 200)).collect()
    }

    #[test]
    fn independent_events_have_no_design_effect_to_speak_of() {
        let mean = (0..40).map(|key| design_effect(bursts(key, 1).into_iter()).unwrap()).sum::<f64>() / 40.0;
        assert!((1.0..1.12).contains(&mean), "{mean}");
    }

    #[test]
    fn bursts_of_five_are_worth_a_fifth() {
        let mean = (0..40).map(|key| design_effect(bursts(key, 5).into_iter()).unwrap()).sum::<f64>() / 40.0;
        assert!((4.5..5.5).contains(&mean), "{mean}");
    }

    #[test]
    fn the_ratios_error_agrees_with_the_design_effect() {
        for burst in [1, 5] {
            let blocks = bursts(7, burst);
            let p = blocks.iter().map(|b| b.0).sum::<u64>() as f64 / 20_000.0;
            let error = ratio_error(blocks.iter().map(|&(y, n)| (y as f64, n as f64))).unwrap();
            let binomial = (p * (1.0 - p) / 20_000.0).sqrt();
            let effect = design_effect(blocks.into_iter()).unwrap();
            assert!(((error / binomial).powi(2).max(1.0) - effect).abs() < 0.05, "{burst}");
        }
    }

    #[test]
    fn few_blocks_can_not_be_judged() {
        assert_eq!(design_effect((0..29).map(|_| (1, 10))), None);
        assert_eq!(ratio_error((0..29).map(|_| (1.0, 10.0))), None);
        assert_eq!(design_effect((0..30).map(|_| (0, 10))), Some(1.0));
    }
}

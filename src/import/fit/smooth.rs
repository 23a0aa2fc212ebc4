//! A smooth rate under counts: local linear regression of their square roots, with the bandwidth that predicts left-out counts best.

/// Bandwidths to choose from, in bins.
const BANDWIDTHS: [usize; 6] = [1, 2, 5, 10, 20, 40];

/// A smoothed stretch of counts.
#[derive(Clone, Debug, Default)]
pub struct Smooth {
    /// The rate in each bin, in counts a bin.
    pub rate: Vec<f64>,
    /// Half the width of its 95 % band.
    pub half: Vec<f64>,
    /// How many parameters the fit spends.
    pub spent: f64,
}

/// Smooths counts that have no jump among them.
pub fn smooth(counts: &[u32]) -> Smooth {
    // √(n + 3/8) has a variance of nearly 1/4 whatever the rate (Anscombe 1948).
    let roots: Vec<f64> = counts.iter().map(|n| (f64::from(*n) + 0.375).sqrt()).collect();
    let usable = BANDWIDTHS.iter().filter(|h| **h == 1 || **h <= counts.len());
    let fits: Vec<BandwidthFit> = usable.map(|h| fit(&roots, *h)).collect();
    let best = (0..fits.len()).min_by(|a, b| fits[*a].left_out.total_cmp(&fits[*b].left_out));
    let Some(place) = best else { return Smooth::default() };
    let (best, narrower) = (&fits[place], &fits[place.saturating_sub(1)]);
    // The mean of the roots is √(λ + 1/8), as their variance is taken off.
    let rate = best.values.iter().map(|y| (y * y - 0.125).max(0.0)).collect();
    // What a narrower bandwidth sees elsewhere may be a bend that this one cuts off.
    let error = |t: usize| {
        let bend = best.values[t] - narrower.values[t];
        (best.errors[t].powi(2) + bend * bend / 2.0).sqrt()
    };
    let half = (0..roots.len()).map(|t| 1.96 * 2.0 * best.values[t] * error(t)).collect();
    Smooth { rate, half, spent: best.spent }
}

struct BandwidthFit {
    values: Vec<f64>,
    /// Standard errors of the values.
    errors: Vec<f64>,
    spent: f64,
    /// The mean squared error of predicting a bin from the others.
    left_out: f64,
}

/// Local linear regression with a triangular kernel that reaches `h` bins to each side.
fn fit(roots: &[f64], h: usize) -> BandwidthFit {
    let n = roots.len();
    let mut out = BandwidthFit {
        values: Vec::with_capacity(n),
        errors: Vec::with_capacity(n),
        spent: 0.0,
        left_out: 0.0,
    };
    for t in 0..n {
        let (from, to) = (t.saturating_sub(h), (t + h + 1).min(n));
        let weight = |i: usize| 1.0 - i.abs_diff(t) as f64 / (h + 1) as f64;
        let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
        for i in from..to {
            let (w, x) = (weight(i), i as f64 - t as f64);
            s0 += w;
            s1 += w * x;
            s2 += w * x * x;
        }
        let det = s0 * s2 - s1 * s1;
        let coefficient = |i: usize| {
            let (w, x) = (weight(i), i as f64 - t as f64);
            if det.abs() < 1e-9 { w / s0 } else { w * (s2 - s1 * x) / det }
        };
        let (mut value, mut squares) = (0.0, 0.0);
        for (i, root) in roots.iter().enumerate().take(to).skip(from) {
            let c = coefficient(i);
            value += c * root;
            squares += c * c;
        }
        let own = coefficient(t).min(0.999);
        out.left_out += ((roots[t] - value) / (1.0 - own)).powi(2) / n as f64;
        out.spent += own;
        out.values.push(value);
        out.errors.push(0.5 * squares.sqrt());
    }
    out
}

/// Places where the rate jumps: a bin far from the mean of the five before, and the next ones stay on its side.
pub fn jumps(counts: &[u32]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut t = 5;
    while t + 3 <= counts.len() {
        let before = counts[t - 5..t].iter().sum::<u32>();
        let mean = f64::from(before) / 5.0;
        let off = |i: usize| f64::from(counts[i]) - mean;
        let limit = 5.0 * mean.max(1.0).sqrt();
        let lasts = (t..t + 3).all(|i| off(i) * off(t) > 0.0 && off(i).abs() > off(t).abs() / 2.0);
        // A steep ramp keeps going: at a jump the bins after it are alike.
        let settles = off(t + 2).abs() < 1.6 * off(t).abs() + 2.0 * mean.max(1.0).sqrt();
        if off(t).abs() > limit && lasts && settles {
            found.push(t);
            t += 5;
        } else {
            t += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, uniform};

    fn poisson(seed: u64, at: u64, mean: f64) -> u32 {
        // Knuth's product of uniforms; means here are small enough for it.
        let mut product = 1.0;
        (0_u64..)
            .find(|i| {
                product *= uniform(seed, Purpose::Bootstrap, at * 1_000 + i);
                product < (-mean).exp()
            })
            .unwrap_or(0) as u32
    }

    #[test]
    fn the_band_holds_the_rate_in_ninety_three_of_a_hundred_bins() {
        let truth = |t: usize| 60.0 + 40.0 * (t as f64 / 25.0).sin();
        let (mut inside, mut all) = (0, 0);
        for seed in 0..20 {
            let counts: Vec<u32> = (0..240).map(|t| poisson(seed, t as u64, truth(t))).collect();
            let smooth = smooth(&counts);
            for t in 0..240 {
                all += 1;
                inside += usize::from((smooth.rate[t] - truth(t)).abs() <= smooth.half[t]);
            }
        }
        assert!(inside * 100 >= all * 93, "{inside} of {all}");
    }

    #[test]
    fn a_jump_is_found_where_it_is_and_a_calm_hour_has_none() {
        let (mut found, mut wrong) = (0, 0);
        for seed in 0..20 {
            let counts: Vec<u32> =
                (0..120).map(|t| poisson(seed, t, if t < 70 { 40.0 } else { 120.0 })).collect();
            let jumps = jumps(&counts);
            found += usize::from(jumps.iter().any(|at| at.abs_diff(70) <= 1));
            wrong += jumps.iter().filter(|at| at.abs_diff(70) > 1).count();
        }
        assert!(found >= 19 && wrong <= 1, "found in {found} of 20, {wrong} wrong ones");
    }
}

//! Bursts: the rate of arrivals swings about the profile's. In each stretch of time it is multiplied by a gamma number of mean 1
//! that the seed gives, so that the number of arrivals in a stretch is a negative binomial one.

use crate::base::random::{Purpose, draw, uniform};
use crate::base::{Micros, normal};
use crate::plan::{Bursts, Intensity, Profile, Stage};

/// The profile with its rate multiplied in each stretch. Its stages end where a stage of the profile or a stretch does.
pub fn swing(profile: &Profile, bursts: Bursts, seed: u64) -> Profile {
    let intensity = Intensity::new(profile);
    let factor = |stretch: u64| {
        let (from, to) = (bursts.every * stretch, bursts.every * (stretch + 1));
        let expected = intensity.cumulative(to) - intensity.cumulative(from);
        let shape = bursts.gamma_shape(expected);
        if shape > 0.0 { gamma(seed, stretch, shape) / shape } else { 0.0 }
    };
    let (mut stages, mut start) = (Vec::new(), Micros::ZERO);
    let mut current = (0, factor(0));
    for stage in &profile.stages {
        let mut at = Micros::ZERO;
        while at < stage.length {
            let stretch = (start + at).0 / bursts.every.0;
            if stretch != current.0 {
                current = (stretch, factor(stretch));
            }
            let end = (bursts.every * (stretch + 1)).since(start).min(stage.length);
            let rate = |at: Micros| {
                let share = at.0 as f64 / stage.length.0 as f64;
                (stage.from + (stage.to - stage.from) * share) * current.1
            };
            let (from, to, length) = (rate(at), rate(end), end - at);
            stages.push(Stage { from, to, length, label: String::new() });
            at = end;
        }
        start += stage.length;
    }
    Profile { stages, shape: None }
}

/// A gamma number of this shape and scale 1: by rejection (Marsaglia and Tsang 2000), of which 95 in 100 draws are accepted at once.
fn gamma(seed: u64, stretch: u64, shape: f64) -> f64 {
    let key = draw(seed, Purpose::Burst, stretch);
    let drawn = |nth: u64| uniform(key, Purpose::Burst, nth);
    if shape < 1.0 {
        // Of shape + 1, times a uniform number to the power of 1 / shape.
        let smaller = libm::exp(libm::log(drawn(0).max(f64::MIN_POSITIVE)) / shape);
        return smaller * above_one(shape + 1.0, |nth| drawn(nth + 1));
    }
    above_one(shape, drawn)
}

/// The same of a shape from 1 on.
fn above_one(shape: f64, drawn: impl Fn(u64) -> f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    let accepted = (0..100_u64).find_map(|attempt| {
        let x = normal::quantile(drawn(2 * attempt));
        let v = 1.0 + c * x;
        let v = v * v * v;
        let bound = x * x / 2.0 + d - d * v + d * libm::log(v.max(f64::MIN_POSITIVE));
        (v > 0.0 && libm::log(drawn(2 * attempt + 1)) < bound).then_some(d * v)
    });
    // A hundred rejections in a row have a chance of 1e-130.
    accepted.unwrap_or(d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_numbers_have_their_mean_and_their_variance() {
        for shape in [0.3, 1.0, 4.0, 60.0] {
            let n = 40_000;
            let drawn: Vec<f64> = (0..n).map(|i| gamma(7, i, shape)).collect();
            let mean = drawn.iter().sum::<f64>() / n as f64;
            let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
            let error = (shape / n as f64).sqrt();
            assert!((mean - shape).abs() < 4.0 * error, "mean {mean} of shape {shape}");
            assert!((variance / shape - 1.0).abs() < 0.06, "variance {variance} of shape {shape}");
        }
    }
}

//! Pauses of people.

use super::normal;
use super::units::Micros;

/// A pause that differs from shopper to shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delay {
    /// Uniform between two bounds, both included. A fixed pause has equal bounds.
    Uniform {
        /// The shortest pause.
        low: Micros,
        /// The longest pause; never less than `low`.
        high: Micros,
    },
    /// Log-normal, as people's think times are; cut at half an hour, or at `p90` if that is longer.
    LogNormal {
        /// Half of the pauses are shorter; never zero.
        median: Micros,
        /// Nine in ten are shorter; more than the median.
        p90: Micros,
    },
}

/// The standard normal quantile of 90 %.
const Z90: f64 = 1.281_551_565_544_600_4;

/// Who pauses longer has left: the gap by which analytics end a session.
const LONGEST_PAUSE: Micros = Micros::from_secs(1_800);

// === impl Delay ===

impl Delay {
    /// The same pause for every shopper.
    pub const fn fixed(pause: Micros) -> Delay {
        Delay::Uniform { low: pause, high: pause }
    }

    /// The pause of which a share `u` in 0..1 of all pauses is shorter. The same on every platform.
    pub fn at(self, u: f64) -> Micros {
        match self {
            Delay::Uniform { low, high } => {
                Micros(low.0 + ((high.0 - low.0 + 1) as f64 * u) as u64).min(high)
            }
            Delay::LogNormal { median, p90 } => {
                let factor = libm::exp(spread(median, p90) * normal::quantile(u));
                Micros((median.0 as f64 * factor) as u64).min(LONGEST_PAUSE.max(p90))
            }
        }
    }

    /// The mean pause.
    pub fn mean(self) -> Micros {
        match self {
            Delay::Uniform { low, high } => Micros((low.0 + high.0) / 2),
            Delay::LogNormal { median, p90 } => {
                // E[min(X, c)] of a log-normal X (Johnson, Kotz and Balakrishnan 1994, 14.3).
                let spread = spread(median, p90);
                let cut = LONGEST_PAUSE.max(p90).0 as f64;
                let z = libm::log(cut / median.0.max(1) as f64) / spread;
                let below = median.0 as f64
                    * libm::exp(spread * spread / 2.0)
                    * (1.0 - normal::upper_tail(z - spread));
                Micros((below + cut * normal::upper_tail(z)) as u64)
            }
        }
    }
}

impl Default for Delay {
    fn default() -> Delay {
        Delay::fixed(Micros::ZERO)
    }
}

/// The standard deviation of the logarithm.
fn spread(median: Micros, p90: Micros) -> f64 {
    libm::log(p90.0 as f64 / median.0.max(1) as f64) / Z90
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uniform_delay_stays_between_its_bounds() {
        let delay = Delay::Uniform { low: Micros(10), high: Micros(12) };
        assert_eq!(delay.at(0.0), Micros(10));
        assert_eq!(delay.at(0.999_999), Micros(12));
        assert_eq!(Delay::fixed(Micros(7)).at(0.5), Micros(7));
    }

    #[test]
    fn a_log_normal_delay_has_its_median_its_p90_its_mean_and_its_cut() {
        let delay = Delay::LogNormal { median: Micros::from_secs(12), p90: Micros::from_secs(43) };
        let at = |u: f64| delay.at(u).as_secs_f64();
        assert!(
            (at(0.5) - 12.0).abs() < 1e-4 && (at(0.9) - 43.0).abs() < 1e-4,
            "{} {}",
            at(0.5),
            at(0.9)
        );
        assert!((at(0.1) - 12.0 * 12.0 / 43.0).abs() < 1e-4, "{}", at(0.1));
        assert_eq!(delay.at(1.0 - 1e-16), Micros::from_secs(1_800));
        let n = 100_000;
        for delay in [
            delay,
            Delay::LogNormal { median: Micros::from_secs(60), p90: Micros::from_secs(1_500) },
        ] {
            let mean = (0..n)
                .map(|i| delay.at((f64::from(i) + 0.5) / f64::from(n)).as_secs_f64())
                .sum::<f64>()
                / f64::from(n);
            assert!(
                (mean / delay.mean().as_secs_f64() - 1.0).abs() < 0.001,
                "{mean} {}",
                delay.mean()
            );
        }
    }

    #[test]
    fn log_normal_delays_are_the_same_everywhere_and_forever() {
        let delay = Delay::LogNormal { median: Micros::from_secs(12), p90: Micros::from_secs(43) };
        assert_eq!(
            [0.001, 0.25, 0.75, 0.999].map(|u| delay.at(u).0),
            [552_862, 6_129_935, 23_491_273, 260_462_750]
        );
    }
}

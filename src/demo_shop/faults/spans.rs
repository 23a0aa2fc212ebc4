//! Time and chance as people write them: `300ms`, `1s..3s`, `10%`.

use std::fmt;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use statrs::distribution::{ContinuousCDF, Normal};

/// A length of time, written `250us`, `300ms`, `1.5s` or `2m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DurationText(pub Duration);

/// How long something takes: `2s`, `1s..3s` (uniform), or `{ median: 800ms, p95: 3s }` (lognormal).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pause {
    /// Always the same.
    Fixed(Duration),
    /// Anything between the two, all equally likely.
    Uniform(Duration, Duration),
    /// Mostly near the median, with a long tail; `sigma` is the standard deviation of the logarithm.
    Lognormal {
        /// Half of all pauses are shorter.
        median: Duration,
        /// ln(p95 / median) / 1.6449.
        sigma: f64,
    },
}

/// A share of cases: `10%`, or a number from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Chance(pub f64);

/// The standard normal quantile at 0.95.
const Z95: f64 = 1.644_853_626_951_472_2;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LognormalText {
    median: DurationText,
    p95: DurationText,
}

struct PauseVisitor;
struct ChanceVisitor;

// === impl DurationText ===

impl DurationText {
    fn parse(text: &str) -> Result<DurationText, String> {
        let text = text.trim();
        let cut = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(cut);
        let seconds = match unit.trim() {
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => {
                return Err(format!(
                    "'{text}' is not a length of time: write a number with its unit, such as 300ms, 2s or 1m"
                ));
            }
        };
        let number: f64 = number.parse().map_err(|_| {
            format!("'{text}' is not a length of time: write it as 300ms, 2s or 1m")
        })?;
        Duration::try_from_secs_f64(number * seconds)
            .map(DurationText)
            .map_err(|_| format!("'{text}' is too long a time"))
    }
}

impl<'de> Deserialize<'de> for DurationText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DurationText, D::Error> {
        DurationText::parse(&String::deserialize(deserializer)?).map_err(Error::custom)
    }
}

// === impl Pause ===

impl Pause {
    /// The pause at `u` in 0..1 of its distribution.
    pub fn at(self, u: f64) -> Duration {
        match self {
            Pause::Fixed(pause) => pause,
            Pause::Uniform(low, high) => low + (high - low).mul_f64(u),
            Pause::Lognormal { median, sigma } => {
                // The ends of 0..1 are cut off: a pause of a thousand medians tests nothing.
                let z = Normal::standard().inverse_cdf(u.clamp(1e-6, 1.0 - 1e-6));
                median.mul_f64((sigma * z).exp())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Pause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pause, D::Error> {
        deserializer.deserialize_any(PauseVisitor)
    }
}

impl<'de> Visitor<'de> for PauseVisitor {
    type Value = Pause;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pause: 2s, 1s..3s or { median: 800ms, p95: 3s }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Pause, E> {
        let Some((low, high)) = text.split_once("..") else {
            return Ok(Pause::Fixed(DurationText::parse(text).map_err(E::custom)?.0));
        };
        let (low, high) = (
            DurationText::parse(low).map_err(E::custom)?.0,
            DurationText::parse(high).map_err(E::custom)?.0,
        );
        if low > high {
            return Err(E::custom(format!(
                "'{text}' runs backwards: write the shorter pause first"
            )));
        }
        Ok(Pause::Uniform(low, high))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Pause, A::Error> {
        let LognormalText { median: DurationText(median), p95: DurationText(p95) } =
            Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        if median.is_zero() || p95 < median {
            return Err(A::Error::custom(
                "the median must be above zero, and p95 not below the median",
            ));
        }
        Ok(Pause::Lognormal {
            median,
            sigma: (p95.as_secs_f64() / median.as_secs_f64()).ln() / Z95,
        })
    }
}

// === impl Chance ===

impl<'de> Deserialize<'de> for Chance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Chance, D::Error> {
        deserializer.deserialize_any(ChanceVisitor)
    }
}

impl Visitor<'_> for ChanceVisitor {
    type Value = Chance;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share: 10% or a number from 0 to 1")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Chance, E> {
        let wrong =
            || E::custom(format!("'{text}' is not a share: write 10% or a number from 0 to 1"));
        let (number, whole) =
            text.trim().strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
        self.visit_f64(number.trim().parse::<f64>().map_err(|_| wrong())? / whole)
    }

    fn visit_f64<E: Error>(self, share: f64) -> Result<Chance, E> {
        if (0.0..=1.0).contains(&share) {
            Ok(Chance(share))
        } else {
            Err(E::custom(format!("the share {share} is not between 0 and 1")))
        }
    }

    fn visit_u64<E: Error>(self, share: u64) -> Result<Chance, E> {
        self.visit_f64(share as f64)
    }

    fn visit_i64<E: Error>(self, share: i64) -> Result<Chance, E> {
        self.visit_f64(share as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_carry_their_unit() {
        assert_eq!(DurationText::parse("300ms"), Ok(DurationText(Duration::from_millis(300))));
        assert_eq!(DurationText::parse("1.5s"), Ok(DurationText(Duration::from_millis(1500))));
        assert_eq!(DurationText::parse("2m"), Ok(DurationText(Duration::from_secs(120))));
        for text in ["", "300", "ms", "3 parsecs", "-1s"] {
            assert!(DurationText::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_lognormal_pause_has_the_median_and_the_p95_that_were_asked_for() {
        let pause: Pause = serde_saphyr::from_str("{ median: 800ms, p95: 3s }").unwrap();
        assert!((pause.at(0.5).as_secs_f64() - 0.8).abs() < 1e-9);
        assert!((pause.at(0.95).as_secs_f64() - 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_uniform_pause_stays_between_its_bounds() {
        let pause: Pause = serde_saphyr::from_str("1s..3s").unwrap();
        assert_eq!([0.0, 0.5, 1.0].map(|u| pause.at(u).as_secs()), [1, 2, 3]);
        assert!(serde_saphyr::from_str::<Pause>("3s..1s").is_err());
    }

    #[test]
    fn chances_are_per_cent_or_fractions() {
        assert_eq!(serde_saphyr::from_str::<Chance>("10%").unwrap(), Chance(0.1));
        assert_eq!(serde_saphyr::from_str::<Chance>("0.25").unwrap(), Chance(0.25));
        assert_eq!(serde_saphyr::from_str::<Chance>("1").unwrap(), Chance(1.0));
        assert!(serde_saphyr::from_str::<Chance>("101%").is_err());
        assert!(serde_saphyr::from_str::<Chance>("often").is_err());
    }
}

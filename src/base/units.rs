//! Quantities with their units in the type.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A span of time, or a moment counted from the planned start of the run, in microseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Micros(pub u64);

/// An amount of money in the smallest unit of its currency (cents, pence), so that sums are exact.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MinorUnits(pub u64);

// === impl Micros ===

impl Micros {
    /// Nothing at all.
    pub const ZERO: Micros = Micros(0);
    /// The longest span that can be expressed.
    pub const MAX: Micros = Micros(u64::MAX);

    /// Whole milliseconds.
    pub const fn from_millis(ms: u64) -> Micros {
        Micros(ms * 1_000)
    }

    /// Whole seconds.
    pub const fn from_secs(s: u64) -> Micros {
        Micros(s * 1_000_000)
    }

    /// Seconds with a fraction, rounded down to the microsecond; negative and NaN give zero.
    pub fn from_secs_f64(s: f64) -> Micros {
        Micros((s * 1e6) as u64)
    }

    /// This span in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This span in milliseconds.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// The whole second that this moment falls into.
    pub const fn second(self) -> u32 {
        (self.0 / 1_000_000) as u32
    }

    /// The difference, or zero where `other` is later.
    pub const fn since(self, other: Micros) -> Micros {
        Micros(self.0.saturating_sub(other.0))
    }

    /// The sum, or the largest span where it would overflow.
    pub const fn saturating_add(self, other: Micros) -> Micros {
        Micros(self.0.saturating_add(other.0))
    }
}

impl From<Duration> for Micros {
    fn from(duration: Duration) -> Micros {
        Micros(duration.as_micros() as u64)
    }
}

impl From<Micros> for Duration {
    fn from(micros: Micros) -> Duration {
        Duration::from_micros(micros.0)
    }
}

impl Add for Micros {
    type Output = Micros;
    fn add(self, other: Micros) -> Micros {
        Micros(self.0 + other.0)
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, other: Micros) {
        self.0 += other.0;
    }
}

impl Sub for Micros {
    type Output = Micros;
    fn sub(self, other: Micros) -> Micros {
        Micros(self.0 - other.0)
    }
}

impl Mul<u64> for Micros {
    type Output = Micros;
    fn mul(self, times: u64) -> Micros {
        Micros(self.0 * times)
    }
}

impl Div<u64> for Micros {
    type Output = Micros;
    fn div(self, parts: u64) -> Micros {
        Micros(self.0 / parts)
    }
}

impl Sum for Micros {
    fn sum<I: Iterator<Item = Micros>>(spans: I) -> Micros {
        spans.fold(Micros::ZERO, Add::add)
    }
}

impl fmt::Display for Micros {
    /// Three significant figures in the unit that fits: `850µs`, `12.3ms`, `2.5s`, `1m30s`, `2h05m`; nothing is `0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0;
        let scaled = |value: f64, unit: &str| {
            let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
            let text = format!("{value:.digits$}");
            let text = if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.')
            } else {
                &text
            };
            format!("{text}{unit}")
        };
        let text = match us {
            0 => "0".to_owned(),
            1..1_000 => format!("{us}µs"),
            1_000..1_000_000 => scaled(us as f64 / 1e3, "ms"),
            1_000_000..60_000_000 => scaled(us as f64 / 1e6, "s"),
            60_000_000..3_600_000_000 => {
                let s = us / 1_000_000;
                if s.is_multiple_of(60) {
                    format!("{}m", s / 60)
                } else {
                    format!("{}m{:02}s", s / 60, s % 60)
                }
            }
            _ => {
                let m = us / 60_000_000;
                if m.is_multiple_of(60) {
                    format!("{}h", m / 60)
                } else {
                    format!("{}h{:02}m", m / 60, m % 60)
                }
            }
        };
        f.pad(&text)
    }
}

/// A count with its thousands apart: `12,000`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// This many of something: `1 shopper`, `1,204 shoppers`.
pub fn count_of(n: u64, what: &str) -> String {
    plural(&thousands(n), what)
}

/// The same of a figure that is written already: `1 shopper`, `1.0 shoppers`.
pub fn plural(figure: &str, what: &str) -> String {
    format!("{figure} {what}{}", if figure == "1" { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_in_the_unit_that_fits() {
        let shown: Vec<String> =
            [0, 850, 1_000, 12_340, 123_456, 2_500_000, 90_000_000, 3_600_000_000, 7_500_000_000]
                .map(|us| Micros(us).to_string())
                .into();
        assert_eq!(shown, ["0", "850µs", "1ms", "12.3ms", "123ms", "2.5s", "1m30s", "1h", "2h05m"]);
    }
}

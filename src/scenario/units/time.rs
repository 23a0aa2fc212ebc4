//! Durations, and how often something happens.

use serde_json::{Value, json};

use super::quantity::{Quantity, QuantityError, decimal, unitless, wrong};
use crate::base::{Delay, Micros};

/// Events per second; always finite, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct EventRate(pub f64);

/// One `--stage` of the command line: move to a rate within this time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageFlag {
    /// How long the stage takes.
    pub length: Micros,
    /// The rate at its end.
    pub to: EventRate,
}

impl Quantity for Micros {
    const WHAT: &'static str = "a duration";
    const REMEDY: &'static str = "write a number with a unit, such as 300ms, 30s, 2m or 1h30m";

    /// Parts with the units `us`, `µs`, `ms`, `s`, `m`, `h`, `d`, largest first; at most 30 days.
    fn read(text: &str) -> Result<Micros, QuantityError> {
        const UNITS: [(&str, f64); 7] = [
            ("us", 1.0),
            ("µs", 1.0),
            ("ms", 1e3),
            ("s", 1e6),
            ("m", 60e6),
            ("h", 3_600e6),
            ("d", 86_400e6),
        ];
        let (mut rest, mut sum, mut last) = (text.trim(), 0.0, f64::INFINITY);
        if rest == "0" {
            return Ok(Micros::ZERO);
        }
        if rest.is_empty() {
            return Err(wrong::<Micros>(text));
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let letters =
                rest[digits..].find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len() - digits);
            let unit = rest[digits..digits + letters].trim();
            let scale = UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .map(|(_, scale)| *scale)
                .filter(|scale| *scale < last);
            let (Some(number), Some(scale)) = (decimal(&rest[..digits]), scale) else {
                return Err(unitless::<Micros>(text, "s"));
            };
            sum += number * scale;
            last = scale;
            rest = rest[digits + letters..].trim_start();
        }
        if sum > 30.0 * 86_400e6 {
            let remedy = "write at most 30d".to_owned();
            return Err(QuantityError {
                message: format!("`{text}` is longer than 30 days"),
                remedy,
            });
        }
        Ok(Micros(sum.round() as u64))
    }

    fn notation() -> Value {
        let pattern = r"^(0|(\d+(\.\d+)?\s*(us|µs|ms|s|m|h|d)\s*)+)$";
        json!({ "type": ["string", "integer"], "pattern": pattern, "maximum": 0, "examples": ["300ms", "30s", "1h30m"] })
    }
}

impl Quantity for Delay {
    const WHAT: &'static str = "a pause";
    const REMEDY: &'static str =
        "write a duration such as 2s, a range such as 1s..4s, or { median: 12s, p90: 43s }";

    fn read(text: &str) -> Result<Delay, QuantityError> {
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let (Ok(low), Ok(high)) = (Micros::read(low), Micros::read(high)) else {
            return Err(wrong::<Delay>(text));
        };
        if low > high {
            let remedy = format!("write {high}..{low}");
            return Err(QuantityError {
                message: format!("the pause `{text}` ends before it begins"),
                remedy,
            });
        }
        Ok(Delay::Uniform { low, high })
    }

    fn notation() -> Value {
        json!({ "type": ["string", "integer"], "maximum": 0, "examples": ["2s", "1s..4s", "500ms..2s"] })
    }
}

impl Quantity for EventRate {
    const WHAT: &'static str = "a rate";
    const REMEDY: &'static str = "write how many per time, such as 50/s, 90/min or 2000/h";

    fn read(text: &str) -> Result<EventRate, QuantityError> {
        let (number, per) =
            text.trim().split_once('/').ok_or_else(|| unitless::<EventRate>(text, "/s"))?;
        let seconds = match per.trim() {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3_600.0,
            "d" | "day" => 86_400.0,
            _ => return Err(wrong::<EventRate>(text)),
        };
        let rate = decimal(number.trim()).ok_or_else(|| wrong::<EventRate>(text))? / seconds;
        if rate > 1e7 {
            let remedy = "write at most 10000000/s".to_owned();
            return Err(QuantityError {
                message: format!("`{text}` is more than ten million a second"),
                remedy,
            });
        }
        Ok(EventRate(rate))
    }

    fn notation() -> Value {
        let pattern = r"^\s*\d+(\.\d+)?\s*/\s*(s|sec|second|m|min|minute|h|hour|d|day)\s*$";
        json!({ "type": "string", "pattern": pattern, "examples": ["20/s", "50/min"] })
    }
}

impl Quantity for StageFlag {
    const WHAT: &'static str = "a stage";
    const REMEDY: &'static str = "write duration:rate, such as 2m:50/s";

    fn read(text: &str) -> Result<StageFlag, QuantityError> {
        let (length, to) = text.split_once(':').ok_or_else(|| wrong::<StageFlag>(text))?;
        let length = Micros::read(length)?;
        if length == Micros::ZERO {
            let remedy = "give the stage a length, such as 2m:50/s".to_owned();
            return Err(QuantityError {
                message: format!("the stage `{text}` takes no time"),
                remedy,
            });
        }
        Ok(StageFlag { length, to: EventRate::read(to)? })
    }

    fn notation() -> Value {
        json!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<u64> {
        Micros::read(text).ok().map(|span| span.0)
    }

    #[test]
    fn durations_are_numbers_with_units_largest_first() {
        let good = [
            ("300ms", 300_000),
            ("30s", 30_000_000),
            ("1h30m", 5_400_000_000),
            ("1.5s", 1_500_000),
            ("50us", 50),
            ("0", 0),
            ("2m 5s", 125_000_000),
        ];
        for (text, expected) in good {
            assert_eq!(micros(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "30",
            "s",
            "1s1s",
            "1m1h",
            "-1s",
            "1e3s",
            "12 parsecs",
            "1..2s",
            ".s",
            "31d",
            "1 s x",
            "99999999999999999999999999999999999999h",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn rates_are_counts_per_time() {
        let rate = |text| EventRate::read(text).ok().map(|rate| rate.0);
        assert_eq!(rate("33/s"), Some(33.0));
        assert_eq!(rate("90/min"), Some(1.5));
        assert_eq!(rate("0.5 / s"), Some(0.5));
        for text in ["33", "33/fortnight", "-1/s", "x/s", "/s", "inf/s", "99999999/s"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    #[test]
    fn pauses_are_ranges_in_order() {
        assert_eq!(
            Delay::read("1s..4s"),
            Ok(Delay::Uniform { low: Micros::from_secs(1), high: Micros::from_secs(4) })
        );
        assert_eq!(Delay::read("2s"), Ok(Delay::fixed(Micros::from_secs(2))));
        assert_eq!(Delay::read("4s..1s").unwrap_err().remedy, "write 1s..4s");
        assert!(Delay::read("1..4").is_err());
    }

    #[test]
    fn stages_of_the_command_line_are_duration_and_rate() {
        assert_eq!(
            StageFlag::read("2m:50/s"),
            Ok(StageFlag { length: Micros::from_secs(120), to: EventRate(50.0) })
        );
        assert!(StageFlag::read("50/s").is_err());
        assert!(StageFlag::read("0:50/s").is_err());
    }
}

//! Quantities as people write them: `50/s`, `1h30m`, `1s..4s`, `26%`, `2xx`.
//!
//! The same notation holds in the scenario, in objectives and on the command line.

use crate::capture::check::StatusRange;

use serde_json::{Value, json};

use crate::base::{Delay, Micros};

/// What a single value can be written as.
pub trait Quantity: Sized {
    /// What it is called, with its article: `a duration`.
    const WHAT: &'static str;
    /// What to write instead.
    const REMEDY: &'static str;

    /// Reads it.
    ///
    /// # Errors
    /// When the text is not a value of this kind, or out of range: what to write instead.
    fn read(text: &str) -> Result<Self, QuantityError>;

    /// The JSON Schema of its notation.
    fn notation() -> Value;
}

/// Why a text is not the quantity that was wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {remedy}")]
pub struct QuantityError {
    /// What is wrong, with the value.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// Events per second; always finite, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct EventRate(pub f64);

/// A share in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Fraction(pub f64);

/// How much goes through a network, in bits per second; above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth(pub u64);

/// A relative weight: positive and finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Weight(pub f64);

/// A whole number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u32);

/// How often something is done again: from the first number to the second, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times(pub u32, pub u32);

/// How often a unit is tried at most; none for `unlimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(pub Option<u32>);

/// Sizes in bytes from the first to the second, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent(pub u64, pub u64);

/// One `--stage` of the command line: move to a rate, and take so long for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageFlag {
    /// How long the stage takes.
    pub length: Micros,
    /// The rate at its end.
    pub to: EventRate,
}

pub(super) fn wrong<U: Quantity>(text: &str) -> QuantityError {
    QuantityError { message: format!("`{text}` is not {}", U::WHAT), remedy: U::REMEDY.to_owned() }
}

/// The same where it may be that only the unit was left out.
fn unitless<U: Quantity>(text: &str, unit: &str) -> QuantityError {
    let remedy = decimal(text.trim())
        .map_or_else(|| U::REMEDY.to_owned(), |_| format!("write {}{unit}", text.trim()));
    QuantityError { remedy, ..wrong::<U>(text) }
}

/// A plain decimal number: digits with at most one point, no sign, no exponent, no `inf`.
fn decimal(text: &str) -> Option<f64> {
    let plain = !text.is_empty()
        && text.len() < 40
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

/// A number and the unit behind it.
fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

impl Quantity for String {
    const WHAT: &'static str = "a text";
    const REMEDY: &'static str = "write a text";

    fn read(text: &str) -> Result<String, QuantityError> {
        Ok(text.to_owned())
    }

    fn notation() -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
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
    const REMEDY: &'static str = "write a duration such as 2s, or a range such as 1s..4s";

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
        Ok(Delay { low, high })
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

impl Quantity for Fraction {
    const WHAT: &'static str = "a share";
    const REMEDY: &'static str = "write a percentage such as 26% or 0.1%, or a number from 0 to 1";

    fn read(text: &str) -> Result<Fraction, QuantityError> {
        let (number, unit) = split_unit(text.trim());
        let share = match (decimal(number), unit) {
            (Some(number), "%") => number / 100.0,
            (Some(number), "") if number <= 1.0 => number,
            (Some(number), "") => {
                return Err(QuantityError {
                    message: format!("`{text}` is more than 1, the whole"),
                    remedy: format!("write {number}%"),
                });
            }
            _ => return Err(wrong::<Fraction>(text)),
        };
        if share > 1.0 {
            let remedy = "write at most 100%".to_owned();
            return Err(QuantityError {
                message: format!("`{text}` is more than the whole"),
                remedy,
            });
        }
        Ok(Fraction(share))
    }

    fn notation() -> Value {
        json!({ "type": ["string", "number"], "pattern": r"^\s*\d+(\.\d+)?\s*%?\s*$", "minimum": 0, "maximum": 1, "examples": ["26%", "0.1%"] })
    }
}

impl Quantity for Weight {
    const WHAT: &'static str = "a weight";
    const REMEDY: &'static str =
        "write a number above zero, such as 9 or 0.5; only the proportions count";

    fn read(text: &str) -> Result<Weight, QuantityError> {
        let weight = decimal(text.trim())
            .filter(|weight| *weight > 0.0 && *weight <= 1e9)
            .ok_or_else(|| wrong::<Weight>(text))?;
        Ok(Weight(weight))
    }

    fn notation() -> Value {
        json!({ "type": "number", "exclusiveMinimum": 0, "examples": [9, 0.5] })
    }
}

impl Quantity for Bandwidth {
    const WHAT: &'static str = "a bandwidth";
    const REMEDY: &'static str =
        "write bits per second with a unit, such as 8Mbit/s, 400kbit/s or 1Gbit/s";

    fn read(text: &str) -> Result<Bandwidth, QuantityError> {
        let (number, unit) = split_unit(text.trim());
        let scale = match unit {
            "kbit/s" => 1e3,
            "Mbit/s" => 1e6,
            "Gbit/s" => 1e9,
            _ => return Err(wrong::<Bandwidth>(text)),
        };
        let bits = decimal(number)
            .map(|number| (number * scale).round())
            .filter(|bits| (1e3..=1e12).contains(bits));
        bits.map(|bits| Bandwidth(bits as u64)).ok_or_else(|| wrong::<Bandwidth>(text))
    }

    fn notation() -> Value {
        json!({ "type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*[kMG]bit/s\s*$", "examples": ["8Mbit/s", "400kbit/s"] })
    }
}

impl Quantity for Count {
    const WHAT: &'static str = "a number of shoppers";
    const REMEDY: &'static str = "write a whole number from 1 to 1000000";

    fn read(text: &str) -> Result<Count, QuantityError> {
        let count = text
            .trim()
            .parse()
            .ok()
            .filter(|count| (1..=1_000_000).contains(count))
            .ok_or_else(|| wrong::<Count>(text))?;
        Ok(Count(count))
    }

    fn notation() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000, "examples": [32] })
    }
}

impl Quantity for Attempts {
    const WHAT: &'static str = "a number of attempts";
    const REMEDY: &'static str = "write a whole number from 1, or unlimited";

    fn read(text: &str) -> Result<Attempts, QuantityError> {
        match text.trim() {
            "unlimited" => Ok(Attempts(None)),
            number => {
                let attempts = number
                    .parse()
                    .ok()
                    .filter(|n| (1..=1_000_000).contains(n))
                    .ok_or_else(|| wrong::<Attempts>(text))?;
                Ok(Attempts(Some(attempts)))
            }
        }
    }

    fn notation() -> Value {
        json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": "unlimited" }], "examples": [3, "unlimited"] })
    }
}

impl Quantity for Times {
    const WHAT: &'static str = "a number of times";
    const REMEDY: &'static str = "write a whole number from 1 to 1000, or a range such as 2..4";

    fn read(text: &str) -> Result<Times, QuantityError> {
        let count =
            |text: &str| text.trim().parse::<u32>().ok().filter(|n| (1..=1_000).contains(n));
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        match (count(low), count(high)) {
            (Some(low), Some(high)) if low <= high => Ok(Times(low, high)),
            _ => Err(wrong::<Times>(text)),
        }
    }

    fn notation() -> Value {
        json!({ "type": ["integer", "string"], "minimum": 1, "maximum": 1_000, "pattern": r"^\s*\d+(\s*\.\.\s*\d+)?\s*$", "examples": [3, "2..4"] })
    }
}

impl Quantity for StatusRange {
    const WHAT: &'static str = "a status";
    const REMEDY: &'static str = "write a code such as 201, a class such as 2xx, a range such as 200..299, or a list of these";

    fn read(text: &str) -> Result<StatusRange, QuantityError> {
        let code =
            |text: &str| text.trim().parse::<u16>().ok().filter(|code| (100..=599).contains(code));
        let text = text.trim();
        if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
            let class = class
                .parse::<u16>()
                .ok()
                .filter(|class| (1..=5).contains(class))
                .ok_or_else(|| wrong::<StatusRange>(text))?;
            return Ok(StatusRange::class(class));
        }
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        match (code(low), code(high)) {
            (Some(low), Some(high)) if low <= high => Ok(StatusRange { low, high }),
            _ => Err(wrong::<StatusRange>(text)),
        }
    }

    fn notation() -> Value {
        let pattern = r"^\s*([1-5](xx|XX)|[1-5]\d\d(\s*\.\.\s*[1-5]\d\d)?)\s*$";
        json!({ "type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": pattern, "examples": [201, "2xx", "200..299"] })
    }
}

impl Quantity for Extent {
    const WHAT: &'static str = "a size";
    const REMEDY: &'static str =
        "write a range of sizes such as 1kB..2MB, 1kB.. or ..2MB, or one size";

    fn read(text: &str) -> Result<Extent, QuantityError> {
        let size = |text: &str| {
            let (number, unit) = split_unit(text.trim());
            let scale = match unit {
                "" | "B" => 1.0,
                "kB" | "KB" => 1e3,
                "MB" => 1e6,
                "GB" => 1e9,
                _ => return None,
            };
            decimal(number).map(|number| (number * scale).round() as u64)
        };
        let (low, high) = text.trim().split_once("..").unwrap_or((text, text));
        let low = if low.trim().is_empty() { Some(0) } else { size(low) };
        let high = if high.trim().is_empty() { Some(u64::MAX) } else { size(high) };
        match (low, high) {
            (Some(0), Some(u64::MAX)) | (None, _) | (_, None) => Err(wrong::<Extent>(text)),
            (Some(low), Some(high)) if low > high => Err(QuantityError {
                message: format!("the size `{text}` ends before it begins"),
                remedy: "write the smaller size first".to_owned(),
            }),
            (Some(low), Some(high)) => Ok(Extent(low, high)),
        }
    }

    fn notation() -> Value {
        json!({ "type": ["string", "integer"], "minimum": 0, "examples": ["1kB..2MB", "1kB..", "..2MB"] })
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
            Ok(Delay { low: Micros::from_secs(1), high: Micros::from_secs(4) })
        );
        assert_eq!(Delay::read("2s"), Ok(Delay::fixed(Micros::from_secs(2))));
        assert_eq!(Delay::read("4s..1s").unwrap_err().remedy, "write 1s..4s");
        assert!(Delay::read("1..4").is_err());
    }

    #[test]
    fn shares_are_percentages_or_at_most_one() {
        let share = |text| Fraction::read(text).map(|share| share.0);
        assert_eq!(share("26%"), Ok(0.26));
        assert_eq!(share("0.26"), Ok(0.26));
        assert_eq!(share("26").unwrap_err().remedy, "write 26%");
        assert!(share("101%").is_err());
        assert!(share("often").is_err());
    }

    #[test]
    fn sizes_are_ranges_with_units() {
        assert_eq!(Extent::read("1kB..2MB"), Ok(Extent(1_000, 2_000_000)));
        assert_eq!(Extent::read("512"), Ok(Extent(512, 512)));
        assert_eq!(
            (Extent::read("..1.5kB"), Extent::read("1B..")),
            (Ok(Extent(0, 1_500)), Ok(Extent(1, u64::MAX)))
        );
        for text in ["", "..", "1xB", "2kB..1kB", "big"] {
            assert!(Extent::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_numbers_or_ranges_from_one_on() {
        assert_eq!((Times::read("3"), Times::read("2..4")), (Ok(Times(3, 3)), Ok(Times(2, 4))));
        for text in ["0", "0..2", "4..2", "1001", "often", "2.."] {
            assert!(Times::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn statuses_are_codes_classes_and_ranges() {
        assert_eq!(StatusRange::read("201"), Ok(StatusRange { low: 201, high: 201 }));
        assert_eq!(StatusRange::read("2xx"), Ok(StatusRange::SUCCESS));
        assert_eq!(StatusRange::read("200..299"), Ok(StatusRange::SUCCESS));
        for text in ["20x", "6xx", "299..200", "99", "ok", "200.."] {
            assert!(StatusRange::read(text).is_err(), "{text}");
        }
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

    #[test]
    fn attempts_are_counted_or_unlimited() {
        assert_eq!(Attempts::read("unlimited"), Ok(Attempts(None)));
        assert_eq!(
            Attempts::read("0").unwrap_err().remedy,
            "write a whole number from 1, or unlimited"
        );
    }
}

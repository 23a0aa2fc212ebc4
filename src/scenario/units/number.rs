//! Numbers as people write them: shares, weights, counts, statuses.

use serde_json::{Value, json};

use super::quantity::{Quantity, QuantityError, decimal, split_unit, wrong};
use crate::capture::check::StatusRange;

/// A share in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Fraction(pub f64);

/// A relative weight: positive and finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Weight(pub f64);

/// The variance of counts over their mean, which is 1 for Poisson arrivals; above 1, at most 1000.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Dispersion(pub f64);

/// A whole number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u32);

/// How often something is done again: from the first number to the second, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times(pub u32, pub u32);

/// How often a unit is tried at most; none for `unlimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(pub Option<u32>);

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

impl Quantity for Dispersion {
    const WHAT: &'static str = "a dispersion";
    const REMEDY: &'static str =
        "write the variance of arrivals over their mean, above 1 and at most 1000, such as 2.5";

    fn read(text: &str) -> Result<Dispersion, QuantityError> {
        let dispersion = decimal(text.trim())
            .filter(|dispersion| *dispersion > 1.0 && *dispersion <= 1_000.0)
            .ok_or_else(|| wrong::<Dispersion>(text))?;
        Ok(Dispersion(dispersion))
    }

    fn notation() -> Value {
        json!({ "type": "number", "exclusiveMinimum": 1, "maximum": 1_000, "examples": [2.5] })
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

impl Quantity for bool {
    const WHAT: &'static str = "true or false";
    const REMEDY: &'static str = "write true or false";

    fn read(text: &str) -> Result<bool, QuantityError> {
        match text.trim() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(wrong::<bool>(text)),
        }
    }

    fn notation() -> Value {
        json!({ "type": "boolean" })
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn attempts_are_counted_or_unlimited() {
        assert_eq!(Attempts::read("unlimited"), Ok(Attempts(None)));
        assert_eq!(
            Attempts::read("0").unwrap_err().remedy,
            "write a whole number from 1, or unlimited"
        );
    }
}

//! Sizes and bandwidths.

use serde_json::{Value, json};

use super::quantity::{Quantity, QuantityError, decimal, split_unit, wrong};

/// How much goes through a network, in bits per second; above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth(pub u64);

/// Sizes in bytes from the first to the second, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent(pub u64, pub u64);

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

#[cfg(test)]
mod tests {
    use super::*;

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
}

//! Large numbers of shoppers, as people say them: `250k`, `40M`.

use serde_json::{Value, json};

use super::units::{Quantity, QuantityError, wrong};

/// A number of shoppers that may be large, above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount(pub f64);

impl Quantity for Amount {
    const WHAT: &'static str = "a number of shoppers";
    const REMEDY: &'static str = "write a number such as 250000, 250k or 40M";

    fn read(text: &str) -> Result<Amount, QuantityError> {
        let text = text.trim();
        let (number, scale) = match text.char_indices().next_back() {
            Some((at, 'k' | 'K')) => (&text[..at], 1e3),
            Some((at, 'M')) => (&text[..at], 1e6),
            _ => (text, 1.0),
        };
        let plain = !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'_');
        let number = number.replace('_', "").parse::<f64>().ok().filter(|_| plain);
        let amount =
            number.map(|number| number * scale).filter(|amount| (1.0..=1e12).contains(amount));
        amount.map(Amount).ok_or_else(|| wrong::<Amount>(text))
    }

    fn notation() -> Value {
        json!({ "type": ["string", "number"], "pattern": r"^\s*[\d_]+(\.\d+)?[kKM]?\s*$", "minimum": 1, "examples": ["40M", "250k", 120_000] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_say_them() {
        let read = |text| Amount::read(text).map(|amount| amount.0);
        assert_eq!(
            ["40M", "250k", "1.5K", "120_000", " 7 "].map(read),
            [4e7, 2.5e5, 1_500.0, 120_000.0, 7.0].map(Ok)
        );
        for text in ["", "k", "0", "-1", "1e6", "40 M", "4G", "inf", "1.2.3"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

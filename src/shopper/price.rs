//! Prices as shops write them, in minor units.

use crate::base::MinorUnits;
use crate::plan::Value;

/// A price in minor units: a JSON whole number is taken to be in minor units already, anything with decimals,
/// and any text, in major ones (`12.5`, `"12.50"`, `"€ 1.234,50"`, `"1,234"`).
pub fn minor_units(value: &Value) -> Option<MinorUnits> {
    if let Value::Json(json) = value
        && let Some(number) = json.as_u64()
    {
        return Some(MinorUnits(number));
    }
    let text = value.as_text();
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let amount: String =
        text[start..].chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}')).collect();
    let amount = amount.trim_end_matches(|c: char| !c.is_ascii_digit());
    // The last separator splits off the fraction if one or two digits follow it; three are a group of thousands.
    let fraction_at = amount.rfind(['.', ',']).filter(|at| (1..=2).contains(&(amount.len() - at - 1)));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (whole, fraction) = match fraction_at {
        Some(at) => (digits(&amount[..at]), digits(&amount[at + 1..])),
        None => (digits(amount), String::new()),
    };
    let minor: u64 = format!("{fraction:0<2}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(minor).map(MinorUnits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn prices_are_read_as_shops_write_them() {
        for (text, minor) in [
            ("12.50", 1_250),
            ("€ 1.234,50", 123_450),
            ("$1,234", 123_400),
            ("1,234.5 USD", 123_450),
            ("£45", 4_500),
            ("1'299.90", 129_990),
            ("Total: 7,00 EUR.", 700),
        ] {
            assert_eq!(minor_units(&Value::Text(text.into())), Some(MinorUnits(minor)), "{text}");
        }
        let json = |value: serde_json::Value| minor_units(&Value::Json(Rc::new(value)));
        assert_eq!(json(serde_json::json!(1250)), Some(MinorUnits(1_250)));
        assert_eq!(json(serde_json::json!(12.5)), Some(MinorUnits(1_250)));
        assert_eq!(json(serde_json::json!("12.50")), Some(MinorUnits(1_250)));
        assert_eq!(minor_units(&Value::Text("free".into())), None);
    }
}

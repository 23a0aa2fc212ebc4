//! Prices as shops write them, in minor units.

use crate::base::MinorUnits;
use crate::plan::{MoneyUnit, Value};

/// A price in minor units. Where the scenario doesn't say what its number counts, a JSON whole number is taken to be in minor units
/// already, anything with decimals, and any text, in major ones (`12.5`, `"12.50"`, `"€ 1.234,50"`, `"1,234"`).
pub fn minor_units(value: &Value, unit: Option<MoneyUnit>) -> Option<MinorUnits> {
    let whole = matches!(value, Value::Json(json) if json.is_u64());
    let hundredths = hundredths(&value.as_text())?;
    match unit {
        None if whole => Some(MinorUnits(hundredths / 100)),
        Some(MoneyUnit::Minor) => Some(MinorUnits(hundredths.saturating_add(50) / 100)),
        None | Some(MoneyUnit::Major) => Some(MinorUnits(hundredths)),
    }
}

/// The first number of a text, times a hundred.
fn hundredths(text: &str) -> Option<u64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let amount: String = text[start..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}'))
        .collect();
    let amount = amount.trim_end_matches(|c: char| !c.is_ascii_digit());
    // The last separator splits off the fraction if one or two digits follow it; three are a group of thousands.
    let fraction_at =
        amount.rfind(['.', ',']).filter(|at| (1..=2).contains(&(amount.len() - at - 1)));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (whole, fraction) = match fraction_at {
        Some(at) => (digits(&amount[..at]), digits(&amount[at + 1..])),
        None => (digits(amount), String::new()),
    };
    let minor: u64 = format!("{fraction:0<2}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(minor)
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
            assert_eq!(
                minor_units(&Value::Text(text.into()), None),
                Some(MinorUnits(minor)),
                "{text}"
            );
        }
        let json = |value: serde_json::Value| minor_units(&Value::Json(Rc::new(value)), None);
        assert_eq!(json(serde_json::json!(1250)), Some(MinorUnits(1_250)));
        assert_eq!(json(serde_json::json!(12.5)), Some(MinorUnits(1_250)));
        assert_eq!(json(serde_json::json!("12.50")), Some(MinorUnits(1_250)));
        assert_eq!(minor_units(&Value::Text("free".into()), None), None);
    }

    #[test]
    fn the_scenario_may_say_what_the_number_counts() {
        let text = |unit| minor_units(&Value::Text("5800".into()), unit);
        assert_eq!(
            [text(None), text(Some(MoneyUnit::Major)), text(Some(MoneyUnit::Minor))],
            [580_000, 580_000, 5_800].map(|n| Some(MinorUnits(n)))
        );
        let json = |unit| minor_units(&Value::Json(Rc::new(58.into())), unit);
        assert_eq!(
            [json(None), json(Some(MoneyUnit::Major)), json(Some(MoneyUnit::Minor))],
            [58, 5_800, 58].map(|n| Some(MinorUnits(n)))
        );
    }
}

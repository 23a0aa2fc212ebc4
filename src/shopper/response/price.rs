//! Prices as shops write them, in minor units.

use crate::base::MinorUnits;
use crate::plan::{MoneyUnit, Value};

/// A price in minor units of a currency with so many decimals. Where the scenario doesn't say what its number counts, a JSON whole
/// number is taken to be in minor units already, anything with decimals, and any text, in major ones (`12.5`, `"12.50"`, `"€ 1.234,50"`,
/// `"1,234"`).
pub fn minor_units(value: &Value, unit: Option<MoneyUnit>, decimals: u32) -> Option<MinorUnits> {
    let whole = matches!(value, Value::Json(json) if json.is_u64());
    let (major, fraction) = number(&value.as_text(), decimals)?;
    let unit = unit.unwrap_or(if whole { MoneyUnit::Minor } else { MoneyUnit::Major });
    let decimals = match unit {
        MoneyUnit::Minor => 0,
        MoneyUnit::Major => decimals,
    };
    scaled(major, &fraction, decimals).map(MinorUnits)
}

/// The first number of a text: its whole part, and the digits of its fraction.
fn number(text: &str, decimals: u32) -> Option<(u64, String)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let amount: String = text[start..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}'))
        .collect();
    let amount = amount.trim_end_matches(|c: char| !c.is_ascii_digit());
    // The last separator splits off the fraction if one or two digits follow it; three are a group of thousands, unless the currency
    // has as many decimals.
    let longest = usize::try_from(decimals).unwrap_or(0).max(2);
    let fraction_at =
        amount.rfind(['.', ',']).filter(|at| (1..=longest).contains(&(amount.len() - at - 1)));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (whole, fraction) = match fraction_at {
        Some(at) => (digits(&amount[..at]), digits(&amount[at + 1..])),
        None => (digits(amount), String::new()),
    };
    Some((whole.parse().ok()?, fraction))
}

/// The number times ten to the power of the decimals, rounded.
fn scaled(whole: u64, fraction: &str, decimals: u32) -> Option<u64> {
    let digit = |place: u32| {
        let digit = fraction.chars().nth(usize::try_from(place).ok()?)?;
        digit.to_digit(10).map(u64::from)
    };
    let kept = (0..decimals).try_fold(whole, |sum, place| {
        sum.checked_mul(10)?.checked_add(digit(place).unwrap_or(0))
    })?;
    kept.checked_add(u64::from(digit(decimals).is_some_and(|next| next >= 5)))
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
                minor_units(&Value::Text(text.into()), None, 2),
                Some(MinorUnits(minor)),
                "{text}"
            );
        }
        let json = |value: serde_json::Value| minor_units(&Value::Json(Rc::new(value)), None, 2);
        assert_eq!(json(serde_json::json!(1250)), Some(MinorUnits(1_250)));
        assert_eq!(json(serde_json::json!(12.5)), Some(MinorUnits(1_250)));
        assert_eq!(json(serde_json::json!("12.50")), Some(MinorUnits(1_250)));
        assert_eq!(minor_units(&Value::Text("free".into()), None, 2), None);
    }

    #[test]
    fn the_scenario_may_say_what_the_number_counts() {
        let text = |unit| minor_units(&Value::Text("5800".into()), unit, 2);
        assert_eq!(
            [text(None), text(Some(MoneyUnit::Major)), text(Some(MoneyUnit::Minor))],
            [580_000, 580_000, 5_800].map(|n| Some(MinorUnits(n)))
        );
        let json = |unit| minor_units(&Value::Json(Rc::new(58.into())), unit, 2);
        assert_eq!(
            [json(None), json(Some(MoneyUnit::Major)), json(Some(MoneyUnit::Minor))],
            [58, 5_800, 58].map(|n| Some(MinorUnits(n)))
        );
    }

    #[test]
    fn the_currency_says_how_many_decimals_an_amount_has() {
        let text = |text: &str, decimals| minor_units(&Value::Text(text.into()), None, decimals);
        assert_eq!(text("¥ 5,800", 0), Some(MinorUnits(5_800)));
        assert_eq!(text("5800.60", 0), Some(MinorUnits(5_801)));
        assert_eq!(text("KD 1.250", 3), Some(MinorUnits(1_250)));
        assert_eq!(text("12.5", 3), Some(MinorUnits(12_500)));
    }
}

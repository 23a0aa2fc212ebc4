//! Amounts as records write them.

/// An amount in minor units. `decimals` is how many digits the currency has after the point; 0 reads amounts that are in minor
/// units already. None for what is no amount, and for an amount finer than the currency's smallest unit.
pub fn minor_units(text: &str, decimals: u32) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals as usize {
        return None;
    }
    let digits = format!("{whole}{fraction:0<width$}", width = decimals as usize);
    let amount: i64 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    Some(if negative { -amount } else { amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let cents = [
            ("12.34", Some(1234)),
            (" 12.3 ", Some(1230)),
            ("12.3400", Some(1234)),
            ("12", Some(1200)),
            ("-0.5", Some(-50)),
            (".5", Some(50)),
            ("12.345", None),
            ("1,200.00", None),
            ("", None),
            (".", None),
            ("12.3e2", None),
            ("99999999999999999999", None),
        ];
        for (text, amount) in cents {
            assert_eq!(minor_units(text, 2), amount, "{text:?}");
        }
        assert_eq!(minor_units("1500", 0), Some(1500));
        assert_eq!(minor_units("1500.00", 0), Some(1500));
        assert_eq!(minor_units("0.29", 2), Some(29), "no binary fractions on the way");
    }
}

//! Prices as shops write them, in minor units. A text that may be read in two ways has no price: a wrong one would be worse.

use crate::base::MinorUnits;
use crate::plan::{MoneyUnit, Value};

/// Currency signs, and what else may stand right beside an amount.
const SIGNS: &str = "€$£¥₹₩₽₺₴₫₪₦₱฿₡₲₵₸₿¢﷼";

/// One number in a text.
#[derive(Debug, PartialEq, Eq)]
struct ParsedPrice {
    /// The digits before the decimal separator, without groups.
    whole: String,
    /// The digits after it.
    fraction: String,
    negative: bool,
    /// Whether a currency's sign or code stands beside it.
    priced: bool,
}

/// A price in minor units of a currency with this many decimals. Where the scenario doesn't say what its number counts, a JSON whole number is taken to be in minor units
/// already, anything with decimals or an exponent, and any text, in major ones (`12.5`, `"12.50"`, `"€ 1.234,50"`, `"1,234"`).
/// None where there is no price, a negative one, more than one, or one too large to count.
pub fn minor_units(value: &Value, unit: Option<MoneyUnit>, decimals: u32) -> Option<MinorUnits> {
    let (amount, whole) = match value {
        Value::Json(json) if json.is_number() => {
            let text = json.to_string();
            (number(&text)?, text.bytes().all(|byte| byte.is_ascii_digit()))
        }
        other => (only_price(&other.as_text(), decimals)?, false),
    };
    let exponent = match unit {
        None if whole => 0,
        Some(MoneyUnit::Minor) => 0,
        None | Some(MoneyUnit::Major) => decimals,
    };
    if amount.negative { None } else { amount.scaled(exponent).map(MinorUnits) }
}

/// A JSON number: digits, a point, an exponent; never a separator of thousands.
fn number(text: &str) -> Option<ParsedPrice> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().ok().filter(|exponent| (-40..=40).contains(exponent))?;
    let mut digits = format!("{whole}{fraction}");
    let mut point = whole.len() as i32 + exponent;
    if point < 0 {
        digits.insert_str(0, &"0".repeat(point.unsigned_abs() as usize));
        point = 0;
    }
    let point = point as usize;
    if digits.len() < point {
        digits.push_str(&"0".repeat(point - digits.len()));
    }
    let fraction = digits.split_off(point);
    Some(ParsedPrice { whole: digits, fraction, negative, priced: false })
}

/// The price in a text: its only number, or the only one beside a currency's sign or code.
fn only_price(text: &str, decimals: u32) -> Option<ParsedPrice> {
    let mut amounts = amounts(text, decimals)?;
    if amounts.len() > 1 {
        amounts.retain(|amount| amount.priced);
    }
    let first = amounts.pop()?;
    amounts
        .iter()
        .all(|other| other.scaled(4) == first.scaled(4) && !other.negative)
        .then_some(first)
}

/// All numbers in a text; none where one of them can't be told apart into groups and decimals.
fn amounts(text: &str, decimals: u32) -> Option<Vec<ParsedPrice>> {
    let characters: Vec<char> = text.chars().map(plain).collect();
    let (mut amounts, mut at) = (Vec::new(), 0);
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = end_of_amount(&characters, at);
        let (whole, fraction) = split(&characters[at..end], decimals)?;
        let before: String = characters[..at].iter().collect();
        let after: String = characters[end..].iter().collect();
        amounts.push(ParsedPrice {
            whole,
            fraction,
            negative: is_negative(&before),
            priced: ends_in_currency(before.trim_end()) || starts_with_currency(&after),
        });
        at = end;
    }
    Some(amounts)
}

/// Digits of other scripts as ours, and the many spaces and apostrophes of groups as one of each.
fn plain(character: char) -> char {
    let digit = |zero: u32| char::from_digit(character as u32 - zero, 10).unwrap_or(character);
    match character {
        '\u{660}'..='\u{669}' => digit(0x660),
        '\u{6f0}'..='\u{6f9}' => digit(0x6f0),
        '\u{966}'..='\u{96f}' => digit(0x966),
        '\u{ff10}'..='\u{ff19}' => digit(0xff10),
        '\u{66b}' => '.',
        '\u{66c}' | '\u{2019}' | '\u{2bc}' | '\'' => '\'',
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' => ' ',
        '\u{2212}' => '-',
        other => other,
    }
}

/// Where the amount that begins at `start` ends: spaces and apostrophes are part of it only before a group of three.
fn end_of_amount(characters: &[char], start: usize) -> usize {
    let digits_at = |at: usize| characters[at..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut end = start + digits_at(start);
    while let Some(separator) = characters.get(end) {
        let following = digits_at(end + 1);
        let belongs = match separator {
            '.' | ',' => following > 0,
            ' ' | '\'' => following == 3,
            _ => false,
        };
        if !belongs {
            break;
        }
        end += 1 + following;
    }
    end
}

/// Whole and fractional digits of an amount. Three digits behind the only separator are a group, unless the currency has three decimals.
fn split(amount: &[char], decimals: u32) -> Option<(String, String)> {
    let text: String = amount.iter().collect();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let Some(last) = text.rfind(['.', ',']) else { return Some((digits(&text), String::new())) };
    let (head, tail) = (&text[..last], &text[last + 1..]);
    let separator = text.as_bytes()[last] as char;
    let grouped = head.contains(['.', ',', ' ', '\'']);
    if head.contains(separator) {
        // The same one several times separates groups, and there are no decimals.
        return (tail.len() == 3 && has_groups(head)).then(|| (digits(&text), String::new()));
    }
    let is_group =
        tail.len() == 3 && decimals != 3 && !grouped && !head.starts_with('0') && head.len() <= 3;
    if is_group {
        return Some((digits(&text), String::new()));
    }
    (!grouped || has_groups(head)).then(|| (digits(head), digits(tail)))
}

/// Whether digits are grouped by threes, or as in India, by one kind of separator.
fn has_groups(head: &str) -> bool {
    let mut kinds: Vec<char> = head.chars().filter(|c| !c.is_ascii_digit()).collect();
    kinds.dedup();
    let mut groups = head.split(|c: char| !c.is_ascii_digit()).skip(1).peekable();
    let mut sound = kinds.len() <= 1;
    while let Some(group) = groups.next() {
        let last = groups.peek().is_none();
        sound &= group.len() == 3 || (group.len() == 2 && !last);
    }
    sound
}

/// Whether a minus stands before an amount, a currency's sign or code between them or not.
fn is_negative(before: &str) -> bool {
    let before = before.trim_end();
    let before = before.trim_end_matches(|c: char| SIGNS.contains(c) || c.is_ascii_uppercase());
    let before = before.trim_end();
    before.strip_suffix('-').is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', '(', ':']))
}

fn ends_in_currency(before: &str) -> bool {
    let code = before.len().checked_sub(3).and_then(|at| before.get(at..));
    before.ends_with(|c| SIGNS.contains(c)) || code.is_some_and(is_code)
}

fn starts_with_currency(after: &str) -> bool {
    let after = after.trim_start_matches([',', '.', '-', '–', '—']).trim_start();
    after.starts_with(|c| SIGNS.contains(c))
        || after.get(..3).is_some_and(is_code)
        || ["zł", "kr", "Kč", "Ft", "lei", "лв"].iter().any(|name| after.starts_with(name))
}

fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase())
}

// === impl ParsedPrice ===

impl ParsedPrice {
    /// Times ten to the power, rounded half up; none where it is too large.
    fn scaled(&self, power: u32) -> Option<u64> {
        let power = power as usize;
        let kept: String = self.fraction.chars().take(power).collect();
        let digits = format!("{}{kept:0<power$}", self.whole);
        let rounds_up = self.fraction.as_bytes().get(power).is_some_and(|digit| *digit >= b'5');
        digits.parse::<u64>().ok()?.checked_add(u64::from(rounds_up))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn text(price: &str) -> Option<u64> {
        minor_units(&Value::Text(price.into()), None, 2).map(|minor| minor.0)
    }

    fn json(price: &str, unit: Option<MoneyUnit>) -> Option<u64> {
        let value = serde_json::from_str(price).unwrap();
        minor_units(&Value::Json(Rc::new(value)), unit, 2).map(|minor| minor.0)
    }

    #[test]
    fn prices_are_read_as_shops_write_them() {
        for (price, minor) in [
            ("12.50", 1_250),
            ("€ 1.234,50", 123_450),
            ("$1,234", 123_400),
            ("1,234.5 USD", 123_450),
            ("£45", 4_500),
            ("1'299.90", 129_990),
            ("Total: 7,00 EUR.", 700),
            ("1\u{202f}234,56 €", 123_456),
            ("CHF 1\u{2019}234.50", 123_450),
            ("1\u{a0}234,56 zł", 123_456),
            ("12.345,– €", 1_234_500),
            ("€ 12,-", 1_200),
            ("129.920005", 12_992),
            ("₹1,23,456.78", 12_345_678),
            ("1.234.567,89 €", 123_456_789),
            ("0.999", 100),
            ("3 items: 12.00 €", 1_200),
            ("12,00 € (12,00 €)", 1_200),
            ("\u{661}\u{662}\u{66b}\u{665}\u{660}", 1_250),
        ] {
            assert_eq!(text(price), Some(minor), "{price}");
        }
    }

    #[test]
    fn what_may_be_read_in_two_ways_has_no_price() {
        for price in [
            "free",
            "",
            "−5,00 €",
            "-5.00",
            "−5,00 € 20,00 €",
            "10,00 € instead of 20,00 €",
            "3 of 12",
            "1,2,3",
            "1.23.456",
            "99999999999999999999999 €",
        ] {
            assert_eq!(text(price), None, "{price}");
        }
    }

    #[test]
    fn json_numbers_are_numbers() {
        for (price, minor) in [
            ("1250", Some(1_250)),
            ("12.5", Some(1_250)),
            ("59.970000000000006", Some(5_997)),
            ("12.345", Some(1_235)),
            ("1e2", Some(10_000)),
            ("1.5e-1", Some(15)),
            ("0.0", Some(0)),
            ("-5.5", None),
            ("-5", None),
            ("1e30", None),
            ("\"12.50\"", Some(1_250)),
        ] {
            assert_eq!(json(price, None), minor, "{price}");
        }
    }

    #[test]
    fn the_scenario_may_say_what_the_number_counts() {
        let text = |unit| minor_units(&Value::Text("5800".into()), unit, 2).map(|minor| minor.0);
        assert_eq!(
            [text(None), text(Some(MoneyUnit::Major)), text(Some(MoneyUnit::Minor))],
            [Some(580_000), Some(580_000), Some(5_800)]
        );
        assert_eq!(
            [
                json("58", None),
                json("58", Some(MoneyUnit::Major)),
                json("58", Some(MoneyUnit::Minor))
            ],
            [Some(58), Some(5_800), Some(58)]
        );
    }

    #[test]
    fn the_currency_says_how_many_decimals_an_amount_has() {
        let text = |text: &str, decimals| minor_units(&Value::Text(text.into()), None, decimals);
        assert_eq!(text("¥ 5,800", 0), Some(MinorUnits(5_800)));
        assert_eq!(text("5800.60", 0), Some(MinorUnits(5_801)));
        assert_eq!(text("KD 1.250", 3), Some(MinorUnits(1_250)));
        assert_eq!(text("12.345 KWD", 3), Some(MinorUnits(12_345)));
        assert_eq!(text("12.5", 3), Some(MinorUnits(12_500)));
    }
}

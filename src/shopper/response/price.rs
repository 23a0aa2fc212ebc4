//! Prices as shops write them, in minor units. A text that may be read in two ways has no price: a wrong one would be worse.

use crate::base::MinorUnits;
use crate::plan::{MoneyUnit, Value};

/// Currency signs, and what else may stand right beside an amount.
const SIGNS: &str = "€$£¥₹₩₽₺₴₫₪₦₱฿₡₲₵₸₿¢﷼円元원";

/// The zeros of other scripts, each with nine digits behind it.
const ZEROS: [u32; 12] =
    [0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6, 0xe50, 0xed0, 0x1040, 0x17e0, 0xff10];

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
    /// Whether it is part of something else: a range (`5-10 €`), a product (`3 × 12 €`), another measure (`1.5k`).
    doubtful: bool,
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
        other @ (Value::Text(_) | Value::Json(_)) => {
            (only_price(&other.as_text(), decimals)?, false)
        }
    };
    let exponent = match unit {
        None if whole => 0,
        Some(MoneyUnit::Minor) => 0,
        None | Some(MoneyUnit::Major) => decimals,
    };
    if amount.negative { None } else { amount.scale(exponent).map(MinorUnits) }
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
    Some(ParsedPrice { whole: digits, fraction, negative, priced: false, doubtful: false })
}

/// The price in a text: its only number, or the only one beside a currency's sign or code.
fn only_price(text: &str, decimals: u32) -> Option<ParsedPrice> {
    let mut amounts = amounts(text, decimals)?;
    if amounts.len() > 1 {
        amounts.retain(|amount| amount.priced);
    }
    let first = amounts.pop()?;
    let alike = |other: &ParsedPrice| other.scale(4) == first.scale(4) && !other.negative;
    let doubtful = first.doubtful || amounts.iter().any(|other| other.doubtful || !alike(other));
    (!doubtful).then_some(first)
}

/// All numbers in a text but shares (`20 %`); none where one of them can't be told apart into groups and decimals.
fn amounts(text: &str, decimals: u32) -> Option<Vec<ParsedPrice>> {
    let characters: Vec<char> = text.chars().filter(|c| !is_direction(*c)).map(plain).collect();
    let (mut amounts, mut at) = (Vec::new(), 0);
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = end_of_amount(&characters, at);
        let before: String = characters[..at].iter().collect();
        let after: String = characters[end..].iter().collect();
        if after.trim_start().starts_with(['%', '٪', '％', '‰']) {
            at = end;
            continue;
        }
        let (whole, fraction) = split(&characters[at..end], decimals)?;
        amounts.push(ParsedPrice {
            whole,
            fraction,
            negative: is_negative(&before) || is_negative_by(&before, &after),
            priced: ends_in_currency(before.trim_end()) || starts_with_currency(&after),
            doubtful: is_part(&before, &after),
        });
        at = end;
    }
    Some(amounts)
}

/// Marks that say how a text runs, and stand between a sign and its number in Arabic and Hebrew.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Digits of other scripts as ours, and the many spaces, apostrophes and dashes as one of each.
fn plain(character: char) -> char {
    match character {
        '\u{66b}' => '.',
        '\u{ff0c}' => ',',
        '\u{66c}' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{2032}' | '\u{b4}' | '`' | '\'' => {
            '\''
        }
        '\u{a0}' | '\u{202f}' | '\u{2005}'..='\u{200a}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{ff5e}' | '\u{301c}' => '~',
        other => {
            let digit = |zero: &u32| (other as u32).checked_sub(*zero).filter(|digit| *digit < 10);
            let digit = ZEROS.iter().find_map(digit);
            digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(other)
        }
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

/// Whether an amount is negative by what stands behind it: `5,00-`, or brackets around all.
fn is_negative_by(before: &str, after: &str) -> bool {
    let mut behind = after.chars();
    let trailing = behind.next() == Some('-') && behind.next().is_none_or(|c| !c.is_ascii_digit());
    let opens = before.trim_start().strip_prefix('(');
    let bracketed = opens.is_some_and(|rest| rest.chars().all(|c| SIGNS.contains(c) || c == ' '))
        && after.trim_end().ends_with(')');
    trailing || bracketed
}

/// Whether an amount is part of a range, a product or another measure.
fn is_part(before: &str, after: &str) -> bool {
    let (before, behind) = (before.trim_end(), after.trim_start());
    let before = before.trim_end_matches(|c: char| SIGNS.contains(c)).trim_end();
    let behind = behind.trim_start_matches(|c: char| SIGNS.contains(c)).trim_start();
    let joins = ['-', '~', '×', 'x', 'X', '*'];
    let ends = |c: char| c.is_ascii_digit() || SIGNS.contains(c);
    let follows = before.strip_suffix(joins).is_some_and(|rest| rest.trim_end().ends_with(ends));
    let leads = behind.strip_prefix(joins).is_some_and(|rest| rest.trim_start().starts_with(ends));
    let measures = after.starts_with(|c: char| c.is_alphabetic() && !SIGNS.contains(c))
        && !starts_with_currency(after);
    follows || leads || measures
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
    fn scale(&self, power: u32) -> Option<u64> {
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
            (
                "\u{200f}\u{661}\u{66c}\u{662}\u{663}\u{664}\u{66b}\u{665}\u{660}\u{a0}ر.س.\u{200f}",
                123_450,
            ),
            ("\u{200f}1,234.50\u{a0}\u{200f}₪", 123_450),
            ("₹१,२३,४५६.७८", 12_345_678),
            ("Rs. ১২.৫০", 1_250),
            ("๑,๒๓๔.๕๐ บาท", 123_450),
            ("１，２３４円（税込 10％）", 123_400),
            ("送料 500 g、合計 1,234円", 123_400),
            ("CHF 1\u{2018}234.50", 123_450),
            ("1´234.50", 123_450),
            ("1\u{2009}234\u{2009}567,89 €", 123_456_789),
            ("16,00 € incl. 19 % VAT", 1_600),
            ("-20% 16,00 €", 1_600),
            ("2 for $5", 500),
            ("12,00 €/kg", 1_200),
            ("27-11-2026: 12,00 €", 1_200),
            ("12.50EUR", 1_250),
            ("100kr", 10_000),
            ("R$ 1.234,56", 123_456),
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
            "19 %",
            "5-10 €",
            "5–10 €",
            "$5-10",
            "¥500〜1,000",
            "3 × 12,00 €",
            "3x 12.00 €",
            "12.00 € × 3",
            "5,00- €",
            "5.00-",
            "($5.00)",
            "\u{200e}-5.00\u{a0}\u{200f}₪",
            "–5,00 €",
            "$1.5k",
            "1.2M",
            "100g",
            "12,00 € (1,20 €/100 g)",
            "1.234.56 €",
            "1e5",
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

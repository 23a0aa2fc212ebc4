//! Prices as shops write them, in minor units. A text that may be read in two ways has no price: a wrong one would be worse.

use crate::base::{Currency, MinorUnits};
use crate::plan::{MoneyUnit, Value};

/// Currency signs, and what else may stand right beside an amount.
const SIGNS: &str = "€$£¥₹₩₽₺₴₫₪₦₱฿₡₲₵₸₿¢﷼円元원";

/// Names of currencies that may follow an amount without a space.
const NAMES: [&str; 35] = [
    "zł",
    "kr",
    "Kč",
    "Ft",
    "lei",
    "Lei",
    "лв",
    "руб",
    "р.",
    "грн",
    "ден",
    "din",
    "дин",
    "TL",
    "Euro",
    "euro",
    "EURO",
    "ユーロ",
    "米ドル",
    "ドル",
    "人民币",
    "人民幣",
    "欧元",
    "歐元",
    "美元",
    "港元",
    "港币",
    "港幣",
    "台币",
    "新台幣",
    "日元",
    "日圓",
    "圆",
    "圓",
    "유로",
];

/// Words behind an amount that make it another one.
const MAGNITUDES: [&str; 36] = [
    "k",
    "m",
    "mio",
    "mln",
    "mill",
    "million",
    "millions",
    "millionen",
    "milioni",
    "millones",
    "milhões",
    "mrd",
    "bn",
    "billion",
    "milliard",
    "milliards",
    "milliarden",
    "tsd",
    "tausend",
    "thousand",
    "mil",
    "mila",
    "lakh",
    "lakhs",
    "crore",
    "crores",
    "тыс",
    "млн",
    "млрд",
    "juta",
    "ribu",
    "triệu",
    "tỷ",
    "nghìn",
    "tys",
    "tis",
];
/// The same in scripts that put no space between words.
const MAGNITUDE_SIGNS: &str = "千万萬億亿만억천";

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
        // What the numbers in a whole document count is anyone's guess.
        Value::Json(json) if !json.is_string() => return None,
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
        let point = is_fraction(&characters[..at]);
        let before: String = characters[..at - usize::from(point)].iter().collect();
        let after: String = characters[end..].iter().collect();
        if after.trim_start().starts_with(['%', '٪', '％', '‰']) {
            at = end;
            continue;
        }
        let (whole, fraction) = match split(&characters[at..end], decimals)? {
            // `.99` is an amount without a whole.
            (digits, none) if point && none.is_empty() => ("0".to_owned(), digits),
            (_, _) if point => return None,
            parts => parts,
        };
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

/// Whether digits behind this begin with their fraction: a point, with neither a digit nor a word (`Rs.500`) before it.
fn is_fraction(before: &[char]) -> bool {
    let beginning = |before: Option<&char>| {
        before.is_none_or(|c| *c == ' ' || *c == '-' || c.is_whitespace() || SIGNS.contains(*c))
    };
    matches!(before, [rest @ .., '.' | ','] if beginning(rest.last()))
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
    follows || leads || measures || is_scaled(after) || is_ratio(before, after)
}

/// Whether what stands behind an amount multiplies it, `million` as well as `½`.
fn is_scaled(after: &str) -> bool {
    let behind = after.trim_start();
    let word = behind.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    after.starts_with(char::is_numeric)
        || behind.starts_with(|c| MAGNITUDE_SIGNS.contains(c))
        || MAGNITUDES.contains(&&*word)
}

/// Whether an amount is a part of a ratio or a date: `1/2`.
fn is_ratio(before: &str, after: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    before.strip_suffix('/').is_some_and(|rest| rest.ends_with(digit))
        || after.strip_prefix('/').is_some_and(|rest| rest.starts_with(digit))
}

fn ends_in_currency(before: &str) -> bool {
    let code = before.len().checked_sub(3).and_then(|at| before.get(at..));
    before.ends_with(|c| SIGNS.contains(c)) || code.is_some_and(is_code)
}

fn starts_with_currency(after: &str) -> bool {
    let after = after.trim_start_matches([',', '.', '-', '–', '—']).trim_start();
    after.starts_with(|c| SIGNS.contains(c))
        || after.get(..3).is_some_and(is_code)
        || NAMES.iter().any(|name| after.starts_with(name))
}

fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase()) && Currency::new(text).is_some()
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
mod tests;

//! Secrets taken out of text before it is kept: what a sample shows must be safe to mail around.
//!
//! Samples hold what shops and shoppers said to each other: cookies, tokens, card numbers, e-mail addresses.
//! Redaction works on text, not on parsed documents, because bodies are cut at a few KiB and needn't be well
//! formed any more. It errs towards hiding; names, cookie names and a card's last four digits stay, since they
//! are what one looks for when chasing a fault. Idempotency keys and markers stay for the same reason.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands in the place of a secret.
pub const MASK: &str = "[redacted]";

/// A key whose value is nobody's business, as a part of a regular expression. `pan`, `pin` and `sid` only as
/// whole words: `company`, `shipping` and `inside` are harmless.
const SECRET_KEY: &str = r"[\w.\[\]-]*(?:passw|pwd|passphrase|private[_-]?key|access[_-]?key|secret|token|api[_-]?key|credential|authorization|signature|session|csrf|xsrf|cvv|cvc|cv2|csc|security[_-]?code|verification[_-]?(?:value|code)|iban|(?:\b|_)(?:otp|sid|pin|pan|auth|jwt)(?:\b|_))[\w.\[\]-]*";

struct Patterns {
    json_text: Regex,
    json_within: Regex,
    json_other: Regex,
    element: Regex,
    part: Regex,
    pair: Regex,
    input_name_first: Regex,
    input_value_first: Regex,
    bearer: Regex,
    key_like: Regex,
    mail: Regex,
    secret_header: Regex,
    secret_name: Regex,
    credential_name: Regex,
    head_line: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).expect("the pattern is fixed, and tested");
    let key = SECRET_KEY;
    Patterns {
        // The value's closing quote may be missing: the body may be cut there.
        json_text: regex(&format!(r#"(?i)("{key}"\s*:\s*)"(?:[^"\\]|\\.)*("|\\?$)"#)),
        // JSON inside of a JSON text: its quotes are escaped.
        json_within: regex(&format!(r#"(?i)(\\"{key}\\"\s*:\s*\\")[^"\\]*"#)),
        element: regex(&format!(r"(?i)(<(?:\w+:)?{key}>)[^<]+")),
        part: regex(&format!(
            r#"(?i)(;\s*name="{key}"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)[^\r\n]+"#
        )),
        json_other: regex(&format!(r#"(?i)("{key}"\s*:\s*)(-?\d[\d.eE+-]*)"#)),
        pair: regex(&format!(r#"(?i)(^|[?&;\s])({key}=)[^&\s"'<>;]+"#)),
        input_name_first: regex(&format!(
            r#"(?is)(<(?:input|meta)\b[^>]*?\bname\s*=\s*["']?{key}["']?[^>]*?\b(?:value|content)\s*=\s*)(?:"[^"]*"?|'[^']*'?|[^\s"'>]+)"#
        )),
        input_value_first: regex(&format!(
            r#"(?is)(<(?:input|meta)\b[^>]*?\b(?:value|content)\s*=\s*)(?:"[^"]*"|'[^']*'|[^\s"'>]+)([^>]*?\bname\s*=\s*["']?{key}["']?)"#
        )),
        bearer: regex(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}"),
        key_like: regex(
            r"\b(?:eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?|(?:sk|rk|pk|whsec)_[A-Za-z0-9_]{8,})",
        ),
        mail: regex(r"(?i)\b[a-z0-9._+-]+(?:@|%40)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b"),
        secret_header: regex(
            r"(?i)authorization|api-?key|access-?key|token|secret|passw|session|csrf|xsrf|signature|credential|\b(?:auth|jwt)\b",
        ),
        secret_name: regex(&format!("(?i)^{key}$")),
        // What gives access for long; codes and numbers of test cards are no such thing.
        credential_name: regex(
            r"(?i)passw|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization|\b(?:auth|jwt)\b",
        ),
        head_line: regex(r"(?m)^([A-Za-z0-9!#$%&'*+.^_|~-]+): ?([^\r\n]*)"),
    }
});

/// Makes the patterns ready, which takes tens of milliseconds: before a load, or the first failure in it would pay for them.
pub fn prepare() {
    message("GET / HTTP/1.1\r\naccept: */*\r\n\r\nnothing=1");
}

/// Whether a value of this name is nobody's business: a password, a token, a session.
pub fn is_secret_name(name: &str) -> bool {
    PATTERNS.secret_name.is_match(name)
}

/// Whether a value of this name gives access: a password, a token, a key. It should not stand in a file.
pub fn is_credential_name(name: &str) -> bool {
    PATTERNS.credential_name.is_match(name)
}

/// A header's value as it may be kept; `name` in any case.
pub fn header<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if name.eq_ignore_ascii_case("cookie") {
        return Cow::Owned(
            value.split(';').map(|pair| cookie(pair.trim())).collect::<Vec<_>>().join("; "),
        );
    }
    if name.eq_ignore_ascii_case("set-cookie") {
        let (pair, attributes) = value.split_at(value.find(';').unwrap_or(value.len()));
        return Cow::Owned(cookie(pair.trim()) + attributes);
    }
    if PATTERNS.secret_header.is_match(name) { Cow::Borrowed(MASK) } else { text(value) }
}

/// A body, an address or a message as it may be kept.
pub fn text(text: &str) -> Cow<'_, str> {
    let p = &*PATTERNS;
    let mut text = Cow::Borrowed(text);
    replace(&mut text, &p.json_text, |found| format!("{}\"{MASK}\"", &found[1]));
    replace(&mut text, &p.json_within, |found| format!("{}{MASK}", &found[1]));
    replace(&mut text, &p.element, |found| format!("{}{MASK}", &found[1]));
    replace(&mut text, &p.part, |found| format!("{}{MASK}", &found[1]));
    replace(&mut text, &p.json_other, |found| format!("{}\"{MASK}\"", &found[1]));
    replace(&mut text, &p.pair, |found| format!("{}{}{MASK}", &found[1], &found[2]));
    replace(&mut text, &p.input_name_first, |found| format!("{}\"{MASK}\"", &found[1]));
    replace(&mut text, &p.input_value_first, |found| {
        format!("{}\"{MASK}\"{}", &found[1], &found[2])
    });
    replace(&mut text, &p.bearer, |found| format!("{} {MASK}", &found[1]));
    replace(&mut text, &p.key_like, |_| MASK.to_owned());
    replace(&mut text, &p.mail, |_| "[e-mail]".to_owned());
    let cards = card_numbers(&text);
    if cards.is_empty() { text } else { Cow::Owned(without_cards(&text, &cards)) }
}

/// A whole message, request or response: a first line, header lines, an empty line, a body.
pub fn message(message: &str) -> String {
    let end = message.find("\r\n\r\n").or_else(|| message.find("\n\n")).unwrap_or(message.len());
    let (head, body) = message.split_at(end);
    let (first, lines) = head.split_at(head.find('\n').unwrap_or(head.len()));
    let lines = PATTERNS.head_line.replace_all(lines, |line: &Captures<'_>| {
        format!("{}: {}", &line[1], header(&line[1], &line[2]))
    });
    format!("{}{lines}{}", text(first), text(body))
}

fn replace(text: &mut Cow<'_, str>, pattern: &Regex, with: impl Fn(&Captures<'_>) -> String) {
    if let Cow::Owned(replaced) = pattern.replace_all(text, |found: &Captures<'_>| with(found)) {
        *text = Cow::Owned(replaced);
    }
}

fn cookie(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        None => MASK.to_owned(),
    }
}

fn without_cards(text: &str, cards: &[Range<usize>]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for card in cards {
        let digits: String = text[card.clone()].chars().filter(char::is_ascii_digit).collect();
        kept.push_str(&text[from..card.start]);
        kept.push_str("[card …");
        kept.push_str(&digits[digits.len() - 4..]);
        kept.push(']');
        from = card.end;
    }
    kept.push_str(&text[from..]);
    kept
}

/// Where card numbers stand: 13 to 19 digits that begin as cards do (2 to 6) and pass Luhn's check
/// (ISO/IEC 7812-1), in one piece or in up to five groups of three to six with a space, a dash, a plus sign or `%20`
/// (a form's and an address's space) between.
fn card_numbers(text: &str) -> Vec<Range<usize>> {
    let groups = digit_groups(text.as_bytes());
    let mut found = Vec::new();
    let mut first = 0;
    while first < groups.len() {
        match (1..=5).find_map(|count| card_of(text, groups.get(first..first + count)?)) {
            Some((card, count)) => {
                found.push(card);
                first += count;
            }
            None => first += 1,
        }
    }
    found
}

/// The stretches of digits.
fn digit_groups(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        // A space in an address: its digits are no digits.
        if bytes[at..].starts_with(b"%20") {
            at += 3;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if end > at {
            groups.push(at..end);
        }
        at = end.max(at + 1);
    }
    groups
}

/// The card number that these groups are together, and how many they are.
fn card_of(text: &str, groups: &[Range<usize>]) -> Option<(Range<usize>, usize)> {
    let whole = groups.first()?.start..groups.last()?.end;
    let apart = groups
        .windows(2)
        .all(|pair| matches!(&text[pair[0].end..pair[1].start], " " | "-" | "+" | "%20"));
    let grouped = groups.len() == 1 || groups.iter().all(|group| (3..=6).contains(&group.len()));
    let digits: Vec<u8> = groups
        .iter()
        .flat_map(|group| &text.as_bytes()[group.clone()])
        .map(|byte| byte - b'0')
        .collect();
    let card = apart
        && grouped
        && (13..=19).contains(&digits.len())
        && (2..=6).contains(&digits[0])
        && passes_luhn(&digits);
    card.then_some((whole, groups.len()))
}

/// Whether the digits, 0 to 9 each, have the check digit of card numbers (Luhn; ISO/IEC 7812-1): from the right, every second digit
/// doubled, the sum of all digits is a multiple of ten.
pub fn passes_luhn(digits: &[u8]) -> bool {
    let doubled = |d: u8| if d > 4 { 2 * d - 9 } else { 2 * d };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| u32::from(if i % 2 == 1 { doubled(d) } else { d }))
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_headers_are_hidden_and_names_stay() {
        assert_eq!(header("Authorization", "Bearer abc"), MASK);
        assert_eq!(header("x-api-key", "abc"), MASK);
        assert_eq!(header("x-csrf-token", "abc"), MASK);
        assert_eq!(header("cookie", "sid=abc; cart=7"), "sid=[redacted]; cart=[redacted]");
        assert_eq!(
            header("set-cookie", "sid=abc; Path=/; HttpOnly"),
            "sid=[redacted]; Path=/; HttpOnly"
        );
        assert_eq!(header("x-shopper", "t-01"), "t-01");
        assert_eq!(header("idempotency-key", "k-01"), "k-01");
        assert_eq!(
            header("location", "/login?token=abc&next=/pay"),
            "/login?token=[redacted]&next=/pay"
        );
    }

    #[test]
    fn secrets_in_json_are_hidden_also_where_the_text_is_cut() {
        assert_eq!(
            text(
                r#"{"email":"a.b@shop.co.uk","password":"p\"w","cvv":123,"company":"Pan & Co","panel":1,"card_pan":"5","access_token": "x"}"#
            ),
            r#"{"email":"[e-mail]","password":"[redacted]","cvv":"[redacted]","company":"Pan & Co","panel":1,"card_pan":"[redacted]","access_token": "[redacted]"}"#
        );
        assert_eq!(text(r#"{"client_secret":"abcdef"#), r#"{"client_secret":"[redacted]""#);
    }

    #[test]
    fn secrets_in_forms_and_pages_are_hidden() {
        assert_eq!(
            text("sku=7&card[cvc]=123&csrf_token=a%20b&shipping=dhl"),
            "sku=7&card[cvc]=[redacted]&csrf_token=[redacted]&shipping=dhl"
        );
        assert_eq!(text("email=jo%40example.com&quantity=1"), "email=[e-mail]&quantity=1");
        assert_eq!(
            text(r#"<input type="hidden" name="csrf" value="abc">"#),
            r#"<input type="hidden" name="csrf" value="[redacted]">"#
        );
        assert_eq!(
            text("<input value='abc' name='authenticity_token'>"),
            r#"<input value="[redacted]" name='authenticity_token'>"#
        );
    }

    #[test]
    fn secrets_in_documents_within_documents_and_in_parts_are_hidden() {
        assert_eq!(
            text(r#"{"body":"{\"token\":\"abc\",\"sku\":\"7\"}"}"#),
            r#"{"body":"{\"token\":\"[redacted]\",\"sku\":\"7\"}"}"#
        );
        assert_eq!(
            text("<pay><cvv>123</cvv><s:token>abc</s:token><sku>7</sku></pay>"),
            "<pay><cvv>[redacted]</cvv><s:token>[redacted]</s:token><sku>7</sku></pay>"
        );
        assert_eq!(
            text(
                "--b\r\ncontent-disposition: form-data; name=\"cvc\"\r\n\r\n123\r\n--b\r\ncontent-disposition: form-data; name=\"sku\"\r\n\r\n7\r\n"
            ),
            "--b\r\ncontent-disposition: form-data; name=\"cvc\"\r\n\r\n[redacted]\r\n--b\r\ncontent-disposition: form-data; name=\"sku\"\r\n\r\n7\r\n"
        );
    }

    #[test]
    fn keys_are_known_by_their_looks() {
        assert_eq!(text("failed for sk_live_4eC39HqLyjWDarjtT1zdp7dc"), "failed for [redacted]");
        assert_eq!(text("jwt eyJhbGciOi.eyJzdWIiOiIx.SflKxw"), "jwt [redacted]");
        assert_eq!(text("sent Bearer abcdefghij"), "sent Bearer [redacted]");
    }

    #[test]
    fn card_numbers_keep_their_last_four_digits() {
        for number in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "4242+4242+4242+4242",
            "4242%204242%204242%204242",
        ] {
            assert_eq!(text(&format!("card={number}&x=1")), "card=[card …4242]&x=1", "{number}");
        }
        assert_eq!(text(r#"{"number":378282246310005}"#), r#"{"number":[card …0005]}"#);
        assert_eq!(
            text("3782 822463 10005 7, 5555555555554444 4111111111111111"),
            "[card …0005] 7, [card …4444] [card …1111]"
        );
    }

    #[test]
    fn order_numbers_and_times_are_no_cards() {
        for harmless in [
            "4242424242424243",
            "1732252999123456",
            "order 4111-1111-1111-1112",
            "42424242424242424242",
            "2026-11-22 05:04:03.123456",
        ] {
            assert_eq!(text(harmless), harmless);
        }
    }

    #[test]
    fn harmless_text_is_not_even_copied() {
        assert!(matches!(
            text(r#"{"order_id":"A-1007","total":1999,"status":"confirmed"}"#),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn a_whole_message_is_redacted_part_by_part() {
        let sent = "POST /pay?token=t HTTP/1.1\r\nhost: shop\r\ncookie: sid=1\r\n\r\n{\"number\":\"4242424242424242\"}";
        assert_eq!(
            message(sent),
            "POST /pay?token=[redacted] HTTP/1.1\r\nhost: shop\r\ncookie: sid=[redacted]\r\n\r\n{\"number\":\"[card …4242]\"}"
        );
    }
}

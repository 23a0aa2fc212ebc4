//! What was said when something failed, without what differs from shopper to shopper.
//!
//! "Order T100017 was not written" and "order T100018 was not written" are one trouble. So numbers and identities are
//! replaced by `#`, and what is left names the trouble. What the shop says of itself (an error's message, a page's
//! title) tells more than what was expected of it, so that is looked for first. Secrets are taken out before.

use std::borrow::Cow;

use super::{charset, json};
use crate::base::Redactor;
use crate::shopper::browser::sniff::document_type;
use crate::shopper::off_core::is_large;
use crate::shopper::transport::WireResponse;
use crate::tally::FailureKind;

/// A message is cut after this many letters.
const LONGEST: usize = 120;
/// This much of a body, in bytes, is looked at for words; JSON is read whole, but for answers that are large.
const LOOKED_AT: usize = 16 * 1_024;
/// Where errors in JSON say what is wrong, by habit and by RFC 9457, the most telling first.
const KEYS: [&str; 9] = [
    "message",
    "error_description",
    "detail",
    "title",
    "reason",
    "description",
    "msg",
    "error",
    "code",
];

/// The message of a failure as a key: what the shop said, and what was found wrong, where the status does not say it all.
pub fn fingerprint(
    kind: FailureKind,
    detail: &str,
    answer: Option<&WireResponse>,
    secrets: &Redactor,
) -> String {
    message(kind, detail, answer, |text| plain(text, secrets))
}

/// The same in the original words, for people: redacted, in one line, and not too long.
pub fn wording(
    kind: FailureKind,
    detail: &str,
    answer: Option<&WireResponse>,
    secrets: &Redactor,
) -> String {
    message(kind, detail, answer, |text| one_line(text, secrets, |word, out| out.push_str(word)))
}

fn message(
    kind: FailureKind,
    detail: &str,
    answer: Option<&WireResponse>,
    shown: impl Fn(&str) -> String,
) -> String {
    let said =
        answer.and_then(shop_message).map(|said| shown(&said)).filter(|said| !said.is_empty());
    let by_status = matches!(
        kind,
        FailureKind::Throttled
            | FailureKind::ClientError
            | FailureKind::ServerError
            | FailureKind::UnexpectedStatus
    );
    match said {
        Some(said) if by_status => said,
        None if by_status => String::new(),
        Some(said) => cut(format!("{}: {said}", shown(detail))),
        None => shown(detail),
    }
}

/// What the shop says of itself.
fn shop_message(answer: &WireResponse) -> Option<String> {
    // No more of it is read: a page may be large.
    let text = charset::text(document_type(&answer.headers), start_of(&answer.body));
    let text = text.trim();
    match text.chars().next()? {
        '{' | '[' if is_large(&answer.body) => None,
        '{' | '[' => json::read(&answer.body).and_then(|document| in_json(&document, 0)),
        '<' => title(text).map(str::to_owned),
        _ => text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned),
    }
}

/// The first bytes of a body, which end with a whole letter where it is UTF-8.
fn start_of(body: &[u8]) -> &[u8] {
    let start = &body[..body.len().min(LOOKED_AT)];
    match std::str::from_utf8(start) {
        Err(error) if error.error_len().is_none() => &start[..error.valid_up_to()],
        Ok(_) | Err(_) => start,
    }
}

/// The message in an error's JSON: under one of the usual keys, perhaps within `error` or the first of `errors`.
fn in_json(json: &serde_json::Value, depth: u32) -> Option<String> {
    use serde_json::Value;
    match json {
        Value::String(text) if depth > 0 => Some(text.clone()),
        Value::Number(number) if depth > 0 => Some(format!("code {number}")),
        Value::Array(items) => in_json(items.first()?, depth + 1),
        Value::Object(members) if depth < 4 => {
            let inside = ["error", "errors"]
                .iter()
                .filter_map(|key| members.get(*key))
                .find(|value| value.is_object() || value.is_array());
            let here = || {
                KEYS.iter()
                    .filter_map(|key| members.get(*key))
                    .find_map(|value| in_json(value, depth + 1))
            };
            inside.and_then(|inside| in_json(inside, depth + 1)).or_else(here)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            None
        }
    }
}

/// A page's title, or its first heading.
fn title(page: &str) -> Option<&str> {
    let between = |open: &str| {
        let (_, rest) = page.split_once(open)?;
        let text = rest.split_once('>')?.1.split('<').next()?.trim();
        (!text.is_empty()).then_some(text)
    };
    between("<title").or_else(|| between("<h1"))
}

/// The text in one line, redacted, without numbers and identities, and not too long.
fn plain(text: &str, secrets: &Redactor) -> String {
    one_line(text, secrets, push_plain)
}

/// The text in one line, redacted, word by word, and not too long.
fn one_line(text: &str, secrets: &Redactor, push: impl Fn(&str, &mut String)) -> String {
    // A shop's words may not write into a terminal as they please, nor hide a secret between control characters.
    let printable: String = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    let redacted = secrets.text(&printable);
    let mut out = String::with_capacity(redacted.len().min(2 * LONGEST));
    for word in redacted.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        push(word, &mut out);
        if out.chars().count() > LONGEST {
            break;
        }
    }
    cut(out)
}

/// Appends a word without numbers and identities.
fn push_plain(word: &str, out: &mut String) {
    let mut rest = word;
    while !rest.is_empty() {
        // 1.25s, 350ms and 2s are one figure, whatever its unit.
        let figure = length_of_figure(rest);
        if figure > 0 {
            out.push('#');
            rest = &rest[figure..];
            continue;
        }
        let in_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let name = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
        let starts_name = |(at, c): (usize, char)| (at >= name && in_name(c)).then_some(at);
        let other = rest.char_indices().find_map(starts_name).unwrap_or(rest.len());
        out.push_str(&without_numbers(&rest[..name]));
        out.push_str(&rest[name..other]);
        rest = &rest[other..];
    }
}

/// How many bytes of the text a span of time or a number with points takes at its beginning; 0 if it begins otherwise.
fn length_of_figure(text: &str) -> usize {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = text[..digits].trim_end_matches('.');
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    let after = &text[number.len()..];
    let letters = after.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    let unit = &after[..letters.unwrap_or(after.len())];
    match unit {
        "" => number.len(),
        "ns" | "µs" | "us" | "ms" | "s" | "m" | "min" | "h" => number.len() + unit.len(),
        _ => 0,
    }
}

/// A name with `#` for each number in it, or for all of it if it looks like an identity.
fn without_numbers(name: &str) -> Cow<'_, str> {
    if !name.bytes().any(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(name);
    }
    let numbers = name.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).count();
    let hexadecimal = name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let letters = name.bytes().any(|byte| byte.is_ascii_alphabetic());
    if name.len() >= 8 && (hexadecimal || letters && numbers >= 2) {
        return Cow::Borrowed("#");
    }
    let mut out = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter.is_ascii_digit() {
            true if out.ends_with('#') => {}
            true => out.push('#'),
            false => out.push(letter),
        }
    }
    Cow::Owned(out)
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode, Version};

    fn of(kind: FailureKind, status: u16, body: &str) -> String {
        let body = Bytes::from(body.to_owned());
        let answer = WireResponse {
            status: StatusCode::from_u16(status).unwrap(),
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
            body,
        };
        fingerprint(
            kind,
            "$.state is \"open\", expected \"paid\"",
            Some(&answer),
            &Redactor::default(),
        )
    }

    #[test]
    fn a_secret_is_masked_that_has_control_characters_in_it() {
        let secrets = Redactor::new(["hunter-twenty"]);
        let said = "wrong password hun\u{7}ter\u{1b}-twen\u{0}ty";
        assert_eq!(plain(said, &secrets), "wrong password [redacted]");
    }

    #[test]
    fn of_a_large_answer_only_the_start_is_read() {
        let fill = |letters: &str| letters.repeat(LOOKED_AT);
        let error = |body: &str| of(FailureKind::ServerError, 500, body);
        assert_eq!(
            error(&format!("<title>gr\u{f6}\u{df}er</title>{}", fill("\u{e4}\u{e4}a"))),
            "gr\u{f6}\u{df}er"
        );
        let large = format!(
            "{{\"items\":[{}0],\"message\":\"broken\"}}",
            fill("\"a long item of a list\",")
        );
        assert_eq!(error(&large), "");
        assert_eq!(error(&large.replace(&fill("\"a long item of a list\","), "")), "broken");
    }

    #[test]
    fn what_differs_from_shopper_to_shopper_is_left_out() {
        for (said, plain_said) in [
            ("order T100017 was not written", "order T# was not written"),
            ("no session 7350641f-28fa-2728-b782-456e4f00aa11", "no session #"),
            ("request 28fa2728b782456e failed after 1204 ms", "request # failed after # ms"),
            ("key aB3dE5fG7 of jo@example.com", "key # of [e-mail]"),
            ("node-3: write lost at 10.0.0.17:8080", "node-#: write lost at #:#"),
            ("given up after 1.52s", "given up after #"),
            ("given up after 2s", "given up after #"),
            ("given up after 350ms.", "given up after #."),
            ("3rd try (4.5 s)", "#rd try (# s)"),
            ("  two\n lines\t", "two lines"),
            ("a \u{1b}[31mred\u{7} alarm", "a [#mred alarm"),
            ("deadbeef is a word", "deadbeef is a word"),
        ] {
            assert_eq!(plain(said, &Redactor::default()), plain_said);
        }
        let original = "order T100017 was \u{1b}[31m not written after 1.52s";
        assert_eq!(
            wording(FailureKind::Broken, original, None, &Redactor::default()),
            "order T100017 was [31m not written after 1.52s"
        );
        assert_eq!(plain(&"word ".repeat(80), &Redactor::default()).chars().count(), LONGEST);
    }

    #[test]
    fn the_shop_s_own_words_are_found_where_shops_put_them() {
        let said = |body| of(FailureKind::ServerError, 500, body);
        assert_eq!(
            said("the wallet provider did not call back"),
            "the wallet provider did not call back"
        );
        assert_eq!(
            said(r#"{"status":"refused","reason":"stock_taken","message":"Sold 3 times"}"#),
            "Sold # times"
        );
        assert_eq!(said(r#"{"error":{"code":17,"message":"locked"}}"#), "locked");
        assert_eq!(
            said(r#"{"errors":[{"message":"deadlock found"}],"data":null}"#),
            "deadlock found"
        );
        assert_eq!(
            said(r#"{"type":"about:blank","title":"Out of memory","status":500}"#),
            "Out of memory"
        );
        assert_eq!(
            said("<!doctype html><html><head><title>502 Bad Gateway</title>"),
            "# Bad Gateway"
        );
        assert_eq!(said("<html><body><h1 class=x>Be right back</h1>"), "Be right back");
        assert_eq!(said(""), "");
        assert_eq!(said(r#"{"total":1999}"#), "");
    }

    #[test]
    fn a_wrong_content_says_what_was_expected_and_what_the_shop_said() {
        let said = |body| of(FailureKind::UnexpectedContent, 200, body);
        assert_eq!(said(r#"{"state":"open"}"#), "$.state is \"open\", expected \"paid\"");
        assert_eq!(
            said(r#"{"state":"open","error":"no bank"}"#),
            "$.state is \"open\", expected \"paid\": no bank"
        );
        assert_eq!(
            fingerprint(
                FailureKind::Broken,
                "the connection broke: reset (os error 104)",
                None,
                &Redactor::default()
            ),
            "the connection broke: reset (os error #)"
        );
    }
}

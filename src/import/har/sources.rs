//! Where values of requests come from: the nearest earlier answer that has them.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

use super::entry::HarEntry;
use super::tokens::{TOKEN_WORDS, has_word, is_token};

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueSource {
    /// The act whose answer has it.
    pub act: usize,
    /// The capture, as the scenario writes it.
    pub capture: String,
    /// A name for it.
    pub name: String,
}

/// Values of answers so far.
#[derive(Debug, Default)]
pub struct Sources {
    answers: Vec<Answered>,
    sent: BTreeSet<String>,
    names: BTreeSet<String>,
    taken: BTreeMap<(usize, String), String>,
    /// The first act that changed something: what answers say only after it belongs to this shopper.
    changed: Option<usize>,
}

/// What an answer has: a value with its capture and name, the surest place first.
#[derive(Debug)]
struct Answered {
    act: usize,
    values: Vec<(String, String, String)>,
    page: String,
}

/// Longer values are no identifiers.
const LONGEST: usize = 4_096;
/// So much text before a value tells its place in a page.
const CONTEXT: usize = 32;

// === impl Sources ===

impl Sources {
    /// Takes the values of an answer.
    pub fn learn(&mut self, act: usize, answers: &[&HarEntry], changes: bool) {
        let mut values = Vec::new();
        if let Some(answer) = answers.last().filter(|answer| answer.is_json())
            && let Ok(document) = serde_json::from_str::<Value>(&answer.answer)
        {
            leaves("$", "value", &document, &mut values);
        }
        for (nth, answer) in answers.iter().enumerate() {
            for (name, value) in &answer.answer_headers {
                if name == "set-cookie" {
                    values.extend(cookie(value));
                } else if is_own(name) && nth + 1 == answers.len() {
                    values.push((value.clone(), format!("{{ header: {name} }}"), name.clone()));
                }
            }
        }
        let last = answers.last().filter(|answer| answer.is_page());
        let page = last.map_or(String::new(), |answer| answer.answer.clone());
        values.extend(tokens_in(&page));
        self.answers.push(Answered { act, values, page });
        if changes && self.changed.is_none() {
            self.changed = Some(act);
        }
    }

    /// Notes a value that the shopper sent: from then on it is the shopper's own.
    pub fn note_sent(&mut self, value: &str) {
        if self.find(value, "").is_none() {
            self.sent.insert(value.to_owned());
        }
    }

    /// The variable that holds a value that an answer had, with its capture.
    pub fn variable(&mut self, field: &str, value: &str) -> Option<(String, ValueSource)> {
        if value.is_empty() || value.len() > LONGEST || self.sent.contains(value) {
            return None;
        }
        let source = self.find(value, field)?;
        let key = (source.act, source.capture.clone());
        if let Some(name) = self.taken.get(&key) {
            return Some((name.clone(), source));
        }
        let stem = identifier(&source.name);
        let mut name = stem.clone();
        for times in 2.. {
            if self.names.insert(name.clone()) {
                break;
            }
            name = format!("{stem}_{times}");
        }
        self.taken.insert(key, name.clone());
        Some((name, source))
    }

    fn find(&self, value: &str, field: &str) -> Option<ValueSource> {
        self.answers.iter().rev().find_map(|answer| {
            let known = answer.values.iter().find(|(known, ..)| known == value);
            if let Some((_, capture, name)) = known {
                let (capture, name) = (capture.clone(), name.clone());
                return Some(ValueSource { act: answer.act, capture, name });
            }
            // Text is searched only for what can't stand in it by chance, and what is this shopper's.
            let own = self.changed.is_some_and(|changed| answer.act >= changed);
            if !(is_token(field, value) || own && is_numbered(value)) {
                return None;
            }
            let pattern = context(&answer.page, value)?;
            let capture = format!("{{ regex: {} }}", Value::from(pattern));
            let name = if field.is_empty() { "value" } else { field };
            Some(ValueSource { act: answer.act, capture, name: name.to_owned() })
        })
    }
}

/// Three digits or more, as numbers of orders and carts have them.
fn is_numbered(value: &str) -> bool {
    value.bytes().filter(u8::is_ascii_digit).count() >= 3
}

/// A pattern whose first match in the text is the value: the text before it, then the value.
pub fn context(text: &str, value: &str) -> Option<String> {
    let ends_itself =
        |at: usize| !text[at + value.len()..].starts_with(|c: char| c.is_alphanumeric());
    for (at, _) in text.match_indices(value).filter(|(at, _)| ends_itself(*at)).take(8) {
        let line: String =
            text[..at].chars().rev().take(CONTEXT).take_while(|c| *c != '\n').collect();
        let before: String = line.chars().rev().collect();
        let before = before.trim_start();
        if before.len() < 3 {
            continue;
        }
        let class = if value.bytes().all(|b| b.is_ascii_digit()) {
            r"(\d+)"
        } else {
            r#"([^"'<>&\s/?#]+)"#
        };
        let pattern = format!("{}{class}", regex::escape(before));
        let first = Regex::new(&pattern).ok()?.captures(text).map(|found| found[1].to_owned());
        if first.as_deref() == Some(value) {
            return Some(pattern);
        }
    }
    None
}

/// Headers of the shop's own, not of the protocol.
fn is_own(name: &str) -> bool {
    const OF_HTTP: [&str; 12] = [
        "date",
        "age",
        "expires",
        "vary",
        "server",
        "location",
        "allow",
        "link",
        "via",
        "last-modified",
        "connection",
        "keep-alive",
    ];
    const FAMILIES: [&str; 8] = [
        "content-",
        "access-control-",
        "cache-",
        "strict-",
        "transfer-",
        "alt-svc",
        "cf-",
        "x-frame",
    ];
    !OF_HTTP.contains(&name) && !FAMILIES.iter().any(|family| name.starts_with(family))
}

/// The value of a cookie, which the shopper's browser holds.
fn cookie(header: &str) -> Option<(String, String, String)> {
    let (name, value) = header.split(';').next()?.split_once('=')?;
    let decoded =
        percent_encoding::percent_decode_str(value.trim()).decode_utf8_lossy().into_owned();
    (decoded.len() >= 8).then(|| {
        (decoded, format!("{{ cookie: {} }}", Value::from(name.trim())), name.trim().to_owned())
    })
}

fn leaves(path: &str, name: &str, value: &Value, out: &mut Vec<(String, String, String)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            leaves(&member(path, key), key, value, out);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| {
            leaves(&format!("{path}[{i}]"), name, value, out);
        }),
        Value::String(text) => leaf(path, name, text.clone(), out),
        Value::Number(number) => leaf(path, name, number.to_string(), out),
        Value::Bool(_) | Value::Null => {}
    }
}

fn leaf(path: &str, name: &str, value: String, out: &mut Vec<(String, String, String)>) {
    out.push((value, format!("{{ json: {} }}", Value::from(path)), name.to_owned()));
}

/// The path of an object's member.
pub fn member(path: &str, key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !key.starts_with(|c: char| c.is_ascii_digit());
    if plain && !key.is_empty() {
        format!("{path}.{key}")
    } else {
        format!("{path}['{}']", key.replace('\\', r"\\").replace('\'', r"\'"))
    }
}

/// Tokens that a page has in its head, and in its fields.
fn tokens_in(html: &str) -> Vec<(String, String, String)> {
    let mut out = Vec::new();
    for form in super::forms::forms(html) {
        for (name, value) in form.fields {
            // A field's name may have any sign; brackets and quotes would end the selector.
            if !value.is_empty() && !name.contains(['\'', '\\']) {
                let css = Value::from(format!("input[name='{name}']"));
                out.push((value, format!("{{ css: {css}, attribute: value }}"), name));
            }
        }
    }
    let meta = regex::Regex::new(
        r#"(?is)<meta\s[^>]*name=["']?([\w.-]*(?:csrf|token)[\w.-]*)["']?[^>]*content=["']([^"']+)["']"#,
    );
    for found in meta.iter().flat_map(|meta| meta.captures_iter(html)) {
        let name = found[1].to_owned();
        let css = Value::from(format!("meta[name='{name}']"));
        out.push((found[2].to_owned(), format!("{{ css: {css}, attribute: content }}"), name));
    }
    out
}

/// A name for a variable.
fn identifier(name: &str) -> String {
    let mut text: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) || text.trim_matches('_').is_empty() {
        text.insert_str(0, "value_");
    }
    const TAKEN: [&str; 9] =
        ["intent", "order", "shopper", "run", "attempt", "env", "pick", "random", "date"];
    if TAKEN.contains(&text.as_str())
        || has_word(
            &text,
            &["not", "and", "or", "in", "is", "if", "else", "true", "false", "none"],
            true,
        )
    {
        format!("{text}_value")
    } else {
        text
    }
}

/// Whether a value is one that a shop makes for a visit, by its field's name.
pub fn is_token_name(field: &str) -> bool {
    has_word(field, &TOKEN_WORDS, false)
}

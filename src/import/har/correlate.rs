//! Values of requests that come from earlier answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::entry::HarEntry;

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
    found: BTreeMap<String, ValueSource>,
    sent: BTreeSet<String>,
    names: BTreeSet<String>,
    taken: BTreeMap<(usize, String), String>,
}

/// Shorter values come together by chance.
const SHORTEST: usize = 4;

// === impl Sources ===

impl Sources {
    /// Takes the values of an answer. The nearest one wins.
    pub fn learn(&mut self, act: usize, answer: &HarEntry) {
        if answer.is_json()
            && let Ok(document) = serde_json::from_str::<Value>(&answer.answer)
        {
            self.leaves(act, "$", "value", &document);
        }
        for (name, value) in &answer.answer_headers {
            if name.starts_with("x-") || name == "etag" {
                self.add(act, value, format!("{{ header: {name} }}"), name);
            }
        }
        if answer.is_page() {
            for (selector, attribute, name, value) in metas(&answer.answer) {
                let css = serde_json::Value::from(selector);
                self.add(act, &value, format!("{{ css: {css}, attribute: {attribute} }}"), &name);
            }
        }
    }

    /// Notes a value that the shopper sent: from then on it is the shopper's own.
    pub fn record_sent(&mut self, value: &str) {
        if !self.found.contains_key(value) {
            self.sent.insert(value.to_owned());
        }
    }

    /// The variable that holds a value, and its capture, if the value comes from an answer and changes from visit to visit.
    pub fn variable(&mut self, field: &str, value: &str) -> Option<(String, ValueSource)> {
        if !changes(field, value) || self.sent.contains(value) {
            return None;
        }
        let source = self.found.get(value)?.clone();
        let key = (source.act, source.capture.clone());
        if let Some(name) = self.taken.get(&key) {
            return Some((name.clone(), source));
        }
        let mut name = identifier(&source.name);
        while !self.names.insert(name.clone()) {
            name.push_str("_next");
        }
        self.taken.insert(key, name.clone());
        Some((name, source))
    }

    fn add(&mut self, act: usize, value: &str, capture: String, name: &str) {
        if value.len() >= SHORTEST && value.len() <= 4_096 {
            let source = ValueSource { act, capture, name: name.to_owned() };
            self.found.insert(value.to_owned(), source);
        }
    }

    fn leaves(&mut self, act: usize, path: &str, name: &str, value: &Value) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| {
                let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                let path = if plain { format!("{path}.{key}") } else { format!("{path}['{key}']") };
                self.leaves(act, &path, key, value);
            }),
            Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| {
                self.leaves(act, &format!("{path}[{i}]"), name, value);
            }),
            Value::String(text) => self.leaf(act, path, name, text),
            Value::Number(number) => self.leaf(act, path, name, &number.to_string()),
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// Of equal values in one answer the first is taken.
    fn leaf(&mut self, act: usize, path: &str, name: &str, value: &str) {
        if self.found.get(value).is_none_or(|source| source.act != act) {
            let quoted = serde_json::Value::from(path);
            self.add(act, value, format!("{{ json: {quoted} }}"), name);
        }
    }
}

/// Whether a value is likely to differ from visit to visit: a token, an id, a code.
fn changes(field: &str, value: &str) -> bool {
    let lower = field.to_ascii_lowercase();
    let named = [
        "csrf", "token", "nonce", "id", "key", "code", "sku", "slug", "uuid", "hash", "auth",
        "cart",
    ]
    .iter()
    .any(|word| lower.contains(word));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    value.len() >= SHORTEST
        && (value.len() >= 16 || (named && value.len() >= SHORTEST) || digits >= 3)
}

/// Tokens that a page has in its head, or in fields that no form sends.
fn metas(html: &str) -> Vec<(String, &'static str, String, String)> {
    let mut out = Vec::new();
    for form in super::forms::forms(html) {
        for (name, value) in form.fields {
            out.push((format!("input[name='{name}']"), "value", name, value));
        }
    }
    let meta = regex::Regex::new(
        r#"(?is)<meta\s[^>]*name=["']?([\w.-]*(?:csrf|token)[\w.-]*)["']?[^>]*content=["']([^"']+)["']"#,
    );
    if let Ok(meta) = meta {
        for found in meta.captures_iter(html) {
            let name = found[1].to_owned();
            out.push((format!("meta[name='{name}']"), "content", name, found[2].to_owned()));
        }
    }
    out
}

/// A name for a variable.
fn identifier(name: &str) -> String {
    let mut text: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) || text.is_empty() {
        text.insert_str(0, "value_");
    }
    const TAKEN: [&str; 8] =
        ["intent", "order", "shopper", "run", "attempt", "env", "pick", "random"];
    if TAKEN.contains(&text.as_str()) { format!("{text}_value") } else { text }
}

//! Logs with a JSON object a line: the keys of known products, or those that the user names.

use std::borrow::Cow;

use serde_json::Value;

use super::field::{Field, LineBuilder};
use super::variables::{AKAMAI_KEYS, JSON_KEYS};

/// Keys and what they mean.
#[derive(Clone, Debug)]
pub struct JsonKeys {
    keys: Vec<(Vec<String>, Field)>,
}

// === impl JsonKeys ===

impl JsonKeys {
    /// The keys of known products, and the given ones, which win.
    pub fn new(given: &[(Field, String)]) -> JsonKeys {
        let path = |key: &str| key.split('.').map(str::to_owned).collect::<Vec<_>>();
        let mut keys: Vec<(Vec<String>, Field)> = if given.is_empty() {
            let known = JSON_KEYS.iter().chain(&AKAMAI_KEYS);
            known.map(|(key, field)| (path(key), field.clone())).collect()
        } else {
            Vec::new()
        };
        keys.extend(given.iter().map(|(field, key)| (path(key), field.clone())));
        JsonKeys { keys }
    }

    /// Keeps only the keys that this object has: the other ones need not be looked for in each line.
    pub fn keep_those_of(&mut self, object: &Value) {
        // Names that only mean something beside others of their product.
        let caddy = object.get("ts").is_some();
        let traefik = object.get("StartUTC").is_some();
        self.keys.retain(|(path, _)| find(object, path).is_some());
        if object.get("duration").is_some() {
            let unit = if caddy { 1_000_000 } else { 1_000 };
            self.keys.push((vec!["duration".to_owned()], Field::Duration(unit)));
        }
        if traefik
            && let Some((_, field)) = self.keys.iter_mut().find(|(path, _)| path[0] == "Duration")
        {
            // Nanoseconds: read by `nanoseconds` below.
            *field = Field::Duration(0);
        }
    }

    /// Gives an object's fields to a builder.
    pub fn read<'a>(&self, object: &Value, session: Option<&str>, builder: &mut LineBuilder<'a>) {
        for (path, field) in &self.keys {
            let Some(value) = find(object, path) else { continue };
            match (field, value) {
                (Field::Duration(0), value) => {
                    if let Some(nanoseconds) = value.as_u64() {
                        let text = (nanoseconds / 1_000).to_string();
                        builder.set(&Field::Duration(1), Cow::Owned(text), session);
                    }
                }
                (Field::Cookies, Value::Object(cookies)) => {
                    let pairs = cookies.iter().filter_map(|(name, value)| {
                        value.as_str().map(|value| format!("{name}={value}"))
                    });
                    let text = pairs.collect::<Vec<_>>().join("; ");
                    builder.set(field, Cow::Owned(text), session);
                }
                (Field::UserAgent, Value::String(text)) if text.contains("%20") => {
                    let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
                    builder.set(field, Cow::Owned(decoded.into_owned()), session);
                }
                (_, Value::String(text)) => builder.set(field, Cow::Owned(text.clone()), session),
                (_, Value::Number(number)) => {
                    builder.set(field, Cow::Owned(number.to_string()), session);
                }
                (_, Value::Bool(truth)) => {
                    builder.set(field, Cow::Owned(truth.to_string()), session);
                }
                (_, Value::Null | Value::Array(_) | Value::Object(_)) => {}
            }
        }
    }
}

/// The value at a path of keys and places.
fn find<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        Value::Object(members) => members.get(key),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

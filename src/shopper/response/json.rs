//! JSON as a page's script reads it (`JSON.parse`, of what `fetch` decodes as UTF-8).
//!
//! The strict and fast reader comes first. What it refuses and a script takes is read here: a byte order mark, half of a character
//! escaped (`"\ud83d"`, read as U+FFFD), numbers that are infinite (read as null, as which a script would send them), and lists in
//! lists, a million deep. Nothing here calls itself, so nesting costs no stack.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

/// What is nested deeper is read, and left out of the tree: whoever walks a tree calls itself.
const DEEPEST: usize = 1_000;
/// What is nested deeper than this is no document: each open list takes memory, and a body has room for millions.
const MOST_OPEN: usize = 1_000_000;

/// A list or object whose end is still to come.
enum OpenValue {
    List(Vec<Value>),
    /// Its members so far, and the name of the next one.
    Members(Map<String, Value>, String),
}

/// The rest of a text.
struct JsonReader<'t> {
    rest: &'t [u8],
}

/// The document in a body, if it is one.
pub(crate) fn read(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().or_else(|| {
        let text = String::from_utf8_lossy(body);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        JsonReader { rest: text.as_bytes() }.document()
    })
}

/// JSON text with its escapes undone, to look for words in it.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut reader = JsonReader { rest: text.as_bytes() };
    while let Some(at) = reader.rest.iter().position(|byte| *byte == b'\\') {
        plain.push_str(&String::from_utf8_lossy(&reader.rest[..at]));
        reader.rest = &reader.rest[at + 1..];
        if reader.escape(&mut plain).is_none() {
            plain.push('\\');
        }
    }
    plain.push_str(&String::from_utf8_lossy(reader.rest));
    Cow::Owned(plain)
}

// === impl JsonReader ===

impl JsonReader<'_> {
    fn document(mut self) -> Option<Value> {
        let mut open: Vec<OpenValue> = Vec::new();
        loop {
            self.skip_space();
            let mut value = match self.next()? {
                b'{' => {
                    self.skip_space();
                    if self.take(b'}') {
                        Value::Object(Map::new())
                    } else if open.len() == MOST_OPEN {
                        return None;
                    } else {
                        open.push(OpenValue::Members(Map::new(), self.name()?));
                        continue;
                    }
                }
                b'[' => {
                    self.skip_space();
                    if self.take(b']') {
                        Value::Array(Vec::new())
                    } else if open.len() == MOST_OPEN {
                        return None;
                    } else {
                        open.push(OpenValue::List(Vec::new()));
                        continue;
                    }
                }
                b'"' => Value::String(self.string()?),
                b't' => self.word(b"rue", Value::Bool(true))?,
                b'f' => self.word(b"alse", Value::Bool(false))?,
                b'n' => self.word(b"ull", Value::Null)?,
                first => self.number(first)?,
            };
            // As many lists and objects end as this value is the last of.
            loop {
                self.skip_space();
                let depth = open.len();
                let Some(mut around) = open.pop() else {
                    return self.rest.is_empty().then_some(value);
                };
                let next = self.next()?;
                let ended = around.add(value, next)?;
                if !ended {
                    if let OpenValue::Members(_, name) = &mut around {
                        self.skip_space();
                        *name = self.name()?;
                    }
                    open.push(around);
                    break;
                }
                value = if depth > DEEPEST { Value::Null } else { around.whole() };
            }
        }
    }

    fn skip_space(&mut self) {
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let end = self.rest.iter().position(|byte| !space(byte)).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.rest.first() == Some(&wanted);
        self.rest = &self.rest[usize::from(found)..];
        found
    }

    fn word(&mut self, rest: &[u8], value: Value) -> Option<Value> {
        self.rest = self.rest.strip_prefix(rest)?;
        Some(value)
    }

    /// The name of a member, to its colon.
    fn name(&mut self) -> Option<String> {
        self.take(b'"').then_some(())?;
        let name = self.string()?;
        self.skip_space();
        self.take(b':').then_some(name)
    }

    /// A string, behind its opening quote.
    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let end = self.rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            text.push_str(std::str::from_utf8(&self.rest[..end]).ok()?);
            let found = self.rest[end];
            self.rest = &self.rest[end + 1..];
            match found {
                b'"' => return Some(text),
                b'\\' => self.escape(&mut text)?,
                _ => return None,
            }
        }
    }

    /// What an escape stands for, behind its backslash.
    fn escape(&mut self, text: &mut String) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        let plain = match first {
            b'"' | b'\\' | b'/' => char::from(*first),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (unit, after) = code_unit(rest)?;
                let second = after.strip_prefix(b"\\u").and_then(code_unit);
                let pair = second.and_then(|(low, after)| {
                    Some((char::decode_utf16([unit, low]).next()?.ok()?, after))
                });
                let single = || (char::from_u32(unit.into()).unwrap_or('\u{fffd}'), after);
                let is_first_half = (0xd800..0xdc00).contains(&unit);
                let (c, after) = pair.filter(|_| is_first_half).unwrap_or_else(single);
                text.push(c);
                self.rest = after;
                return Some(());
            }
            _ => return None,
        };
        text.push(plain);
        self.rest = rest;
        Some(())
    }

    fn number(&mut self, first: u8) -> Option<Value> {
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
        let end = self.rest.iter().position(|byte| !is_part(byte)).unwrap_or(self.rest.len());
        let written = [&[first], &self.rest[..end]].concat();
        self.rest = &self.rest[end..];
        let written = String::from_utf8(written).ok()?;
        if let Ok(number) = serde_json::from_str::<Number>(&written) {
            return Some(Value::Number(number));
        }
        // What is a number but for its size. Its mantissa and exponent are checked by the strict reader.
        let (mantissa, exponent) = written.split_once(['e', 'E']).unwrap_or((&written, "0"));
        let exponent = exponent.trim_start_matches(['+', '-']);
        let is_one = serde_json::from_str::<Number>(mantissa).is_ok()
            && !exponent.is_empty()
            && exponent.bytes().all(|byte| byte.is_ascii_digit());
        is_one.then_some(Value::Null)
    }
}

/// Four hexadecimal digits.
fn code_unit(rest: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = rest.split_at_checked(4)?;
    let plain = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| plain)?;
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
}

// === impl OpenValue ===

impl OpenValue {
    /// Takes a value in; whether what follows is the end.
    fn add(&mut self, value: Value, next: u8) -> Option<bool> {
        let end = match self {
            OpenValue::List(items) => {
                items.push(value);
                b']'
            }
            OpenValue::Members(members, name) => {
                // Of members of one name the last one counts.
                members.insert(std::mem::take(name), value);
                b'}'
            }
        };
        if next == end { Some(true) } else { (next == b',').then_some(false) }
    }

    fn whole(self) -> Value {
        match self {
            OpenValue::List(items) => Value::Array(items),
            OpenValue::Members(members, _) => Value::Object(members),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn leniently(text: &str) -> Option<Value> {
        JsonReader { rest: text.as_bytes() }.document()
    }

    #[test]
    fn what_a_script_reads_is_read() {
        for (text, expected) in [
            ("\u{feff}{\"a\":1}", json!({"a": 1})),
            (r#"{"name":"Lamp \ud83d","id":7}"#, json!({"name": "Lamp \u{fffd}", "id": 7})),
            (
                r#"["\udc00\ud83d\ude00\ud83dx\ud83d\u0041"]"#,
                json!(["\u{fffd}😀\u{fffd}x\u{fffd}A"]),
            ),
            (r#"{"a":1e999,"b":[2]}"#, json!({"a": null, "b": [2]})),
            (r#"{"a":1e999,"a":3}"#, json!({"a": 3})),
        ] {
            assert_eq!(read(text.as_bytes()), Some(expected), "{text}");
        }
        assert_eq!(read(b"[\"\xff\"]"), Some(json!(["\u{fffd}"])));
    }

    #[test]
    fn what_a_script_refuses_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "1e999x",
            "0x1",
            "[1] 2",
            "'a'",
            "\"\n\"",
            r#""\x""#,
            r#""\u12""#,
            "nul",
            "[1 2]",
            "{\"a\" 1}",
            "<html>",
            "NaN",
            "-",
            "1e9e9",
            "00e999",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
            assert_eq!(leniently(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_ends_at_a_million_levels() {
        let deep =
            |levels| format!("{{\"id\":7,\"tree\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        for levels in [200, 2_000, 200_000] {
            assert_eq!(read(deep(levels).as_bytes()).unwrap()["id"], 7, "{levels}");
        }
        assert_eq!(read(deep(MOST_OPEN + 1).as_bytes()), None);
    }

    #[test]
    fn escapes_are_undone_where_words_are_looked_for() {
        assert_eq!(
            unescape(r#"{"m":"Gr\u00f6\u00dfe","u":"https:\/\/x"}\"#),
            "{\"m\":\"Größe\",\"u\":\"https://x\"}\\"
        );
        assert!(matches!(unescape("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn strict_documents_are_read_the_same_by_both(text in "[\\[\\]{}:,\"0-9a\\\\u+.e -]{0,24}") {
            let strict: Option<Value> = serde_json::from_str(&text).ok();
            if strict.is_some() {
                prop_assert_eq!(leniently(&text), strict);
            }
        }
    }
}

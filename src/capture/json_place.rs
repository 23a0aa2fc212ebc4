//! A place in a JSON document, and a short way to it.
//!
//! Making a tree of a document of 2 KiB costs as much as sending several requests, and most scenarios look for one value in it:
//! `$.order.id`. A path of names and indices only is walked while the text is read, and everything beside it is skipped
//! over; other paths are asked of the tree.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json_path::{JsonPath, ParseError};

/// The most brackets inside of each other. The parser's time doubles with each filter inside of a filter.
const DEEPEST: usize = 8;

/// A place in a JSON document, as an RFC 9535 JSONPath names it.
#[derive(Clone, Debug)]
pub struct JsonPlace {
    path: JsonPath,
    /// The way to it, if it is one of names and indices only.
    way: Option<Vec<Turn>>,
}

/// Why a text is not a JSONPath.
#[derive(Debug, thiserror::Error)]
pub enum JsonPathError {
    /// It ends within an escape.
    #[error("it ends within `\\u` and four hexadecimal digits")]
    Escape,
    /// Its parser would take too long.
    #[error("it has more than {DEEPEST} brackets inside of each other")]
    Nesting,
    /// Anything else.
    #[error("{}", .0.message())]
    Syntax(#[from] ParseError),
}

/// One segment of a plain way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Turn {
    Name(String),
    Index(usize),
}

/// Walks the rest of a way from here.
#[derive(Clone, Copy)]
struct PathWalk<'w>(&'w [Turn]);

/// Whether a member's name is this one, without keeping it.
struct MemberName<'w>(&'w str);

// === impl JsonPlace ===

impl JsonPlace {
    /// The place that this path names.
    ///
    /// # Errors
    /// When it is not a JSONPath.
    pub fn parse(path: &str) -> Result<JsonPlace, JsonPathError> {
        // The parser panics where the path ends within an escape.
        if ["\\u", "\\uD", "\\ud"].iter().any(|end| path.ends_with(end)) {
            return Err(JsonPathError::Escape);
        }
        if nesting(path) > DEEPEST {
            return Err(JsonPathError::Nesting);
        }
        Ok(JsonPlace { path: JsonPath::parse(path)?, way: plain_way(path) })
    }

    /// The first node that the path selects in a document.
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.path.query(document).first()
    }

    /// All nodes that the path selects in a document.
    pub fn find_all<'v>(&self, document: &'v Value) -> Vec<&'v Value> {
        self.path.query(document).all()
    }

    /// The value at this place of a document's text, without a tree of the rest: inner none if it is not there; outer none if the
    /// path is not plain enough for that, or the text is no JSON to a strict reader.
    pub fn find_in(&self, text: &[u8]) -> Option<Option<Value>> {
        let walk = PathWalk(self.way.as_deref()?);
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let found = walk.deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(found)
    }
}

impl fmt::Display for JsonPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

/// How many brackets of a path are at most inside of each other. Those within quotes count too.
fn nesting(path: &str) -> usize {
    let mut depth: usize = 0;
    let mut deepest = 0;
    for character in path.bytes() {
        match character {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The turns of a path such as `$.items[0]['unit price']`; none for any other kind.
fn plain_way(path: &str) -> Option<Vec<Turn>> {
    let mut rest = path.strip_prefix('$')?;
    let mut way = Vec::new();
    while !rest.is_empty() {
        let (turn, after) = if let Some(dotted) = rest.strip_prefix('.') {
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            let (name, after) = dotted.split_at(end);
            (is_plain(name, |c| c == '_').then(|| Turn::Name(name.to_owned()))?, after)
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            (parse_bracket(inside)?, after)
        };
        way.push(turn);
        rest = after;
    }
    Some(way)
}

fn parse_bracket(inside: &str) -> Option<Turn> {
    for quote in ['\'', '"'] {
        if let Some(name) = inside.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return is_plain(name, |c| matches!(c, '_' | '-' | ' ' | '.' | '/'))
                .then(|| Turn::Name(name.to_owned()));
        }
    }
    inside
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| inside.parse().ok().map(Turn::Index))?
}

fn is_plain(name: &str, also: impl Fn(char) -> bool) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || also(c))
}

// === impl PathWalk ===

impl<'de> DeserializeSeed<'de> for PathWalk<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        if self.0.is_empty() {
            Value::deserialize(deserializer).map(Some)
        } else {
            deserializer.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for PathWalk<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Value>, A::Error> {
        let name = match &self.0[0] {
            Turn::Name(name) => Some(name.as_str()),
            Turn::Index(_) => None,
        };
        let mut found = None;
        // Of members with the same name the last one counts, as in a tree.
        while let Some(it) = members.next_key_seed(MemberName(name.unwrap_or_default()))? {
            if it && name.is_some() {
                found = members.next_value_seed(PathWalk(&self.0[1..]))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Value>, A::Error> {
        let mut found = None;
        if let Turn::Index(wanted) = self.0[0] {
            for _ in 0..wanted {
                if items.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(None);
                }
            }
            found = items.next_element_seed(PathWalk(&self.0[1..]))?.flatten();
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }
}

// === impl Named ===

impl<'de> DeserializeSeed<'de> for MemberName<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberName<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[ab\"\\\\é]{0,3}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let members = prop::collection::vec(("[ab]", inner.clone()), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                members.prop_map(Value::from_iter)
            ]
        })
    }

    #[test]
    fn only_names_and_indices_are_a_plain_way() {
        let name = |name: &str| Turn::Name(name.to_owned());
        assert_eq!(plain_way("$.order.id"), Some(vec![name("order"), name("id")]));
        assert_eq!(
            plain_way("$.items[0]['unit price']"),
            Some(vec![name("items"), Turn::Index(0), name("unit price")])
        );
        assert_eq!(plain_way("$"), Some(vec![]));
        for other in [
            "$..id",
            "$.*",
            "$[-1]",
            "$[0:2]",
            "$[?@.a]",
            "$.items[*].id",
            "$['a','b']",
            "$['it\\'s']",
            "$ .a",
            "$.naïve",
        ] {
            assert_eq!(plain_way(other), None, "{other}");
        }
    }

    #[test]
    fn filters_inside_of_each_other_have_a_bound() {
        let nested = |depth: usize| format!("${}{}", "[?$.a".repeat(depth), "]".repeat(depth));
        assert!(JsonPlace::parse(&nested(DEEPEST)).is_ok());
        let error = JsonPlace::parse(&nested(DEEPEST + 1)).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 8 brackets inside of each other");
        assert!(JsonPlace::parse(&format!("$.a{}", "[0]".repeat(100))).is_ok());
    }

    #[test]
    fn a_text_that_is_no_json_has_nothing_in_it() {
        let place = JsonPlace::parse("$.a").unwrap();
        for text in ["", "<html>", r#"{"a":1"#, r#"{"a":1} and more"#, r#"{"a":1,}"#, r#"{"a":01}"#]
        {
            assert_eq!(place.find_in(text.as_bytes()), None, "{text}");
        }
        assert_eq!(
            place.find_in(br#"{"a":1,"b":{"a":3},"a":2} "#),
            Some(Some(2.into())),
            "the last of two members counts"
        );
        assert_eq!(
            place.find_in(br#"{"\u0061":"\n"}"#),
            Some(Some("\n".into())),
            "escapes are read"
        );
    }

    proptest! {
        #[test]
        fn the_short_way_finds_what_the_tree_has(document in documents(), way in prop::collection::vec(prop_oneof!["\\.[ab]", "\\[[0-3]\\]"], 0..4)) {
            let place = JsonPlace::parse(&format!("${}", way.concat())).unwrap();
            // Numbers are read back from their text, as the tree's are.
            let text = document.to_string();
            let document: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(place.find_in(text.as_bytes()), Some(place.find(&document).cloned()));
        }
    }
}

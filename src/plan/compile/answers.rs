//! What is looked for in an answer: places to take values from, and conditions.

use serde_json::Value;

use super::Compiler;
use super::names::Spot;
use super::text::has_placeholder;
use crate::capture::check::{CHECKS, CheckKind, Written, status};
use crate::capture::{KINDS, PatternError, pattern};
use crate::plan::{Check, Conditions, Expected, Extract, Pick, StatusRange, Template};
use crate::scenario::{
    self, AnyJson, CAPTURES, LocatedText, NodeKind, WrittenCheck, YamlNode, join_words,
};

impl Compiler<'_> {
    pub(super) fn extract(&mut self, written: &scenario::Extract) -> Option<Extract> {
        match written.keys.among(&CAPTURES).as_slice() {
            [_] => {}
            [] => self.problem(
                written.keys.span,
                "nothing says where to look",
                format!("add one of {}", join_words(CAPTURES, "or")),
            ),
            [(first, _), (second, span), ..] => {
                self.problem(
                    *span,
                    format!("`{second}` and `{first}` contradict each other"),
                    "keep one of them",
                );
            }
        }
        let takes_attribute = KINDS.iter().filter(|kind| kind.takes_attribute);
        let takes_attribute: Vec<_> = takes_attribute.map(|kind| kind.key).collect();
        if let Some(span) = written.keys.span_of("attribute")
            && written.keys.among(&takes_attribute).is_empty()
        {
            let keys = join_words(takes_attribute.iter().copied(), "or");
            self.problem(
                span,
                format!("`attribute` belongs to {keys}"),
                format!("remove it, or say with {keys} which element"),
            );
        }
        let (key, _) = *written.keys.among(&CAPTURES).first()?;
        let kind = KINDS.iter().find(|kind| kind.key == key)?;
        let pick = written.pick.as_ref().map_or(Pick::First, |pick| pick.value);
        if let Some(span) = written.keys.span_of("pick").filter(|_| !kind.finds_several) {
            self.problem(
                span,
                format!("`pick` from a {key}, of which there is one"),
                "remove `pick`",
            );
        }
        let (_, pattern) = written.patterns.iter().find(|(known, _)| *known == key)?;
        let attribute = written.attribute.as_ref().map(|attribute| attribute.value.as_str());
        let capture = self.pattern(pattern, |pattern| (kind.compile)(pattern, attribute))?;
        let default = written.default.as_ref().map(|default| default.0.to_json());
        Some(Extract { capture, pick, default })
    }

    /// A place in the answer where something must be.
    pub(super) fn certain_extract(&mut self, written: &scenario::Extract) -> Option<Extract> {
        if let Some(span) = written.keys.span_of("default") {
            let remedy = "remove `default`, or `capture` the value with it into a variable";
            self.problem(span, "a made-up value would pass for the shop's", remedy);
        }
        self.extract(written)
    }

    /// What a pattern is read as; nothing, beside the problem, where it can't be used.
    fn pattern<T>(
        &mut self,
        written: &LocatedText,
        read: impl FnOnce(&str) -> Result<T, PatternError>,
    ) -> Option<T> {
        if has_placeholder(&written.value) {
            let message = "a placeholder here is taken literally, and is found nowhere";
            let remedy =
                "capture the whole document, and look into it with `let`: {{ cart.items[n].id }}";
            self.problem(written.span, message, remedy);
            return None;
        }
        read(&written.value)
            .map_err(|error| self.problem(written.span, error.message, error.remedy))
            .ok()
    }

    /// A CSS selector.
    pub(super) fn selector(&mut self, written: &LocatedText) -> Option<String> {
        self.pattern(written, pattern::selector)
    }

    /// What must hold for a success: without a status of its own, 2xx besides.
    pub(super) fn expect(
        &mut self,
        written: Option<&scenario::Conditions>,
        spot: &Spot,
    ) -> Conditions {
        let mut conditions =
            written.map_or_else(Conditions::default, |written| self.conditions(written, spot));
        if !written.is_some_and(|written| written.keys.has("status")) {
            conditions.checks.insert(0, status(vec![StatusRange::SUCCESS]).into());
        }
        conditions
    }

    pub(super) fn conditions(&mut self, written: &scenario::Conditions, spot: &Spot) -> Conditions {
        let mut checks = Vec::new();
        for (key, written) in &written.checks {
            if let Some(kind) = CHECKS.iter().find(|kind| kind.key == *key) {
                self.check(kind, written, spot, &mut checks);
            }
        }
        if let Some(any_of) = &written.any_of {
            checks.push(Check::AnyOf(
                any_of.iter().map(|conditions| self.conditions(conditions, spot)).collect(),
            ));
        }
        if written.keys.among(scenario::Conditions::KEYS).is_empty() {
            let remedy = format!(
                "add a condition: {}",
                join_words(scenario::Conditions::KEYS.iter().copied(), "or")
            );
            self.problem(written.keys.span, "no condition at all", remedy);
        }
        Conditions { checks }
    }

    /// What is checked by one key.
    fn check(
        &mut self,
        kind: &CheckKind,
        written: &WrittenCheck,
        spot: &Spot,
        checks: &mut Vec<Check>,
    ) {
        match (&kind.written, written) {
            (Written::Statuses(compile), WrittenCheck::Statuses(statuses)) => {
                checks.push(compile(statuses.0.iter().map(|status| status.value).collect()).into());
            }
            (Written::Texts(compile), WrittenCheck::Texts(texts)) => {
                for text in &texts.0 {
                    let text = self.body_text(text, spot);
                    checks.extend(text.map(|text| Check::One(compile(), vec![text])));
                }
            }
            (Written::Patterns(compile), WrittenCheck::Texts(patterns)) => {
                for pattern in &patterns.0 {
                    checks.extend(self.pattern(pattern, compile).map(Check::from));
                }
            }
            (Written::Addresses(compile), WrittenCheck::Texts(texts)) => {
                let texts = texts.0.iter().filter_map(|text| self.likeness(text, spot)).collect();
                checks.push(Check::One(compile(), texts));
            }
            (Written::Named { as_text, compile }, WrittenCheck::Named(named)) => {
                for (name, expected) in &named.0 {
                    let expected = expected
                        .as_ref()
                        .and_then(|node| self.compile_expected(node, spot, *as_text));
                    // The name is read in any case, for what is wrong with it.
                    let (expected, texts) = expected.unzip();
                    let known = expected.is_some();
                    let check = self
                        .pattern(name, |name| compile(name, expected.unwrap_or(Expected::Present)));
                    let check = check.filter(|_| known).zip(texts);
                    checks.extend(
                        check.map(|(check, text)| Check::One(check, text.into_iter().collect())),
                    );
                }
            }
            (Written::Size(compile), WrittenCheck::Size(size)) => {
                checks.push(compile(size.value.0, size.value.1).into());
            }
            // The scenario decodes each kind as it is written.
            (
                Written::Statuses(_)
                | Written::Texts(_)
                | Written::Patterns(_)
                | Written::Addresses(_)
                | Written::Named { .. }
                | Written::Size(_),
                WrittenCheck::Statuses(_)
                | WrittenCheck::Texts(_)
                | WrittenCheck::Named(_)
                | WrittenCheck::Size(_),
            ) => {}
        }
    }

    /// A path or address in which `*` stands for anything.
    pub(super) fn likeness(&mut self, written: &LocatedText, spot: &Spot) -> Option<Template> {
        if !written.value.starts_with(['/', '*', '{']) && !written.value.contains("://") {
            let remedy = format!(
                "write /{}, or */{} for any path that ends so",
                written.value, written.value
            );
            self.problem(written.span, format!("`{}` is not a path", written.value), remedy);
            return None;
        }
        self.text(written, spot)
    }

    fn body_text(&mut self, text: &LocatedText, spot: &Spot) -> Option<Template> {
        if text.value.is_empty() {
            self.problem(text.span, "an empty text is in every body", "write the text to look for");
            return None;
        }
        self.text(text, spot)
    }

    /// A value, a list of allowed values, `{ present: true }`, or `{ equals: ... }` for any JSON value; with the text that
    /// it is compared with.
    fn compile_expected(
        &mut self,
        written: &AnyJson,
        spot: &Spot,
        as_text: bool,
    ) -> Option<(Expected, Option<Template>)> {
        let node = &written.0;
        let literal = |node: &YamlNode| match &node.kind {
            NodeKind::Scalar { text, .. } if as_text => Value::String(text.clone()),
            NodeKind::Scalar { .. } | NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => {
                node.to_json()
            }
        };
        match &node.kind {
            NodeKind::Scalar { text, .. } if as_text || has_placeholder(text) => {
                self.template(text, node.span, spot).map(|text| (Expected::Text, Some(text)))
            }
            NodeKind::Null if as_text => {
                self.problem(
                    node.span,
                    "a header is never nothing",
                    "write its value, or { present: false }",
                );
                None
            }
            NodeKind::Scalar { .. } | NodeKind::Null => {
                Some((Expected::Value(node.to_json()), None))
            }
            NodeKind::List(items) => {
                if let Some(item) = items.iter().find(
                    |item| matches!(&item.kind, NodeKind::Scalar { text, .. } if has_placeholder(text)),
                ) {
                    self.problem(
                        item.span,
                        "a placeholder in a list of allowed values",
                        "write the one value that is expected",
                    );
                    return None;
                }
                Some((Expected::OneOf(items.iter().map(literal).collect()), None))
            }
            NodeKind::Map(entries) => match entries.as_slice() {
                [(key, value)] if key.value == "present" => match value.to_json().as_bool() {
                    Some(true) => Some((Expected::Present, None)),
                    Some(false) => Some((Expected::Absent, None)),
                    None => {
                        self.problem(
                            value.span,
                            "`present` is true or false",
                            "write { present: true } or { present: false }",
                        );
                        None
                    }
                },
                [(key, value)] if key.value == "equals" && !as_text => {
                    Some((Expected::Value(value.to_json()), None))
                }
                _ => {
                    self.problem(
                        node.span,
                        "a mapping is not a value to expect here",
                        "write { present: true }, or { equals: ... } around the JSON value",
                    );
                    None
                }
            },
        }
    }
}

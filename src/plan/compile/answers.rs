//! What is looked for in an answer: places to take values from, and conditions.

use serde_json::Value;

use super::Compiler;
use super::names::Spot;
use super::text::has_placeholder;
use crate::capture::{KINDS, PatternError, pattern};
use crate::plan::{Check, Conditions, Expected, Extract, Pick, StatusRange, Template};
use crate::scenario::{self, AnyJson, CAPTURES, Kind, Named, Node, OneOrMany, Text, listed};

impl Compiler<'_> {
    pub(super) fn extract(&mut self, written: &scenario::Extract) -> Option<Extract> {
        match written.keys.among(&CAPTURES).as_slice() {
            [_] => {}
            [] => self.problem(
                written.keys.span,
                "nothing says where to look",
                format!("add one of {}", listed(CAPTURES, "or")),
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
            let keys = listed(takes_attribute.iter().copied(), "or");
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
        Some(Extract { capture, pick })
    }

    /// What a pattern is read as; nothing, beside the problem, where it can't be used.
    fn pattern<T>(
        &mut self,
        written: &Text,
        read: impl FnOnce(&str) -> Result<T, PatternError>,
    ) -> Option<T> {
        read(&written.value)
            .map_err(|error| self.problem(written.span, error.message, error.remedy))
            .ok()
    }

    /// A CSS selector.
    pub(super) fn selector(&mut self, written: &Text) -> Option<String> {
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
            conditions.checks.insert(0, Check::Status(vec![StatusRange::SUCCESS]));
        }
        conditions
    }

    pub(super) fn conditions(&mut self, written: &scenario::Conditions, spot: &Spot) -> Conditions {
        let mut checks = Vec::new();
        if let Some(statuses) = &written.status {
            checks.push(Check::Status(statuses.0.iter().map(|status| status.value).collect()));
        }
        for (path, expected) in written.json.iter().flat_map(|json| &json.0) {
            let (path, expected) = (
                self.pattern(path, pattern::json_path),
                expected.as_ref().and_then(|expected| self.expected(expected, spot, false)),
            );
            checks
                .extend(path.zip(expected).map(|(path, expected)| Check::Json { path, expected }));
        }
        for text in written.text.iter().flat_map(|texts| &texts.0) {
            checks.extend(self.body_text(text, spot).map(Check::Text));
        }
        for text in written.no_text.iter().flat_map(|texts| &texts.0) {
            checks.extend(self.body_text(text, spot).map(Check::NoText));
        }
        for pattern in written.matches.iter().flat_map(|patterns| &patterns.0) {
            checks.extend(self.pattern(pattern, pattern::regex).map(Check::Matches));
        }
        self.header_checks(written.header.as_ref(), spot, &mut checks);
        checks.extend(
            written
                .css
                .iter()
                .flat_map(|css| &css.0)
                .filter_map(|css| self.selector(css).map(Check::Css)),
        );
        checks.extend(
            written
                .no_css
                .iter()
                .flat_map(|css| &css.0)
                .filter_map(|css| self.selector(css).map(Check::NoCss)),
        );
        checks.extend(written.url.as_ref().map(|urls| Check::Url(self.likenesses(urls, spot))));
        checks.extend(
            written.location.as_ref().map(|urls| Check::Location(self.likenesses(urls, spot))),
        );
        checks.extend(
            written.size.as_ref().map(|size| Check::Size { low: size.value.0, high: size.value.1 }),
        );
        if let Some(any_of) = &written.any_of {
            checks.push(Check::AnyOf(
                any_of.iter().map(|conditions| self.conditions(conditions, spot)).collect(),
            ));
        }
        if written.keys.among(scenario::Conditions::KEYS).is_empty() {
            let remedy = format!(
                "add a condition: {}",
                listed(scenario::Conditions::KEYS.iter().copied(), "or")
            );
            self.problem(written.keys.span, "no condition at all", remedy);
        }
        Conditions { checks }
    }

    /// What an address must be like.
    fn likenesses(&mut self, written: &OneOrMany<Text>, spot: &Spot) -> Vec<Template> {
        written.0.iter().filter_map(|text| self.likeness(text, spot)).collect()
    }

    /// A path or address in which `*` stands for anything.
    pub(super) fn likeness(&mut self, written: &Text, spot: &Spot) -> Option<Template> {
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

    fn header_checks(
        &mut self,
        written: Option<&Named<AnyJson>>,
        spot: &Spot,
        checks: &mut Vec<Check>,
    ) {
        for (name, expected) in written.iter().flat_map(|headers| &headers.0) {
            let read = self.pattern(name, pattern::header_name);
            let expected =
                expected.as_ref().and_then(|expected| self.expected(expected, spot, true));
            checks.extend(
                read.zip(expected).map(|(name, expected)| Check::Header { name, expected }),
            );
        }
    }

    fn body_text(&mut self, text: &Text, spot: &Spot) -> Option<Template> {
        if text.value.is_empty() {
            self.problem(text.span, "an empty text is in every body", "write the text to look for");
            return None;
        }
        self.text(text, spot)
    }

    /// A value, a list of allowed values, `{ present: true }`, or `{ equals: ... }` for any JSON value.
    fn expected(&mut self, written: &AnyJson, spot: &Spot, as_text: bool) -> Option<Expected> {
        let node = &written.0;
        let literal = |node: &Node| match (&node.kind, as_text) {
            (Kind::Scalar { text, .. }, true) => Value::String(text.clone()),
            _ => node.to_json(),
        };
        match &node.kind {
            Kind::Scalar { text, .. } if as_text || has_placeholder(text) => {
                self.template(text, node.span, spot).map(Expected::Text)
            }
            Kind::Null if as_text => {
                self.problem(
                    node.span,
                    "a header is never nothing",
                    "write its value, or { present: false }",
                );
                None
            }
            Kind::Scalar { .. } | Kind::Null => Some(Expected::Value(node.to_json())),
            Kind::List(items) => {
                if let Some(item) = items.iter().find(
                    |item| matches!(&item.kind, Kind::Scalar { text, .. } if has_placeholder(text)),
                ) {
                    self.problem(
                        item.span,
                        "a placeholder in a list of allowed values",
                        "write the one value that is expected",
                    );
                    return None;
                }
                Some(Expected::OneOf(items.iter().map(literal).collect()))
            }
            Kind::Map(entries) => match entries.as_slice() {
                [(key, value)] if key.value == "present" => match value.to_json() {
                    Value::Bool(true) => Some(Expected::Present),
                    Value::Bool(false) => Some(Expected::Absent),
                    _ => {
                        self.problem(
                            value.span,
                            "`present` is true or false",
                            "write { present: true } or { present: false }",
                        );
                        None
                    }
                },
                [(key, value)] if key.value == "equals" && !as_text => {
                    Some(Expected::Value(value.to_json()))
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

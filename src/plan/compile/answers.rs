//! What is looked for in an answer: places to take values from, and conditions.

use regex::Regex;
use serde_json::Value;

use super::Compiler;
use super::names::Spot;
use super::text::has_placeholder;
use crate::plan::{Check, Conditions, Expected, Extract, JsonPlace, Pick, StatusRange, Template};
use crate::scenario::{self, AnyJson, EXTRACTORS, Kind, Named, Node, OneOrMany, Text, listed};

/// How long a JSONPath or a CSS selector may be.
const MAX_PATTERN: usize = 1_000;
/// How deep its brackets may be nested.
const MAX_DEPTH: i32 = 16;

impl Compiler<'_> {
    pub(super) fn extract(&mut self, written: &scenario::Extract) -> Option<Extract> {
        let given = written.keys.among(&EXTRACTORS);
        match given.as_slice() {
            [_] => {}
            [] => self.problem(
                written.keys.span,
                "nothing says where to look",
                format!("add one of {}", listed(EXTRACTORS, "or")),
            ),
            [(first, _), (second, span), ..] => {
                self.problem(
                    *span,
                    format!("`{second}` and `{first}` contradict each other"),
                    "keep one of them",
                );
            }
        }
        if let Some(span) = written.keys.span_of("attribute").filter(|_| !written.keys.has("css")) {
            self.problem(
                span,
                "`attribute` belongs to `css`",
                "remove it, or say with `css` which element",
            );
        }
        let kind = given.first()?.0;
        let pick = written.pick.as_ref().map_or(Pick::First, |pick| pick.value);
        if let Some(span) =
            written.keys.span_of("pick").filter(|_| matches!(kind, "header" | "cookie"))
        {
            self.problem(
                span,
                format!("`pick` from a {kind}, of which there is one"),
                "remove `pick`",
            );
        }
        let place = self.place(kind, written)?;
        Some(if pick == Pick::First { place } else { Extract::Pick(pick, Box::new(place)) })
    }

    fn place(&mut self, kind: &str, written: &scenario::Extract) -> Option<Extract> {
        match kind {
            "json" => self.json_path(written.json.as_ref()?).map(Extract::Json),
            "css" => Some(Extract::Css {
                selector: self.selector(written.css.as_ref()?)?,
                attribute: written.attribute.as_ref().map(|attribute| attribute.value.clone()),
            }),
            "regex" => self.regex(written.regex.as_ref()?).map(Extract::Regex),
            "header" => {
                let name = written.header.as_ref()?;
                self.response_header(name);
                Some(Extract::Header(name.value.to_ascii_lowercase()))
            }
            _ => Some(Extract::Cookie(written.cookie.as_ref()?.value.clone())),
        }
    }

    /// Whether a path or selector is of a size that its parser, which works by recursion, can take.
    pub(super) fn readable(&mut self, text: &Text) -> bool {
        let deepest = text.value.bytes().scan(0i32, |depth, byte| {
            *depth +=
                i32::from(matches!(byte, b'(' | b'[')) - i32::from(matches!(byte, b')' | b']'));
            Some(*depth)
        });
        let good = text.value.len() <= MAX_PATTERN && deepest.max() <= Some(MAX_DEPTH);
        if !good {
            let remedy = format!(
                "write at most {MAX_PATTERN} characters and {MAX_DEPTH} brackets in each other"
            );
            self.problem(text.span, "longer or deeper than anyone can read", remedy);
        }
        good
    }

    fn json_path(&mut self, path: &Text) -> Option<JsonPlace> {
        self.readable(path).then_some(())?;
        match JsonPlace::parse(&path.value) {
            Ok(path) => Some(path),
            Err(error) => {
                let remedy = "write a JSONPath (RFC 9535), such as $.order.id or $.items[0]; put it in quotes if it has brackets";
                self.problem(
                    path.span,
                    format!("`{}` is not a JSONPath: {}", path.value, error.message()),
                    remedy,
                );
                None
            }
        }
    }

    fn regex(&mut self, pattern: &Text) -> Option<Regex> {
        match Regex::new(&pattern.value) {
            Ok(regex) => Some(regex),
            Err(error) => {
                // The last line of the report says what; the lines before draw where.
                let error = error.to_string();
                let what = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
                let remedy = "write a regular expression in the syntax of Rust's regex crate; a backslash needs single quotes in YAML";
                self.problem(
                    pattern.span,
                    format!("`{}` is not a regular expression: {what}", pattern.value),
                    remedy,
                );
                None
            }
        }
    }

    fn response_header(&mut self, name: &Text) {
        if http::HeaderName::from_bytes(name.value.as_bytes()).is_err() {
            self.problem(
                name.span,
                format!("`{}` is not a header name", name.value),
                "write letters, digits and dashes, such as x-node",
            );
        }
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
                self.json_path(path),
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
            checks.extend(self.regex(pattern).map(Check::Matches));
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
            self.response_header(name);
            let expected =
                expected.as_ref().and_then(|expected| self.expected(expected, spot, true));
            checks.extend(
                expected.map(|expected| Check::Header {
                    name: name.value.to_ascii_lowercase(),
                    expected,
                }),
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

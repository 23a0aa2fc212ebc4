//! Formats of one line: texts between fields, as `log_format`, `LogFormat` and their like describe them; or a regular expression.

use std::borrow::Cow;

use memchr::memmem;
use regex::Regex;

use super::field::{Field, LineBuilder};
use super::variables;

/// Texts and fields in turn.
#[derive(Clone, Debug, Default)]
pub struct Pattern {
    tokens: Vec<Token>,
    /// What follows the last field.
    tail: String,
}

/// A field with the text before it.
#[derive(Clone, Debug)]
struct Token {
    before: String,
    field: Field,
}

/// Whose notation a format is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `$name`.
    Nginx,
    /// `%h`, `%{name}i`, `%>s`.
    Apache,
    /// `%NAME%`, `%REQ(:METHOD)%`.
    Envoy,
}

// === impl Notation ===

impl Notation {
    /// The notation that a format is written in.
    pub fn of(format: &str) -> Option<Notation> {
        if format.contains("%START_TIME") || format.contains("%REQ(") {
            Some(Notation::Envoy)
        } else if format.contains('$') {
            Some(Notation::Nginx)
        } else if format.contains('%') {
            Some(Notation::Apache)
        } else {
            None
        }
    }
}

// === impl Pattern ===

impl Pattern {
    /// The pattern of a format in this notation.
    pub fn new(format: &str, notation: Notation, session: Option<&str>) -> Pattern {
        let mut pattern = Pattern::default();
        let mut rest = format;
        while let Some(at) = rest.find(['$', '%']) {
            pattern.tail.push_str(&rest[..at]);
            let (field, used) = match notation {
                Notation::Nginx => nginx(&rest[at..], session),
                Notation::Apache => apache(&rest[at..], session),
                Notation::Envoy => envoy(&rest[at..]),
            };
            match field {
                Some(field) => {
                    pattern.tokens.push(Token { before: std::mem::take(&mut pattern.tail), field });
                }
                None => pattern.tail.push_str(&rest[at..at + used]),
            }
            rest = &rest[at + used..];
        }
        pattern.tail.push_str(rest);
        pattern
    }

    /// Gives a line's fields to a builder; false where the line has not this form.
    pub fn read<'a>(
        &self,
        line: &'a str,
        session: Option<&str>,
        builder: &mut LineBuilder<'a>,
    ) -> bool {
        let Some(first) = self.tokens.first() else { return false };
        let Some(mut rest) = line.strip_prefix(first.before.as_str()) else { return false };
        for (place, token) in self.tokens.iter().enumerate() {
            let after = self.tokens.get(place + 1).map_or(self.tail.as_str(), |next| &next.before);
            let Some(end) = end_of(rest, after) else { return false };
            builder.set(&token.field, unescape(&rest[..end]), session);
            rest = &rest[(end + after.len()).min(rest.len())..];
        }
        true
    }

    /// Whether the format has a field of this meaning.
    pub fn has(&self, field: &Field) -> bool {
        self.tokens.iter().any(|token| token.field == *field)
    }
}

/// Where a value ends: at the text that follows it. A quote with a backslash before it is part of the value.
fn end_of(rest: &str, after: &str) -> Option<usize> {
    if after.is_empty() {
        return Some(rest.len());
    }
    let mut from = 0;
    while let Some(found) = memmem::find(&rest.as_bytes()[from..], after.as_bytes()) {
        let at = from + found;
        let escaped = after.starts_with('"') && rest.as_bytes()[..at].ends_with(b"\\");
        if !escaped {
            return Some(at);
        }
        from = at + 1;
    }
    // The last text may be cut off, as many formats end in a quote or bracket.
    None
}

fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.replace("\\\"", "\"").replace("\\x22", "\"").replace("\\\\", "\\"))
}

/// The variable at the start, and how many bytes it takes.
fn nginx(text: &str, session: Option<&str>) -> (Option<Field>, usize) {
    let braced = text.as_bytes().get(1) == Some(&b'{');
    let from = if braced { 2 } else { 1 };
    let name_end = text[from..]
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map_or(text.len(), |end| from + end);
    let name = &text[from..name_end];
    if name.is_empty() || !text.starts_with('$') {
        return (None, 1);
    }
    (Some(variables::nginx(name, session)), name_end + usize::from(braced))
}

/// The directive at the start, and how many bytes it takes.
fn apache(text: &str, session: Option<&str>) -> (Option<Field>, usize) {
    if !text.starts_with('%') || text.starts_with("%%") {
        return (None, if text.starts_with("%%") { 2 } else { 1 });
    }
    let modifiers = text[1..].bytes().take_while(|b| b"<>!,0123456789".contains(b)).count();
    let mut at = 1 + modifiers;
    let mut argument = "";
    if text[at..].starts_with('{')
        && let Some(end) = text[at..].find('}')
    {
        argument = &text[at + 1..at + end];
        at += end + 1;
    }
    match text[at..].chars().next() {
        Some(directive) => {
            (Some(variables::apache(directive, argument, session)), at + directive.len_utf8())
        }
        None => (None, 1),
    }
}

/// The operator at the start, and how many bytes it takes.
fn envoy(text: &str) -> (Option<Field>, usize) {
    match text[1..].find('%') {
        Some(end) if text.starts_with('%') => (Some(variables::envoy(&text[1..=end])), end + 2),
        Some(_) | None => (None, 1),
    }
}

/// A regular expression whose named groups are fields.
#[derive(Clone, Debug)]
pub struct NamedGroups {
    regex: Regex,
    fields: Vec<(usize, Field)>,
}

// === impl Groups ===

impl NamedGroups {
    /// A regular expression with the names of `--pattern`.
    ///
    /// # Errors
    /// When it is none, or a group has an unknown name: which.
    pub fn new(pattern: &str) -> Result<NamedGroups, String> {
        let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
        let mut fields = Vec::new();
        for (place, name) in regex.capture_names().enumerate() {
            let Some(name) = name else { continue };
            let field = variables::field_by_name(name)
                .ok_or_else(|| format!("no field is called '{name}'"))?;
            fields.push((place, field));
        }
        if fields.is_empty() {
            return Err("it has no named groups".to_owned());
        }
        Ok(NamedGroups { regex, fields })
    }

    /// Gives a line's fields to a builder; false where the line does not match.
    pub fn read<'a>(
        &self,
        line: &'a str,
        session: Option<&str>,
        builder: &mut LineBuilder<'a>,
    ) -> bool {
        let Some(found) = self.regex.captures(line) else { return false };
        for (place, field) in &self.fields {
            if let Some(value) = found.get(*place) {
                builder.set(field, Cow::Borrowed(value.as_str()), session);
            }
        }
        true
    }
}

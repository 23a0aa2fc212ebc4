//! Templates: cut where a bare variable will do, compiled where it takes an expression, and checked at once.

use std::ops::Range;

use minijinja::ErrorKind;

use super::names::Spot;
use super::{Compiler, guard};
use crate::base::VarId;
use crate::plan::template_functions::FUNCTIONS;
use crate::plan::template_limits::growth;
use crate::plan::{Segment, Template};
use crate::scenario::{LocatedText, Span, nearest};

/// How much template code a text may have; the interpreter's parser works by recursion.
pub(super) const MAX_CODE: usize = 4_000;

/// A piece of a text.
enum TemplatePiece<'t> {
    Fixed(&'t str),
    /// What stands between `{{` and `}}`, trimmed, and where.
    Placeholder(Range<usize>),
}

/// What a name in a placeholder stands for.
enum Meaning {
    Variable(VarId),
    Constant(String),
}

impl Compiler<'_> {
    /// A text that may have placeholders.
    pub(super) fn text(&mut self, text: &LocatedText, spot: &Spot) -> Option<Template> {
        self.template(&text.value, text.span, spot)
    }

    /// The template of a text written at `span`; nothing, beside the problem, where it can't be one.
    pub(super) fn template(&mut self, text: &str, span: Span, spot: &Spot) -> Option<Template> {
        if !has_placeholder(text) {
            return Some(Template::Literal(text.to_owned()));
        }
        let Some(pieces) = cut(text) else { return self.expression(text, span, spot) };
        let bare = |piece: &TemplatePiece<'_>| match piece {
            TemplatePiece::Fixed(_) => true,
            TemplatePiece::Placeholder(range) => self.bare(&text[range.clone()]),
        };
        if !pieces.iter().all(bare) {
            return self.expression(text, span, spot);
        }
        let mut segments: Vec<Segment> = Vec::new();
        let mut good = true;
        for piece in pieces {
            let segment = match piece {
                TemplatePiece::Fixed(fixed) => Segment::Text(fixed.to_owned()),
                TemplatePiece::Placeholder(range) => match self.meaning(text, span, range, spot) {
                    Some(Meaning::Variable(var)) => Segment::Variable(var),
                    Some(Meaning::Constant(value)) => Segment::Text(value),
                    None => {
                        good = false;
                        continue;
                    }
                },
            };
            match (segments.last_mut(), segment) {
                (Some(Segment::Text(before)), Segment::Text(more)) => before.push_str(&more),
                (_, segment) => segments.push(segment),
            }
        }
        good.then(|| match segments.as_mut_slice() {
            [Segment::Text(only)] => Template::Literal(std::mem::take(only)),
            _ => Template::Segments(segments),
        })
    }

    /// Whether the inside of a placeholder is a name and nothing else: a variable's, or one that is meant to be.
    fn bare(&self, inside: &str) -> bool {
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let parts: Vec<&str> = inside.split('.').collect();
        // `cart.items.first` reaches into a captured document: that takes the expression language.
        let reaches_in = parts.len() > 1
            && parts[0] != "env"
            && self.names.find(inside).is_none()
            && self.names.find(parts[0]).is_some();
        self.names.find(inside).is_some()
            || (parts.iter().all(|part| word(part))
                && !reaches_in
                && !matches!(inside, "true" | "false" | "none"))
    }

    fn meaning(
        &mut self,
        text: &str,
        span: Span,
        range: Range<usize>,
        spot: &Spot,
    ) -> Option<Meaning> {
        let name = &text[range.clone()];
        if let Some(key) = name.strip_prefix("env.") {
            return self.constant(text, span, range.clone(), key).map(Meaning::Constant);
        }
        match self.names.find(name) {
            Some(var) => match self.names.visible(var, spot) {
                Ok(()) => Some(Meaning::Variable(var)),
                Err((message, remedy)) => {
                    self.within(span, text, range, message, remedy);
                    None
                }
            },
            None => {
                self.unknown(text, span, range, spot);
                None
            }
        }
    }

    /// The value of `env.key`.
    fn constant(
        &mut self,
        text: &str,
        span: Span,
        range: Range<usize>,
        key: &str,
    ) -> Option<String> {
        let Some(value) = self.environment.get(key) else {
            let message = match nearest(key, self.environment.keys().map(String::as_str)) {
                Some(given) => format!("`env.{key}` is not given, but {given} is"),
                None => format!("`env.{key}` is not given"),
            };
            self.within(
                span,
                text,
                range,
                message,
                format!("say -e {key}=VALUE on the command line, or give it a value under `environment:`"),
            );
            return None;
        };
        let value = value.clone();
        if let Some(secret) = guard::secrets(&value).into_iter().next() {
            self.within(
                span,
                text,
                range,
                format!("the value of `env.{key}` is {}", secret.what),
                secret.remedy,
            );
            return None;
        }
        Some(value)
    }

    fn unknown(&mut self, text: &str, span: Span, range: Range<usize>, spot: &Spot) {
        if self.problems.is_full() {
            return self.problem(span, "unknown", "");
        }
        let name = &text[range.clone()];
        let called = text[range.end..].trim_start().starts_with('(');
        let known = self.names.known_at(spot);
        let (message, remedy) = if called {
            (format!("unknown function `{name}`"), nearest(name, FUNCTIONS))
        } else {
            (format!("unknown variable `{name}`"), nearest(name, known.iter().copied()))
        };
        let remedy = match remedy {
            _ if self.attributes.iter().any(|a| a.values.iter().any(|(value, _)| value == name)) => {
                format!("write '{name}' in quotes")
            }
            Some(meant) => format!("write `{meant}`"),
            None if called => format!("the functions are {}", FUNCTIONS.join(", ")),
            None => "capture it in an earlier step of the journey, or use an attribute, a data column or env.NAME".to_owned(),
        };
        self.within(span, text, range, message, remedy);
    }

    /// A text that takes the expression language.
    pub(super) fn expression(&mut self, text: &str, span: Span, spot: &Spot) -> Option<Template> {
        let code: usize = code_lengths(text).sum();
        if code > MAX_CODE {
            self.problem(
                span,
                format!("{code} characters of template code are too many"),
                format!("write at most {MAX_CODE} inside {{{{ }}}} and {{% %}}"),
            );
            return None;
        }
        if let Some(why) = growth(text) {
            self.problem(span, "the template could grow without bound", why);
            return None;
        }
        let (name, looked_up) = match self.templates.add(text) {
            Ok(added) => added,
            Err(error) => {
                let range =
                    error.range().filter(|range| !range.is_empty()).unwrap_or(0..text.len());
                let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
                self.within(
                    span,
                    text,
                    range,
                    format!("the template can't be read: {what}"),
                    "write {{ name }}, {{ expression }} or {% if ... %}...{% endif %}",
                );
                return None;
            }
        };
        let (mut reads, mut constants, mut good) = (Vec::new(), Vec::new(), true);
        for looked_up in looked_up {
            good &= self.look_up(&looked_up, text, span, spot, &mut reads, &mut constants);
        }
        reads.sort_unstable();
        reads.dedup();
        constants.sort_unstable();
        constants.dedup();
        good.then_some(())?;
        if let Err(error) = self.templates.try_out(&name, &reads, &constants) {
            let certain = matches!(
                error.kind(),
                ErrorKind::UnknownFilter
                    | ErrorKind::UnknownTest
                    | ErrorKind::UnknownFunction
                    | ErrorKind::UnknownMethod
                    | ErrorKind::TemplateNotFound
                    | ErrorKind::MissingArgument
                    | ErrorKind::TooManyArguments
                    | ErrorKind::OutOfFuel
                    | ErrorKind::WriteFailure
            );
            // With no variable in it, the text comes out the same for every shopper: it would always fail.
            if certain || (reads.is_empty() && !self.inputs.stored) {
                let range =
                    error.range().filter(|range| !range.is_empty()).unwrap_or(0..text.len());
                let what = error.detail().map_or_else(
                    || error.kind().to_string(),
                    |detail| format!("{}: {detail}", error.kind()),
                );
                self.within(
                    span,
                    text,
                    range,
                    format!("the template fails: {what}"),
                    "see minijinja's documentation for filters, tests and functions",
                );
                return None;
            }
        }
        Some(Template::Expression { name, source: text.to_owned(), reads, constants })
    }

    /// Resolves a name that an expression looks up; false, beside the problem, if it can't be.
    pub(super) fn look_up(
        &mut self,
        name: &str,
        text: &str,
        span: Span,
        spot: &Spot,
        reads: &mut Vec<VarId>,
        constants: &mut Vec<(String, String)>,
    ) -> bool {
        let range = find_word(text, name);
        if let Some(key) = name.strip_prefix("env.") {
            let key = key.split('.').next().unwrap_or(key);
            let value = self.constant(text, span, range, key);
            let found = value.is_some();
            constants.extend(value.map(|value| (key.to_owned(), value)));
            return found;
        }
        if name == "env" {
            constants.extend(self.environment.clone());
            return true;
        }
        // The longest known beginning: `cart.items.first` looks into `cart`.
        let ends = name.match_indices('.').map(|(dot, _)| dot).chain([name.len()]);
        let known = ends.filter_map(|end| self.names.find(&name[..end])).next_back();
        if let Some(var) = known {
            return match self.names.visible(var, spot) {
                Ok(()) => {
                    reads.push(var);
                    true
                }
                Err((message, remedy)) => {
                    self.within(span, text, range, message, remedy);
                    false
                }
            };
        }
        // A whole group, as in `accounts["first name"]`.
        let group: Vec<VarId> = (0..self.names.list().len())
            .filter(|i| {
                self.names.list()[*i].split_once('.').is_some_and(|(group, _)| group == name)
            })
            .map(|i| VarId(u16::try_from(i).unwrap_or(u16::MAX)))
            .filter(|var| self.names.visible(*var, spot).is_ok())
            .collect();
        if !group.is_empty() {
            reads.extend(group);
            return true;
        }
        if self.templates.knows(name) {
            return true;
        }
        self.unknown(text, span, range, spot);
        false
    }
}

/// Whether the text has anything for a template.
pub(super) fn has_placeholder(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// How long the stretches of code in a text are.
fn code_lengths(text: &str) -> impl Iterator<Item = usize> {
    let stretches = text.split(['{']).skip(1);
    stretches.map(|stretch| stretch.find('}').map_or(stretch.len(), |end| end + 1))
}

/// Whether the text is one `{{ ... }}` and nothing else; then what stands between.
pub(super) fn lone_placeholder(text: &str) -> Option<&str> {
    match cut(text)?.as_slice() {
        [TemplatePiece::Placeholder(range)] => Some(&text[range.clone()]),
        _ => None,
    }
}

/// The pieces of a text that has no blocks and no comments, whose placeholders close, and don't trim around them.
fn cut(text: &str) -> Option<Vec<TemplatePiece<'_>>> {
    if text.contains("{%") || text.contains("{#") {
        return None;
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|open| at + open) {
        let close = open + text[open..].find("}}")?;
        let inside = &text[open + 2..close];
        // An open brace or quote means that this `}}` may not close; a dash or plus asks for trimming.
        let open_quote = ['"', '\''].iter().any(|quote| inside.matches(*quote).count() % 2 == 1);
        if inside.contains('{')
            || open_quote
            || inside.starts_with(['-', '+'])
            || inside.ends_with(['-', '+'])
        {
            return None;
        }
        if open > at {
            pieces.push(TemplatePiece::Fixed(&text[at..open]));
        }
        let start = open + 2 + inside.len() - inside.trim_start().len();
        pieces.push(TemplatePiece::Placeholder(start..start + inside.trim().len()));
        at = close + 2;
    }
    if at < text.len() {
        pieces.push(TemplatePiece::Fixed(&text[at..]));
    }
    Some(pieces)
}

/// Where a name stands in a template, as a word of its own and inside a placeholder; else the whole text.
fn find_word(text: &str, name: &str) -> Range<usize> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let from = text.find('{').unwrap_or(0);
    let starts = text[from..].match_indices(name).map(|(start, _)| from + start);
    let mut alone = starts.filter(|start| {
        let before = text[..*start].chars().next_back();
        let after = text[start + name.len()..].chars().next();
        !before.is_some_and(|c| part_of_word(c) || c == '.') && !after.is_some_and(part_of_word)
    });
    alone.next().map_or(0..text.len(), |start| start..start + name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_that_is_one_placeholder_is_lone() {
        assert_eq!(lone_placeholder("{{ sku }}"), Some("sku"));
        assert_eq!(lone_placeholder("{{random(1, 2)}}"), Some("random(1, 2)"));
        for text in [
            "x{{ sku }}",
            "{{ sku }} ",
            "{{ a }}{{ b }}",
            "sku",
            "{% if x %}{{ x }}{% endif %}",
            "{{- sku }}",
            "",
        ] {
            assert_eq!(lone_placeholder(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_is_found_as_a_word_of_its_own() {
        assert_eq!(find_word("sku {{ skus | first ~ sku }}", "sku"), 22..25);
        assert_eq!(find_word("{{ a['x'] }}", "nothing"), 0..12);
    }
}

//! Patterns as a scenario writes them: what is wrong with one, and what to write instead.

use lol_html::Selector;
use regex::Regex;

use super::json_place::JsonPlace;

/// How long a JSONPath or a CSS selector may be.
const MAX_PATTERN: usize = 1_000;
/// How deep its brackets may be nested.
const MAX_DEPTH: i32 = 16;

/// Why a pattern can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {remedy}")]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// What to write.
    pub remedy: String,
}

/// The place that a JSONPath names.
pub(crate) fn json_path(path: &str) -> Result<JsonPlace, PatternError> {
    check_size(path)?;
    JsonPlace::parse(path).map_err(|error| PatternError {
        message: format!("`{path}` is not a JSONPath: {error}"),
        remedy: "write a JSONPath (RFC 9535), such as $.order.id or $.items[0]; put it in quotes if it has brackets".to_owned(),
    })
}

/// A CSS selector, as written.
pub(crate) fn selector(selector: &str) -> Result<String, PatternError> {
    check_size(selector)?;
    match selector.parse::<Selector>() {
        Ok(_) => Ok(selector.to_owned()),
        Err(error) => Err(PatternError {
            message: format!("`{selector}` is not a CSS selector that can be used here: {error}"),
            remedy: "write for example input[name=csrf] or #total .price".to_owned(),
        }),
    }
}

/// A regular expression.
pub(crate) fn regex(pattern: &str) -> Result<Regex, PatternError> {
    Regex::new(pattern).map_err(|error| {
        // The last line of the report says what; the lines before draw where.
        let error = error.to_string();
        let what = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        PatternError {
            message: format!("`{pattern}` is not a regular expression: {what}"),
            remedy: "write a regular expression in the syntax of Rust's regex crate; a backslash needs single quotes in YAML".to_owned(),
        }
    })
}

/// The name of a response header, in lower case.
pub(crate) fn header_name(name: &str) -> Result<String, PatternError> {
    match http::HeaderName::from_bytes(name.as_bytes()) {
        Ok(_) => Ok(name.to_ascii_lowercase()),
        Err(_) => Err(PatternError {
            message: format!("`{name}` is not a header name"),
            remedy: "write letters, digits and dashes, such as x-node".to_owned(),
        }),
    }
}

/// Whether a path or selector is of a size that its parser, which works by recursion, can take.
fn check_size(text: &str) -> Result<(), PatternError> {
    let deepest = text.bytes().scan(0i32, |depth, byte| {
        *depth += i32::from(matches!(byte, b'(' | b'[')) - i32::from(matches!(byte, b')' | b']'));
        Some(*depth)
    });
    if text.len() <= MAX_PATTERN && deepest.max() <= Some(MAX_DEPTH) {
        return Ok(());
    }
    Err(PatternError {
        message: "longer or deeper than anyone can read".to_owned(),
        remedy: format!(
            "write at most {MAX_PATTERN} characters and {MAX_DEPTH} brackets in each other"
        ),
    })
}

//! The words of an objective's text.

use std::ops::Range;

/// A word of an objective, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) range: Range<usize>,
}

/// A part of the text without the white space around it.
pub(super) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// The words from `from` on: parted by white space, `=` a word of its own, quoted text one word.
pub(super) fn words(text: &str, from: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = from;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            '"' | '\'' => match rest[1..].find(first) {
                Some(close) => {
                    words.push(Word { text: &rest[1..=close], range: at..at + close + 2 });
                    at += close + 2;
                    continue;
                }
                None => rest.len(),
            },
            '=' => 1,
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            _ => rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len()),
        };
        words.push(Word { text: &rest[..length], range: at..at + length });
        at += length;
    }
    words
}

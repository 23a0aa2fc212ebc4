//! The text of a scenario and places in it.
//!
//! Every value that is taken from the text keeps its place, so that whatever turns out to be wrong with it
//! later can be shown where it was written.

use std::ops::Range;
use std::sync::Arc;

/// A stretch of the source, in bytes, `start` included and `end` not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

/// A scenario's name and text.
#[derive(Clone, Debug)]
pub struct SourceText {
    name: Arc<str>,
    text: Arc<str>,
    index: Arc<PlaceIndex>,
}

/// By which places are found without counting from the start: a file may have as many problems as lines.
#[derive(Debug)]
struct PlaceIndex {
    /// The first byte of each line.
    lines: Vec<usize>,
    /// How many characters come before each block of [`BLOCK`] bytes; one that goes over the border belongs to the block before.
    characters: Vec<usize>,
}

/// The bytes between two entries of the index of characters.
const BLOCK: usize = 1024;

/// A text; in most places it may have placeholders.
pub type LocatedText = Located<String>;

// === impl Span ===

impl Span {
    /// From `start` to before `end`.
    pub const fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    /// As a range of bytes.
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

// === impl Located ===

impl<T> Located<T> {
    /// This value at this place.
    pub const fn new(value: T, span: Span) -> Located<T> {
        Located { value, span }
    }
}

impl Located<String> {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.value
    }
}

// === impl PlaceIndex ===

impl PlaceIndex {
    fn of(text: &str) -> PlaceIndex {
        let starts = memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| newline + 1);
        let blocks = text.as_bytes().chunks(BLOCK).scan(0, |before, block| {
            let here = *before;
            *before += block.iter().filter(|byte| begins_character(**byte)).count();
            Some(here)
        });
        let mut characters: Vec<usize> = blocks.collect();
        characters.push(text.chars().count());
        PlaceIndex { lines: std::iter::once(0).chain(starts).collect(), characters }
    }

    /// The line of a byte, from 0.
    fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte) - 1
    }
}

fn begins_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

// === impl Source ===

impl SourceText {
    /// A source of this name; a byte order mark is dropped.
    pub fn new(name: &str, text: &str) -> SourceText {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let index = Arc::new(PlaceIndex::of(text));
        SourceText { name: name.into(), text: text.into(), index }
    }

    /// The file's name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text at a place; empty where the place is not in the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub fn position(&self, byte: usize) -> (u32, u32) {
        let byte = self.floor(byte);
        let line = self.index.line(byte);
        let column = self.characters_before(byte) - self.characters_before(self.index.lines[line]);
        (line as u32 + 1, column as u32 + 1)
    }

    /// The line, without its end, that a byte is in.
    pub fn line_around(&self, byte: usize) -> Span {
        let line = self.index.line(self.floor(byte));
        let end = self.index.lines.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let start = self.index.lines[line];
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        Span::new(start, end)
    }

    /// How many characters begin before this byte.
    fn characters_before(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        let counted = &self.text.as_bytes()[block * BLOCK..byte];
        self.index.characters[block]
            + counted.iter().filter(|byte| begins_character(**byte)).count()
    }

    /// A place that lies in the text, on character boundaries, and on one line: its first.
    pub fn first_line(&self, span: Span) -> Span {
        let start = self.floor(span.start);
        let end = self.floor(span.end).max(start);
        let line = self.text[start..end].lines().next().map_or(0, str::len);
        Span::new(start, start + line)
    }

    /// Where the part `range` of `value` was written, `value` being what was written at `span`. The whole
    /// span where the source does not spell the value out letter by letter (escapes, folded lines).
    pub fn within(&self, span: Span, value: &str, range: Range<usize>) -> Span {
        match self.slice(span).find(value) {
            Some(offset) if range.end <= value.len() && range.start <= range.end => {
                Span::new(span.start + offset + range.start, span.start + offset + range.end)
            }
            _ => span,
        }
    }

    fn floor(&self, byte: usize) -> usize {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = SourceText::new("s.yaml", "\u{feff}äb: 1\r\n  ö: 2\n");
        let at = |needle| source.position(source.text().find(needle).unwrap());
        assert_eq!(at("b"), (1, 2));
        assert_eq!(at("ö"), (2, 3));
        assert_eq!(source.position(10_000), (3, 1));
        assert_eq!(source.slice(source.line_around(3)), "äb: 1");
        assert_eq!(source.slice(source.line_around(10)), "  ö: 2");
        assert_eq!(source.slice(source.line_around(10_000)), "");
    }

    #[test]
    fn positions_are_right_beyond_many_blocks() {
        let text = "ä€😀x\n".repeat(3_000) + &"ö".repeat(5_000);
        let source = SourceText::new("s.yaml", &text);
        for byte in (0..text.len()).step_by(97).filter(|byte| text.is_char_boundary(*byte)) {
            let before = &text[..byte];
            let line = before.rsplit('\n').next().unwrap();
            let counted =
                (before.matches('\n').count() as u32 + 1, line.chars().count() as u32 + 1);
            assert_eq!(source.position(byte), counted, "{byte}");
        }
    }

    #[test]
    fn a_part_of_a_value_is_found_where_it_is_spelled_out() {
        let source = SourceText::new("s.yaml", r#"a: "x {{ y }}"  b: "x \"y\"""#);
        assert_eq!(source.slice(source.within(Span::new(3, 14), "x {{ y }}", 2..9)), "{{ y }}");
        assert_eq!(source.within(Span::new(19, 28), "x \"y\"", 2..5), Span::new(19, 28));
    }
}

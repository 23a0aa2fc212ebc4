//! Texts with their escapes resolved, and where each byte came from.
//!
//! A value is repeated in many ways: in an address (`%22`), in JSON (`\u0022`), in HTML (`&quot;`), and in one within another.
//! Rather than to list the ways to write a value, the text is read back, one layer of escapes after the other.

use std::ops::Range;

/// How many layers of escapes are resolved, such as HTML within JSON within an address.
const LAYERS: usize = 4;
/// The longest name or number of a character in HTML, with `&` and `;`.
const LONGEST_ENTITY: usize = 12;

/// A text in which escapes are resolved.
#[derive(Debug)]
pub(super) struct Unescaped {
    /// The text.
    pub(super) bytes: Vec<u8>,
    /// Where each byte begins in the original, and at last the original's length.
    from: Vec<usize>,
}

/// What an escape stands for, and how long it is.
struct Escape {
    length: usize,
    meaning: Vec<u8>,
}

/// The text with one layer of escapes resolved, with two, and so on, as long as there are any.
pub(super) fn layers(text: &[u8]) -> impl Iterator<Item = Unescaped> + use<> {
    let first = has_escape(text).then(|| unescape(text, |at| at)).flatten();
    std::iter::successors(first, |last| {
        has_escape(&last.bytes).then(|| unescape(&last.bytes, |at| last.from[at])).flatten()
    })
    .take(LAYERS)
}

/// The text without escapes of any layer, one for each number of layers, the text itself left out.
pub(super) fn readings(text: &[u8]) -> Vec<Vec<u8>> {
    layers(text).map(|layer| layer.bytes).collect()
}

// === impl Unescaped ===

impl Unescaped {
    /// Where a part, which is not empty, stands in the original: whole escapes.
    pub(super) fn original(&self, part: Range<usize>) -> Range<usize> {
        let (start, last) = (self.from[part.start], self.from[part.end - 1]);
        let end = self.from[part.end..].iter().find(|end| **end > last);
        start..end.copied().unwrap_or(last + 1)
    }
}

fn has_escape(text: &[u8]) -> bool {
    memchr::memchr3(b'%', b'\\', b'&', text).is_some()
}

/// One layer of escapes resolved; nothing if there is none.
fn unescape(text: &[u8], origin: impl Fn(usize) -> usize) -> Option<Unescaped> {
    let mut layer =
        Unescaped { bytes: Vec::with_capacity(text.len()), from: Vec::with_capacity(text.len()) };
    let (mut at, mut found) = (0, false);
    while at < text.len() {
        let length = match escape(&text[at..]) {
            Some(Escape { length, meaning }) => {
                found = true;
                layer.from.extend(meaning.iter().map(|_| origin(at)));
                layer.bytes.extend(meaning);
                length
            }
            None => {
                layer.from.push(origin(at));
                layer.bytes.push(text[at]);
                1
            }
        };
        at += length;
    }
    layer.from.push(origin(text.len()));
    found.then_some(layer)
}

/// The escape that a text begins with.
fn escape(text: &[u8]) -> Option<Escape> {
    match text.first()? {
        b'%' => percent(text),
        b'\\' => backslash(text),
        b'&' => entity(text),
        _ => None,
    }
}

/// `%2F`, and `%u002F`, as JavaScript's old `escape` writes it.
fn percent(text: &[u8]) -> Option<Escape> {
    if text.get(1) == Some(&b'u') {
        return Some(Escape { length: 6, meaning: utf8(hexadecimal(text.get(2..6)?)?)? });
    }
    Some(Escape { length: 3, meaning: vec![hexadecimal(text.get(1..3)?)? as u8] })
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

/// JSON's escapes (RFC 8259, section 7), JavaScript's `\x41`, `\u{41}` and `\'`, and a byte in octal digits, as C writes it.
fn backslash(text: &[u8]) -> Option<Escape> {
    let simple = |meaning: u8| Some(Escape { length: 2, meaning: vec![meaning] });
    match text.get(1)? {
        sign @ (b'"' | b'\\' | b'/' | b'\'') => simple(*sign),
        b'n' => simple(b'\n'),
        b'r' => simple(b'\r'),
        b't' => simple(b'\t'),
        b'b' => simple(0x08),
        b'f' => simple(0x0c),
        // A byte, and not a letter: of a letter in UTF-8 each byte is written so.
        b'x' => Some(Escape { length: 4, meaning: vec![hexadecimal(text.get(2..4)?)? as u8] }),
        b'0'..=b'3' => {
            let digits = text.get(1..4)?;
            let byte = digits.iter().try_fold(0u32, |number, digit| {
                Some(number * 8 + char::from(*digit).to_digit(8)?)
            })?;
            Some(Escape { length: 4, meaning: vec![byte as u8] })
        }
        b'u' if text.get(2) == Some(&b'{') => {
            let end = memchr::memchr(b'}', &text[..text.len().min(LONGEST_ENTITY)])?;
            let digits = text.get(3..end).filter(|digits| (1..=6).contains(&digits.len()))?;
            Some(Escape { length: end + 1, meaning: utf8(hexadecimal(digits)?)? })
        }
        b'u' => {
            let first = hexadecimal(text.get(2..6)?)?;
            if let Some(meaning) = utf8(first) {
                return Some(Escape { length: 6, meaning });
            }
            let rest = text.get(6..12)?.strip_prefix(b"\\u")?;
            let units = [first as u16, hexadecimal(rest)? as u16];
            let pair = char::decode_utf16(units).next()?.ok()?;
            Some(Escape { length: 12, meaning: pair.to_string().into_bytes() })
        }
        _ => None,
    }
}

fn utf8(code: u32) -> Option<Vec<u8>> {
    Some(char::from_u32(code)?.to_string().into_bytes())
}

/// HTML's character references; those by number are read without their semicolon as well, as browsers do.
fn entity(text: &[u8]) -> Option<Escape> {
    if let Some(numbered) = text.strip_prefix(b"&#") {
        return numbered_entity(numbered);
    }
    let end = memchr::memchr(b';', &text[..text.len().min(LONGEST_ENTITY)])?;
    let written = std::str::from_utf8(&text[..=end]).ok()?;
    let meaning = html_escape::decode_html_entities(written);
    (meaning != written)
        .then(|| Escape { length: end + 1, meaning: meaning.into_owned().into_bytes() })
}

/// A character by its number, behind `&#`.
fn numbered_entity(text: &[u8]) -> Option<Escape> {
    let (radix, before) = match text.first()? {
        b'x' | b'X' => (16, 1),
        _ => (10, 0),
    };
    let digits = text[before..].iter().take(LONGEST_ENTITY);
    let digits = digits.take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let written = std::str::from_utf8(&text[before..before + digits]).ok()?;
    let meaning = utf8(u32::from_str_radix(written, radix).ok()?)?;
    let semicolon = usize::from(text.get(before + digits) == Some(&b';'));
    Some(Escape { length: 2 + before + digits + semicolon, meaning })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(text: &str) -> String {
        let layer = layers(text.as_bytes()).last();
        layer.map_or(text.to_owned(), |layer| String::from_utf8(layer.bytes).unwrap())
    }

    #[test]
    fn escapes_of_every_kind_are_resolved_also_within_each_other() {
        for (written, meant) in [
            ("a%2Fb%c3%a4", "a/bä"),
            (r"%u00e4\u{e4}\xc3\xa4\303\244 \u{} \u{110000} \8", r"ääää \u{} \u{110000} \8"),
            ("&#228&#xe4 &#38&#0000038;amp;&#x110000;", "ää &&&#x110000;"),
            (r#"a\"b\/c\\d\n\u00e4\ud83d\ude00\x41"#, "a\"b/c\\d\nä😀A"),
            ("&lt;&#39;&#x27;&quot;&auml;&amp;", "<''\"ä&"),
            ("%5C%22 %26quot%3B &#37;22", "\" \" \""),
            ("50% of R&D; C:\\dir \\u12", "50% of R&D; C:\\dir \\u12"),
            ("\\ud800 x", "\\ud800 x"),
        ] {
            assert_eq!(last(written), meant, "{written}");
        }
    }

    #[test]
    fn a_part_is_traced_to_the_whole_escapes_that_it_came_from() {
        let text = "x=%C3%A4b&amp;c";
        let layer = layers(text.as_bytes()).next().unwrap();
        assert_eq!(layer.bytes, "x=äb&c".as_bytes());
        assert_eq!(&text[layer.original(2..4)], "%C3%A4");
        assert_eq!(&text[layer.original(4..6)], "b&amp;");
        let text = "\\u00e4!";
        let layer = layers(text.as_bytes()).next().unwrap();
        assert_eq!(&text[layer.original(0..1)], "\\u00e4", "half of a letter is all of its escape");
        assert_eq!(&text[layer.original(2..3)], "!");
    }

    #[test]
    fn a_text_without_escapes_has_no_layers() {
        assert_eq!(layers(b"plain text").count(), 0);
        assert_eq!(layers(b"100 % & more \\").count(), 0);
    }
}

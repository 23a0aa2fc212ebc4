//! Signs that are not seen, and act nevertheless: what a shop or a scenario says must not turn the text around it, nor steer a terminal.

use std::borrow::Cow;

/// Whether a sign is a control character, or turns the direction of the text that follows (Unicode's bidirectional embeddings, overrides and
/// isolates, UAX 9).
pub fn unseen(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with such signs told by their numbers: `\u{202e}`. Line breaks and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    let acts = |sign: char| unseen(sign) && !matches!(sign, '\n' | '\r' | '\t');
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        if acts(sign) { shown.extend(sign.escape_unicode()) } else { shown.push(sign) }
    }
    Cow::Owned(shown)
}

/// The same as part of one line: line breaks and tabs, which would begin a line of their own or overwrite this one, become spaces.
pub fn on_one_line(text: &str) -> String {
    visible(&text.replace(['\n', '\r', '\t'], " ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_unseen_is_told() {
        assert_eq!(visible("a\u{202e}b\u{2066}c\u{1b}[31m"), "a\\u{202e}b\\u{2066}c\\u{1b}[31m");
        assert!(matches!(visible("größer, שלום, مرحبا\n\tx"), Cow::Borrowed(_)));
        assert_eq!(on_one_line("a\r\nb\u{202e}\tc"), "a  b\\u{202e} c");
    }
}

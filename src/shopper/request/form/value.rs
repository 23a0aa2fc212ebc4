//! What a field makes of a value, whether the page or the shopper put it there (WHATWG HTML, 4.10.5.1: value sanitization).

use super::range::{Range, is_number};
use super::time;

/// What may be typed into a field.
#[derive(Debug)]
pub(super) enum Typing {
    /// Any text, over several lines.
    Lines,
    /// Any text without line breaks.
    Line,
    /// An e-mail address.
    Email,
    /// E-mail addresses, separated by commas.
    Emails,
    /// An address on the web.
    Url,
    /// A number.
    Number,
    /// A number, by a slider.
    Range(Range),
    /// A colour.
    Color,
    /// A day, month, week or time.
    Time(fn(&str) -> Option<String>),
}

// === impl Typing ===

impl Typing {
    /// How a field of this type, in lower case, is typed into.
    pub(super) fn of<'a>(kind: &str, attribute: impl Fn(&str) -> Option<&'a str>) -> Typing {
        match kind {
            "email" if attribute("multiple").is_some() => Typing::Emails,
            "email" => Typing::Email,
            "url" => Typing::Url,
            "number" => Typing::Number,
            "range" => Typing::Range(Range::of(attribute)),
            "color" => Typing::Color,
            "date" => Typing::Time(time::date),
            "month" => Typing::Time(time::month),
            "week" => Typing::Time(time::week),
            "time" => Typing::Time(time::time),
            "datetime-local" => Typing::Time(time::date_and_time),
            // Types that nobody knows are text.
            _ => Typing::Line,
        }
    }

    /// Whether it is text, of which a direction can be told.
    pub(super) fn is_text(&self) -> bool {
        match self {
            Typing::Lines | Typing::Line | Typing::Email | Typing::Emails | Typing::Url => true,
            Typing::Number | Typing::Range(_) | Typing::Color | Typing::Time(_) => false,
        }
    }

    /// The value as the field has it once a scenario fills it in. Line breaks that a scenario writes for a one-line text field
    /// are meant: scripts of many pages put them there.
    pub(super) fn fill(&self, value: &str) -> String {
        match self {
            Typing::Line => Typing::Lines.clean(value),
            Typing::Lines
            | Typing::Email
            | Typing::Emails
            | Typing::Url
            | Typing::Number
            | Typing::Range(_)
            | Typing::Color
            | Typing::Time(_) => self.clean(value),
        }
    }

    /// The value as the field has it then.
    pub(super) fn clean(&self, value: &str) -> String {
        let one_line = || value.replace(['\r', '\n'], "");
        let trimmed = |text: &str| text.trim_matches(|c: char| c.is_ascii_whitespace()).to_owned();
        match self {
            Typing::Lines => value.replace("\r\n", "\n").replace('\r', "\n"),
            Typing::Line => one_line(),
            Typing::Email | Typing::Url => trimmed(&one_line()),
            Typing::Emails => one_line().split(',').map(trimmed).collect::<Vec<_>>().join(","),
            Typing::Number => {
                if is_number(value) {
                    value.to_owned()
                } else {
                    String::new()
                }
            }
            Typing::Range(range) => range.clean(value),
            Typing::Color => color(value),
            Typing::Time(read) => read(value).unwrap_or_default(),
        }
    }
}

/// A colour as its field has it: six hexadecimal digits. What is no colour is black.
fn color(value: &str) -> String {
    let value = value.trim_matches(|c: char| c.is_ascii_whitespace());
    let hash =
        value.strip_prefix('#').map(|hash| cssparser::color::parse_hash_color(hash.as_bytes()));
    let (red, green, blue) = match hash {
        Some(Ok((red, green, blue, _))) => (red, green, blue),
        Some(Err(())) => (0, 0, 0),
        None => cssparser::color::parse_named_color(value).unwrap_or_default(),
    };
    format!("#{red:02x}{green:02x}{blue:02x}")
}

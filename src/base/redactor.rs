//! Known secrets taken out of text, in whatever encoding they stand there.
//!
//! `redact` knows secrets by their names and looks. Values that were given as secrets are known by themselves: wherever a
//! shop or a message repeats one, it is masked. Each part of a text that reads as a secret is masked as it is written.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};

use super::redact::{self, MASK};
use super::spellings::{Spelling, SpellingKind, may_fit, rare_spellings, spellings};
use super::unescape;

/// Masks known secrets.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Vec<Arc<KnownSecrets>>,
}

struct KnownSecrets {
    finder: AhoCorasick,
    /// By pattern of the finder.
    kinds: Vec<SpellingKind>,
    /// The bytes of the longest secret.
    longest: usize,
}

impl fmt::Debug for Redactor {
    /// How many spellings it knows; never which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spellings = self.known.iter().map(|known| known.kinds.len()).sum::<usize>();
        f.debug_struct("Redactor").field("spellings", &spellings).finish_non_exhaustive()
    }
}

// === impl Redactor ===

impl Redactor {
    /// Masks these secrets. Empty ones are none; upper and lower case are taken for the same. Those shorter than four bytes are
    /// masked only where they stand alone, and only as text or escaped.
    pub fn new(secrets: impl IntoIterator<Item = impl AsRef<str>>) -> Redactor {
        let all = |secret: &str| [spellings(secret), rare_spellings(secret)].concat();
        Redactor::build(secrets, all, &mut AhoCorasick::builder())
    }

    fn build(
        secrets: impl IntoIterator<Item = impl AsRef<str>>,
        spellings: impl Fn(&str) -> Vec<Spelling>,
        finder: &mut AhoCorasickBuilder,
    ) -> Redactor {
        let mut all = Vec::new();
        let mut longest = 0;
        for secret in secrets {
            let secret = secret.as_ref();
            if secret != MASK {
                longest = longest.max(secret.len());
                all.extend(spellings(secret));
            }
        }
        all.sort_unstable();
        all.dedup();
        let finder = finder
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(all.iter().map(|spelling| &spelling.bytes));
        // Fails only beyond two thousand million bytes of patterns; no command line holds that much.
        let known = finder.ok().filter(|_| !all.is_empty()).map(|finder| {
            let kinds = all.iter().map(|spelling| spelling.kind).collect();
            Arc::new(KnownSecrets { finder, kinds, longest })
        });
        Redactor { known: known.into_iter().collect() }
    }

    /// Masks these secrets as well: those of one shopper, for whom a finder that is quickly built serves better than one that
    /// searches fast. Of the rare spellings it knows none.
    pub fn with(&self, secrets: impl IntoIterator<Item = impl AsRef<str>>) -> Redactor {
        let mut finder = AhoCorasick::builder();
        finder.kind(Some(AhoCorasickKind::NoncontiguousNFA));
        let more = Redactor::build(secrets, spellings, &mut finder);
        Redactor { known: self.known.iter().chain(&more.known).map(Arc::clone).collect() }
    }

    /// Whether the secret can be in the text. Quick, and never wrongly no: where it can't, no redactor need be made.
    pub fn may_find(secret: &str, text: &str) -> bool {
        may_fit(secret, text.len())
    }

    /// Whether it knows no secret.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// How many bytes of a text have to be looked at beyond those that are shown, lest a secret is cut and not recognised.
    fn slack(&self) -> usize {
        // An escape has up to six bytes for one, and twice that within another.
        self.known.iter().map(|known| known.longest * 12).max().unwrap_or(0)
    }

    /// The text with known secrets masked.
    pub fn mask_known<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let widen = |found: Range<usize>| {
            let end = (found.end..text.len()).find(|end| text.is_char_boundary(*end));
            text.floor_char_boundary(found.start)..end.unwrap_or(text.len())
        };
        let found: Vec<_> = self.find(text.as_bytes()).into_iter().map(widen).collect();
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut kept = String::with_capacity(text.len());
        let mut from = 0;
        for range in merge_ranges(found) {
            kept.push_str(&text[from..range.start]);
            kept.push_str(MASK);
            from = range.end;
        }
        kept.push_str(&text[from..]);
        Cow::Owned(kept)
    }

    /// Bytes that were sent or received, as text with known secrets masked.
    pub fn known_bytes(&self, bytes: &[u8]) -> String {
        self.known_start(bytes, bytes.len())
    }

    /// The first `length` bytes as text with known secrets masked, those included that only begin in them.
    pub fn known_start(&self, bytes: &[u8], length: usize) -> String {
        let length = length.min(bytes.len());
        let bytes = &bytes[..bytes.len().min(length.saturating_add(self.slack()))];
        let found = self.find(bytes);
        let mut kept = String::with_capacity(length);
        let mut from = 0;
        for range in merge_ranges(found).into_iter().filter(|range| range.start < length) {
            kept.push_str(&String::from_utf8_lossy(&bytes[from..range.start]));
            kept.push_str(MASK);
            from = range.end;
        }
        kept.push_str(&String::from_utf8_lossy(&bytes[from.min(length)..length]));
        kept
    }

    /// A body, an address or a message as it may be kept.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.mask_known(text) {
            Cow::Borrowed(text) => redact::text(text),
            Cow::Owned(text) => Cow::Owned(redact::text(&text).into_owned()),
        }
    }

    /// A header's value as it may be kept; `name` in any case.
    pub fn header(&self, name: &str, value: &[u8]) -> String {
        redact::header(name, &self.known_bytes(value)).into_owned()
    }

    /// Where secrets stand, in no order, and perhaps one over another.
    fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let find_in = |text: &[u8]| -> Vec<Range<usize>> {
            self.known.iter().flat_map(|known| known.find_in(text)).collect()
        };
        if self.is_empty() {
            return Vec::new();
        }
        let mut found = find_in(text);
        for layer in unescape::layers(text) {
            found.extend(find_in(&layer.bytes).into_iter().map(|range| layer.original(range)));
        }
        found
    }
}

// === impl KnownSecrets ===

impl KnownSecrets {
    fn find_in(&self, text: &[u8]) -> Vec<Range<usize>> {
        let matches = self.finder.find_overlapping_iter(text);
        matches
            .filter_map(|found| self.range_to_mask(text, found.pattern().as_usize(), found.range()))
            .collect()
    }

    /// What is masked where a spelling was found.
    fn range_to_mask(
        &self,
        text: &[u8],
        pattern: usize,
        found: Range<usize>,
    ) -> Option<Range<usize>> {
        match self.kinds[pattern] {
            SpellingKind::Text => Some(found),
            SpellingKind::Alone => {
                let beside = [found.start.checked_sub(1), Some(found.end)];
                let in_word = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
                (!beside.into_iter().flatten().any(in_word)).then_some(found)
            }
            // The characters beside have the first and the last bits.
            SpellingKind::Base64 => {
                let digit = |at: &usize| {
                    let byte = text.get(*at);
                    byte.is_some_and(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(b))
                };
                let start = found.start.checked_sub(1).filter(digit).unwrap_or(found.start);
                Some(start..if digit(&found.end) { found.end + 1 } else { found.end })
            }
        }
    }
}

/// Ranges in order, those that touch made one.
fn merge_ranges(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "hu<n>te\"r &2/2ä+%41\\x";

    /// The secret as programs write it.
    fn written(secret: &str) -> Vec<String> {
        let url = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let json = serde_json::to_string(secret).unwrap();
        let ascii: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        let html = html_escape::encode_text(secret).into_owned();
        let numeric: String = secret.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect();
        let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
        let twice = utf8_percent_encode(&json, NON_ALPHANUMERIC).to_string();
        let nested =
            serde_json::to_string(&html_escape::encode_double_quoted_attribute(secret)).unwrap();
        let mut all = vec![
            secret.to_owned(),
            url.to_ascii_lowercase(),
            url,
            form,
            json[1..json.len() - 1].to_owned(),
            ascii,
            html,
            numeric,
            hexadecimal,
            twice,
            nested,
            secret.replace('/', "\\/").to_ascii_uppercase(),
        ];
        for before in ["", "a", "ab", "joe:"] {
            let pair = format!("{before}{secret}");
            all.push(STANDARD.encode(&pair));
            all.push(URL_SAFE_NO_PAD.encode(&pair));
            all.push(utf8_percent_encode(&STANDARD.encode(&pair), NON_ALPHANUMERIC).to_string());
        }
        all
    }

    #[test]
    fn a_secret_is_masked_however_it_is_written() {
        let redactor = Redactor::new([SECRET]);
        for text in written(SECRET) {
            let shown = redactor.mask_known(&text);
            assert!(shown.contains(MASK), "{text} -> {shown}");
            let left = shown.replace(MASK, "").chars().filter(|c| c.is_alphanumeric()).count();
            // Base64 of a user before it stays; so does an escaped `=`.
            assert!(left <= 8, "{text} -> {shown}");
        }
    }

    /// The secret as it stands in dumps of bytes, tokens and mails.
    fn rarely_written(secret: &str) -> Vec<String> {
        let bytes = secret.as_bytes();
        let list = |number: fn(&u8) -> String, between: &str| {
            bytes.iter().map(number).collect::<Vec<_>>().join(between)
        };
        let mut all = vec![
            list(|byte| format!("{byte:02X}"), ":"),
            list(|byte| format!("0x{byte:02x}"), ", "),
            list(|byte| format!("{byte:02x}"), " "),
            format!("[{}]", list(u8::to_string, " ")),
            format!("[{}]", list(u8::to_string, ", ")),
            list(|byte| format!("\\x{byte:02x}"), ""),
            list(|byte| format!("\\{byte:03o}"), ""),
            secret.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect(),
            secret.chars().map(|c| format!("&#{}", u32::from(c))).collect(),
            secret.to_uppercase(),
            secret.to_lowercase(),
            STANDARD.encode(STANDARD.encode(secret)),
            STANDARD.encode(format!("a{}", STANDARD.encode(secret))),
            secret.replace('=', "=3D").replace('ä', "=C3=A4"),
        ];
        for before in ["", "a", "ab", "abc", "abcd"] {
            all.push(data_encoding::BASE32.encode(format!("{before}{secret}").as_bytes()));
        }
        all
    }

    #[test]
    fn a_secret_is_masked_in_dumps_of_bytes_tokens_and_mails() {
        let secret = "hu<n>te\"r &2/2ä+=%41\\x";
        let redactor = Redactor::new([secret]);
        for text in rarely_written(secret) {
            let shown = redactor.mask_known(&text);
            let left = shown.replace(MASK, "").chars().filter(|c| c.is_alphanumeric()).count();
            assert!(shown.contains(MASK) && left <= 8, "{text} -> {shown}");
        }
    }

    #[test]
    fn what_stands_around_a_secret_stays() {
        let redactor = Redactor::new(["hunter22", "s3cret&co"]);
        assert_eq!(redactor.mask_known("a=Hunter22&b=s3cret%26co."), "a=[redacted]&b=[redacted].");
        assert_eq!(redactor.mask_known("{\"p\":\"s3cret\\u0026co\"}"), "{\"p\":\"[redacted]\"}");
        assert_eq!(redactor.mask_known("hunter2 is no secret"), "hunter2 is no secret");
        assert!(matches!(redactor.mask_known("nothing 100 % here"), Cow::Borrowed(_)));
        assert_eq!(redactor.mask_known("ähunter22ä"), "ä[redacted]ä");
    }

    #[test]
    fn a_short_secret_is_masked_where_it_stands_alone() {
        let redactor = Redactor::new(["42", ""]);
        assert_eq!(
            redactor.mask_known("pin=42&id=4242 42nd \"42\""),
            "pin=[redacted]&id=4242 42nd \"[redacted]\""
        );
    }

    #[test]
    fn other_character_sets_are_read() {
        let redactor = Redactor::new(["käse1234"]);
        assert_eq!(redactor.known_bytes(b"p=k\xe4se1234;"), "p=[redacted];");
        let wide: Vec<u8> = "xkäse1234".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(redactor.known_bytes(&wide).starts_with("x[redacted]"));
    }

    #[test]
    fn no_debug_output_has_a_secret() {
        assert!(!format!("{:?}", Redactor::new(["hunter22"])).contains("hunter22"));
    }

    proptest! {
        #[test]
        fn any_secret_is_masked_in_any_text(secret in "\\PC{4,40}", before in "[ -~]{0,9}", after in "[ -~]{0,9}") {
            prop_assume!(secret.len() >= 4);
            let redactor = Redactor::new([&secret]);
            for text in written(&secret) {
                let text = format!("{before} {text} {after}");
                prop_assert!(redactor.mask_known(&text).contains(MASK), "{text}");
            }
        }
    }
}

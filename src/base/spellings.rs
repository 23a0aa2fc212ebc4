//! The ways in which a secret is written apart from escapes: Base64, hexadecimal, other character sets, and its parts.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::unescape;

/// A shorter secret is masked only where it stands alone: as a part of words and numbers it would be anywhere.
pub(super) const SHORT: usize = 4;
/// A line of a secret with several lines, such as a key, is a secret too if it has this many bytes.
const LINE: usize = 8;
/// The schemes of an `authorization` header: what follows them is the secret.
const SCHEMES: [&str; 5] = ["Basic ", "Bearer ", "Digest ", "Token ", "ApiKey "];

/// How a secret may be written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spelling {
    pub(super) bytes: Vec<u8>,
    pub(super) kind: SpellingKind,
}

/// What is special about a way of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SpellingKind {
    /// Found anywhere.
    Text,
    /// Found only where no letter and no digit is next to it.
    Alone,
    /// The characters that have only bits of the secret: those next to it may have more.
    Base64,
}

/// All spellings of a secret; escapes are not among them.
pub(super) fn spellings(secret: &str) -> Vec<Spelling> {
    let mut found = Vec::new();
    for part in parts(secret) {
        for text in texts(&part) {
            if text.len() >= SHORT {
                found.extend(encode(&text));
            }
            let kind = if text.len() < SHORT { SpellingKind::Alone } else { SpellingKind::Text };
            found.push(Spelling { bytes: text, kind });
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// More spellings of a secret, which are found in dumps of bytes, tokens and mails rather than in pages.
pub(super) fn rare_spellings(secret: &str) -> Vec<Spelling> {
    let mut found = Vec::new();
    for part in parts(secret).iter().filter(|part| part.len() >= SHORT) {
        let text = part.as_bytes();
        found.extend(byte_lists(text).map(|bytes| Spelling { bytes, kind: SpellingKind::Text }));
        let pieces = (0..5).map(|before| base32(text, before)).chain(base64_twice(text));
        let long_enough = pieces.filter(|bytes| bytes.len() >= SHORT);
        found.extend(long_enough.map(|bytes| Spelling { bytes, kind: SpellingKind::Base64 }));
        if !part.is_ascii() {
            let cases = [part.to_lowercase(), part.to_uppercase()];
            let texts = cases.into_iter().map(String::into_bytes);
            found.extend(texts.map(|bytes| Spelling { bytes, kind: SpellingKind::Text }));
        }
        found.push(Spelling { bytes: quoted_printable(text), kind: SpellingKind::Text });
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The bytes as numbers, with what programs print between them.
fn byte_lists(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let list = |number: fn(&u8) -> String, between: &str| {
        text.iter().map(number).collect::<Vec<_>>().join(between).into_bytes()
    };
    let hexadecimal = [" ", ":", "-", ", 0x", ",0x", " 0x"];
    let hexadecimal = hexadecimal.map(|between| list(|byte| format!("{byte:02x}"), between));
    let decimal = [" ", ",", ", "].map(|between| list(u8::to_string, between));
    hexadecimal.into_iter().chain(decimal)
}

/// Base32 (RFC 4648) of a secret with so many bytes before it: the characters that have only bits of the secret.
fn base32(text: &[u8], before: usize) -> Vec<u8> {
    let whole = [&[0; 4][..before], text].concat();
    let written = data_encoding::BASE32_NOPAD.encode(&whole);
    written.as_bytes()[(before * 8).div_ceil(5)..whole.len() * 8 / 5].to_vec()
}

/// Base64 of the secret's Base64, as a token within a token has it.
fn base64_twice(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let once = STANDARD_NO_PAD.encode(text).into_bytes();
    let once = once[..text.len() * 8 / 6].to_vec();
    (0..3).map(move |before| {
        let whole = [&[0; 2][..before], &once].concat();
        let written = STANDARD_NO_PAD.encode(&whole);
        written.as_bytes()[(before * 8).div_ceil(6)..whole.len() * 8 / 6].to_vec()
    })
}

/// As mail writes it (RFC 2045), without the breaks of its lines.
fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let write = |byte: &u8| match byte {
        b'=' | 0..=31 | 127.. => format!("={byte:02X}").into_bytes(),
        _ => vec![*byte],
    };
    text.iter().flat_map(write).collect()
}

/// Whether a text of this length is long enough for a spelling of the secret: a quick answer, which is never wrongly no.
pub(super) fn may_fit(secret: &str, length: usize) -> bool {
    // Of a word without signs nothing is a secret by itself, and from six bytes on no spelling of it is shorter than it.
    let is_word = secret.len() >= 6
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    !is_word || length >= secret.len()
}

/// The secret, and what of it is a secret by itself: a credential after its scheme, a password after its user, a line of a key.
fn parts(secret: &str) -> Vec<String> {
    let mut parts = vec![secret.to_owned(), secret.trim().to_owned()];
    let after_scheme = SCHEMES.iter().find_map(|scheme| {
        let head = secret.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| secret[scheme.len()..].trim())
    });
    if let Some(credential) = after_scheme {
        parts.push(credential.to_owned());
        let basic = STANDARD.decode(credential).ok().and_then(|pair| String::from_utf8(pair).ok());
        if let Some((user, password)) = basic.as_deref().and_then(|pair| pair.split_once(':')) {
            parts.extend([format!("{user}:{password}"), password.to_owned()]);
        }
    }
    let userinfo = secret
        .split_once("://")
        .and_then(|(_, rest)| Some(rest.split(['/', '?', '#']).next()?.rsplit_once('@')?.0));
    parts.extend(userinfo.map(str::to_owned));
    parts.extend(userinfo.and_then(|user| Some(user.split_once(':')?.1.to_owned())));
    if secret.trim().contains('\n') {
        let lines = secret.lines().map(str::trim).filter(|line| line.len() >= LINE);
        parts.extend(lines.map(str::to_owned));
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The text in the character sets of the web, and as it reads once escapes in it are resolved.
fn texts(text: &str) -> Vec<Vec<u8>> {
    let mut texts = vec![text.as_bytes().to_vec()];
    texts.extend(unescape::readings(text.as_bytes()));
    // A form writes a space as a plus sign.
    if text.contains(' ') {
        texts.push(text.replace(' ', "+").into_bytes());
    }
    if !text.is_ascii() {
        texts.extend(text.chars().map(|letter| u8::try_from(letter).ok()).collect::<Option<_>>());
    }
    if text.len() >= SHORT {
        texts.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        texts.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    }
    texts
}

/// Base64 in both alphabets wherever the secret begins in it (`user:secret`), and hexadecimal.
fn encode(text: &[u8]) -> Vec<Spelling> {
    let mut found = Vec::new();
    for before in 0..3 {
        let whole = [&[0; 2][..before], text].concat();
        // Each character has six bits: those that have only bits of the secret.
        let (first, end) = ((before * 8).div_ceil(6), whole.len() * 8 / 6);
        for written in [STANDARD_NO_PAD.encode(&whole), URL_SAFE_NO_PAD.encode(&whole)] {
            let bytes = written.as_bytes()[first..end].to_vec();
            if bytes.len() >= SHORT {
                found.push(Spelling { bytes, kind: SpellingKind::Base64 });
            }
        }
    }
    let hexadecimal: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
    found.push(Spelling { bytes: hexadecimal.into_bytes(), kind: SpellingKind::Text });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(secret: &str, bytes: &[u8]) -> bool {
        spellings(secret).iter().any(|spelling| spelling.bytes == bytes)
    }

    #[test]
    fn what_follows_a_scheme_or_a_user_is_a_secret_by_itself() {
        let basic = format!("Basic {}", STANDARD.encode("joe:hunter22"));
        assert!(has(&basic, b"hunter22") && has(&basic, b"joe:hunter22"));
        assert!(has("bearer abcdef", b"abcdef"));
        assert!(has("https://joe:hunter22@shop.test/x", b"hunter22"));
        assert!(has("-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n", b"MIIEvQIBADAN"));
    }

    #[test]
    fn base64_is_known_at_each_alignment() {
        for before in ["", "a", "ab", "abc", "joe:", "admin:"] {
            let written = STANDARD.encode(format!("{before}hunter22!?>>"));
            let found = spellings("hunter22!?>>").into_iter().any(|spelling| {
                spelling.kind == SpellingKind::Base64
                    && memchr::memmem::find(written.as_bytes(), &spelling.bytes).is_some()
            });
            assert!(found, "{before}");
        }
    }

    #[test]
    fn a_text_that_is_too_short_for_a_secret_is_too_short_for_each_spelling() {
        let word = "Aa0-_.Zz9bYc8Xd7We6Vf5Ug4Th3Si2Rj1Qk";
        for length in 6..=word.len() {
            let secret = &word[..length];
            let shortest = spellings(secret).iter().map(|spelling| spelling.bytes.len()).min();
            assert_eq!(shortest, Some(length), "{secret}");
            assert!(may_fit(secret, length) && !may_fit(secret, length - 1));
        }
        for secret in
            ["12345", "Bearer abcdef", "a%20b%20c", "https://joe:hunter2@x", "gr\u{fc}\u{df}eee"]
        {
            let shortest = spellings(secret).iter().map(|spelling| spelling.bytes.len()).min();
            assert!(may_fit(secret, shortest.unwrap()), "{secret}");
        }
    }

    #[test]
    fn short_secrets_have_no_encodings() {
        let found = spellings("123");
        assert!(found.iter().all(|spelling| spelling.kind == SpellingKind::Alone), "{found:?}");
        assert_eq!(spellings(""), []);
    }
}

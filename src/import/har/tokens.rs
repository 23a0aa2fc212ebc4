//! What tokens look like.

use crate::import::privacy::is_uuid;

/// Words in the names of fields whose values a shop makes for a visit.
pub const TOKEN_WORDS: [&str; 8] =
    ["csrf", "xsrf", "token", "nonce", "hash", "auth", "signature", "session"];
/// Words in the names of fields whose values name one thing among many.
const IDENTITY_WORDS: [&str; 7] = ["id", "key", "code", "sku", "slug", "uuid", "cart"];

/// Whether a name has one of these words, or is one.
pub fn has_word(name: &str, words: &[&str], whole: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    words.iter().any(|word| if whole { lower == *word } else { lower.contains(word) })
}

/// Whether a value may differ from visit to visit: a token, an id, a code.
pub fn may_change(field: &str, value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let identity = has_word(field, &IDENTITY_WORDS, false) || has_word(field, &TOKEN_WORDS, false);
    is_token(field, value) || digits >= 3 || (identity && value.len() >= 4)
}

/// Whether a value is certainly no word: long, with letters and digits, or named a token.
pub fn is_token(field: &str, value: &str) -> bool {
    let letters = value.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.=+/".contains(&b));
    let long = value.len() >= 16 && letters && digits >= 2 && plain;
    is_uuid(value) || long || (value.len() >= 8 && plain && has_word(field, &TOKEN_WORDS, false))
}

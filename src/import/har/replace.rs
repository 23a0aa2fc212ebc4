//! What a recording has of the person who made it is replaced.

use crate::base::redact::passes_luhn;

/// What is put in the place of a recorded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// A template or text that works for every shopper.
    With(String),
    /// A text, and what the user has to do about it.
    Blank(String, &'static str),
}

/// A card number that payment providers publish for tests.
const TEST_CARD: &str = "4242424242424242";

/// The replacement of a value that is a person's own, by its field's name and by what it looks like.
pub fn replacement(name: &str, value: &str) -> Option<Replacement> {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let with = |text: &str| Some(Replacement::With(text.to_owned()));
    let digits: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    let spaced =
        !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b" -".contains(&b));
    if value.is_empty() {
        None
    } else if value.contains('@') {
        with("{{ shopper.email }}")
    } else if spaced && (13..=19).contains(&digits.len()) && passes_luhn(&digits) {
        with(TEST_CARD)
    } else if has(&["passw", "pwd"]) {
        Some(Replacement::Blank("todo".to_owned(), "a password: take it from a data file"))
    } else if has(&["cvc", "cvv", "csc", "securitycode", "security_code"]) {
        with("123")
    } else if has(&["phone", "mobile", "tel"]) && digits.len() >= 6 {
        with("2025550123")
    } else if has(&["first", "given", "vorname"]) {
        with("Test")
    } else if has(&[
        "last_name",
        "lastname",
        "surname",
        "family",
        "nachname",
        "fullname",
        "full_name",
    ]) {
        with("Shopper")
    } else if lower == "name" || has(&["holder", "recipient", "cardname", "card_name"]) {
        with("Test Shopper")
    } else if has(&["street", "address", "line1", "line_1"]) && !has(&["email", "id"]) {
        with("1 Test Street")
    } else if has(&["iban"]) {
        Some(Replacement::Blank(
            "todo".to_owned(),
            "a bank account: use your provider's test account",
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_person_s_own_is_replaced_and_the_rest_is_not() {
        let with = |text: &str| Some(Replacement::With(text.to_owned()));
        assert_eq!(replacement("mail", "a@b.org"), with("{{ shopper.email }}"));
        assert_eq!(replacement("card", "4539 1488 0343 6467"), with(TEST_CARD));
        assert_eq!(replacement("shipping_first_name", "Anna"), with("Test"));
        assert!(matches!(replacement("password", "x"), Some(Replacement::Blank(..))));
        assert_eq!(replacement("quantity", "2"), None);
        assert_eq!(replacement("sku", "sku-1"), None);
    }
}

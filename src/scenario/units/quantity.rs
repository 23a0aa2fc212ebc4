//! What a quantity is: a value that is written as one word or number.

use serde_json::{Value, json};

/// What a single value can be written as.
pub trait Quantity: Sized {
    /// What it is called, with its article: `a duration`.
    const WHAT: &'static str;
    /// What to write instead.
    const REMEDY: &'static str;

    /// Reads it.
    ///
    /// # Errors
    /// When the text is not a value of this kind, or out of range: what to write instead.
    fn read(text: &str) -> Result<Self, QuantityError>;

    /// The JSON Schema of its notation.
    fn notation() -> Value;
}

/// Why a text is not the quantity that was wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {remedy}")]
pub struct QuantityError {
    /// What is wrong, with the value.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

pub(in crate::scenario) fn wrong<U: Quantity>(text: &str) -> QuantityError {
    QuantityError { message: format!("`{text}` is not {}", U::WHAT), remedy: U::REMEDY.to_owned() }
}

/// The same where it may be that only the unit was left out.
pub(super) fn unitless<U: Quantity>(text: &str, unit: &str) -> QuantityError {
    let remedy = decimal(text.trim())
        .map_or_else(|| U::REMEDY.to_owned(), |_| format!("write {}{unit}", text.trim()));
    QuantityError { remedy, ..wrong::<U>(text) }
}

/// A plain decimal number: digits with at most one point, no sign, no exponent, no `inf`.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let plain = !text.is_empty()
        && text.len() < 40
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

/// A number and the unit behind it.
pub(super) fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

impl Quantity for String {
    const WHAT: &'static str = "a text";
    const REMEDY: &'static str = "write a text";

    fn read(text: &str) -> Result<String, QuantityError> {
        Ok(text.to_owned())
    }

    fn notation() -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

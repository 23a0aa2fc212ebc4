//! How the command line reads a value of an option.

use crate::scenario::Quantity;

/// A quantity in the scenario's notation.
pub(super) fn quantity<U: Quantity>(text: &str) -> Result<U, String> {
    U::read(text).map_err(|error| error.to_string())
}

pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    match key.trim() {
        "" => Err("the key before the = is missing".to_owned()),
        key if key.chars().any(char::is_control) => Err("a key is one line of text".to_owned()),
        key => Ok((key.to_owned(), value.to_owned())),
    }
}

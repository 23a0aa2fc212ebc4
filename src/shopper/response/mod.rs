//! What a shopper makes of a response: values found in it, conditions on it, messages in it.

pub(crate) mod charset;
pub(crate) mod check;
pub(crate) mod error_fingerprint;
pub(crate) mod evaluate;
pub(crate) mod extract;
mod json;
pub(crate) mod price;
pub(crate) mod read_answer;
pub(crate) mod retry_after;
mod visible;

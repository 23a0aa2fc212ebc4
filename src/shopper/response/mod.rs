//! What a shopper makes of a response: values found in it, conditions on it, messages in it.

pub(crate) mod check;
pub(crate) mod extract;
mod graphql;
pub(crate) mod message;
pub(crate) mod price;

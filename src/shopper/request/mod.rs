//! What a shopper sends: requests built from the plan, with the shopper's variables filled in.

pub(super) mod aws_signature;
pub(crate) mod build;
pub(crate) mod form;
mod multipart;
pub(crate) mod traceparent;
pub(crate) mod variables;

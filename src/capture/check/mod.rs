//! What can be checked of a response: one file for each kind of check.
//!
//! A kind's file has its key in the scenario language, its compilation, and its reading of a response. A new kind is a
//! new file and a line in `CHECKS`.

pub(crate) mod address;
mod condition;
mod css;
mod expected;
mod graphql;
mod graphql_type;
mod header;
mod json;
mod kind;
mod location;
mod matches;
mod no_css;
mod no_text;
mod size;
mod status;
mod status_range;
mod text;
mod url;

pub use condition::{Check, RenderError, Texts};
pub use expected::Expected;
pub use graphql::graphql;
pub use graphql_type::graphql_type;
pub use kind::{CheckKind, Written};
pub use status::status;
pub use status_range::StatusRange;

/// Every kind of check that stands under `expect`, `declined` and `until`, in the order in which they are made.
pub const CHECKS: [&CheckKind; 11] = [
    &status::KIND,
    &json::KIND,
    &text::KIND,
    &no_text::KIND,
    &matches::KIND,
    &header::KIND,
    &css::KIND,
    &no_css::KIND,
    &url::KIND,
    &location::KIND,
    &size::KIND,
];

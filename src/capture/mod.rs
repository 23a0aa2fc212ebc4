//! What can be captured from a response, and (in `check`) what can be checked of it: one file for each kind.
//!
//! A kind's file has its key in the scenario language, the compilation of its pattern, and its reading of a response.
//! A new kind is a new file and a line in `KINDS`.

mod address;
pub mod check;
mod cookie;
mod css;
mod header;
pub(crate) mod html;
mod json;
mod json_place;
mod kind;
pub(crate) mod pattern;
mod regex;
mod value;

pub use json_place::JsonPlace;
pub use kind::{BodyKind, Capture, CaptureKind, ResponseView};
pub use pattern::PatternError;
pub use value::Value;

/// Every kind of capture, in the order of the reference.
pub const KINDS: [&CaptureKind; 8] = [
    &json::KIND,
    &css::KIND,
    &regex::KIND,
    &header::KIND,
    &cookie::KIND,
    &address::URL,
    &address::LOCATION,
    &header::OF_REDIRECT,
];

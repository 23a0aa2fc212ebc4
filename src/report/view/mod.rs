//! The view: a report without its layout, shared by all formats for people.

mod burn;
mod clusters;
mod experiment;
pub mod format;
mod friction;
pub(super) mod gate;
mod moments;
mod page;
mod sight;
pub(super) mod tables;
pub(super) mod words;

pub use page::{Column, Fit, Remark, Row, Table, Tone, View};

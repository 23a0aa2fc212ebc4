//! The view: a report without its layout, shared by all formats for people.

mod answers;
mod assets;
mod burn;
mod caution;
mod clusters;
mod experiment;
pub mod format;
mod friction;
pub(super) mod gate;
pub(super) mod moments;
mod page;
mod parts;
mod repeats;
mod sight;
pub(super) mod tables;
pub(super) mod words;

pub use caution::{Caution, MARK};
pub use page::View;
pub use parts::{Answer, Column, Fit, Remark, Row, Section, Table, Tone};

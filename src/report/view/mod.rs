//! The view: a report without its layout, shared by all formats for people.

mod answers;
mod assets;
mod blocks;
mod burn;
pub(super) mod clusters;
mod experiment;
pub mod format;
mod friction;
pub(super) mod gate;
pub(super) mod generator;
pub(super) mod headline;
pub(super) mod hotspots;
pub(super) mod incidents;
pub(super) mod loss;
mod notes;
mod orders;
mod page;
mod power;
pub(super) mod records;
mod refusals;
mod repeats;
mod slow_times;
mod tables;
mod warning;

pub use blocks::{Answer, Column, Fit, Row, Section, Statement, Table, Tone};
pub use page::View;
pub use warning::{MARK, Warning};

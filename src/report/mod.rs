//! Reports: what the plan and the findings say, for people and for programs. Text and bytes out; nothing is
//! written to anywhere here.

mod console;
pub mod format;
pub mod plan_view;
mod tables;
mod view;
mod words;

pub use console::{MIN_WIDTH, Paint, console};
pub use view::{Column, Fit, Remark, Row, Table, Tone, View};

//! Reports: what the plan and the findings say, for people and for programs. Text and bytes out; nothing is
//! written to anywhere here.

mod console;
pub mod format;
mod json;
pub mod plan_view;
pub mod run_document;
mod samples;
mod tables;
mod view;
mod words;

pub use console::{MIN_WIDTH, Paint, console};
pub use json::{json, run_document, run_schema};
pub use run_document::RunDocument;
pub use samples::failures_jsonl;
pub use view::{Column, Fit, Remark, Row, Table, Tone, View};

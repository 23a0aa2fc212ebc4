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
#[doc(hidden)]
pub fn run_json(
    _: &crate::plan::Plan,
    _: &crate::tally::Tally,
    _: &crate::verdict::Findings,
    _: &crate::verdict::RunFacts,
) -> serde_json::Value {
    serde_json::json!({})
}
#[doc(hidden)]
pub fn failures_jsonl(_: &crate::tally::Tally) -> Vec<u8> {
    vec![]
}
#[doc(hidden)]
pub fn run_schema() -> serde_json::Value {
    serde_json::json!({})
}

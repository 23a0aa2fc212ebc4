//! Reports: what the plan and the findings say, for people and for programs. Text and bytes out; nothing is
//! written to anywhere here.

mod comparison;
mod console;
pub mod json;
pub mod plan_view;
mod samples;
pub mod view;

pub use comparison::{ComparisonDocument, comparison_document, comparison_json, comparison_schema, comparison_view, noise_text};
pub use console::{MIN_WIDTH, Paint, console};
pub use json::{RunDocument, run_document, run_json, run_schema};
pub use samples::failures_jsonl;
pub use view::View;
pub use view::format::{count, percent};

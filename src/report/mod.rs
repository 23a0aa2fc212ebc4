//! Reports: what the plan and the findings say, for people and for programs. Text and bytes out; nothing is
//! written to anywhere here.

mod annotations;
mod comparison;
mod console;
mod history;
mod html;
pub mod json;
mod junit;
mod markdown;
pub mod plan_view;
mod samples;
pub mod view;

pub use annotations::{annotations, mark};
pub use comparison::{
    ComparisonDocument, comparison_annotations, comparison_document, comparison_json,
    comparison_schema, comparison_suite, comparison_view, noise_text,
};
pub use console::{MIN_WIDTH, Paint, console, console_table};
pub use history::{HistoryDocument, HistoryRow, history, history_json};
pub use html::{Live, PageInput, comparison_page, live_shell, page, page_body};
pub use json::{RunDocument, run_document, run_json, run_schema};
pub use junit::{Suite, junit, suite};
pub use markdown::markdown;
pub use samples::failures_jsonl;
pub use view::View;
pub use view::format::{count, percent};
pub use view::tables::group;

//! Reports: what the plan and the findings say, for people and for programs. Text and bytes out; nothing is
//! written to anywhere here.

mod annotations;
mod comparison;
mod console;
pub mod forecast_text;
mod format;
mod history;
mod html;
mod inputs;
pub mod json;
mod junit;
mod markdown;
#[cfg(test)]
mod plain_words;
mod samples;
pub mod view;

pub use annotations::{annotations, mark};
pub use comparison::{comparison_annotations, comparison_schema, noise_text};
pub use console::{MIN_WIDTH, Paint, console, console_table, style as tone_style};
pub use format::{Addition, Format, Output, Report, Target};
pub use history::{HistoryDocument, HistoryRow, history, history_json};
pub use html::{Live, comparison_page, live_shell, page, page_body};
pub use inputs::{ComparisonReport, RunReport};
pub use json::{RunDocument, run_document, run_json, run_schema};
pub use junit::{Suite, junit, suite};
pub use markdown::markdown;
pub use samples::failures_jsonl;
pub use view::format::{count, percent};
pub use view::hotspots::group;
pub use view::{Tone, View};

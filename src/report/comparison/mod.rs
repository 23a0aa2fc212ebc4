//! Two runs side by side, for people and for programs: the same view, tables and formats as the report of one run.

mod document;
mod headline;
mod noise;
mod pipeline;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod view;

pub use document::DifferenceDocument;
pub use noise::noise_text;
pub use pipeline::{comparison_annotations, comparison_suite};
pub use summary::{comparison_document, comparison_json, comparison_schema};
pub use tables::difference_tone;
pub use view::{comparison_view, difference_texts};

//! Access log formats. Each knows what its time stamp means: the start of the request, or the end of the answer.

mod choice;
mod columns;
mod event;
mod event_table;
mod field;
mod json;
mod pattern;
mod time;
mod variables;

pub use choice::{FormatChoice, FormatError, LogFormat};

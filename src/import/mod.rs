//! From a shop's own records to a scenario: what came, in which order, how fast, and what shoppers did when it failed.
//!
//! `format` turns a line of any access log into a [`LogLine`]. `collect` puts lines together to sessions. `fit` gives the load shape and the
//! think times, `flow` the templates of paths and the journeys, and `write` the scenario and the report of the import.
//! Nothing of a person leaves this room: no address, no key, no value that fewer than five visitors had.

mod collect;
mod fit;
mod flow;
mod format;
mod har;
mod line;
mod options;
mod privacy;
mod result;
mod write;

pub use collect::Collector;
pub use flow::{GivenTemplates, TemplateError};
pub use format::{FormatChoice, FormatError, LogFormat};
pub use har::{HarError, Recording, har_in_log, har_scenario};
pub use line::{BadLine, LogLine};
pub use options::{ImportOptions, Scale, Through, TimeWindow};
pub use result::{Import, ImportError, templates_text};
pub use write::{page, report, scenario};

#[cfg(test)]
mod tests;

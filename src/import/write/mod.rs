//! What an import writes: the scenario, and the report of what was read, left out and guessed.

mod journeys;
mod load;
mod log_figures;
mod page;
mod report;
mod scenario;
mod steps;
pub(super) mod yaml;

pub use log_figures::{LogFigures, figures_of};
pub use page::page;
pub use report::report;
pub use scenario::{scenario, scenario_around};

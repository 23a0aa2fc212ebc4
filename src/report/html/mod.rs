//! The page: a run, or two side by side, in one HTML file that needs no network and no script.
//!
//! Words and tables are those of the [`View`](super::View) that the console prints; figures are those of `run.json`, and whatever is drawn of
//! the latter says so in a `data-figure` attribute, so that a test can hold the page against the document. What changes from second to
//! second is read from the tally ([`series`]). All text goes through the templates' escaping: names come from scenarios, bodies from shops.

mod charts;
mod comparison;
mod examples;
mod page;
mod series;
mod templates;
#[cfg(test)]
mod tests;

pub use comparison::comparison_page;
pub use page::{Live, page, page_body};
pub use templates::live_shell;

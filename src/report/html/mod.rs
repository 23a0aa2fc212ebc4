//! The page: a run, or two side by side, in one HTML file that needs no network. It is whole without its script, which
//! adds what answers to a pointer or a key: tooltips, zoom, series that can be hidden, filters and buttons that copy.
//!
//! Words and tables are those of the [`View`](super::View) that the console prints; figures are those of `run.json`, and whatever is drawn of
//! the latter says so in a `data-figure` attribute, so that a test can hold the page against the document. What changes from second to
//! second is read from the tally ([`series`]). All text goes through the templates' escaping: names come from scenarios, bodies from shops.

mod about;
mod chapters;
mod charts;
mod clock;
mod comparison;
mod examples;
mod filter;
mod heat;
mod incident_note;
mod page;
mod parts;
mod percentiles;
mod series;
mod strips;
mod templates;
#[cfg(test)]
mod tests;

pub use comparison::comparison_page;
pub use page::{Live, page, page_body};
pub use templates::live_shell;

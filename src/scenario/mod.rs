//! The scenario: what a person writes down, as typed text with places.
//!
//! YAML becomes a located tree (`tree`), the tree becomes typed values (`decode`, `document`), and whatever
//! can't be read becomes a `Problem` with its place and its remedy. What the values mean together (names that
//! must exist, weights that must add up) is the plan's business.

mod decode;
mod document;
mod problem;
mod schema;
mod source;
mod tree;
mod units;
mod words;

pub use decode::{AnyJson, Decode, Keys, Named, OneOrMany};
pub use document::{
    Basket, Conditions, Data, Defaults, Document, EXTRACTORS, Extract, Item, Journey, Limits, Load, MAPPINGS, METHODS, Order, Patience,
    Poll, Purchase, Retry, Shoppers, Stage, Step, Text,
};
pub(crate) use problem::listed;
pub use problem::{Place, Problem, Problems, nearest};
pub use schema::schema;
pub use source::{Located, Source, Span};
pub use tree::{Kind, Node};
pub use units::{Attempts, Count, Crowd, Fraction, Rate, StageFlag, Status, Unit, UnitError, Weight};
pub use words::{Conduct, Connecting, Each, Spacing};

/// A scenario as it was written.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file and text.
    pub source: Source,
    /// What it says; gaps where something could not be read.
    pub document: Document,
}

// === impl Scenario ===

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// When something in it can't be read: all of it at once.
    pub fn parse(file_name: &str, text: &str) -> Result<Scenario, Problems> {
        let (scenario, problems) = Scenario::read(file_name, text);
        problems.into_result(scenario)
    }

    /// Reads what can be read, and says what can't be: for who wants to check the rest as well.
    pub fn read(file_name: &str, text: &str) -> (Option<Scenario>, Problems) {
        let source = Source::new(file_name, text);
        let mut problems = Problems::new(source.clone());
        let document = tree::read(&mut problems).and_then(|node| Document::decode(&node, &mut problems));
        (document.map(|document| Scenario { source, document }), problems)
    }
}

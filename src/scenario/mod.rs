//! The scenario: what a person writes down, as typed text with places.
//!
//! YAML becomes a located tree (`tree`), the tree becomes typed values (`decode`, `document`), and whatever
//! can't be read becomes a `Problem` with its place and its remedy. What the values mean together (names that
//! must exist, weights that must add up) is the plan's business.

mod amount;
mod arms;
mod assets;
mod attributes;
mod conditions;
mod decode;
mod document;
mod extract;
mod graphql;
mod problem;
mod schema;
mod shared;
mod source;
mod steps;
mod tree;
mod units;
mod words;

pub use crate::capture::check::StatusRange;
pub use amount::Amount;
pub use arms::{Arm, RetryStrategy, STRATEGIES};
pub use assets::{AssetRules, Assets};
pub use attributes::{AttributeValue, Figures, Network, Weighed};
pub use conditions::{Conditions, WrittenCheck};
pub use decode::{AnyJson, Decode, Keys, Named, OneOrMany};
pub use document::{
    Budget, Data, Defaults, Document, Journey, Limits, Load, MAPPINGS, Patience, Retry, Shoppers,
    Stage,
};
pub use extract::{CAPTURES, Extract};
pub(crate) use graphql::operations;
pub(crate) use problem::listed;
pub use problem::{Problem, Problems, SourceLocation, nearest};
pub use schema::schema;
pub use source::{Located, LocatedText, SourceText, Span};
pub use steps::{
    Auth, BODIES, Basic, Basket, Branch, Choose, Every, FieldMatch, GraphQl, Include, JourneyItem,
    METHODS, MultipartPart, Order, Poll, Purchase, Rendezvous, RendezvousGroup, Repeat, Step,
    Submit, Upload,
};
pub use tree::{NodeKind, YamlNode};
pub use units::{
    Attempts, Bandwidth, Count, EventRate, Extent, Fraction, Quantity, QuantityError, StageFlag,
    Times, Weight,
};
pub use words::{
    AllOf, ArrivalSpacing, Behaviour, Client, ConnectionReuse, Device, Fresh, Keeping, MoneyUnit,
    Pick, RowAssignment, Tracing,
};

/// A scenario as it was written.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file and text.
    pub source: SourceText,
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
        let source = SourceText::new(file_name, text);
        let mut problems = Problems::new(source.clone());
        let mut document =
            tree::read(&mut problems).and_then(|node| Document::decode(&node, &mut problems));
        if let Some(document) = &mut document {
            shared::include(document, &mut problems);
            graphql::name_steps(document, &mut problems);
        }
        (document.map(|document| Scenario { source, document }), problems)
    }
}

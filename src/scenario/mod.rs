//! The scenario: what a person writes down, as typed text with places.
//!
//! YAML becomes a located tree (`yaml`, `tree`), the tree becomes typed values (`decode`, `document`), and whatever
//! can't be read becomes a `Problem` with its place and its remedy. What the values mean together (names that
//! must exist, weights that must add up) is the plan's business.

mod amount;
mod arms;
mod arrivals;
mod assets;
mod attributes;
mod bodies;
mod conditions;
mod credentials;
mod declined;
mod decode;
mod document;
mod extract;
mod graphql;
mod guard;
mod logged_arrivals;
mod pause;
mod problem;
mod provoke;
mod read;
mod records;
mod schema;
mod shared;
mod source;
mod steps;
mod tree;
mod units;
mod words;
mod yaml;

pub use crate::capture::check::StatusRange;
pub use amount::Amount;
pub use arms::{Arm, RetryStrategy, STRATEGIES};
pub use arrivals::{Arrivals, BurstyArrivals};
pub use assets::{AssetRules, Assets};
pub use attributes::{AttributeValue, Figures, Network, Weighed};
pub use bodies::{FieldMatch, GraphQl, MultipartPart, Submit, Upload};
pub use conditions::{Conditions, WrittenCheck};
pub use credentials::{Credential, copy_without_secrets};
pub use declined::{DeclineAction, Declined, Then};
pub use decode::{AnyJson, Decode, Keys, Named, OneOrMany};
pub use document::{
    Budget, Constant, ConstantFile, Data, Defaults, Document, Journey, Limits, Load, MAPPINGS,
    NamedTarget, Patience, Retry, Shoppers, Stage, WeighedTarget,
};
pub use extract::{CAPTURES, Extract};
pub(crate) use graphql::operations;
pub use guard::GuardTerm;
pub use logged_arrivals::LoggedArrivals;
pub use pause::{LogNormalPause, WrittenPause};
pub(crate) use problem::join_words;
pub use problem::{Problem, Problems, SourceLocation, nearest};
pub use provoke::{Provocation, Provoke};
pub use read::Scenario;
pub use records::{
    CleanupRequest, PageStyle, Paging, RECORD_PRESETS, RecordSource, Records, SqlQuery,
};
pub use schema::schema;
pub use source::{Located, LocatedText, SourceText, Span};
pub use steps::{
    Auth, AwsKeys, BODIES, Basic, Basket, Branch, Choose, Each, Every, Include, JourneyItem,
    METHODS, Order, Poll, PollPlace, Purchase, Rendezvous, RendezvousGroup, Repeat, Step,
};
pub use tree::{NodeKind, YamlNode};
pub use units::{
    Attempts, Bandwidth, Count, Dispersion, EventRate, Extent, Fraction, Quantity, QuantityError,
    StageFlag, Times, Weight,
};
pub use words::{
    AllOf, ArrivalSpacing, Behaviour, Client, ConnectionReuse, DeclineWord, Device, Fresh, Keeping,
    MoneyUnit, Pick, RowAssignment, Tracing,
};

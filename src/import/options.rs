//! What the user decides about an import.

use super::flow::GivenTemplates;
use crate::base::Micros;

/// What the user decides about an import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// A visitor who does nothing for this long has left.
    pub gap: Micros,
    /// An answer that takes longer is a failure to the shopper.
    pub gives_up_after: Micros,
    /// Programs are kept, as shoppers of their own.
    pub keep_bots: bool,
    /// Requests of load tests are kept.
    pub keep_load_tests: bool,
    /// Paths that begin so are left out.
    pub ignore: Vec<String>,
    /// Query keys whose values are kept.
    pub keep_query: Vec<String>,
    /// The request that pays, such as `POST /checkout/pay`; found by its words where it is not given.
    pub purchase: Option<String>,
    /// Which requests the target has to answer.
    pub through: Through,
    /// Templates that the user named.
    pub templates: GivenTemplates,
    /// Answers that look well and are failures: a status, and how the path begins.
    pub fail_when: Vec<(Option<u16>, String)>,
    /// The part of the log that is replayed.
    pub window: TimeWindow,
    /// How it is scaled.
    pub scale: Scale,
    /// Values in paths are hashed.
    pub hash_values: bool,
    /// The target; the log's host where it is not given.
    pub target: Option<String>,
    /// The scenario's name.
    pub name: String,
}

/// What the target is, of a shop behind a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// The cache: all requests are replayed.
    Edge,
    /// The shop behind it: what the cache answered is left out.
    Origin,
}

/// The part of a log that is replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeWindow {
    /// The busiest stretch of this length.
    Busiest(Micros),
    /// All of it.
    Whole,
    /// Between two moments, in microseconds since 1970.
    Between(i64, i64),
}

/// How last year's load becomes this year's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Rates are multiplied by this.
    pub factor: f64,
    /// Instead: the highest rate, in shoppers per second.
    pub peak: Option<f64>,
    /// The clock is compressed to this length; neither rates nor think times are.
    pub length: Option<Micros>,
    /// Shares of going on towards the purchase are multiplied so that this many times as many buy.
    pub conversion: f64,
}

// === impl ImportOptions ===

impl Default for ImportOptions {
    fn default() -> ImportOptions {
        ImportOptions {
            gap: Micros::from_secs(30 * 60),
            gives_up_after: Micros::from_secs(10),
            keep_bots: false,
            keep_load_tests: false,
            ignore: Vec::new(),
            keep_query: Vec::new(),
            purchase: None,
            through: Through::Edge,
            templates: GivenTemplates::default(),
            fail_when: Vec::new(),
            window: TimeWindow::Busiest(Micros::from_secs(3_600)),
            scale: Scale { factor: 1.0, peak: None, length: None, conversion: 1.0 },
            hash_values: false,
            target: None,
            name: "Imported peak".to_owned(),
        }
    }
}

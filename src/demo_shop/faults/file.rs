//! The language of fault files: YAML, checked as a whole before the shop opens.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::books::BookFault;
use super::spans::{Chance, DurationText, Pause};
use crate::demo_shop::operation::Operation;
use crate::demo_shop::payments::PaymentFaults;

/// Everything that a fault file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// The faults, in the order in which they are tried: the first that strikes decides.
    #[serde(default, deserialize_with = "unique")]
    pub faults: Vec<Fault>,
    /// How much the shop can do at a time; unlimited if none.
    pub capacity: Option<Capacity>,
    /// How often the shop may be asked; unlimited if none.
    pub rate_limit: Option<RateLimit>,
    /// The bug of charging again what was already paid: idempotency keys are ignored, and a payment
    /// repeated after its order was placed places another.
    #[serde(default)]
    pub duplicate_orders_on_retry: bool,
    /// How idempotency keys go wrong.
    #[serde(default)]
    pub keys: KeyFaults,
    /// How the books differ from what shoppers are told.
    #[serde(default)]
    pub books: Vec<BookFault>,
    /// From a late order to its being in the books (default 3s).
    pub books_late_by: Option<DurationText>,
    /// By how much the shop's clock is ahead (default 0).
    pub clock_ahead: Option<DurationText>,
    /// By how much the shop's clock is behind (default 0).
    pub clock_behind: Option<DurationText>,
    /// The bug of testing the stock at the cart only: payments take what is not there.
    #[serde(default)]
    pub oversell: bool,
    /// How payments at the provider go wrong.
    #[serde(default)]
    pub payments: PaymentFaults,
    /// Units in stock by product, over the catalogue's own figures.
    #[serde(default)]
    pub stock: BTreeMap<String, u32>,
}

/// `keys:` of a fault file: how idempotency keys go wrong.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyFaults {
    /// The bug of looking for a key first and writing it later, so that a second request in between is charged, too. So long on average;
    /// exponential, drawn for each key.
    pub window: Option<DurationText>,
    /// For so long after the first request, a second one is told that the first is under way (409).
    pub under_way: Option<DurationText>,
    /// After so long a key is forgotten, and its request charged again.
    pub lifetime: Option<DurationText>,
}

/// One way in which the shop misbehaves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its name; part of the hash that decides whom it strikes.
    pub name: String,
    /// The steps that it can strike at; all if empty (`'*'`).
    #[serde(default, deserialize_with = "steps")]
    pub at: Vec<Operation>,
    /// What must hold of the request.
    #[serde(default, rename = "where")]
    pub only: Where,
    /// When it can strike; always if none.
    pub during: Option<DuringWindow>,
    /// The share of its subjects (shoppers, nodes, requests: see `sticky`) that it strikes; all if not stated.
    #[serde(default = "always", deserialize_with = "chance")]
    pub probability: f64,
    /// What the chance is drawn for.
    #[serde(default)]
    pub sticky: Scope,
    /// How many of a shopper's requests for a step can be struck, from the first on; a retry then succeeds.
    pub first: Option<u32>,
    /// What the shopper meets.
    pub kind: FaultKind,
    /// Whether the shop has done its work (taken the money) before things go wrong. A truncated answer
    /// always comes after the work.
    #[serde(default)]
    pub work_done: bool,
}

/// What must hold of a request for a fault to strike it. Values may begin or end with `*`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Where {
    /// How the shopper pays: `card` or `wallet`, known from the payment on.
    #[serde(default, deserialize_with = "one_or_many")]
    pub payment: Vec<String>,
    /// `mobile`, `tablet` or `desktop`: the header `x-device`, else what the user agent says.
    #[serde(default, deserialize_with = "one_or_many")]
    pub device: Vec<String>,
    /// The node that the session is pinned to.
    #[serde(default, deserialize_with = "one_or_many")]
    pub node: Vec<String>,
    /// Request headers by name.
    #[serde(default)]
    pub header: BTreeMap<String, String>,
    /// Fields of the body, the query or the path by name; inside JSON with dots (`card.number`).
    #[serde(default)]
    pub field: BTreeMap<String, String>,
}

/// A stretch of time since the shop opened (or was reset).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "WindowText")]
pub struct DuringWindow {
    /// Its start; the opening if not stated.
    pub from: Duration,
    /// Its end, excluded; later than the start; never if not stated.
    pub to: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowText {
    #[serde(default)]
    from: DurationText,
    to: Option<DurationText>,
}

/// What a fault's chance is drawn for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Each request by itself: a retry may well succeed.
    #[default]
    No,
    /// Each shopper: the same shopper meets it again and again.
    Shopper,
    /// Each node.
    Node,
}

/// What a struck shopper meets.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An error status, with a body.
    Status(StatusFault),
    /// The answer comes, later. Several slow faults add up.
    Slow(Pause),
    /// The connection is reset (TCP RST), without an answer.
    Reset,
    /// The body is cut in the middle, and the connection closed.
    Truncated,
    /// Status 200, and something else than was asked for.
    WrongContent(String),
    /// No answer for this long; then the connection is reset.
    Hang(DurationText),
    /// The whole shop stands still for this long, once.
    Stall(DurationText),
}

/// An error answer: `503`, or `{ code: 503, body: "..." }`.
#[derive(Clone, Debug)]
pub struct StatusFault {
    /// The status, from 200 to 599.
    pub code: u16,
    /// The body; a short one of the shop's own if none.
    pub body: Option<String>,
}

/// A limited number of workers behind a queue: what overload is.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Requests served at a time.
    pub workers: NonZeroU32,
    /// How long a worker is busy with a request.
    pub service_time: Pause,
    /// Requests that may wait for a worker; more are refused with 503. Unbounded if not stated.
    pub queue: Option<u32>,
}

/// A limit on requests, answered with 429 beyond it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests per second.
    pub per_second: NonZeroU32,
    /// Requests that may come at once; as many as in a second if not stated.
    pub burst: Option<NonZeroU32>,
    /// Whose requests are counted together.
    #[serde(default)]
    pub per: RatedPer,
    /// The steps that it holds for; all if empty (`'*'`).
    #[serde(default, deserialize_with = "steps")]
    pub at: Vec<Operation>,
}

/// Whose requests a rate limit counts together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatedPer {
    /// Everybody's.
    #[default]
    Shop,
    /// Each shopper's.
    Shopper,
}

/// Why a fault file can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("faults, line {line}, column {column}: {message}")]
pub struct FaultsError {
    /// The line, from 1; 0 where the whole file is meant.
    pub line: u64,
    /// The column, from 1; 0 where the whole file is meant.
    pub column: u64,
    /// What is wrong, and what to write instead.
    pub message: String,
}

const PLANTED: &str = include_str!("planted.yaml");

// === impl Faults ===

impl Faults {
    /// A shop without faults.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// The faults planted for the demo: see `planted.yaml` beside this file.
    pub fn planted() -> Faults {
        Faults::parse(PLANTED).expect("planted.yaml is tested")
    }

    /// Reads a fault file.
    ///
    /// # Errors
    /// At the first thing that is not as it should be, with its line and column.
    pub fn parse(text: &str) -> Result<Faults, FaultsError> {
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Faults::none());
        }
        serde_saphyr::from_str(text).map_err(|error| {
            let place = error.location();
            FaultsError {
                line: place.map_or(0, |place| place.line()),
                column: place.map_or(0, |place| place.column()),
                message: first_line(&error),
            }
        })
    }
}

// === impl DuringWindow ===

impl DuringWindow {
    /// Whether the moment, counted from the opening, is in the window.
    pub fn contains(self, moment: Duration) -> bool {
        self.from <= moment && self.to.is_none_or(|to| moment < to)
    }
}

impl TryFrom<WindowText> for DuringWindow {
    type Error = String;

    fn try_from(
        WindowText { from: DurationText(from), to }: WindowText,
    ) -> Result<DuringWindow, String> {
        match to {
            Some(DurationText(to)) if to <= from => {
                Err("this window ends before it begins: make 'to' later than 'from'".into())
            }
            to => Ok(DuringWindow { from, to: to.map(|DurationText(to)| to) }),
        }
    }
}

// === impl FaultKind ===

impl FaultKind {
    /// Whether the shopper sees a failure, rather than a late answer.
    pub fn fails(&self) -> bool {
        !matches!(self, FaultKind::Slow(_) | FaultKind::Stall(_))
    }
}

// === reading ===

struct OneOrManyVisitor<T>(PhantomData<T>);
struct StatusVisitor;

impl<'de> Deserialize<'de> for StatusFault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<StatusFault, D::Error> {
        deserializer.deserialize_any(StatusVisitor)
    }
}

impl<'de> Visitor<'de> for StatusVisitor {
    type Value = StatusFault;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a status: 503 or { code: 503, body: \"...\" }")
    }

    fn visit_u64<E: Error>(self, code: u64) -> Result<StatusFault, E> {
        match code {
            200..=599 => Ok(StatusFault { code: code as u16, body: None }),
            _ => Err(E::custom(format!("{code} is not a status: write one from 200 to 599"))),
        }
    }

    fn visit_i64<E: Error>(self, code: i64) -> Result<StatusFault, E> {
        self.visit_u64(u64::try_from(code).unwrap_or(0))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StatusFault, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            code: u64,
            body: Option<String>,
        }
        let long = Long::deserialize(MapAccessDeserializer::new(map))?;
        Ok(StatusFault { body: long.body, ..self.visit_u64(long.code)? })
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list of values")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        Ok(vec![T::deserialize(serde::de::value::StrDeserializer::new(text))?])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Vec<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(values))
    }
}

fn one_or_many<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
}

/// Step names; `*`, alone or among others, means all and gives an empty list.
fn steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Operation>, D::Error> {
    let names: Vec<String> = one_or_many(deserializer)?;
    if names.iter().any(|name| name == "*") {
        return Ok(Vec::new());
    }
    names.iter().map(|name| Operation::from_name(name).map_err(D::Error::custom)).collect()
}

/// Faults whose names differ, since the name is part of the draw.
fn unique<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Fault>, D::Error> {
    let faults: Vec<Fault> = Vec::deserialize(deserializer)?;
    for (i, fault) in faults.iter().enumerate() {
        if faults[..i].iter().any(|other| other.name == fault.name) {
            let name = &fault.name;
            return Err(D::Error::custom(format!(
                "two faults are named '{name}': the name is part of the draw, give each its own"
            )));
        }
    }
    Ok(faults)
}

fn chance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Chance::deserialize(deserializer).map(|chance| chance.0)
}

fn always() -> f64 {
    1.0
}

/// The parser's message without the excerpt of the file that it adds and without the place, which we say ourselves.
fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.rfind(" at line ").map_or(line, |cut| &line[..cut]).to_owned()
}

//! The language: what can be written in a scenario, key by key. What stands under `steps:` is in `steps`.
//!
//! The doc comments here are what editors show: they go into the JSON Schema.

use serde_json::{Value, json};

use super::amount::Amount;
use super::arms::{Arm, RetryStrategy};
use super::arrivals::{Arrivals, BurstyArrivals};
use super::assets::AssetRules;
use super::attributes::{AttributeValue, Figures, Weighed};
use super::bodies::{GraphQl, Submit, Upload};
use super::conditions::Conditions;
use super::declined::DeclineAction;
use super::decode::{Decode, Definitions, Named, mapping};
use super::extract::Extract;
use super::logged_arrivals::LoggedArrivals;
use super::pause::{LogNormalPause, WrittenPause};
use super::problem::Problems;
use super::provoke::{Provocation, Provoke};
use super::records::{CleanupRequest, Paging, RecordSource, Records, SqlQuery};
use super::source::{Located, LocatedText};
use super::steps::{
    Auth, AwsKeys, Basic, Basket, Branch, Choose, Each, Include, JourneyItem, Order, Poll,
    Purchase, RendezvousGroup, Repeat, Step,
};
use super::tree::{NodeKind, YamlNode};
use super::units::{Attempts, Count, EventRate, Fraction, Quantity, Weight};
use super::words::{Behaviour, Client, ConnectionReuse, RowAssignment, Tracing};
use crate::base::Micros;

mapping! {
    /// A rush at a shop's till, to be rehearsed: who comes, how fast, what they mean to do, and what must hold. Keys that begin with x- are left alone.
    Document, "a scenario", rules({ "patternProperties": { "^x-": {} } }) {
        /// What the scenario is called in reports and in the names of run folders.
        "name" required => name: LocatedText,
        /// The shop's base address (http or https). --target wins.
        "target" => target: LocatedText,
        /// Instead of one target several, such as regions: names with base addresses, or with `{ url: ..., weight: 40 }`. Each shopper goes to one, drawn by weight; it is the attribute `target`.
        "targets" => targets: Named<NamedTarget>,
        /// How shoppers arrive. --rate, --stage and --users win.
        "load" => load: Load,
        /// Who the shoppers are.
        "shoppers" => shoppers: Shoppers,
        /// Who makes the requests. browser: it says where they come from, and keeps sites apart. app: it has cookies, and knows of no pages and sites. Left out, a browser where a journey submits forms, reads pages or has been given one, else an app.
        "client" => client: Located<Client>,
        /// Constants: names with values, used as `{{ env.NAME }}`; or `{ file: key.pem }`, whose text is a secret. `-e NAME=VALUE` wins.
        "environment" => environment: Named<Constant>,
        /// What holds for every step that does not say otherwise.
        "defaults" => defaults: Defaults,
        /// Lists of steps by name, for `- include: NAME` in journeys.
        "shared" => shared: Named<Vec<JourneyItem>>,
        /// Steps done once before shoppers come, such as to reset the stock or to fetch a token. What they capture, every step knows as `shared.NAME`.
        "before" => before: Vec<JourneyItem>,
        /// Steps done once after all shoppers have gone.
        "after" => after: Vec<JourneyItem>,
        /// What shoppers mean to do; each takes one journey, drawn by weight.
        "journeys" required => journeys: Vec<Journey>,
        /// The release gate: one objective a line, such as `p95(pay) < 800ms` or `repeated_failures < 0.1%`.
        "objectives" => objectives: Vec<LocatedText>,
        /// The season that the run stands for: what losses are scaled to.
        "season" => season: Season,
        /// The error budget, of which reports say how fast the run would spend it.
        "budget" => budget: Budget,
        /// The shop's own orders, charges, receipts and stock, which intents to buy are compared with after the run.
        "records" => records: Records,
        /// The currency of prices, by its ISO 4217 code, such as EUR. Reports show amounts in it.
        "currency" => currency: LocatedText,
        /// Safety caps. What they hold back is counted, never hidden.
        "limits" => limits: Limits,
        /// What still has to be filled in, a line each. `check` and `walk` tell it. An import writes it.
        "x-todo" => blanks: Vec<LocatedText>,
        /// The arrivals of the log that the load was made of. `check` draws them next to the plan. An import writes it.
        "x-logged" => logged: LoggedArrivals,
    }
}

mapping! {
    /// A file whose text is a constant, and a secret.
    ConstantFile, "a file with a constant" {
        /// The file, relative to the scenario.
        "file" required => file: LocatedText,
    }
}

mapping! {
    /// One of several targets.
    WeighedTarget, "a target" {
        /// The base address (http or https).
        "url" required => url: LocatedText,
        /// The share of shoppers who go there, relative to the other targets (default 1).
        "weight" => weight: Located<Weight>,
    }
}

mapping! {
    /// The season that the run stands for.
    Season, "a season" {
        /// How many shoppers come, such as 2.1M. Lost shoppers and revenue are projected onto them, as if the season went like the run.
        "shoppers" required => shoppers: Located<Amount>,
    }
}

mapping! {
    /// How shoppers arrive: open (stages, or a shape), or closed.
    Load, "a load", rules({ "oneOf": [{ "required": ["stages"] }, { "required": ["shape"] }, { "required": ["closed"] }] }) {
        /// poisson (the default): at random, as customers come. paced: evenly spaced, understates queueing. { bursty: 2.5, every: 60s }: at random, with a rate that swings.
        "arrivals" => arrivals: Arrivals,
        /// Instead of stages: this number of shoppers at a time, each followed at once by another. Needs `for`. For saturation only: losses can't be seen.
        "closed" => closed: Located<Count>,
        /// per_shopper (the default): each new customer opens new connections. kept: connections are handed on from shopper to shopper.
        "connections" => connections: Located<ConnectionReuse>,
        /// Stages, one after the other, in shoppers starting per second.
        "stages" => stages: Vec<Stage>,
        /// Instead of stages: a named shape of a real peak, scaled to `peak` and compressed to `for`.
        "shape" => shape: LocatedText,
        /// The highest rate of the shape.
        "peak" => peak: Located<EventRate>,
        /// How long the shape or the closed load takes.
        "for" => length: Located<Micros>,
    }
}

mapping! {
    /// A stage of the load: exactly one of ramp, hold and jump.
    Stage, "a stage", rules({ "oneOf": [{ "required": ["ramp"] }, { "required": ["hold"] }, { "required": ["jump"] }] }) {
        /// From the previous rate (at first zero) to this one, linearly.
        "ramp" => ramp: Located<EventRate>,
        /// This rate all the time; after another rate, the one that it moved to.
        "hold" => hold: Located<EventRate>,
        /// At once to this rate.
        "jump" => jump: Located<EventRate>,
        /// How long the stage takes.
        "for" required => length: Located<Micros>,
    }
}

mapping! {
    /// Who the shoppers are.
    Shoppers, "a description of shoppers" {
        /// Properties of a shopper, each with weighted values, drawn independently: `device: { mobile: 72, desktop: 28 }`. A variable of that name holds the value. A value may bring a device, a network and kept cookies along.
        "attributes" => attributes: Named<Named<Weighed>>,
        /// When a failing shopper leaves: a preset's name (default applause-2024), or the chance to leave at the first, second, ... failed attempt.
        "patience" => patience: Patience,
        /// probe (the default): every failing shopper tries again, patience is applied in the report. live: shoppers really leave. experiment: as probe, and the first second try of a shopper is made in one of the ways of `retry.arms`.
        "behaviour" => behaviour: Located<Behaviour>,
        /// How often a shopper tries a step or purchase at most (default 3), or unlimited.
        "max_attempts" => max_attempts: Located<Attempts>,
        /// How a shopper tries again.
        "retry" => retry: Retry,
        /// Files of which each row is one shopper's own; a column is the variable `name.column`.
        "data" => data: Named<Data>,
    }
}

mapping! {
    /// How a shopper tries again.
    Retry, "a description of retries" {
        /// The pause before trying again (default 2s..20s).
        "after" => after: WrittenPause,
        /// In an experiment: the ways to try again, each as likely: `same`, `redraw: payment`, `set: { coupon: none }`, `fresh: session`, `wait: 30s`.
        "arms" => arms: Vec<Arm>,
    }
}

mapping! {
    /// A data file.
    Data, "a data set" {
        /// A CSV file with a header line, or a JSONL file (.jsonl, .ndjson) with an object a line; relative to the scenario.
        "file" required => file: LocatedText,
        /// once (the default): one row, one shopper, over all machines; too few rows are an error before the run. loop: from the start again. random: any row for each shopper.
        "each" => each: Located<RowAssignment>,
        /// Columns whose values are masked wherever they stand. Those with telling names (password, token, ...) need no mention.
        "secret" => secret: Vec<LocatedText>,
    }
}

mapping! {
    /// What holds for every step that does not say otherwise.
    Defaults, "a set of defaults" {
        /// Headers of every request.
        "headers" => headers: Named<LocatedText>,
        /// By whom every request is made.
        "auth" => auth: Auth,
        /// Slower than this is a failure to the shopper (default 10s).
        "gives_up_after" => gives_up_after: Located<Micros>,
        /// The pause before each step but a journey's first (default none).
        "think" => think: WrittenPause,
        /// w3c: each request carries a `traceparent` of its own, so that a failing one is found in the shop's traces. none (the default): nothing.
        "trace" => trace: Located<Tracing>,
        /// The address that GraphQL operations are posted to (default /graphql).
        "graphql" => graphql: LocatedText,
    }
}

mapping! {
    /// What some of the shoppers mean to do.
    Journey, "a journey" {
        /// Unique in the scenario.
        "name" required => name: LocatedText,
        /// The share of shoppers who take it, relative to the other journeys (default 1).
        "weight" => weight: Located<Weight>,
        /// What they do, in order: steps, purchases, and what groups them.
        "steps" required => steps: Vec<JourneyItem>,
    }
}

mapping! {
    /// The error budget, of which reports say how fast the run would spend it.
    Budget, "a budget" {
        /// What shoppers are promised: `99.9% of shoppers buy without a repeated failure`; or `... buy without a failure`, `... are not lost`.
        "objective" required => objective: LocatedText,
        /// The time that it is for (default 30d, at most 30d).
        "window" => window: Located<Micros>,
        /// How many shoppers come in that time: 40M.
        "shoppers" required => shoppers: Located<Amount>,
        /// How many come in the busiest hour: 250k (default: as many as in an hour at the mean rate of the run).
        "peak_hour" => peak_hour: Located<Amount>,
    }
}

mapping! {
    /// Safety caps. What they hold back is counted, never hidden.
    Limits, "a set of limits" {
        /// Requests per second in all.
        "requests" => requests: Located<EventRate>,
        /// Requests per second by host name.
        "hosts" => hosts: Named<Located<EventRate>>,
    }
}

/// One of several targets.
#[derive(Clone, Debug)]
pub enum NamedTarget {
    /// Its base address.
    Url(LocatedText),
    /// The same with a weight.
    Weighed(WeighedTarget),
}

/// The value of a constant.
#[derive(Clone, Debug)]
pub enum Constant {
    /// As it is written.
    Text(LocatedText),
    /// The text of a file.
    File(ConstantFile),
}

/// When a failing shopper leaves.
#[derive(Clone, Debug)]
pub enum Patience {
    /// A preset's name.
    Preset(LocatedText),
    /// The chance to leave at each failed attempt.
    Hazards(Vec<Located<Fraction>>),
}

/// The keys of every mapping, by the name of its definition in the schema.
pub const MAPPINGS: [(&str, &[&str]); 47] = [
    ("WeighedTarget", WeighedTarget::KEYS),
    ("AwsKeys", AwsKeys::KEYS),
    ("ConstantFile", ConstantFile::KEYS),
    ("Each", Each::KEYS),
    ("DeclineAction", DeclineAction::KEYS),
    ("Document", Document::KEYS),
    ("Load", Load::KEYS),
    ("Stage", Stage::KEYS),
    ("LoggedArrivals", LoggedArrivals::KEYS),
    ("BurstyArrivals", BurstyArrivals::KEYS),
    ("Shoppers", Shoppers::KEYS),
    ("AttributeValue", AttributeValue::KEYS),
    ("Figures", Figures::KEYS),
    ("Retry", Retry::KEYS),
    ("LogNormalPause", LogNormalPause::KEYS),
    ("RetryStrategy", RetryStrategy::KEYS),
    ("Season", Season::KEYS),
    ("Data", Data::KEYS),
    ("Defaults", Defaults::KEYS),
    ("Journey", Journey::KEYS),
    ("Purchase", Purchase::KEYS),
    ("Repeat", Repeat::KEYS),
    ("Choose", Choose::KEYS),
    ("Branch", Branch::KEYS),
    ("AssetRules", AssetRules::KEYS),
    ("Include", Include::KEYS),
    ("Upload", Upload::KEYS),
    ("Auth", Auth::KEYS),
    ("Basic", Basic::KEYS),
    ("Step", Step::KEYS),
    ("RendezvousGroup", RendezvousGroup::KEYS),
    ("Submit", Submit::KEYS),
    ("GraphQl", GraphQl::KEYS),
    ("Extract", Extract::KEYS),
    ("Basket", Basket::KEYS),
    ("Order", Order::KEYS),
    ("Poll", Poll::KEYS),
    ("Conditions", Conditions::KEYS),
    ("Budget", Budget::KEYS),
    ("Records", Records::KEYS),
    ("RecordSource", RecordSource::KEYS),
    ("Paging", Paging::KEYS),
    ("SqlQuery", SqlQuery::KEYS),
    ("CleanupRequest", CleanupRequest::KEYS),
    ("Provoke", Provoke::KEYS),
    ("Provocation", Provocation::KEYS),
    ("Limits", Limits::KEYS),
];

// === impl NamedTarget ===

impl Decode for NamedTarget {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<NamedTarget> {
        match &node.kind {
            NodeKind::Map(_) => WeighedTarget::decode(node, problems).map(NamedTarget::Weighed),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                LocatedText::decode(node, problems).map(NamedTarget::Url)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [LocatedText::schema(definitions), WeighedTarget::schema(definitions)] })
    }
}

// === impl Constant ===

impl Decode for Constant {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Constant> {
        match &node.kind {
            NodeKind::Map(_) => ConstantFile::decode(node, problems).map(Constant::File),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                LocatedText::decode(node, problems).map(Constant::Text)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [LocatedText::schema(definitions), ConstantFile::schema(definitions)] })
    }
}

// === impl Patience ===

impl Decode for Patience {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Patience> {
        match &node.kind {
            NodeKind::List(_) => Vec::decode(node, problems).map(Patience::Hazards),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::Map(_) => {
                LocatedText::decode(node, problems).map(Patience::Preset)
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [
            { "type": "string", "examples": ["applause-2024"] },
            { "type": "array", "minItems": 1, "items": Fraction::notation() },
        ], "examples": ["applause-2024", [0.26, 0.5, 0.486]] })
    }
}

//! The language: what can be written in a scenario, key by key.
//!
//! The doc comments here are what editors show: they go into the JSON Schema.

use serde_json::{Value, json};

use super::decode::{AnyJson, Decode, Definitions, Named, OneOrMany, mapping};
use super::problem::Problems;
use super::source::Located;
use super::tree::{Kind, Node};
use super::units::{Attempts, Count, Crowd, Fraction, Rate, Status, Unit, Weight};
use super::words::{Conduct, Connecting, Each, Spacing};
use crate::base::{Delay, Micros};

/// A text; in most places it may have placeholders.
pub type Text = Located<String>;

/// The keys of a step of which exactly one is given.
pub const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];
/// The keys of an extract of which exactly one is given.
pub const EXTRACTORS: [&str; 5] = ["json", "css", "regex", "header", "cookie"];

fn one_of(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}

mapping! {
    /// A rush at a shop's till, to be rehearsed: who comes, how fast, what they mean to do, and what must hold. Keys that begin with x- are left alone.
    Document, "a scenario", rules({ "patternProperties": { "^x-": {} } }) {
        /// What the scenario is called in reports and in the names of run folders.
        "name" required => name: Text,
        /// The shop's base address (http or https). --target wins.
        "target" => target: Text,
        /// How shoppers arrive. --rate, --stage and --users win.
        "load" => load: Load,
        /// Who the shoppers are.
        "shoppers" => shoppers: Shoppers,
        /// What holds for every step that does not say otherwise.
        "defaults" => defaults: Defaults,
        /// What shoppers mean to do; each takes one journey, drawn by weight.
        "journeys" required => journeys: Vec<Journey>,
        /// The release gate: one objective a line, such as `p95(pay) < 800ms` or `repeated_failures < 0.1%`.
        "objectives" => objectives: Vec<Text>,
        /// The season that the run stands for: what losses are scaled to.
        "season" => season: Season,
        /// Safety caps. What they hold back is counted, never hidden.
        "limits" => limits: Limits,
    }
}

mapping! {
    /// The season that the run stands for.
    Season, "a season" {
        /// How many shoppers come, such as 2.1M: lost shoppers and revenue are told for as many, if the season goes like the run.
        "shoppers" required => shoppers: Located<Crowd>,
    }
}

mapping! {
    /// How shoppers arrive: open (stages, or a shape), or closed.
    Load, "a load", rules({ "oneOf": [{ "required": ["stages"] }, { "required": ["shape"] }, { "required": ["closed"] }] }) {
        /// poisson (the default): at random, as customers come. paced: evenly spaced, understates queueing.
        "arrivals" => arrivals: Located<Spacing>,
        /// Instead of stages: so many shoppers at a time, each followed at once by another. Needs `for`. For saturation only: losses can't be seen.
        "closed" => closed: Located<Count>,
        /// per_shopper (the default): a new customer dials anew. kept: connections are handed on from shopper to shopper.
        "connections" => connections: Located<Connecting>,
        /// Stretches of time, one after the other, in shoppers starting per second.
        "stages" => stages: Vec<Stage>,
        /// Instead of stages: a named shape of a real peak, scaled to `peak` and compressed to `for`.
        "shape" => shape: Text,
        /// The highest rate of the shape.
        "peak" => peak: Located<Rate>,
        /// How long the shape or the closed load takes.
        "for" => length: Located<Micros>,
    }
}

mapping! {
    /// A stretch of time: exactly one of ramp, hold and jump.
    Stage, "a stage", rules({ "oneOf": [{ "required": ["ramp"] }, { "required": ["hold"] }, { "required": ["jump"] }] }) {
        /// From the previous rate (at first zero) to this one, linearly.
        "ramp" => ramp: Located<Rate>,
        /// This rate all the time; after another rate, the one that it moved to.
        "hold" => hold: Located<Rate>,
        /// At once to this rate.
        "jump" => jump: Located<Rate>,
        /// How long the stage takes.
        "for" required => length: Located<Micros>,
    }
}

mapping! {
    /// Who the shoppers are.
    Shoppers, "a description of shoppers" {
        /// Properties of a shopper, each with weighted values, drawn independently: `device: { mobile: 72, desktop: 28 }`. A variable of that name holds the value.
        "attributes" => attributes: Named<Named<Located<Weight>>>,
        /// When a failing shopper leaves: a preset's name (default applause-2024), or the chance to leave at the first, second, ... failed attempt.
        "patience" => patience: Patience,
        /// probe (the default): every failing shopper tries again, patience is applied in the report. live: shoppers really leave.
        "behaviour" => behaviour: Located<Conduct>,
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
        "after" => after: Located<Delay>,
    }
}

mapping! {
    /// A data file.
    Data, "a data set" {
        /// A CSV file with a header line, relative to the scenario.
        "file" required => file: Text,
        /// once (the default): one row, one shopper, over all machines. Too few rows are an error before the run.
        "each" => each: Located<Each>,
    }
}

mapping! {
    /// What holds for every step that does not say otherwise.
    Defaults, "a set of defaults" {
        /// Headers of every request.
        "headers" => headers: Named<Text>,
        /// Slower than this is a failure to the shopper (default 10s).
        "gives_up_after" => gives_up_after: Located<Micros>,
        /// The pause before each step but a journey's first (default none).
        "think" => think: Located<Delay>,
    }
}

mapping! {
    /// What some of the shoppers mean to do.
    Journey, "a journey" {
        /// Unique in the scenario.
        "name" required => name: Text,
        /// The share of shoppers who take it, relative to the other journeys (default 1).
        "weight" => weight: Located<Weight>,
        /// What they do, in order: steps and purchases.
        "steps" required => steps: Vec<Item>,
    }
}

mapping! {
    /// Steps that a shopper tries as one: a failure in any of them means to start again at the first.
    Purchase, "a purchase" {
        /// What the purchase is called.
        "purchase" required => purchase: Text,
        /// Its steps, in order.
        "steps" required => steps: Vec<Step>,
        /// The share of shoppers who go on after it; the rest leave by choice.
        "continue" => continues: Located<Fraction>,
    }
}

mapping! {
    /// One request to the shop, the redirects it causes, and how the answer is judged.
    Step, "a step", rules({
        "oneOf": (one_of(&METHODS)),
        "not": { "anyOf": [{ "required": ["json", "form"] }, { "required": ["json", "body"] }, { "required": ["form", "body"] }] },
    }) {
        /// Unique in the journey.
        "name" required => name: Text,
        /// GET this address: a path below the target, or a whole URL.
        "get" => get: Text,
        /// POST to this address.
        "post" => post: Text,
        /// PUT to this address.
        "put" => put: Text,
        /// PATCH this address.
        "patch" => patch: Text,
        /// DELETE this address.
        "delete" => delete: Text,
        /// HEAD of this address.
        "head" => head: Text,
        /// A JSON body. A text that is one placeholder and nothing else keeps the type of its value.
        "json" => json: AnyJson,
        /// A form body (application/x-www-form-urlencoded): names and values.
        "form" => form: Named<OneOrMany<Text>>,
        /// A text body, sent as it is.
        "body" => body: Text,
        /// Headers of this request, over those of the defaults.
        "headers" => headers: Named<Text>,
        /// What is taken from the answer into variables; nothing found is a failure.
        "capture" => capture: Named<Extract>,
        /// Captures kept as observational attributes of the shopper, such as the node that answered.
        "observe" => observe: Vec<Text>,
        /// What the basket is worth, taken before payment, so that a lost shopper has a price.
        "basket" => basket: Basket,
        /// What must hold for a success. Without a status in it, the status must be 2xx.
        "expect" => expect: Conditions,
        /// What makes the answer a refusal by a working shop (card declined, sold out); judged before `expect`.
        "declined" => declined: Conditions,
        /// The share of shoppers who go on after this step; the rest leave by choice.
        "continue" => continues: Located<Fraction>,
        /// The pause before this step; not for a journey's first.
        "think" => think: Located<Delay>,
        /// Slower than this is a failure to the shopper.
        "gives_up_after" => gives_up_after: Located<Micros>,
        /// The order that this step makes; later steps know it as order.id and order.total.
        "order" => order: Order,
        /// Ask again until a condition holds; one attempt to the shopper.
        "poll" => poll: Poll,
    }
}

mapping! {
    /// Where a value is found in an answer: exactly one of json, css, regex, header and cookie.
    Extract, "a place in the answer", rules({
        "oneOf": (one_of(&EXTRACTORS)),
        "dependentRequired": { "attribute": ["css"] },
    }) {
        /// The first node that this JSONPath (RFC 9535) selects in the body.
        "json" => json: Text,
        /// The first element that this CSS selector matches: its text, or its `attribute`.
        "css" => css: Text,
        /// The attribute of the element that `css` matches.
        "attribute" => attribute: Text,
        /// The first match of this regular expression: its first group, or all of it.
        "regex" => regex: Text,
        /// A response header.
        "header" => header: Text,
        /// A cookie that the shopper holds after the answer.
        "cookie" => cookie: Text,
    }
}

mapping! {
    /// What the basket is worth.
    Basket, "a basket" {
        /// Where the answer says the total.
        "total" required => total: Extract,
    }
}

mapping! {
    /// The order that a step makes.
    Order, "an order" {
        /// Where the answer says the order's number.
        "id" required => id: Extract,
        /// Where the answer says what the shopper pays.
        "total" => total: Extract,
    }
}

mapping! {
    /// A step that asks again until a condition holds.
    Poll, "a poll" {
        /// The pause between an answer and the next request.
        "every" required => every: Located<Micros>,
        /// What ends it well.
        "until" required => until: Conditions,
        /// How long the shopper waits for it in all.
        "for" required => length: Located<Micros>,
    }
}

mapping! {
    /// Conditions on an answer, which must all hold.
    Conditions, "a set of conditions", rules({ "minProperties": 1 }) {
        /// The status: 201, 2xx, 200..299, or a list of these.
        "status" => status: OneOrMany<Located<Status>>,
        /// JSONPaths and what they must select: a value, a list of allowed values, or `{ present: true }`.
        "json" => json: Named<AnyJson>,
        /// A text, or several, that the body must contain.
        "text" => text: OneOrMany<Text>,
        /// A text, or several, that the body must not contain.
        "no_text" => no_text: OneOrMany<Text>,
        /// A regular expression, or several, that the body must match.
        "matches" => matches: OneOrMany<Text>,
        /// Response headers and what they must be: a value, a list of allowed values, or `{ present: true }`.
        "header" => header: Named<AnyJson>,
    }
}

mapping! {
    /// Safety caps. What they hold back is counted, never hidden.
    Limits, "a set of limits" {
        /// Requests per second in all.
        "requests" => requests: Located<Rate>,
        /// Requests per second by host name.
        "hosts" => hosts: Named<Located<Rate>>,
    }
}

/// A place in a journey: a lone step, or a purchase.
#[derive(Clone, Debug)]
pub enum Item {
    /// A lone step.
    Step(Box<Step>),
    /// Steps tried as one.
    Purchase(Purchase),
}

/// When a failing shopper leaves.
#[derive(Clone, Debug)]
pub enum Patience {
    /// A preset's name.
    Preset(Text),
    /// The chance to leave at each failed attempt.
    Hazards(Vec<Located<Fraction>>),
}

/// The keys of every mapping, by the name of its definition in the schema.
pub const MAPPINGS: [(&str, &[&str]); 17] = [
    ("Document", Document::KEYS),
    ("Load", Load::KEYS),
    ("Stage", Stage::KEYS),
    ("Shoppers", Shoppers::KEYS),
    ("Retry", Retry::KEYS),
    ("Season", Season::KEYS),
    ("Data", Data::KEYS),
    ("Defaults", Defaults::KEYS),
    ("Journey", Journey::KEYS),
    ("Purchase", Purchase::KEYS),
    ("Step", Step::KEYS),
    ("Extract", Extract::KEYS),
    ("Basket", Basket::KEYS),
    ("Order", Order::KEYS),
    ("Poll", Poll::KEYS),
    ("Conditions", Conditions::KEYS),
    ("Limits", Limits::KEYS),
];

// === impl Item ===

impl Decode for Item {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Item> {
        let is_purchase = matches!(&node.kind, Kind::Map(entries) if entries.iter().any(|(key, _)| key.value == "purchase"));
        if is_purchase {
            Purchase::decode(node, problems).map(Item::Purchase)
        } else {
            Step::decode(node, problems).map(|step| Item::Step(Box::new(step)))
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let (step, purchase) = (Step::schema(definitions), Purchase::schema(definitions));
        // Told apart by one key, so that an editor says what is wrong with a step and not that it is no purchase.
        json!({ "type": "object", "if": { "required": ["purchase"] }, "then": purchase, "else": step })
    }
}

// === impl Patience ===

impl Decode for Patience {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Patience> {
        match &node.kind {
            Kind::List(_) => Vec::decode(node, problems).map(Patience::Hazards),
            _ => Text::decode(node, problems).map(Patience::Preset),
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [
            { "type": "string", "examples": ["applause-2024"] },
            { "type": "array", "minItems": 1, "items": Fraction::notation() },
        ], "examples": ["applause-2024", [0.26, 0.5, 0.486]] })
    }
}

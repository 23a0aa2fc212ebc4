//! What stands under `steps:`: requests, how their answers are judged, and what groups them.
//!
//! The doc comments here are what editors show: they go into the JSON Schema.

use serde_json::{Value, json};

use super::decode::{AnyJson, Decode, Definitions, Named, OneOrMany, mapping};
use super::document::Text;
use super::problem::Problems;
use super::source::Located;
use super::tree::{Kind, Node};
use super::units::{Count, Extent, Fraction, Status, Unit};
use super::words::Denomination;
use crate::base::{Delay, Micros};

/// The keys of a step of which exactly one is given.
pub const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "submit", "graphql"];
/// The keys of an extract of which exactly one is given.
pub const EXTRACTORS: [&str; 5] = ["json", "css", "regex", "header", "cookie"];

fn one_of(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
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
        "anyOf": [{ "required": ["name"] }, { "required": ["graphql"] }],
        "not": { "anyOf": [{ "required": ["json", "form"] }, { "required": ["json", "body"] }, { "required": ["form", "body"] }] },
    }) {
        /// Unique in the journey. Of a GraphQL operation it may be left out: it is then the operation's.
        "name" => name: Text,
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
        /// Fill and submit a form of the page that the shopper is on, with all that the form holds: hidden fields, choices, tokens.
        "submit" => submit: Submit,
        /// A GraphQL operation. Errors in the answer are failures, whatever its status.
        "graphql" => graphql: GraphQl,
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
        /// Wait before this step until so many shoppers are here, then all act at one instant; at most 30s, or `{ shoppers: 200, for: 1m }`.
        "together" => together: Together,
        /// The order that this step makes; later steps know it as order.id and order.total.
        "order" => order: Order,
        /// Ask again until a condition holds; one attempt to the shopper.
        "poll" => poll: Poll,
    }
}

mapping! {
    /// A form of the page that the shopper is on: the first of which all that is said here is true; and what is filled in.
    Submit, "a form to submit", rules({
        "anyOf": [{ "required": ["id"] }, { "required": ["css"] }, { "required": ["action"] }, { "required": ["containing"] }],
    }) {
        /// The form's id.
        "id" => id: Text,
        /// A CSS selector that matches the form, such as form.checkout.
        "css" => css: Text,
        /// The form's action, as a path; a * stands for anything: /basket/add/*.
        "action" => action: Text,
        /// A field that the form has: its name, or `{ name: value }`.
        "containing" => containing: Holding,
        /// Fields of the form and what is filled in; the others are sent as the page has them. A field that the form does not have, or a choice that it does not offer, is missing content. true and false check and uncheck a box.
        "fields" => fields: Named<OneOrMany<Text>>,
        /// Sent besides, whether the form has such fields or not, as scripts of the page would add them.
        "extra" => extra: Named<OneOrMany<Text>>,
        /// The button that is pressed: its name, or `{ name: value }` (default: the form's first).
        "button" => button: Holding,
    }
}

mapping! {
    /// A GraphQL operation, posted as JSON.
    GraphQl, "a GraphQL operation", rules({ "oneOf": [{ "required": ["query"] }, { "required": ["file"] }] }) {
        /// The document: a query or mutation. Taken as it is; values go into `variables`.
        "query" => query: Text,
        /// A file that holds the document, relative to the scenario.
        "file" => file: Text,
        /// The operation's name, where the document has several, or to call the step by.
        "operation" => operation: Text,
        /// The operation's variables. A text that is one placeholder and nothing else keeps the type of its value.
        "variables" => variables: Named<AnyJson>,
        /// The address (default that of the defaults, else /graphql).
        "endpoint" => endpoint: Text,
        /// What each field of the answer's data must be, by its __typename. Without it, a type whose name ends in Error is a failure.
        "type" => types: OneOrMany<Text>,
        /// Types by which a working shop says no.
        "declined" => declined: OneOrMany<Text>,
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
        /// What its number counts: minor (cents) or major (euros). Without it a JSON whole number is taken to count minor units, and anything else major ones.
        "unit" => unit: Located<Denomination>,
    }
}

mapping! {
    /// The order that a step makes.
    Order, "an order" {
        /// Where the answer says the order's number.
        "id" required => id: Extract,
        /// Where the answer says what the shopper pays.
        "total" => total: Extract,
        /// What the total's number counts: minor (cents) or major (euros). Without it a JSON whole number is taken to count minor units, and anything else major ones.
        "unit" => unit: Located<Denomination>,
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
        /// A CSS selector, or several, that the page must have an element for.
        "css" => css: OneOrMany<Text>,
        /// A CSS selector, or several, that the page must have no element for.
        "no_css" => no_css: OneOrMany<Text>,
        /// The address after redirects: a path, with its query or without, or a whole URL, or a list of these; a * stands for anything.
        "url" => url: OneOrMany<Text>,
        /// Where the first answer redirected to, the same way.
        "location" => location: OneOrMany<Text>,
        /// The size of the body, such as 1kB..2MB, 1kB.. or ..2MB.
        "size" => size: Located<Extent>,
        /// Sets of conditions of which at least one must hold.
        "any_of" => any_of: Vec<Conditions>,
    }
}

mapping! {
    /// A number of shoppers who wait for each other.
    Gathering, "a gathering of shoppers" {
        /// How many act at one instant.
        "shoppers" required => shoppers: Located<Count>,
        /// How long a shopper waits for the others at most (default 30s); then those who are here act.
        "for" => within: Located<Micros>,
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

/// A field or button of a form: its name, or its name and value.
#[derive(Clone, Debug)]
pub enum Holding {
    /// Whatever its value.
    Name(Text),
    /// Of this value.
    Valued(Named<Text>),
}

/// Shoppers who wait for each other: how many, or how many and how long.
#[derive(Clone, Debug)]
pub enum Together {
    /// So many.
    Shoppers(Located<Count>),
    /// So many, for so long.
    Gathering(Gathering),
}

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

// === impl Holding ===

impl Decode for Holding {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Holding> {
        match &node.kind {
            Kind::Map(_) => Named::decode(node, problems).map(Holding::Valued),
            _ => Text::decode(node, problems).map(Holding::Name),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "type": "string" }, Named::<Text>::schema(definitions)], "examples": ["code", { "method_code": "standard" }] })
    }
}

// === impl Together ===

impl Decode for Together {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Together> {
        match &node.kind {
            Kind::Map(_) => Gathering::decode(node, problems).map(Together::Gathering),
            _ => Located::decode(node, problems).map(Together::Shoppers),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Count::notation(), Gathering::schema(definitions)], "examples": [200, { "shoppers": 200, "for": "1m" }] })
    }
}

//! What stands under `steps:`: requests, how their answers are judged, and what groups them.
//!
//! The doc comments here are what editors show: they go into the JSON Schema.

use serde_json::{Value, json};

use super::assets::Assets;
use super::bodies::{GraphQl, MultipartPart, Submit};
use super::conditions::Conditions;
use super::declined::Declined;
use super::decode::{AnyJson, Decode, Definitions, Named, OneOrMany, mapping, one_of};
use super::extract::Extract;
use super::guard::GuardTerm;
use super::pause::WrittenPause;
use super::problem::Problems;
use super::provoke::Provoke;
use super::source::{Located, LocatedText};
use super::tree::{NodeKind, YamlNode};
use super::units::{Count, Fraction, Quantity, Times, Weight};
use super::words::{Client, MoneyUnit};
use crate::base::Micros;

/// The keys of a step of which exactly one is given.
pub const METHODS: [&str; 9] =
    ["get", "post", "put", "patch", "delete", "head", "options", "submit", "graphql"];

/// The keys of a step of which at most one is given.
pub const BODIES: [&str; 4] = ["json", "form", "multipart", "body"];

fn pairs_of(keys: &[&str]) -> Value {
    let pairs = keys.iter().enumerate().flat_map(|(i, one)| {
        keys[i + 1..].iter().map(move |other| json!({ "required": [one, other] }))
    });
    pairs.collect()
}

mapping! {
    /// Steps that a shopper tries as one: a failure in any of them means to start again at the first.
    Purchase, "a purchase" {
        /// What the purchase is called.
        "purchase" required => purchase: LocatedText,
        /// Its steps, in order; shared lists of steps may be included.
        "steps" required => steps: Vec<JourneyItem>,
        /// What some shoppers do at the paying step besides paying, to test the shop.
        "provoke" => provoke: Box<Provoke>,
        /// The share of shoppers who go on after it; the rest leave by choice.
        "continue" => continues: Located<Fraction>,
        /// When it is taken: an expression over attributes and captures (payment == 'wallet'), conditions on the last answer, or a list of both. All must hold.
        "when" => when: OneOrMany<GuardTerm>,
    }
}

mapping! {
    /// Steps that each shopper goes through several times.
    Repeat, "a repetition" {
        /// How often: a number, or a range of which each shopper draws one (2..4).
        "repeat" required => times: Located<Times>,
        /// What is repeated: steps, purchases, and what groups them.
        "steps" required => steps: Vec<JourneyItem>,
        /// When it is taken: an expression over attributes and captures (payment == 'wallet'), conditions on the last answer, or a list of both. All must hold.
        "when" => when: OneOrMany<GuardTerm>,
    }
}

mapping! {
    /// Steps that each shopper goes through once for each item of a list.
    Each, "a loop over a list" {
        /// What is gone through, such as `item in cart.items`: a name, and a list that was captured or is in the data.
        "each" required => each: LocatedText,
        /// How many items are gone through at most (default 20).
        "at_most" => at_most: Located<Count>,
        /// What is done for each: steps, purchases, and what groups them.
        "steps" required => steps: Vec<JourneyItem>,
        /// When it is taken: an expression over attributes and captures (payment == 'wallet'), conditions on the last answer, or a list of both. All must hold.
        "when" => when: OneOrMany<GuardTerm>,
    }
}

mapping! {
    /// A fork: each shopper takes one of the branches, drawn by weight, or else the first whose `when` holds.
    Choose, "a choice" {
        /// The branches: all with weights, or all with `when` and perhaps a last one with `otherwise`.
        "choose" required => branches: Vec<Branch>,
        /// When it is taken: an expression over attributes and captures (payment == 'wallet'), conditions on the last answer, or a list of both. All must hold.
        "when" => when: OneOrMany<GuardTerm>,
    }
}

mapping! {
    /// A branch of a choice.
    Branch, "a branch" {
        /// The share of those who come here, relative to the other branches (default 1).
        "weight" => weight: Located<Weight>,
        /// When it is taken, if no branch before it is. An expression over attributes and captures (payment == 'wallet'), conditions on the last answer, or a list of both. All must hold.
        "when" => when: OneOrMany<GuardTerm>,
        /// What is done on it. Left out: nothing, the shopper goes on after the choice.
        "steps" => steps: Vec<JourneyItem>,
        /// What is done if the `when` of no other branch holds. A branch of its own, the last one.
        "otherwise" => otherwise: Vec<JourneyItem>,
    }
}

mapping! {
    /// A shared list of steps, put in here.
    Include, "an inclusion" {
        /// Its name under `shared:`.
        "include" required => name: LocatedText,
        /// When it is taken: an expression over attributes and captures (payment == 'wallet'), conditions on the last answer, or a list of both. All must hold.
        "when" => when: OneOrMany<GuardTerm>,
    }
}

mapping! {
    /// By whom a request is made: exactly one of basic, bearer and aws.
    Auth, "an authorization", rules({ "oneOf": [{ "required": ["basic"] }, { "required": ["bearer"] }, { "required": ["aws"] }] }) {
        /// User and password (RFC 7617).
        "basic" => basic: Basic,
        /// A token (RFC 6750).
        "bearer" => bearer: LocatedText,
        /// Keys that the request is signed with, as AWS gateways ask for (Signature Version 4).
        "aws" => aws: AwsKeys,
    }
}

mapping! {
    /// The keys of an AWS identity. All are templates.
    AwsKeys, "the keys of an AWS identity" {
        /// The access key.
        "access_key" required => access_key: LocatedText,
        /// The secret key.
        "secret_key" required => secret_key: LocatedText,
        /// The token of a session, of temporary keys.
        "session_token" => session_token: LocatedText,
        /// The region, such as eu-west-1.
        "region" required => region: LocatedText,
        /// The service (default execute-api, which is API Gateway).
        "service" => service: LocatedText,
    }
}

mapping! {
    /// A user and a password.
    Basic, "a user with a password" {
        /// The user name. A template.
        "user" required => user: LocatedText,
        /// The password.
        "password" required => password: LocatedText,
    }
}

mapping! {
    /// One request to the shop, the redirects it causes, and how the answer is judged.
    Step, "a step", rules({
        "oneOf": (one_of(&METHODS)),
        "anyOf": [{ "required": ["name"] }, { "required": ["graphql"] }],
        "not": { "anyOf": (pairs_of(&BODIES)) },
    }) {
        /// Unique in the journey. Of a GraphQL operation it may be left out: it is then the operation's.
        "name" => name: LocatedText,
        /// GET this address: a path below the target, or a whole URL.
        "get" => get: LocatedText,
        /// POST to this address.
        "post" => post: LocatedText,
        /// PUT to this address.
        "put" => put: LocatedText,
        /// PATCH this address.
        "patch" => patch: LocatedText,
        /// DELETE this address.
        "delete" => delete: LocatedText,
        /// HEAD of this address.
        "head" => head: LocatedText,
        /// OPTIONS of this address: a preflight, with the header access-control-request-method.
        "options" => options: LocatedText,
        /// Fill and submit a form of the page that the shopper is on, with all that the form holds: hidden fields, choices, tokens.
        "submit" => submit: Submit,
        /// A GraphQL operation. Errors in the answer are failures, whatever its status.
        "graphql" => graphql: GraphQl,
        /// A JSON body. A text that is one placeholder and nothing else keeps the type of its value.
        "json" => json: AnyJson,
        /// A form body (application/x-www-form-urlencoded): names and values.
        "form" => form: Named<OneOrMany<LocatedText>>,
        /// A body of parts (multipart/form-data): names, each with a text or a `{ file: ... }`, or a list of these.
        "multipart" => multipart: Named<OneOrMany<MultipartPart>>,
        /// A text body, sent as it is.
        "body" => body: LocatedText,
        /// Headers of this request, over those of the defaults.
        "headers" => headers: Named<LocatedText>,
        /// By whom the request is made; over that of the defaults.
        "auth" => auth: Auth,
        /// Who makes the request, browser or app; over the scenario's.
        "client" => client: Located<Client>,
        /// Variables computed from others before the request: names, each with a template. One that is a single placeholder keeps the type of its value.
        "let" => lets: Named<LocatedText>,
        /// What is taken from the answer into variables; nothing found is a failure.
        "capture" => capture: Named<Extract>,
        /// Captures kept as observational attributes of the shopper, such as the node that answered.
        "observe" => observe: Vec<LocatedText>,
        /// The order value, captured before payment, so that a lost shopper has a price.
        "basket" => basket: Basket,
        /// What must hold for a success. Without a status in it, the status must be 2xx.
        "expect" => expect: Conditions,
        /// What makes the answer a refusal by a working shop (card declined, sold out), judged before `expect`; and with `then` what the shopper does about it.
        "declined" => declined: Declined,
        /// Whether a shopper goes on without it if it fails or is refused, such as a recommendation.
        "optional" => optional: Located<bool>,
        /// When it is taken: an expression over attributes and captures (payment == 'wallet'), conditions on the last answer, or a list of both. All must hold.
        "when" => when: OneOrMany<GuardTerm>,
        /// The share of shoppers who go on after this step; the rest leave by choice.
        "continue" => continues: Located<Fraction>,
        /// The pause before this step; not for a journey's first.
        "think" => think: WrittenPause,
        /// Slower than this is a failure to the shopper.
        "gives_up_after" => gives_up_after: Located<Micros>,
        /// Wait before this step until this number of shoppers are here, then all act at one instant; at most 30s, or `{ shoppers: 200, for: 1m }`.
        "together" => rendezvous: Rendezvous,
        /// Fetch the images, scripts and styles of the page as a browser would, true or false; with `{ expect: all }` a file that does not come fails the step.
        "assets" => assets: Assets,
        /// The order that this step makes; later steps know it as order.id and order.total.
        "order" => order: Order,
        /// Ask again until a condition holds; one attempt to the shopper.
        "poll" => poll: Poll,
    }
}

mapping! {
    /// The order value of a basket.
    Basket, "a basket" {
        /// Where the answer says the total.
        "total" required => total: Extract,
        /// What its number counts: minor (cents) or major (euros). Without it a JSON whole number is taken to count minor units, and anything else major ones.
        "unit" => unit: Located<MoneyUnit>,
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
        "unit" => unit: Located<MoneyUnit>,
    }
}

mapping! {
    /// A step that asks again until a condition holds.
    Poll, "a poll" {
        /// The pause between an answer and the next request; or refresh: as the waiting page itself says, by its meta refresh or refresh header.
        "every" required => every: Every,
        /// Where to ask, by GET: an address, which is a template, or the place in the first answer that says it ({ header: location }). Left out: the step's own request is repeated.
        "at" => at: PollPlace,
        /// What ends it well; then `expect` is judged.
        "until" required => until: Conditions,
        /// How long the shopper waits for it in all.
        "for" required => length: Located<Micros>,
    }
}

mapping! {
    /// A number of shoppers who wait for each other.
    RendezvousGroup, "a gathering of shoppers" {
        /// How many act at one instant.
        "shoppers" required => shoppers: Located<Count>,
        /// How long a shopper waits for the others at most (default 30s); then those who are here act.
        "for" => within: Located<Micros>,
    }
}

/// A place in a journey.
#[derive(Clone, Debug)]
pub enum JourneyItem {
    /// A lone step.
    Step(Box<Step>),
    /// Steps tried as one.
    Purchase(Purchase),
    /// Steps gone through several times.
    Repeat(Repeat),
    /// Steps gone through for each item of a list.
    Each(Each),
    /// A fork.
    Choose(Choose),
    /// A shared list. None is left where the scenario was read well.
    Include(Include),
}

/// How often a poll asks.
#[derive(Clone, Debug)]
pub enum Every {
    /// After a pause.
    Pause(Located<Micros>),
    /// When and where the page says.
    Refresh,
}

/// Where a poll asks.
#[derive(Clone, Debug)]
pub enum PollPlace {
    /// At this address. A template.
    Address(LocatedText),
    /// Where the first answer says.
    Found(Extract),
}

/// Shoppers who wait for each other: how many, or how many and how long.
#[derive(Clone, Debug)]
pub enum Rendezvous {
    /// How many.
    Shoppers(Located<Count>),
    /// How many, and how long they wait.
    RendezvousGroup(RendezvousGroup),
}

// === impl JourneyItem ===

impl Decode for JourneyItem {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<JourneyItem> {
        let has = |wanted: &str| matches!(&node.kind, NodeKind::Map(entries) if entries.iter().any(|(key, _)| key.value == wanted));
        if has("purchase") {
            Purchase::decode(node, problems).map(JourneyItem::Purchase)
        } else if has("repeat") {
            Repeat::decode(node, problems).map(JourneyItem::Repeat)
        } else if has("each") {
            Each::decode(node, problems).map(JourneyItem::Each)
        } else if has("choose") {
            Choose::decode(node, problems).map(JourneyItem::Choose)
        } else if has("include") {
            Include::decode(node, problems).map(JourneyItem::Include)
        } else {
            Step::decode(node, problems).map(|step| JourneyItem::Step(Box::new(step)))
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let groups = [
            ("purchase", Purchase::schema(definitions)),
            ("repeat", Repeat::schema(definitions)),
            ("each", Each::schema(definitions)),
            ("choose", Choose::schema(definitions)),
            ("include", Include::schema(definitions)),
        ];
        // Told apart by one key, so that an editor says what is wrong with a step and not that it is no purchase.
        let step = Step::schema(definitions);
        groups
            .into_iter()
            .rev()
            .fold(step, |other, (key, group)| json!({ "type": "object", "if": { "required": [key] }, "then": group, "else": other }))
    }
}

// === impl Every ===

impl Decode for Every {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Every> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if text == "refresh" => Some(Every::Refresh),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) | NodeKind::Map(_) => {
                Located::decode(node, problems).map(Every::Pause)
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "const": "refresh" }, Micros::notation()] })
    }
}

// === impl PollPlace ===

impl Decode for PollPlace {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<PollPlace> {
        match &node.kind {
            NodeKind::Map(_) => Extract::decode(node, problems).map(PollPlace::Found),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                LocatedText::decode(node, problems).map(PollPlace::Address)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let place = Extract::schema(definitions);
        json!({ "anyOf": [{ "type": "string" }, place], "examples": ["/orders/{{ cart }}/status", { "header": "location" }] })
    }
}

// === impl Rendezvous ===

impl Decode for Rendezvous {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Rendezvous> {
        match &node.kind {
            NodeKind::Map(_) => {
                RendezvousGroup::decode(node, problems).map(Rendezvous::RendezvousGroup)
            }
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                Located::decode(node, problems).map(Rendezvous::Shoppers)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Count::notation(), RendezvousGroup::schema(definitions)], "examples": [200, { "shoppers": 200, "for": "1m" }] })
    }
}

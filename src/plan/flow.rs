//! Journeys, units and steps: what a shopper means to do, and how an answer is judged.

use std::ops::Range;

use bytes::Bytes;
use strum::{IntoStaticStr, VariantArray};

use super::answer_rules::{AfterDecline, Conditions, Poll};
use super::extract::Extract;
use super::guard::GuardId;
use super::provocation::ProvocationArm;
use super::template::Template;
use crate::base::{Delay, JourneyId, Micros, ObservedId, StepId, UnitId, VarId};
use crate::scenario::{Client, MoneyUnit, Pick};

/// The ordered units that a shopper means to go through.
#[derive(Debug)]
pub struct Journey {
    /// Unique in the scenario.
    pub name: String,
    /// The share of shoppers who take this journey, relative to the other journeys' weights.
    pub weight: f64,
    /// The places of its units in `Plan::units`.
    pub units: Range<u16>,
    /// The way through them.
    pub route: Vec<JourneyItem>,
}

/// A stretch of a journey's way.
#[derive(Clone, Debug, PartialEq)]
pub enum JourneyItem {
    /// A unit.
    Unit(UnitId),
    /// Stretches gone through several times: from the first number to the second, as each shopper draws.
    Repeat {
        /// At least, and at most.
        times: (u32, u32),
        /// What is repeated.
        parts: Vec<JourneyItem>,
    },
    /// Stretches gone through once for each item of a list.
    Each {
        /// By round: that the list has an item for it.
        guards: Vec<GuardId>,
        /// What is done for each.
        parts: Vec<JourneyItem>,
    },
    /// One of several ways, drawn by weight.
    Choose(Vec<(f64, Vec<JourneyItem>)>),
    /// The first of several ways whose guard holds; a way without one is taken if none before it is.
    First(Vec<(Option<GuardId>, Vec<JourneyItem>)>),
}

/// What a shopper tries and tries again: a lone step, or a purchase of several steps.
#[derive(Debug)]
pub struct RetryUnit {
    /// The lone step's name, or the purchase's.
    pub name: String,
    /// The journey that it belongs to.
    pub journey: JourneyId,
    /// The places of its steps in `Plan::steps`.
    pub steps: Range<u16>,
    /// Whether it is a purchase: it carries an intent, and is retried from its first step.
    pub purchase: bool,
    /// The step whose exchange decides whether there is an order: the one with `order`, else the
    /// purchase's first step that is not a GET, else its last. `None` where this is no purchase.
    pub paying_step: Option<StepId>,
    /// What some shoppers do at the paying step besides paying.
    pub provocations: Vec<ProvocationArm>,
}

/// A named exchange with the shop: one request, the redirects it causes, and their judgement.
#[derive(Debug)]
pub struct Step {
    /// Unique in its journey.
    pub name: String,
    /// The journey that it belongs to.
    pub journey: JourneyId,
    /// The unit that it belongs to.
    pub unit: UnitId,
    /// The line of the scenario file that it starts on, from 1.
    pub line: u32,
    /// What is sent.
    pub request: Request,
    /// The pause before this step, after the one before it in the journey. A journey's first step has none.
    pub think: Delay,
    /// Slower than this, counted from when the shopper acts, is a failure to the shopper.
    pub gives_up_after: Micros,
    /// What must hold for a success.
    pub expect: Conditions,
    /// What makes the answer a refusal by a working shop; judged before `expect`. Never true if empty.
    pub declined: Conditions,
    /// Whether it is a refusal if the page has not the form, or a field, that the step fills in.
    pub declined_without_form: bool,
    /// What the shopper does after a refusal.
    pub after_decline: AfterDecline,
    /// Whether the shopper goes on without it if it fails.
    pub optional: bool,
    /// What is computed before the request, in this order.
    pub lets: Vec<Computed>,
    /// What is taken from the answer; nothing found is a failure ("missing content").
    pub captures: Vec<Capture>,
    /// The basket's worth, taken before payment, so that a lost shopper has a price.
    pub basket: Option<Price>,
    /// The order that this step makes.
    pub order: Option<OrderCapture>,
    /// Asked again until a condition holds.
    pub poll: Option<Poll>,
    /// Inside a purchase: on what condition it is taken. Outside, the journey's way says so.
    pub guard: Option<GuardId>,
    /// How many shoppers wait for one another before it, to act at one instant.
    pub rendezvous: Option<Rendezvous>,
    /// Whether the files that its page is made of are fetched, as a browser would. Of a plan without it, the digest does not speak.
    pub assets: Option<Assets>,
    /// Who makes the request; none for a browser on journeys of pages and once a page has come, else an app.
    pub client: Option<Client>,
    /// Whether the journey is of pages: it submits forms, reads pages or fetches their files. Follows from its steps.
    pub on_pages: bool,
    /// Whether in a browser a script of the page would make the request. Follows from what it sends and reads.
    pub scripted: bool,
    /// Whether a later step of the journey submits a form, so that the page this step leads to is kept.
    pub keeps_page: bool,
    /// The share of shoppers who go on after a success; the rest leave by choice. 1 where not stated.
    pub continues: f64,
}

/// How the files that a page is made of are fetched and judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assets {
    /// Whether a file that does not come fails the step.
    pub expect_all: bool,
}

/// A request as the scenario writes it.
#[derive(Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The address: absolute, or a path below the target.
    pub url: Template,
    /// Headers of the defaults and of the step, names in lower case, the step's over the defaults'.
    pub headers: Vec<(String, Template)>,
    /// By whom it is made; a header of that name wins.
    pub auth: Option<Auth>,
    /// What is sent after the headers.
    pub body: Body,
}

/// By whom a request is made.
#[derive(Debug)]
pub enum Auth {
    /// A user with a password (RFC 7617).
    Basic {
        /// The user.
        user: Template,
        /// The password.
        password: Template,
    },
    /// Whoever has this token (RFC 6750).
    Bearer(Template),
    /// Whoever signs with these keys (AWS Signature Version 4).
    Aws(Box<AwsKeys>),
}

/// The keys of an AWS identity.
#[derive(Debug)]
pub struct AwsKeys {
    /// The access key.
    pub access_key: Template,
    /// The secret key.
    pub secret_key: Template,
    /// The token of a session, of temporary keys.
    pub session_token: Option<Template>,
    /// The region.
    pub region: Template,
    /// The service.
    pub service: Template,
}

/// The HTTP methods of the scenario language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
#[expect(missing_docs, reason = "the names are HTTP's own")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

/// What a request carries after its headers.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON, cut into fixed text and values. Sets `content-type: application/json` unless the step does.
    Json(Vec<JsonSegment>),
    /// `application/x-www-form-urlencoded` pairs, encoded after rendering.
    Form(Vec<(Template, Template)>),
    /// `multipart/form-data`: names and contents.
    Multipart(Vec<(Template, MultipartPart)>),
    /// Text as it is.
    Text(Template),
    /// A form of the page that the shopper is on; the form says method and address as well.
    Submit(Box<Submit>),
}

/// A form of the page that the shopper is on, and what is filled in: the first form of which all is true that is said.
#[derive(Debug, Default)]
pub struct Submit {
    /// The form's id.
    pub id: Option<Template>,
    /// A CSS selector that matches the form; it parses.
    pub css: Option<String>,
    /// The path of the form's action; `*` stands for anything.
    pub action: Option<Template>,
    /// Fields that the form has.
    pub containing: Vec<FieldMatch>,
    /// What is filled in: names and values of fields that the form must have.
    pub fields: Vec<(Template, Vec<Template>)>,
    /// What is sent besides.
    pub extra: Vec<(Template, Template)>,
    /// The button that is pressed; the form's first if none is named.
    pub button: Option<FieldMatch>,
    /// Which form, of several that are so.
    pub pick: Pick,
}

/// What a part of a multipart body holds.
#[derive(Debug)]
pub enum MultipartPart {
    /// A text.
    Text(Template),
    /// A file.
    File {
        /// What it is called to the shop.
        name: Template,
        /// Its content type.
        content_type: String,
        /// SHA-256 of its bytes, in hexadecimal.
        sha256: String,
        /// Its bytes.
        bytes: Bytes,
    },
}

/// A field or button of a form.
#[derive(Debug)]
pub struct FieldMatch {
    /// Its name.
    pub name: String,
    /// Its value, if that matters.
    pub value: Option<Template>,
}

/// A piece of a JSON body.
#[derive(Debug)]
pub enum JsonSegment {
    /// JSON text as it is.
    Raw(String),
    /// A string value with placeholders: rendered, escaped and quoted.
    Text(Template),
    /// A string value that is one placeholder and nothing else: keeps the JSON type of its value.
    Value(VarId),
    /// A string value that is one expression and nothing else: renders to JSON text, to be taken as it is.
    Computed(Template),
}

/// A value computed from others into a variable.
#[derive(Debug)]
pub struct Computed {
    /// The variable that it goes into.
    pub var: VarId,
    /// What it is computed from.
    pub from: Template,
    /// Whether that renders to JSON text, which is to be taken as it is.
    pub is_json: bool,
}

/// Something taken from an answer into a variable.
#[derive(Debug)]
pub struct Capture {
    /// The variable that it goes into.
    pub var: VarId,
    /// Where it is found.
    pub from: Extract,
    /// Kept as an observational attribute of the shopper as well.
    pub observed: Option<ObservedId>,
}

/// The order that a step makes.
#[derive(Debug)]
pub struct OrderCapture {
    /// The order's number.
    pub id: Extract,
    /// What the shopper pays.
    pub total: Option<Price>,
}

/// Where a price is found, and how it is read.
#[derive(Debug)]
pub struct Price {
    /// Where.
    pub at: Extract,
    /// What its number counts; none to tell by its looks.
    pub unit: Option<MoneyUnit>,
}

/// Shoppers who wait before a step for each other. The waiting is a pause, like thinking: the step begins when they act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendezvous {
    /// How many act at one instant, over all cores and machines.
    pub shoppers: u32,
    /// How long a shopper waits at most; then those who are there act.
    pub within: Micros,
}

// === impl Request ===

impl Request {
    /// The variables that its address, headers and body read.
    pub fn reads(&self) -> Vec<VarId> {
        let headers = self.headers.iter().map(|(_, value)| value);
        let auth = self.auth.iter().flat_map(|auth| match auth {
            Auth::Basic { user, password } => vec![user, password],
            Auth::Bearer(token) => vec![token],
            Auth::Aws(keys) => keys.templates(),
        });
        let templates = std::iter::once(&self.url).chain(headers).chain(auth);
        templates.flat_map(Template::reads).chain(self.body.reads()).collect()
    }
}

// === impl AwsKeys ===

impl AwsKeys {
    /// All of it.
    pub(super) fn templates(&self) -> Vec<&Template> {
        let AwsKeys { access_key, secret_key, session_token, region, service } = self;
        [access_key, secret_key, region, service].into_iter().chain(session_token).collect()
    }
}

// === impl Body ===

impl Body {
    /// The variables that it reads.
    pub fn reads(&self) -> Vec<VarId> {
        let both = |(name, value): &(Template, Template)| [name.reads(), value.reads()].concat();
        match self {
            Body::Empty => Vec::new(),
            Body::Json(segments) => segments.iter().flat_map(JsonSegment::reads).collect(),
            Body::Form(pairs) => pairs.iter().flat_map(both).collect(),
            Body::Multipart(parts) => {
                let read = |(name, part): &(Template, MultipartPart)| {
                    let content = match part {
                        MultipartPart::Text(text) => text.reads(),
                        MultipartPart::File { name, .. } => name.reads(),
                    };
                    [name.reads(), content].concat()
                };
                parts.iter().flat_map(read).collect()
            }
            Body::Text(text) => text.reads(),
            Body::Submit(submit) => {
                let filled = submit.fields.iter().flat_map(|(name, values)| {
                    std::iter::once(name).chain(values).flat_map(Template::reads)
                });
                filled.chain(submit.extra.iter().flat_map(both)).collect()
            }
        }
    }
}

// === impl JsonSegment ===

impl JsonSegment {
    fn reads(&self) -> Vec<VarId> {
        match self {
            JsonSegment::Raw(_) => Vec::new(),
            JsonSegment::Text(text) | JsonSegment::Computed(text) => text.reads(),
            JsonSegment::Value(var) => vec![*var],
        }
    }
}

// === impl Method ===

impl Method {
    /// Its key in the scenario: `get`.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// As written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        }
    }
}

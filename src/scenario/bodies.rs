//! What a step sends: a form of the page, a GraphQL operation, the parts of a body.

use serde_json::{Value, json};

use super::decode::{AnyJson, Decode, Definitions, Named, OneOrMany, mapping};
use super::problem::Problems;
use super::source::{Located, LocatedText};
use super::tree::{NodeKind, YamlNode};
use super::units::Quantity;
use super::words::Pick;

mapping! {
    /// A form of the page that the shopper is on: the first of which all that is said here is true; and what is filled in.
    Submit, "a form to submit", rules({
        "anyOf": [{ "required": ["id"] }, { "required": ["css"] }, { "required": ["action"] }, { "required": ["containing"] }],
    }) {
        /// The form's id.
        "id" => id: LocatedText,
        /// A CSS selector that matches the form, such as form.checkout.
        "css" => css: LocatedText,
        /// The form's action, as a path; a * stands for anything: /basket/add/*.
        "action" => action: LocatedText,
        /// A field that the form has: its name, or `{ name: value }`.
        "containing" => containing: FieldMatch,
        /// Fields of the form and what is filled in; the others are sent as the page has them. A field that the form does not have, or a choice that it does not offer, is missing content. true and false check and uncheck a box.
        "fields" => fields: Named<OneOrMany<LocatedText>>,
        /// Sent besides, whether the form has such fields or not, as scripts of the page would add them.
        "extra" => extra: Named<OneOrMany<LocatedText>>,
        /// The button that is pressed: its name, or `{ name: value }` (default: the form's first).
        "button" => button: FieldMatch,
        /// Which form, where several are as described: first (the default), last or random.
        "pick" => pick: Located<Pick>,
    }
}

mapping! {
    /// A GraphQL operation, posted as JSON.
    GraphQl, "a GraphQL operation", rules({ "oneOf": [{ "required": ["query"] }, { "required": ["file"] }] }) {
        /// The document: a query or mutation. Taken as it is; values go into `variables`.
        "query" => query: LocatedText,
        /// A file that holds the document, relative to the scenario.
        "file" => file: LocatedText,
        /// The operation's name, where the document has several, or to call the step by.
        "operation" => operation: LocatedText,
        /// The operation's variables. A text that is one placeholder and nothing else keeps the type of its value.
        "variables" => variables: Named<AnyJson>,
        /// The address (default that of the defaults, else /graphql).
        "endpoint" => endpoint: LocatedText,
        /// What each field of the answer's data must be, by its __typename. Without it, a type whose name ends in Error is a failure.
        "type" => types: OneOrMany<LocatedText>,
        /// Types by which a working shop says no.
        "declined" => declined: OneOrMany<LocatedText>,
    }
}

mapping! {
    /// A file that is sent as a part of a body.
    Upload, "a file to send" {
        /// The file, relative to the scenario.
        "file" required => file: LocatedText,
        /// What it is called to the shop (default: its own name).
        "filename" => filename: LocatedText,
        /// Its content type (default application/octet-stream).
        "type" => content_type: LocatedText,
    }
}

/// A field or button of a form: its name, or its name and value.
#[derive(Clone, Debug)]
pub enum FieldMatch {
    /// Whatever its value.
    Name(LocatedText),
    /// Of this value.
    Valued(Named<LocatedText>),
}

/// A part of a body.
#[derive(Clone, Debug)]
pub enum MultipartPart {
    /// A text.
    Text(LocatedText),
    /// A file.
    Upload(Upload),
}

// === impl FieldMatch ===

impl Decode for FieldMatch {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<FieldMatch> {
        match &node.kind {
            NodeKind::Map(_) => Named::decode(node, problems).map(FieldMatch::Valued),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                LocatedText::decode(node, problems).map(FieldMatch::Name)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "type": "string" }, Named::<LocatedText>::schema(definitions)], "examples": ["code", { "method_code": "standard" }] })
    }
}

// === impl MultipartPart ===

impl Decode for MultipartPart {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<MultipartPart> {
        match &node.kind {
            NodeKind::Map(_) => Upload::decode(node, problems).map(MultipartPart::Upload),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                LocatedText::decode(node, problems).map(MultipartPart::Text)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [String::notation(), Upload::schema(definitions)] })
    }
}

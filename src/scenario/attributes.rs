//! The values of an attribute, as they are written: a weight, or more that shoppers with the value have.

use serde_json::{Value, json};

use super::decode::{Decode, Definitions, mapping};
use super::problem::Problems;
use super::source::Located;
use super::tree::{Kind, Node};
use super::units::{Bandwidth, Weight};
use super::words::{Device, Keeping};
use crate::base::Micros;

mapping! {
    /// A value of an attribute, and what shoppers with this value have.
    AttributeValue, "a value of an attribute" {
        /// The share of shoppers who have it, relative to the other values (default 1).
        "weight" => weight: Located<Weight>,
        /// mobile or desktop: requests carry the user agent, client hints and language of a usual browser on it.
        "device" => device: Located<Device>,
        /// What lies between the shopper and the shop, beside what lies between this machine and the shop.
        "network" => network: Network,
        /// kept: these shoppers come again, with the cookies and files of one who has left.
        "cookies" => cookies: Located<Keeping>,
    }
}

mapping! {
    /// A network between shopper and shop.
    Figures, "a network" {
        /// How long a round trip takes.
        "round_trip" required => round_trip: Located<Micros>,
        /// How much goes through it each way: 8Mbit/s.
        "bandwidth" required => bandwidth: Located<Bandwidth>,
    }
}

/// A value of an attribute, also where its weight alone is written.
#[derive(Clone, Debug)]
pub struct Weighed(pub AttributeValue);

/// A network, by its figures.
#[derive(Clone, Debug)]
pub struct Network(pub Figures);

// === impl Weighed ===

impl Decode for Weighed {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Weighed> {
        match &node.kind {
            Kind::Map(_) => AttributeValue::decode(node, problems).map(Weighed),
            _ => Some(Weighed(AttributeValue { weight: Some(Located::decode(node, problems)?), ..AttributeValue::default() })),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Located::<Weight>::schema(definitions), AttributeValue::schema(definitions)] })
    }
}

// === impl Network ===

impl Decode for Network {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Network> {
        if let Kind::Scalar { text, .. } = &node.kind {
            let message = format!("`{text}` has no figures of its own");
            let why = "networks of one name differ tenfold from place to place, and from hour to hour";
            problems.add(node.span, message, why, "write what you measured: network: { round_trip: 80ms, bandwidth: 8Mbit/s }");
            return None;
        }
        Figures::decode(node, problems).map(Network)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Figures::schema(definitions)
    }
}

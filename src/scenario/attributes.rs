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

/// A network, by its figures or by a name that has published ones.
#[derive(Clone, Debug)]
pub enum Network {
    /// What was measured.
    Figures(Figures),
    /// One of `NAMED`.
    Named(NamedNetwork),
}

/// Figures that go by a name.
#[derive(Clone, Copy, Debug)]
pub struct NamedNetwork {
    /// The name.
    pub name: &'static str,
    /// How long a round trip takes.
    pub round_trip: Micros,
    /// How much comes through it, in bits per second.
    pub bits_per_second: u64,
}

/// The profiles of these names by which WebPageTest, and sitespeed.io after it, have tested pages for years (sitespeed.io 2025: 1,600 kbit/s and
/// 150 ms each way, 9,000 kbit/s and 85 ms each way). Of "slow wifi" nobody has published figures.
pub const NAMED: [NamedNetwork; 2] = [
    NamedNetwork { name: "3g", round_trip: Micros::from_millis(300), bits_per_second: 1_600_000 },
    NamedNetwork { name: "4g", round_trip: Micros::from_millis(170), bits_per_second: 9_000_000 },
];

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
        let Kind::Scalar { text, .. } = &node.kind else { return Figures::decode(node, problems).map(Network::Figures) };
        let named = NAMED.iter().find(|named| named.name == text.as_str());
        if named.is_none() {
            let message = format!("`{text}` has no figures of its own");
            let why = "published ones go by the names 3g and 4g only";
            problems.add(
                node.span,
                message,
                why,
                "write one of these, or what you measured: network: { round_trip: 80ms, bandwidth: 8Mbit/s }",
            );
        }
        named.copied().map(Network::Named)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "enum": NAMED.map(|named| named.name) }, Figures::schema(definitions)] })
    }
}

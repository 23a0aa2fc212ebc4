//! The values of an attribute, as they are written: a weight, or more that shoppers with the value have.

use serde_json::{Value, json};

use super::decode::{Decode, Definitions, mapping};
use super::problem::Problems;
use super::source::Located;
use super::tree::{NodeKind, YamlNode};
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
        /// The network between the shopper and the shop, in addition to that between this machine and the shop.
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

/// A network, by its figures, which may be written as a name that has published ones.
#[derive(Clone, Debug)]
pub struct Network(pub Figures);

/// The profiles of these names by which WebPageTest, and sitespeed.io after it, have tested pages for years (sitespeed.io 2025: 1,600 kbit/s and
/// 150 ms each way, 9,000 kbit/s and 85 ms each way). Of "slow wifi" nobody has published figures.
const NAMED: [(&str, Micros, Bandwidth); 2] = [
    ("3g", Micros::from_millis(300), Bandwidth(1_600_000)),
    ("4g", Micros::from_millis(170), Bandwidth(9_000_000)),
];

// === impl Weighed ===

impl Decode for Weighed {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Weighed> {
        match &node.kind {
            NodeKind::Map(_) => AttributeValue::decode(node, problems).map(Weighed),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                Some(Weighed(AttributeValue {
                    weight: Some(Located::decode(node, problems)?),
                    ..AttributeValue::default()
                }))
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Located::<Weight>::schema(definitions), AttributeValue::schema(definitions)] })
    }
}

// === impl Network ===

impl Decode for Network {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Network> {
        let NodeKind::Scalar { text, .. } = &node.kind else {
            return Figures::decode(node, problems).map(Network);
        };
        let Some((_, round_trip, bandwidth)) =
            NAMED.into_iter().find(|(name, ..)| *name == text.as_str())
        else {
            let message = format!("`{text}` has no figures of its own");
            let why = "published ones go by the names 3g and 4g only";
            problems.add(
                node.span,
                message,
                why,
                "write one of these, or what you measured: network: { round_trip: 80ms, bandwidth: 8Mbit/s }",
            );
            return None;
        };
        let round_trip = Some(Located { value: round_trip, span: node.span });
        let bandwidth = Some(Located { value: bandwidth, span: node.span });
        Some(Network(Figures { round_trip, bandwidth, ..Figures::default() }))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "enum": NAMED.map(|(name, ..)| name) }, Figures::schema(definitions)] })
    }
}

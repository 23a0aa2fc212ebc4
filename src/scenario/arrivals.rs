//! How arrivals are spaced: at random, evenly, or in bursts.

use serde_json::{Value, json};

use super::decode::{Decode, Definitions, mapping};
use super::problem::Problems;
use super::source::Located;
use super::tree::{NodeKind, YamlNode};
use super::units::{Dispersion, Quantity};
use super::words::ArrivalSpacing;
use crate::base::Micros;

mapping! {
    /// Arrivals at random, with a rate that swings: crowds come in bursts.
    BurstyArrivals, "a bursty load" {
        /// The variance of the number of arrivals in a time window over that of Poisson arrivals, above 1.
        "bursty" required => dispersion: Located<Dispersion>,
        /// How long such a window is: the rate changes from one to the next.
        "every" required => every: Located<Micros>,
    }
}

/// How arrivals are spaced.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// At random or evenly.
    Spaced(Located<ArrivalSpacing>),
    /// At random, with a rate that swings.
    Bursty(BurstyArrivals),
}

// === impl Arrivals ===

impl Decode for Arrivals {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<Arrivals> {
        match node.kind {
            NodeKind::Map(_) => BurstyArrivals::decode(node, problems).map(Arrivals::Bursty),
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                Located::decode(node, problems).map(Arrivals::Spaced)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({
            "anyOf": [ArrivalSpacing::notation(), BurstyArrivals::schema(definitions)],
            "examples": ["poisson", { "bursty": 2.5, "every": "60s" }],
        })
    }
}

//! Pauses of people: fixed, from a range, or log-normal.

use serde_json::{Value, json};

use super::decode::{Decode, Definitions, mapping};
use super::problem::Problems;
use super::source::{Located, Span};
use super::tree::{NodeKind, YamlNode};
use super::units::Quantity;
use crate::base::{Delay, Micros};

mapping! {
    /// A log-normal pause, as people's think times are: most short, some long, none beyond half an hour.
    LogNormalPause, "a log-normal pause" {
        /// Half of the pauses are shorter.
        "median" required => median: Located<Micros>,
        /// Nine in ten pauses are shorter.
        "p90" required => p90: Located<Micros>,
    }
}

/// A pause, and where it was written.
#[derive(Clone, Copy, Debug)]
pub struct WrittenPause {
    /// The pause.
    pub value: Delay,
    /// Where it was written.
    pub span: Span,
}

// === impl WrittenPause ===

impl Decode for WrittenPause {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<WrittenPause> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            let Located { value, span } = Located::<Delay>::decode(node, problems)?;
            return Some(WrittenPause { value, span });
        }
        let written = LogNormalPause::decode(node, problems)?;
        let (median, p90) = (written.median?, written.p90?);
        if median.value == Micros::ZERO {
            problems.add(
                median.span,
                "a log-normal pause with a median of 0",
                "",
                "write a longer median, or `0` for no pause at all",
            );
            return None;
        }
        if p90.value <= median.value {
            let message = format!("the p90 {} is not above the median {}", p90.value, median.value);
            let remedy = format!("write a longer p90, or a fixed pause such as {}", median.value);
            problems.add(p90.span, message, "", remedy);
            return None;
        }
        let value = Delay::LogNormal { median: median.value, p90: p90.value };
        Some(WrittenPause { value, span: node.span })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({
            "anyOf": [Delay::notation(), LogNormalPause::schema(definitions)],
            "examples": ["2s", "1s..4s", { "median": "12s", "p90": "43s" }],
        })
    }
}

//! The story of chosen intents, from the purchase log: everything that was sent and heard, in order.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A line of the purchase log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEvent {
    /// Since the planned start.
    pub at_ms: f64,
    /// The attempt and its event.
    pub what: String,
    /// The idempotency key.
    pub key: String,
    /// The order's number, or how it failed.
    pub detail: Option<String>,
}

/// The stories of the intents that are shown as examples.
#[derive(Clone, Debug, Default)]
pub struct Timelines {
    by_intent: HashMap<String, Vec<TimelineEvent>>,
}

#[derive(Deserialize)]
struct TimelineLine {
    at_us: u64,
    intent: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    attempt: u32,
    event: String,
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    kind: Option<String>,
}

/// More events than this are not kept of an intent.
const KEPT: usize = 40;

// === impl Timelines ===

impl Timelines {
    /// Of these intents.
    pub fn of(intents: impl IntoIterator<Item = String>) -> Timelines {
        Timelines { by_intent: intents.into_iter().map(|intent| (intent, Vec::new())).collect() }
    }

    /// Keeps a line of the purchase log, if it is about one of them.
    pub fn add_line(&mut self, line: &[u8]) {
        if self.by_intent.is_empty() {
            return;
        }
        let Ok(line) = serde_json::from_slice::<TimelineLine>(line) else { return };
        if let Some(events) = self.by_intent.get_mut(&line.intent)
            && events.len() < KEPT
        {
            let detail = match (&line.order, &line.kind) {
                (Some(order), _) => Some(format!("order {order}")),
                (None, Some(kind)) => Some(kind.replace('_', " ")),
                (None, None) => None,
            };
            events.push(TimelineEvent {
                at_ms: line.at_us as f64 / 1_000.0,
                what: format!("attempt {}: {}", line.attempt, line.event),
                key: line.key,
                detail,
            });
        }
    }

    /// The story of an intent.
    pub fn take(&mut self, intent: &str) -> Vec<TimelineEvent> {
        self.by_intent.remove(intent).unwrap_or_default()
    }
}

//! Where a value is found in a response, and which of several is taken.

use crate::base::random::below;
use crate::capture::{Capture, ResponseView, Value};
use crate::scenario::Pick;

/// Where a value is found in a response.
#[derive(Debug)]
pub struct Extract {
    /// What is looked for.
    pub capture: Box<dyn Capture>,
    /// Which is taken, where there are several.
    pub pick: Pick,
    /// The value where nothing is found.
    pub default: Option<serde_json::Value>,
}

// === impl Extract ===

impl Extract {
    /// What is found there, or else the default; `bits` are drawn where one of several is picked at random.
    pub fn find(&self, response: &dyn ResponseView, bits: &dyn Fn() -> u64) -> Option<Value> {
        self.look_for(response, bits).or_else(|| self.default.as_ref().map(Value::of_json))
    }

    fn look_for(&self, response: &dyn ResponseView, bits: &dyn Fn() -> u64) -> Option<Value> {
        match self.pick {
            Pick::First => self.capture.first(response),
            Pick::Last | Pick::Random => {
                let mut all = self.capture.all(response);
                let place = self.pick.among(all.len(), bits);
                (place < all.len()).then(|| all.swap_remove(place))
            }
        }
    }
}

// === impl Pick ===

impl Pick {
    /// The place, among this many things, of the one that is taken; `bits` are drawn for it.
    pub fn among(self, count: usize, bits: impl FnOnce() -> u64) -> usize {
        match self {
            Pick::First => 0,
            Pick::Last => count.saturating_sub(1),
            Pick::Random if count == 0 => 0,
            Pick::Random => below(bits(), count as u64) as usize,
        }
    }
}

//! Keys to look up by, reused: recording allocates only for what is met for the first time.

use super::outcome::End;
use super::shoppers::{
    AttemptKey, DistinctValues, Observed, OrderStatus, Setbacks, ShopperKey, ShopperOutcome,
};
use crate::base::{JourneyId, UnitId};

/// Keys to look up by.
#[derive(Clone, Debug)]
pub(crate) struct KeyBuffer {
    pub(super) attempt: AttemptKey,
    pub(super) shopper: ShopperKey,
}

/// Overwrites the attributes of a key.
pub(super) fn fill_attributes(key: &mut Vec<u8>, values: &[u8]) {
    key.clear();
    key.extend_from_slice(values);
}

/// Overwrites the observed values of a key, as they are counted by now.
pub(super) fn fill_observed(
    key: &mut Vec<Observed>,
    values: &[Observed],
    distinct: &[DistinctValues],
) {
    key.clear();
    key.extend_from_slice(values);
    key.iter_mut().zip(distinct).for_each(|(value, name)| name.blur(value));
}

// === impl KeyBuffer ===

impl Default for KeyBuffer {
    fn default() -> KeyBuffer {
        let outcome = ShopperOutcome {
            failures: 0,
            declines: 0,
            first_failed: None,
            second_failed: None,
            before_order: Setbacks::default(),
            repeated_at: None,
            reached: None,
            stuck_on: None,
            order: OrderStatus::None,
            end: End::Unfinished,
        };
        KeyBuffer {
            attempt: AttemptKey {
                unit: UnitId(0),
                nth: 1,
                attributes: Vec::new(),
                observed: Vec::new(),
            },
            shopper: ShopperKey {
                journey: JourneyId(0),
                attributes: Vec::new(),
                observed: Vec::new(),
                outcome,
            },
        }
    }
}

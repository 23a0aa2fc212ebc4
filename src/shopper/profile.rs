//! Who one shopper is: number, marker, persona, and when the shopper should have arrived.

use std::rc::Rc;

use crate::base::{Micros, ShopperId};
use crate::plan::{Persona, Plan};

/// Who one shopper is.
#[derive(Debug)]
pub(super) struct ShopperProfile {
    pub(super) id: ShopperId,
    /// Unique to the shopper, and sent with every request.
    pub(super) marker: Rc<str>,
    pub(super) persona: Persona,
    /// The values of all attributes, where an experiment changed some.
    pub(super) changed_attributes: Option<Vec<u8>>,
    /// When the shopper should have arrived.
    pub(super) arrived_at: Micros,
}

// === impl ShopperProfile ===

impl ShopperProfile {
    /// The profile that is drawn for this shopper.
    pub(super) fn new(plan: &Plan, id: ShopperId, arrived_at: Micros) -> ShopperProfile {
        ShopperProfile {
            id,
            marker: Rc::from(format!("s-{id}")),
            persona: Persona::of(plan, id),
            changed_attributes: None,
            arrived_at,
        }
    }

    /// The value that the shopper has of each attribute now.
    pub(super) fn attributes(&self) -> &[u8] {
        self.changed_attributes.as_deref().unwrap_or(&self.persona.attributes)
    }
}

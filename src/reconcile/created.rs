//! The orders that a run made, for `created-orders.csv` and for cleaning up.

use super::intents::{IntentIndex, Intents};
use super::matching::Matched;
use super::records::{Order, Orders};

/// An order that a run made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedOrder {
    /// Its id in the records.
    pub id: String,
    /// The number that shoppers are told, where it is another one.
    pub number: Option<String>,
    /// The intent that it belongs to; none of a stranger.
    pub intent: Option<String>,
    /// What the shopper was told.
    pub told: Option<&'static str>,
    /// The shop's word for its state.
    pub state: String,
    /// Whether it is in a state that counts.
    pub counts: bool,
    /// Whether the record itself carries the run's marker. One known by its number only may be somebody else's.
    pub marked: bool,
    /// Its total, in minor units.
    pub total_minor: Option<i64>,
    /// ISO 4217 code.
    pub currency: Option<String>,
}

/// All orders that belong to intents, and those that carry the run's marker without one, in the order of the records.
pub fn created_orders(intents: &Intents, orders: &Orders, matched: &Matched) -> Vec<CreatedOrder> {
    let of_intents = matched.orders.pairs().map(|(intent, place)| (place, Some(intent)));
    let strangers = matched.strangers.iter().map(|place| (*place as usize, None));
    let mut places: Vec<(usize, Option<IntentIndex>)> = of_intents.chain(strangers).collect();
    places.sort_unstable();
    let created = |(place, intent): (usize, Option<IntentIndex>)| {
        let order: &Order = &orders.list[place];
        CreatedOrder {
            id: order.id.to_string(),
            number: order.number.as_ref().map(ToString::to_string),
            intent: intent.map(|intent| intents.name(intent)),
            told: intent.map(|intent| intents.get(intent).outcome_seen().key()),
            state: orders.state_of(order).to_owned(),
            counts: order.counts,
            marked: order.owner.is_some(),
            total_minor: order.total_minor,
            currency: order.currency.map(|code| String::from_utf8_lossy(&code).into_owned()),
        }
    };
    places.into_iter().map(created).collect()
}

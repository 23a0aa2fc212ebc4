//! Stores to collect from, and what customers ask most often.

use serde::Serialize;

/// A store.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::demo_shop) struct Store {
    pub(in crate::demo_shop) id: &'static str,
    pub(in crate::demo_shop) city: &'static str,
    pub(in crate::demo_shop) postcode: &'static str,
}

/// The stores, from north to south.
pub(in crate::demo_shop) const STORES: &[Store] = &[
    Store { id: "hamburg", city: "Hamburg", postcode: "20095" },
    Store { id: "berlin", city: "Berlin", postcode: "10115" },
    Store { id: "utrecht", city: "Utrecht", postcode: "3511" },
    Store { id: "lille", city: "Lille", postcode: "59000" },
    Store { id: "lyon", city: "Lyon", postcode: "69001" },
    Store { id: "torino", city: "Torino", postcode: "10121" },
];

/// Common questions: the name in addresses, the question, the answer.
pub(in crate::demo_shop) const FAQ: &[(&str, &str, &str)] = &[
    (
        "delivery",
        "When will it arrive?",
        "Standard takes two to four working days, express one. Orders until noon leave the same day.",
    ),
    (
        "returns",
        "How do I send something back?",
        "Open the order, choose 'Send back', and use the label. You have 30 days, after Christmas until 31 January.",
    ),
    (
        "refunds",
        "When do I get my money?",
        "Within two days of the parcel's arrival, by the way you paid.",
    ),
    (
        "payment",
        "Why was my card declined?",
        "Your bank decides. Try another card or a wallet; nothing has been charged.",
    ),
    (
        "collect",
        "How does collecting work?",
        "Choose 'Collect in store'. We write to you when it is ready, mostly within two hours.",
    ),
];

/// Units of a product in a store: 0 to 5, always the same. A sum over the letters, so that about one pair
/// in six is out of stock.
pub(in crate::demo_shop) fn units_in_store(store: &Store, sku: &str) -> u32 {
    store
        .id
        .bytes()
        .chain(sku.bytes())
        .fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)))
        % 6
}

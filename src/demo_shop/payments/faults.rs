//! How the payment provider and the shop's handling of it misbehave.

use serde::Deserialize;

use crate::demo_shop::faults::{Chance, DurationText};

/// `payments:` of a fault file.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentFaults {
    /// How webhooks come.
    pub webhooks: WebhookFaults,
    /// The shop's bug of placing an order for each message that a payment succeeded: webhook or return.
    pub order_per_message: bool,
    /// The shop's bug of not listening to webhooks: who does not come back from the provider has paid for nothing.
    pub ignore_webhooks: bool,
    /// The provider's bug of charging twice, for this share of payments.
    pub charge_twice: Chance,
}

/// How webhooks come.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookFaults {
    /// Each comes twice.
    pub twice: bool,
    /// That the payment succeeded comes before that it was begun.
    pub out_of_order: bool,
    /// How late they come.
    pub delay: DurationText,
    /// This share of them never comes.
    pub lost: Chance,
}

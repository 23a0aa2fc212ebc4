//! A payment provider to practise with: a hosted payment page on an origin of its own, 3-D Secure, webhooks, and a list of charges.
//!
//! ```text
//! shop: POST /checkout/pay (method hosted) ─► provider: /pay/ID ─► (/3ds/ID) ─► shop: /checkout/return?session=ID
//!                                                    └──► webhooks ─► shop: POST /webhooks/payments
//! ```
//!
//! Whichever of return and webhook comes first places the order; the other finds it placed. The faults of a fault file's `payments:` break
//! that.

mod checkout;
mod faults;
mod pages;
mod provider;
mod provider_pages;
mod webhooks;

pub(super) use checkout::{begin, come_back, receive_webhook};
pub use faults::{PaymentFaults, WebhookFaults};
pub(super) use provider::{PaymentAddresses, Provider};
pub(super) use provider_pages::router;

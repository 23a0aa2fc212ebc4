//! The practice shop: a believable shop to rehearse against, which misbehaves exactly as it is told to.
//!
//! `tillrush shop` serves it, `tillrush demo` embeds it, and the end-to-end tests compare its books with
//! what the load tool reports. It shares nothing with the shopper, so that no bug can hide in both.
//!
//! ```text
//! connection ─► server ─► middleware ─► routes ─► handlers ─► pages
//!                             │                      │
//!                          faults           session, catalog, orders ─► ledger
//! ```
//!
//! Addresses, test cards and the fault file are described in `docs/practice-shop.md`.

mod access_log;
mod answer;
mod books;
mod catalog;
mod connection;
mod faults;
mod handlers;
mod idempotency;
mod ledger;
mod mailer;
mod middleware;
mod operation;
mod options;
mod orders;
mod pages;
mod payments;
mod request;
mod routes;
mod server;
mod session;
mod sharded;
mod shop;

#[cfg(test)]
mod tests;

pub use access_log::{AccessLogFormat, AccessLogOptions};
pub use faults::{
    BookFault, BookFaultKind, Capacity, DurationText, DuringWindow, Fault, FaultKind, Faults,
    FaultsError, Pause, RateLimit, RatedPer, Scope, StatusFault, Where,
};
pub use ledger::{LedgerSnapshot, PaymentCounts, ShopperCounts, TurnedAwayCounts};
pub use operation::Operation;
pub use options::{ShopError, ShopOptions};
pub use orders::{OrderItem, OrderRecord, OrderState};
pub use payments::{PaymentFaults, WebhookFaults};
pub use server::RunningShop;

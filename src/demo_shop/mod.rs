//! The practice shop: a believable shop to rehearse against, which misbehaves exactly as it is told to.
//!
//! `tillrush shop` serves it, `tillrush demo` embeds it, and the end-to-end tests compare its books with
//! what the load tool reports. It shares nothing with the shopper, so that no bug can hide in both.
//!
//! ```text
//! wire ─► server ─► door ─► routes ─► desk (what the steps do)
//!                    │                  │
//!                 faults         session, goods, orders ─► ledger
//! ```
//!
//! Addresses, test cards and the fault file are described in `docs/practice-shop.md`.

mod answer;
mod damage;
mod desk;
mod door;
mod faults;
mod goods;
mod idempotency;
mod ledger;
mod operation;
mod options;
mod orders;
mod pages;
mod routes;
mod server;
mod session;
mod sharded;
mod shop;
mod visit;
mod wire;

#[cfg(test)]
mod tests;

pub use faults::{
    Capacity, DuringWindow, Fault, Faults, FaultsError, Kind, Pause, RateLimit, RatedPer, Span,
    StatusFault, Sticky, Where,
};
pub use ledger::{LedgerSnapshot, PaymentCounts, ShopperCounts, TurnedAwayCounts};
pub use operation::Operation;
pub use options::{ShopError, ShopOptions};
pub use orders::{OrderItem, OrderRecord, OrderState};
pub use server::RunningShop;

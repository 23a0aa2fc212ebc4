//! Reads the shop's own records: orders, charges, receipts and stock, over HTTP, from commands and from files.
//!
//! What is read here is no part of the load: its requests are in no figure of the run. Only rows that reconciliation needs are kept,
//! and nothing of names and addresses.

mod http;
mod lines;
mod pages;
mod reader;
mod rows;
mod session;
mod template;
#[cfg(test)]
mod tests;

pub use http::{RecordError, RecordHttp};
pub use reader::RecordReader;
pub use session::{ReconcileInput, Reconciled, reconcile};
pub use template::Placeholders;

//! Reads the shop's own records: orders, charges, receipts and stock, over HTTP, from commands and from files.
//!
//! What is read here is no part of the load: its requests are in no figure of the run. Only rows that reconciliation needs are kept,
//! and nothing of names and addresses.

mod cleaning;
mod http;
mod lines;
mod pages;
mod reader;
mod rows;
mod session;
mod sink;
mod sql;
mod template;
#[cfg(test)]
mod tests;

pub use http::{RecordError, RecordHttp};
pub use reader::{MarkedRow, RecordKind, RecordReader};
pub use session::{ReadHistory, ReconcileInput, Reconciled, read_created, reconcile};
pub use sink::{MailSink, SunkMail};
pub use template::Placeholders;

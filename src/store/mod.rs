//! An object store: S3, Google Cloud Storage, Azure Blob Storage, or a folder. Objects are created, read and listed; the store's
//! clock is read from its answers.

mod client;
mod dated;
mod error;
mod open;
mod permissions;
#[cfg(test)]
mod tests;

pub use client::RunStore;
pub use error::StoreError;

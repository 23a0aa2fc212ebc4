//! The canonical form of a plan: JSON whose keys and order are frozen.
//!
//! Both digests hash its bytes, so it is the identity of every stored run. The keys are written out here
//! and are not taken from Rust's names: a type or field can be renamed without orphaning a baseline. Each
//! type is destructured in full, so a new field doesn't compile until this form deals with it.
//!
//! A key or word marked "frozen" differs from today's name of the thing. It stays as it is until
//! `SCHEDULE_VERSION` rises. A new field is left out while it has its default, so that the digests of plans
//! without it don't move.

mod answers;
mod form;
mod load;
mod shoppers;
mod steps;
mod whole;

pub use form::Canonical;

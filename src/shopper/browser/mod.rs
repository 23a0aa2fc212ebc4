//! What a shopper's browser remembers and does between a step and the wire.

pub mod address;
pub(crate) mod assets;
pub mod cookies;
pub mod device;
pub(crate) mod returning;
pub mod session;
pub(crate) mod site;

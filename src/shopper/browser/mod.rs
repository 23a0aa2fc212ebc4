//! What a shopper's browser remembers and does between a step and the wire.

pub mod address;
pub(crate) mod assets;
pub mod cookies;
pub mod cors;
pub(crate) mod current_page;
pub mod device;
mod preflight;
pub(crate) mod redirects;
pub(crate) mod referrer;
pub mod request_headers;
pub(crate) mod returning;
pub mod session;
pub(crate) mod site;
pub(crate) mod sniff;

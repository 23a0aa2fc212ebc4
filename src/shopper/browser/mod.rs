//! What a shopper's browser remembers and does between a step and the wire.

pub mod address;
pub mod address_owner;
pub mod allowed_hosts;
pub(crate) mod assets;
mod clear_site_data;
pub mod cookies;
pub mod cors;
pub(crate) mod current_page;
pub mod device;
pub mod fetch;
mod preflight;
pub(crate) mod redirects;
pub(crate) mod referrer;
pub mod request_headers;
pub(crate) mod returning;
pub mod session;
pub mod settings;
pub(crate) mod site;
pub(crate) mod sniff;

//! HTTP over hyper's connection API.

/// Opens lines to a real shop.
#[derive(Debug)]
pub struct HttpShop;
/// How to speak to the shop.
#[derive(Debug)]
pub struct HttpShopOptions;
/// Why the transport can't be set up.
#[derive(Debug)]
pub struct HttpShopError;

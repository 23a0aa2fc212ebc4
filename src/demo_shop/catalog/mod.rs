//! What the shop has: products with their stock, and stores to collect them from.

mod places;
mod products;

pub(super) use places::{FAQ, STORES, Store, units_in_store};
pub(super) use products::{CATEGORIES, CURRENCY, Catalogue, Product, Summary, review_of};

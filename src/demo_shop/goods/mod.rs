//! What the shop has: products with their stock, and stores to collect them from.

mod catalog;
mod places;

pub(super) use catalog::{CATEGORIES, CURRENCY, Catalogue, Product, Summary, review_of};
pub(super) use places::{FAQ, STORES, Store, units_in_store};

//! A shopper's cookies, as Chromium keeps and sends them: RFC 6265bis, and where Chromium departs from it, Chromium.
//! One jar for each shopper, so that no two share a basket.

mod accept;
mod cookie;
mod date;
mod evict;
mod jar;
mod line;
#[cfg(test)]
mod tests;

pub use cookie::SiteContext;
pub(crate) use date::parse_date;
pub use jar::{CookieJar, Now};

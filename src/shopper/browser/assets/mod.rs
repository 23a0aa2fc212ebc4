//! The files that a page is made of, fetched as a browser fetches them.
//!
//! A page that came is not a page that is seen. Its images, scripts and styles are most of what a shop sends, come from other
//! machines than the page, and break in other ways. So they are fetched over connections of their own, six at a time from
//! each host, kept as long as the shop lets a browser keep them, and counted apart from the step.
//!
//! `page` finds the files, `cache` keeps them, `load` fetches them, `page_assets` does it for a step of a journey.

pub(crate) mod cache;
pub(crate) mod load;
pub(crate) mod loader;
mod page;
#[cfg(test)]
mod tests;

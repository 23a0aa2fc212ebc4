//! Forms of a page, filled and submitted as a browser does.
//!
//! What a shop asks back of its own page (tokens, hidden fields, choices already made) is carried without the
//! scenario naming it; the scenario says only what a customer would type, choose and press. What the page does
//! not offer can't be filled: that is missing content, and a failure to the shopper.

mod choices;
mod controls;
mod direction;
mod encode;
mod error;
mod fill;
mod form_page;
mod marked;
mod range;
mod select;
mod submit;
#[cfg(test)]
mod tests;
mod time;
mod tree;
mod value;

pub(crate) use form_page::FormPage;
pub(crate) use submit::submit;

//! One screen for a person: the verdict, the worst place, then the tables. Good in 80 columns, without colour, in a CI log.

mod layout;
mod render;
#[cfg(test)]
mod tests;

pub use render::{MIN_WIDTH, Paint, console, console_table, style};

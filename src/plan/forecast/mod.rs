//! What a plan will ask of the shop, and what it can show, told before a single request is sent.

mod breach;
mod classes;
pub mod detect;
mod funnel;
mod volume;

pub use breach::Breach;
pub use funnel::{Forecast, Need, visits};
pub use volume::Volume;

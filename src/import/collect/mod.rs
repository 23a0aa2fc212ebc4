//! Lines become sessions, in one pass. What is kept does not grow with the length of a log beyond a line of figures for each session.

mod agent;
mod collector;
mod noise;
mod paths;
mod session;

pub use collector::{Collected, Collector, Dropped};
pub use paths::{OTHERS, PathId, Paths, REDACTED};
pub use session::{BotRule, SessionHead, Visit, VisitMethod};

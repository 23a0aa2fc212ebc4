//! The effects: arrivals become shoppers at their time, on one runtime per core.

mod clock;

#[cfg(target_os = "linux")]
pub use clock::PreciseClock;
pub use clock::TokioClock;

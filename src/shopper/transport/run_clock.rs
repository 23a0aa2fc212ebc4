//! The clock of a run, as a transport needs it.

use crate::base::Micros;

/// The time of a run: microseconds since its planned start, on a monotonic clock.
pub trait Clock {
    /// Now; zero before the planned start.
    fn now(&self) -> Micros;
    /// Returns as soon as possible after `moment`, never before.
    fn sleep_until(&self, moment: Micros) -> impl Future<Output = ()>;
}

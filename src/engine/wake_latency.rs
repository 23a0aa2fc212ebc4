//! How long a core takes to wake.
//!
//! A timer that fires at a moment finds the core asleep, and some 50 µs go by until anything runs; on a virtual machine more. Who
//! knows how long that usually takes sets the timer earlier by most of it.

use std::cell::Cell;

/// The running median of what waking took, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct WakeLatency(Cell<u64>);

/// By how much each measurement moves the median, in nanoseconds: it takes some hundred to settle.
const MEDIAN_STEP_NS: u64 = 250;
/// The longest that counts, in nanoseconds: a core that takes longer is not asleep but busy, or its machine stands still.
const LONGEST_WAKE_NS: u64 = 100_000;

// === impl WakeLatency ===

impl WakeLatency {
    /// Takes note of one wake-up, in nanoseconds.
    pub(super) fn record(&self, took: u64) {
        let median = self.0.get();
        if took <= LONGEST_WAKE_NS {
            self.0.set(if took > median {
                median + MEDIAN_STEP_NS
            } else {
                median.saturating_sub(MEDIAN_STEP_NS)
            });
        }
    }

    /// How many nanoseconds earlier the timer should fire: less than the median, so that few wakings are too early.
    pub(super) fn lead_time(&self) -> u64 {
        self.0.get() * 3 / 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_usually_takes_is_learnt_and_forgotten_again() {
        let latency = WakeLatency::default();
        assert_eq!(latency.lead_time(), 0);
        // Two thirds of the time the core sleeps deeply.
        let took = |n: u64| if n.is_multiple_of(3) { 2_000 } else { 50_000 + n % 7 * 1_000 };
        (0..2_000).for_each(|n| latency.record(took(n)));
        assert!((36_000..42_000).contains(&latency.lead_time()), "{}", latency.lead_time());
        (0..400).for_each(|_| latency.record(1_000));
        assert!(latency.lead_time() < 2_000, "{}", latency.lead_time());
    }

    #[test]
    fn a_busy_core_is_no_sleeping_one() {
        let latency = WakeLatency::default();
        (0..1_000).for_each(|_| latency.record(50_000));
        let lead_time = latency.lead_time();
        (0..10_000).for_each(|_| latency.record(5_000_000));
        assert_eq!(latency.lead_time(), lead_time);
    }
}

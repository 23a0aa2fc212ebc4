//! How long a core takes to wake.
//!
//! A timer that fires at a moment finds the core asleep, and some 50 µs go by until anything runs; on a virtual machine more. Who
//! knows how long that usually takes sets the timer earlier by most of it.

use std::cell::Cell;

/// The running median of what waking took, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Waking(Cell<u64>);

/// By how much each time moves the median: some hundred times tell.
const STEP: u64 = 250;
/// The longest that counts: a core that takes longer is not asleep but busy, or its machine stands still.
const MOST: u64 = 100_000;

// === impl Waking ===

impl Waking {
    /// It took so many nanoseconds this time.
    pub(super) fn learn(&self, took: u64) {
        let median = self.0.get();
        if took <= MOST {
            self.0.set(if took > median { median + STEP } else { median.saturating_sub(STEP) });
        }
    }

    /// How many nanoseconds earlier the timer should fire: less than the median, so that few wakings are too early.
    pub(super) fn usual(&self) -> u64 {
        self.0.get() * 3 / 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_usually_takes_is_learnt_and_forgotten_again() {
        let waking = Waking::default();
        assert_eq!(waking.usual(), 0);
        // Two thirds of the time the core sleeps deeply.
        let took = |n: u64| if n.is_multiple_of(3) { 2_000 } else { 50_000 + n % 7 * 1_000 };
        (0..2_000).for_each(|n| waking.learn(took(n)));
        assert!((36_000..42_000).contains(&waking.usual()), "{}", waking.usual());
        (0..400).for_each(|_| waking.learn(1_000));
        assert!(waking.usual() < 2_000, "{}", waking.usual());
    }

    #[test]
    fn a_busy_core_is_no_sleeping_one() {
        let waking = Waking::default();
        (0..1_000).for_each(|_| waking.learn(50_000));
        let usual = waking.usual();
        (0..10_000).for_each(|_| waking.learn(5_000_000));
        assert_eq!(waking.usual(), usual);
    }
}

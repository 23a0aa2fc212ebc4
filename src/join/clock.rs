//! By how much the store's clock is ahead of this machine's.

/// What is known of the offset of the store's clock against this machine's, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// The middle of what is possible.
    pub offset_us: i64,
    /// How far off the middle may be.
    pub error_us: u64,
}

/// What answers of the store say of its clock: each bounds the offset, and the bounds are intersected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockBounds(Option<(i64, i64)>);

// === impl ClockBounds ===

impl ClockBounds {
    /// Takes in that the store's clock showed between `from_us` and `until_us` at some moment between `sent_us` and
    /// `received_us` of this machine's clock. Bounds that contradict earlier ones replace them: a clock was set.
    pub fn observe(&mut self, (from_us, until_us): (i64, i64), (sent_us, received_us): (i64, i64)) {
        let (low, high) = (from_us - received_us, until_us - sent_us);
        self.0 = match self.0 {
            Some((known_low, known_high)) if known_low.max(low) <= known_high.min(high) => {
                Some((known_low.max(low), known_high.min(high)))
            }
            Some(_) | None => Some((low, high)),
        };
    }

    /// Takes in a date in whole seconds, as HTTP has it.
    pub fn observe_date(&mut self, date_s: i64, local: (i64, i64)) {
        self.observe((date_s * 1_000_000, (date_s + 1) * 1_000_000), local);
    }

    /// What is known by now; none before the first answer.
    pub fn offset(&self) -> Option<ClockOffset> {
        self.0.map(|(low, high)| ClockOffset {
            offset_us: low + (high - low) / 2,
            error_us: high.abs_diff(low).div_ceil(2),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_an_answer_nothing_is_known() {
        assert_eq!(ClockBounds::default().offset(), None);
    }

    #[test]
    fn a_clock_that_was_set_is_measured_anew() {
        let mut bounds = ClockBounds::default();
        bounds.observe_date(100, (100_000_000, 100_010_000));
        bounds.observe_date(900, (101_000_000, 101_010_000));
        let offset = bounds.offset().unwrap();
        assert!((798_000_000..801_000_000).contains(&offset.offset_us), "{offset:?}");
    }

    proptest! {
        #[test]
        fn whole_seconds_bound_the_offset_and_many_of_them_closely(
            true_offset in -5_000_000i64..5_000_000,
            waits in prop::collection::vec(1_000i64..60_000, 40),
        ) {
            let mut bounds = ClockBounds::default();
            let mut local = 1_000_000_000_000i64;
            for wait in waits {
                let date = (local + wait / 2 + true_offset).div_euclid(1_000_000);
                bounds.observe_date(date, (local, local + wait));
                local += wait + 43_000;
            }
            let known = bounds.offset().unwrap();
            let off = known.offset_us.abs_diff(true_offset);
            prop_assert!(off <= known.error_us, "{known:?}, truly {true_offset}");
            prop_assert!(known.error_us <= 110_000, "{known:?}");
        }
    }
}

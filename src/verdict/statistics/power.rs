//! How much must be seen to decide: what a report advises where an answer is open.

use crate::base::bisect;

/// More than this many times as much is not advised.
const MAX_TIMES: f64 = 1_000.0;

/// How many times as much must be seen until an answer is `decided`, found by this many halvings; none where no reasonable
/// number of times would.
pub fn times_needed(halvings: u32, decided: impl Fn(f64) -> bool) -> Option<f64> {
    decided(MAX_TIMES).then(|| bisect(1.0, MAX_TIMES, halvings, decided).1)
}

/// The smallest rise from `base` that is `seen`, in 0..=1; none if not even a rise to 1 is.
pub fn detectable_rise(base: f64, seen: impl Fn(f64) -> bool) -> Option<f64> {
    seen(1.0).then(|| bisect(base, 1.0, 40, seen).1 - base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_decides_and_what_nobody_can_wait_for_is_not_advised() {
        assert!((times_needed(30, |times| times >= 12.5).unwrap() - 12.5).abs() < 1e-5);
        assert_eq!(times_needed(30, |times| times > 1_000.0), None);
        assert!((detectable_rise(0.1, |rate| rate >= 0.25).unwrap() - 0.15).abs() < 1e-9);
        assert_eq!(detectable_rise(0.1, |_| false), None);
    }
}

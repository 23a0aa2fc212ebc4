//! The windows of an objective, as ranges of blocks.

use std::ops::Range;

use crate::base::Micros;
use crate::plan::Objective;

/// The windows that the objective speaks of: the whole run from `after` on, or one window of `for` after the other.
///
/// A window is as many blocks as it takes. Where they don't fill the load, the last one reaches back, so that an outage in
/// the last seconds is in a window as long as the others. It also takes in what still went on after the last arrival.
pub(super) fn windows(length: Micros, block: Micros, objective: &Objective) -> Vec<Range<u32>> {
    let blocks = |span: Micros| u32::try_from(span.0.div_ceil(block.0.max(1))).unwrap_or(u32::MAX);
    let (start, end) = (blocks(objective.after.unwrap_or(Micros::ZERO)), blocks(length).max(1));
    let Some(width) = objective.window.map(blocks) else {
        return std::iter::once(start..u32::MAX).collect();
    };
    let width = width.clamp(1, end.saturating_sub(start).max(1));
    let mut windows: Vec<Range<u32>> = (0..)
        .map(|i| start + i * width)
        .take_while(|from| from + width <= end)
        .map(|from| from..from + width)
        .collect();
    match windows.last_mut() {
        Some(last) if last.end < end => windows.push(end - width..u32::MAX),
        Some(last) => last.end = u32::MAX,
        None => windows.push(start..u32::MAX),
    }
    windows
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "a list of windows, of which there is one")]
mod tests {
    use super::*;
    use crate::plan::{Measure, Metric, Operator};

    fn cut(length: u64, window: Option<u64>, after: u64) -> Vec<Range<u32>> {
        let secs = Micros::from_secs;
        let objective = Objective {
            text: String::new(),
            line: 1,
            metric: Metric::new(Measure::RepeatedFailures),
            operator: Operator::Below,
            limit: 0.01,
            window: window.map(secs),
            after: Some(secs(after)),
            only: Vec::new(),
            abort: false,
        };
        windows(secs(length), secs(1), &objective)
    }

    #[test]
    fn windows_follow_each_other_and_the_last_reaches_back() {
        const END: u32 = u32::MAX;
        assert_eq!(cut(60, None, 0), [0..END]);
        assert_eq!(cut(60, None, 15), [15..END]);
        assert_eq!(cut(60, Some(20), 0), [0..20, 20..40, 40..END]);
        assert_eq!(cut(70, Some(20), 5), [5..25, 25..45, 45..65, 50..END]);
        assert_eq!(cut(60, Some(50), 20), [20..END]);
    }
}

//! A shift of any kind, with limits at any level: what decides is the same for rates, spans of time and pairs.

use super::rates::RateShift;
use super::spans::SpanShift;
use super::student::{critical, survival};
use crate::verdict::statistics::Interval;

/// By how much a figure differs, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shift {
    /// Of a rate, as a difference.
    Rate(RateShift),
    /// Of a quantile, as the logarithm of a ratio.
    Span(SpanShift),
}

// === impl Shift ===

impl Shift {
    /// The candidate's figure less the base's; of spans, the logarithm of their ratio.
    pub(super) fn estimate(&self) -> f64 {
        match self {
            Shift::Rate(shift) => shift.estimate(),
            Shift::Span(shift) => shift.estimate,
        }
    }

    /// Its standard error.
    pub(super) fn error(&self) -> f64 {
        match self {
            Shift::Rate(shift) => shift.error(),
            Shift::Span(shift) => shift.error,
        }
    }

    /// The limits beyond which it lies with a chance of `level` on either side.
    pub(super) fn limits(&self, level: f64) -> Interval {
        self.limits_at(self.caution(level))
    }

    /// What a level means to this shift: how many standard errors its limits are away. Costs more than the limits themselves.
    pub(super) fn caution(&self, level: f64) -> f64 {
        critical(self.freedom(), level)
    }

    /// The limits at this caution.
    pub(super) fn limits_at(&self, caution: f64) -> Interval {
        match self {
            Shift::Rate(shift) => shift.limits(caution),
            Shift::Span(shift) => shift.limits(caution),
        }
    }

    /// The chance of so large an estimate, or a larger one, if the truth were `floor`: the level at which the limit lies there.
    pub(super) fn p_value(&self, floor: f64) -> f64 {
        /// Farther away than any chance that can be told from zero.
        const FAR: f64 = 60.0;
        let above = self.estimate() > floor;
        let beyond = |caution: f64| {
            let limits = self.limits_at(caution);
            if above { limits.low > floor } else { limits.high < floor }
        };
        let (mut low, mut high) = (0.0, FAR);
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if beyond(middle) { low = middle } else { high = middle }
        }
        let p = survival(self.freedom(), low);
        let p = if above { p } else { 1.0 - p };
        match self {
            // The exact test knows no floor: where there is one, both must be satisfied.
            Shift::Rate(shift) => shift
                .exact_p_value()
                .map_or(p, |exact| if floor > 0.0 { p.max(exact) } else { exact }),
            Shift::Span(_) => p,
        }
    }

    fn freedom(&self) -> f64 {
        match self {
            Shift::Rate(shift) => shift.freedom,
            Shift::Span(shift) => shift.freedom,
        }
    }

    /// As if so many times as much had been seen, to the same effect.
    pub(super) fn with_more(&self, times: f64) -> Shift {
        match self {
            Shift::Rate(shift) => Shift::Rate(shift.with_more(times)),
            Shift::Span(shift) => Shift::Span(shift.with_more(times)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p_value_is_the_level_at_which_the_limit_touches_the_floor() {
        let shift = Shift::Span(SpanShift { estimate: 0.2, error: 0.1, freedom: 29.0 });
        let p = shift.p_value(0.0);
        // Student's t, 29 degrees of freedom: P(T > 2) = 0.02748.
        assert!((p - 0.027_48).abs() < 1e-4, "{p}");
        assert!((shift.limits(p).low).abs() < 1e-6);
        assert!((shift.p_value(0.4) - (1.0 - p)).abs() < 1e-6);
        assert!(shift.p_value(-9.0) < 1e-10);
    }
}

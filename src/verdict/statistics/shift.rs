//! A shift of any kind, with limits at any level: what decides is the same for rates, spans of time and pairs.

use super::Interval;
use super::quantile_shift::QuantileShift;
use super::rate_shift::RateShift;
use super::student::{critical, survival};
use crate::base::bisect;

/// By how much a figure differs, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shift {
    /// Of a rate, as a difference.
    Rate(RateShift),
    /// Of a quantile, as the logarithm of a ratio.
    Quantile(QuantileShift),
}

// === impl Shift ===

impl Shift {
    /// The candidate's figure less the base's; of spans, the logarithm of their ratio.
    pub fn estimate(&self) -> f64 {
        match self {
            Shift::Rate(shift) => shift.estimate(),
            Shift::Quantile(shift) => shift.estimate,
        }
    }

    /// Its standard error.
    pub fn error(&self) -> f64 {
        match self {
            Shift::Rate(shift) => shift.error(),
            Shift::Quantile(shift) => shift.error,
        }
    }

    /// The limits beyond which it lies with a chance of `level` on either side.
    pub fn limits(&self, level: f64) -> Interval {
        self.limits_at(self.caution(level))
    }

    /// What a level means to this shift: how many standard errors its limits are away. Costs more than the limits themselves.
    pub fn caution(&self, level: f64) -> f64 {
        critical(self.freedom(), level)
    }

    /// The limits at this caution.
    pub fn limits_at(&self, caution: f64) -> Interval {
        match self {
            Shift::Rate(shift) => shift.limits(caution),
            Shift::Quantile(shift) => shift.limits(caution),
        }
    }

    /// The chance of so large an estimate, or a larger one, if the truth were `floor`: the level at which the limit lies there.
    pub fn p_value(&self, floor: f64) -> f64 {
        /// Farther away than any chance that can be told from zero.
        const FAR: f64 = 60.0;
        let above = self.estimate() > floor;
        let beyond = |caution: f64| {
            let limits = self.limits_at(caution);
            if above { limits.low > floor } else { limits.high < floor }
        };
        let (touching, _) = bisect(0.0, FAR, 50, |caution| !beyond(caution));
        let p = survival(self.freedom(), touching);
        let p = if above { p } else { 1.0 - p };
        match self {
            // The exact test knows no floor: where there is one, both must be satisfied.
            Shift::Rate(shift) => shift
                .exact_p_value()
                .map_or(p, |exact| if floor > 0.0 { p.max(exact) } else { exact }),
            Shift::Quantile(_) => p,
        }
    }

    /// The chance of so small an estimate, or a smaller one, if the truth were `floor` below zero: the level at which the upper
    /// limit lies there.
    pub fn p_value_below(&self, floor: f64) -> f64 {
        const FAR: f64 = 60.0;
        let below = self.estimate() < -floor;
        let beyond = |caution: f64| {
            let limits = self.limits_at(caution);
            if below { limits.high < -floor } else { limits.low > -floor }
        };
        let (touching, _) = bisect(0.0, FAR, 50, |caution| !beyond(caution));
        let p = survival(self.freedom(), touching);
        if below { p } else { 1.0 - p }
    }

    fn freedom(&self) -> f64 {
        match self {
            Shift::Rate(shift) => shift.freedom,
            Shift::Quantile(shift) => shift.freedom,
        }
    }

    /// As if this many times as much had been seen, to the same effect.
    pub fn with_more(&self, times: f64) -> Shift {
        match self {
            Shift::Rate(shift) => Shift::Rate(shift.with_more(times)),
            Shift::Quantile(shift) => Shift::Quantile(shift.with_more(times)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p_value_is_the_level_at_which_the_limit_touches_the_floor() {
        let shift = Shift::Quantile(QuantileShift { estimate: 0.2, error: 0.1, freedom: 29.0 });
        let p = shift.p_value(0.0);
        // Student's t, 29 degrees of freedom: P(T > 2) = 0.02748.
        assert!((p - 0.027_48).abs() < 1e-4, "{p}");
        assert!((shift.limits(p).low).abs() < 1e-6);
        assert!((shift.p_value(0.4) - (1.0 - p)).abs() < 1e-6);
        assert!(shift.p_value(-9.0) < 1e-10);
        let mirrored = Shift::Quantile(QuantileShift { estimate: -0.2, error: 0.1, freedom: 29.0 });
        assert!((mirrored.p_value_below(0.0) - p).abs() < 1e-6);
        assert!((shift.p_value_below(0.0) - (1.0 - p)).abs() < 1e-6);
    }
}

//! The rate of arrivals over time, its integral Λ, and the inverse of the integral.

use super::Profile;
use crate::base::Micros;

/// A piecewise linear rate with its integral: time to expected arrivals, and back.
#[derive(Clone, Debug, Default)]
pub struct Intensity {
    pieces: Vec<LinearPiece>,
}

/// A stretch in which the rate is linear.
#[derive(Clone, Copy, Debug)]
struct LinearPiece {
    start: Micros,
    end: Micros,
    /// Shoppers per second at the start.
    from: f64,
    /// Change of the rate, in shoppers per second per second.
    slope: f64,
    /// Λ at the start.
    before: f64,
    /// Λ at the end.
    after: f64,
}

// === impl Intensity ===

impl Intensity {
    /// The intensity of a profile.
    pub fn new(profile: &Profile) -> Intensity {
        let mut start = Micros::ZERO;
        let mut before = 0.0;
        let mut pieces = Vec::with_capacity(profile.stages.len());
        for stage in &profile.stages {
            let (end, after) = (start + stage.length, before + stage.expected_arrivals());
            let slope = (stage.to - stage.from) / stage.length.as_secs_f64();
            pieces.push(LinearPiece { start, end, from: stage.from, slope, before, after });
            (start, before) = (end, after);
        }
        Intensity { pieces }
    }

    /// How long shoppers keep arriving.
    pub fn length(&self) -> Micros {
        self.pieces.last().map_or(Micros::ZERO, |piece| piece.end)
    }

    /// Λ at the end: how many shoppers are expected in all.
    pub fn total(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.after)
    }

    /// λ(t) in shoppers per second; where it jumps, the rate after the jump; zero from the end on.
    pub fn rate(&self, t: Micros) -> f64 {
        self.piece_at(t).map_or(0.0, |piece| piece.rate(t))
    }

    /// The highest rate between two moments, in shoppers per second; zero where nobody arrives.
    pub fn highest(&self, from: Micros, to: Micros) -> f64 {
        let overlapping = self.pieces.iter().filter(|piece| piece.start < to && from < piece.end);
        overlapping
            .flat_map(|piece| [piece.rate(from.max(piece.start)), piece.rate(to.min(piece.end))])
            .fold(0.0, f64::max)
    }

    /// The highest rate of all, in shoppers per second.
    pub fn peak(&self) -> f64 {
        self.highest(Micros::ZERO, self.length())
    }

    /// Λ(t): how many shoppers are expected before `t`.
    pub fn cumulative(&self, t: Micros) -> f64 {
        self.piece_at(t).map_or(self.total(), |piece| {
            let x = (t - piece.start).as_secs_f64();
            (piece.before + (piece.from + piece.slope * x / 2.0) * x).min(piece.after)
        })
    }

    /// Λ⁻¹(y): when the expected count reaches `y`, rounded down to the microsecond, always before the end.
    ///
    /// In a stage with rate a at its start and slope m, r = a·x + m·x²/2 is solved by
    /// x = 2r / (a + √(a² + 2mr)), which loses no digits where m is small, unlike the schoolbook form.
    pub fn inverse(&self, y: f64) -> Micros {
        // The first piece that ends above y: stretches without arrivals are never it.
        let Some(piece) = self.pieces.get(self.pieces.partition_point(|piece| piece.after <= y))
        else {
            return self.length().since(Micros(1));
        };
        let rest = (y - piece.before).max(0.0);
        let root = (piece.from * piece.from + 2.0 * piece.slope * rest).max(0.0).sqrt();
        let x = if rest > 0.0 { 2.0 * rest / (piece.from + root) } else { 0.0 };
        // `as` saturates, so that a quotient beyond the piece ends up at its last microsecond.
        Micros(piece.start.0.saturating_add((x * 1e6) as u64).min(piece.end.0 - 1))
    }

    fn piece_at(&self, t: Micros) -> Option<&LinearPiece> {
        self.pieces.get(self.pieces.partition_point(|piece| piece.end <= t))
    }
}

// === impl LinearPiece ===

impl LinearPiece {
    fn rate(&self, t: Micros) -> f64 {
        self.from + self.slope * (t - self.start).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::example::profile;
    use proptest::prelude::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
    }

    #[test]
    fn a_ramp_and_a_plateau_integrate_to_their_areas() {
        let intensity =
            Intensity::new(&profile(&[(0.0, 20.0, 10.0), (20.0, 20.0, 5.0), (80.0, 40.0, 2.0)]));
        assert_eq!(intensity.total(), 100.0 + 100.0 + 120.0);
        assert_eq!(intensity.length(), Micros::from_secs(17));
        assert_eq!(intensity.rate(Micros::from_secs(5)), 10.0);
        assert_eq!(intensity.rate(Micros::from_secs(15)), 80.0, "after the jump");
        assert_eq!(intensity.rate(Micros::from_secs(17)), 0.0);
        assert_eq!(intensity.cumulative(Micros::from_secs(5)), 25.0);
        assert_eq!(intensity.cumulative(Micros::from_secs(99)), 320.0);
        assert_eq!(intensity.inverse(25.0), Micros::from_secs(5));
        assert_eq!(intensity.inverse(150.0), Micros::from_millis(12_500));
        assert_eq!(intensity.inverse(320.0), Micros(16_999_999));
    }

    #[test]
    fn the_highest_rate_of_a_stretch_is_at_an_end_of_a_stage_or_of_the_stretch() {
        let intensity = Intensity::new(&profile(&[(0.0, 20.0, 10.0), (50.0, 30.0, 10.0)]));
        let highest = |from, to| intensity.highest(Micros::from_secs(from), Micros::from_secs(to));
        assert_eq!(
            [highest(0, 5), highest(2, 10), highest(9, 11), highest(15, 99), highest(20, 30)],
            [10.0, 20.0, 50.0, 40.0, 0.0]
        );
        assert_eq!(intensity.peak(), 50.0);
    }

    #[test]
    fn nobody_arrives_where_the_rate_is_zero() {
        let intensity = Intensity::new(&profile(&[
            (0.0, 0.0, 5.0),
            (10.0, 10.0, 1.0),
            (0.0, 0.0, 5.0),
            (10.0, 10.0, 1.0),
            (0.0, 0.0, 9.0),
        ]));
        assert_eq!(intensity.inverse(0.0), Micros::from_secs(5));
        assert_eq!(intensity.inverse(10.0), Micros::from_secs(11));
        assert_eq!(intensity.cumulative(Micros::from_secs(8)), 10.0);
        assert!(intensity.inverse(20.0 - 1e-9) < Micros::from_secs(12));
    }

    #[test]
    fn tiny_and_huge_rates_keep_their_digits() {
        let rare = Intensity::new(&profile(&[(1e-9, 1e-9, 1e6)]));
        assert!(rare.inverse(5e-4).0.abs_diff(500_000_000_000) <= 1);
        let rush = Intensity::new(&profile(&[(0.0, 1e9, 86_400.0)]));
        let noon = Micros::from_secs(43_200);
        assert!(rush.inverse(rush.cumulative(noon)).0.abs_diff(noon.0) <= 1);
        let flat = Intensity::new(&profile(&[(50.0, 50.0 + 1e-12, 3_600.0)]));
        assert!(
            flat.inverse(90_000.0).0.abs_diff(Micros::from_secs(1_800).0) <= 1,
            "a slope near zero"
        );
        let none = Intensity::default();
        assert_eq!(
            (none.total(), none.inverse(0.0), none.length()),
            (0.0, Micros::ZERO, Micros::ZERO)
        );
    }

    proptest! {
        #[test]
        fn the_inverse_undoes_the_integral(stages in prop::collection::vec((0.0..200.0f64, 0.0..200.0f64, 0.5..900.0f64), 1..8), share in 0.0..1.0f64) {
            let intensity = Intensity::new(&profile(&stages));
            let y = intensity.total() * share;
            let t = intensity.inverse(y);
            // Rounded down by less than a microsecond of arrivals.
            let (reached, next) = (intensity.cumulative(t), intensity.cumulative(t + Micros(1)));
            prop_assert!(reached < y || close(reached, y), "Λ({}) = {reached} is beyond {y}", t.0);
            prop_assert!(y < next || close(next, y), "Λ({}) = {next} is not beyond {y}", t.0 + 1);
        }

        #[test]
        fn the_inverse_never_goes_back(stages in prop::collection::vec((0.0..50.0f64, 0.0..50.0f64, 0.5..60.0f64), 1..6), shares in prop::collection::vec(0.0..1.0f64, 2..40)) {
            let intensity = Intensity::new(&profile(&stages));
            let mut counts: Vec<f64> = shares.iter().map(|share| share * intensity.total()).collect();
            counts.sort_by(f64::total_cmp);
            prop_assert!(counts.iter().map(|y| intensity.inverse(*y)).is_sorted());
        }
    }
}

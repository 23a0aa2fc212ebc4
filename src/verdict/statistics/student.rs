//! Student's law, or the normal one where the degrees of freedom are infinite: what a variance costs that is itself an
//! estimate from few blocks of time.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The point beyond which Student's law lies with this chance.
pub fn critical(freedom: f64, level: f64) -> f64 {
    let normal = || Normal::standard().inverse_cdf(1.0 - level);
    match freedom.is_finite() {
        true => StudentsT::new(0.0, 1.0, freedom)
            .map_or_else(|_| normal(), |law| law.inverse_cdf(1.0 - level)),
        false => normal(),
    }
}

/// The chance that Student's law lies beyond this point.
pub fn survival(freedom: f64, point: f64) -> f64 {
    match freedom.is_finite() {
        true => StudentsT::new(0.0, 1.0, freedom).map_or(0.5, |law| law.sf(point)),
        false => Normal::standard().sf(point),
    }
}

/// By how much Student's point exceeds the normal one at this level on one side; 1 with infinite degrees of freedom. A
/// standard error that is widened by it may be used with normal points.
pub fn widening(freedom: f64, level: f64) -> f64 {
    match freedom.is_finite() {
        true => critical(freedom, level) / critical(f64::INFINITY, level),
        false => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_those_of_the_tables() {
        // Student's two-sided 5 % points of 10 and 29 degrees of freedom, and the normal one.
        for (freedom, point) in [(10.0, 2.228), (29.0, 2.045), (f64::INFINITY, 1.960)] {
            assert!((critical(freedom, 0.025) - point).abs() < 5e-4, "{freedom}");
            assert!((survival(freedom, point) - 0.025).abs() < 5e-5, "{freedom}");
        }
        assert!((widening(29.0, 0.025) - 2.045 / 1.960).abs() < 5e-4);
        assert_eq!(widening(f64::INFINITY, 0.05), 1.0);
    }
}

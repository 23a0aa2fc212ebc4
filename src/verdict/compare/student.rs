//! Student's law, or the normal one where the degrees of freedom are infinite.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The point beyond which Student's law lies with this chance.
pub(super) fn critical(freedom: f64, level: f64) -> f64 {
    let normal = || Normal::standard().inverse_cdf(1.0 - level);
    match freedom.is_finite() {
        true => StudentsT::new(0.0, 1.0, freedom)
            .map_or_else(|_| normal(), |law| law.inverse_cdf(1.0 - level)),
        false => normal(),
    }
}

/// The chance that Student's law lies beyond this point.
pub(super) fn survival(freedom: f64, point: f64) -> f64 {
    match freedom.is_finite() {
        true => StudentsT::new(0.0, 1.0, freedom).map_or(0.5, |law| law.sf(point)),
        false => Normal::standard().sf(point),
    }
}

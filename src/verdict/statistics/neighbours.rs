//! Neighbouring blocks of time: a burst that lies across the edge of two blocks shows in their covariance.

/// How much weight the covariance of neighbouring blocks has (Newey and West 1987).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbours {
    /// None: with few blocks their covariance is mostly noise.
    Ignored,
    /// Bartlett's weight of one half, counted for both neighbours: for the intervals of a report.
    Bartlett,
    /// The full weight, counted for both neighbours: for answers that must not be wrong more often than they say.
    Full,
}

// === impl Neighbours ===

impl Neighbours {
    /// What the autocorrelation of neighbours is multiplied by.
    pub const fn weight(self) -> f64 {
        match self {
            Neighbours::Ignored => 0.0,
            Neighbours::Bartlett => 1.0,
            Neighbours::Full => 2.0,
        }
    }
}

/// The covariance of neighbouring deviations over their variance. At least zero: going apart is no merit.
pub fn autocorrelation(deviations: &[f64]) -> f64 {
    let squares: f64 = deviations.iter().map(|deviation| deviation * deviation).sum();
    let products: f64 = deviations.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if squares > 0.0 { (products / squares).max(0.0) } else { 0.0 }
}

/// The variance of a ratio over blocks of time, from the deviations of the blocks' sums from what the ratio makes expect (Cochran
/// 1977, 6.3), with the covariance of neighbours: a burst across the edge of two blocks shows in it.
pub fn variance_over_blocks(deviations: &[f64], neighbours: Neighbours) -> f64 {
    let count = deviations.len() as f64;
    let squares: f64 = deviations.iter().map(|deviation| deviation * deviation).sum();
    let widened = match neighbours {
        Neighbours::Ignored => 1.0,
        Neighbours::Bartlett | Neighbours::Full => {
            1.0 + neighbours.weight() * autocorrelation(deviations)
        }
    };
    count / (count - 1.0) * squares * widened
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_that_go_together_widen_and_those_that_go_apart_are_no_merit() {
        assert_eq!(autocorrelation(&[1.0, 1.0, -1.0, -1.0]), 0.25);
        assert_eq!(autocorrelation(&[1.0, -1.0, 1.0, -1.0]), 0.0);
        assert_eq!(autocorrelation(&[0.0; 4]), 0.0);
        let together = |how| variance_over_blocks(&[1.0, 1.0, -1.0, -1.0], how);
        let alone = 4.0 / 3.0 * 4.0;
        assert_eq!(together(Neighbours::Ignored), alone);
        assert_eq!(together(Neighbours::Bartlett), alone * 1.25);
        assert_eq!(together(Neighbours::Full), alone * 1.5);
    }
}

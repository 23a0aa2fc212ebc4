//! How much of something there is over the run.

/// How much of something there is over the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Volume {
    /// In all.
    pub total: f64,
    /// Per second, on average over the time in which shoppers arrive.
    pub mean: f64,
    /// Per second, at the highest point.
    pub peak: f64,
}

// === impl Volume ===

impl Volume {
    /// This much of it for each.
    pub fn times(self, each: f64) -> Volume {
        Volume { total: self.total * each, mean: self.mean * each, peak: self.peak * each }
    }
}

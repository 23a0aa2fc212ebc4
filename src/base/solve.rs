//! Where a condition turns: the one root finder of the house.

/// Halves the span from `low` to `high` so often, keeping the half in which `reached` turns from false to true, and gives
/// the ends of what is left: `reached` is false at the first and true at the second, as far as it was asked. Unlike
/// Newton's method it can't leave its course.
///
/// # Example
///
/// ```
/// let (_, root) = tillrush::base::bisect(0.0, 2.0, 50, |x| x * x >= 2.0);
/// assert!((root - 2f64.sqrt()).abs() < 1e-12);
/// ```
pub fn bisect(
    mut low: f64,
    mut high: f64,
    halvings: u32,
    reached: impl Fn(f64) -> bool,
) -> (f64, f64) {
    for _ in 0..halvings {
        let middle = f64::midpoint(low, high);
        if reached(middle) { high = middle } else { low = middle }
    }
    (low, high)
}

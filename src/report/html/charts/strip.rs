//! An interval on a line, with the limit that it is held against.

use super::svg::Svg;

const WIDTH: f64 = 1_000.0;
const HEIGHT: u32 = 24;

/// Where `observed` lies on a scale from zero to a little beyond `high`, with its interval, and the limit. Without an upper end the
/// interval is open.
pub(in crate::report::html) fn strip(
    class: &str,
    observed: Option<f64>,
    interval: Option<(f64, Option<f64>)>,
    limit: Option<f64>,
    most: f64,
    alternative: &str,
) -> String {
    let most = if most > 0.0 && most.is_finite() { most } else { 1.0 };
    let x = |value: f64| (value / most).clamp(0.0, 1.0) * (WIDTH - 8.0) + 4.0;
    let mut svg = Svg::default();
    svg.rect("strip-line", (0.0, 11.0), (WIDTH, 2.0));
    if let Some((low, high)) = interval {
        let (low, high) = (x(low), high.map_or(WIDTH, &x));
        svg.rect("strip-range", (low, 6.0), ((high - low).max(3.0), 12.0));
    }
    if let Some(limit) = limit {
        svg.rect("strip-limit", (x(limit) - 2.0, 0.0), (4.0, f64::from(HEIGHT)));
    }
    if let Some(observed) = observed {
        svg.rect("strip-dot", (x(observed) - 4.0, 3.0), (8.0, 18.0));
    }
    // It has no words in it, so it may be stretched to any width.
    let framed = svg.finish(&format!("strip {class}"), (WIDTH as u32, HEIGHT), alternative);
    framed.replacen("<svg ", "<svg preserveAspectRatio=\"none\" ", 1)
}

/// How a figure changed, around no change in the middle; `margin` is the change that matters.
pub(in crate::report::html) fn change(
    class: &str,
    observed: f64,
    interval: Option<[f64; 2]>,
    margin: f64,
    alternative: &str,
) -> String {
    let [low, high] = interval.unwrap_or([observed; 2]);
    let ends = [low, high, margin, observed];
    let most =
        1.1 * ends.into_iter().map(f64::abs).filter(|end| end.is_finite()).fold(1e-12, f64::max);
    let x = |value: f64| (value / most).clamp(-1.0, 1.0) * (WIDTH / 2.0 - 4.0) + WIDTH / 2.0;
    let mut svg = Svg::default();
    svg.rect("strip-line", (0.0, 11.0), (WIDTH, 2.0));
    for matters in [-margin, margin] {
        svg.rect("strip-margin", (x(matters) - 1.0, 4.0), (2.0, 16.0));
    }
    svg.rect("strip-limit", (WIDTH / 2.0 - 1.5, 0.0), (3.0, f64::from(HEIGHT)));
    if interval.is_some() {
        svg.rect("strip-range", (x(low), 6.0), ((x(high) - x(low)).max(3.0), 12.0));
    }
    svg.rect("strip-dot", (x(observed) - 4.0, 3.0), (8.0, 18.0));
    svg.finish(&format!("strip {class}"), (WIDTH as u32, HEIGHT), alternative).replacen(
        "<svg ",
        "<svg preserveAspectRatio=\"none\" ",
        1,
    )
}

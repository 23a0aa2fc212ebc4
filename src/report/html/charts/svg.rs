//! Just enough SVG to write what no library draws, and to frame what one has drawn.

use std::fmt::Write;

/// A drawing in a frame that scales, with words for who can't see it.
pub(super) fn frame(class: &str, size: (u32, u32), alternative: &str, inner: &str) -> String {
    let (width, height) = size;
    let alternative = escape(alternative);
    format!(
        "<svg class=\"chart {class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{alternative}\">{inner}</svg>"
    )
}

/// What is inside the outermost element of a drawing.
pub(super) fn inner(svg: &str) -> &str {
    let start = svg.find("<svg").and_then(|at| Some(at + svg[at..].find('>')? + 1)).unwrap_or(0);
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    svg.get(start..end).unwrap_or_default().trim()
}

/// Text as it is, whatever signs are in it.
pub(super) fn escape(text: &str) -> String {
    html_escape::encode_safe(text).into_owned()
}

/// A drawing as it grows.
#[derive(Default)]
pub(super) struct Svg {
    text: String,
}

// === impl Svg ===

impl Svg {
    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let _ = write!(
            self.text,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        );
    }

    /// A ribbon from one upright edge to another: (x, top) of both, and how thick it is at each.
    pub(super) fn ribbon(
        &mut self,
        class: &str,
        (x0, y0, h0): (f64, f64, f64),
        (x1, y1, h1): (f64, f64, f64),
    ) {
        let mid = (x0 + x1) / 2.0;
        let (b0, b1) = (y0 + h0, y1 + h1);
        let _ = write!(
            self.text,
            "<path class=\"{class}\" d=\"M{x0:.1} {y0:.1}C{mid:.1} {y0:.1} {mid:.1} {y1:.1} {x1:.1} {y1:.1}L{x1:.1} {b1:.1}C{mid:.1} {b1:.1} {mid:.1} {b0:.1} {x0:.1} {b0:.1}Z\"/>"
        );
    }

    /// Words at a place; `class` says how they are anchored.
    pub(super) fn words(&mut self, class: &str, (x, y): (f64, f64), words: &str) {
        let _ = write!(
            self.text,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            escape(words)
        );
    }

    pub(super) fn finish(self, class: &str, size: (u32, u32), alternative: &str) -> String {
        frame(class, size, alternative, &self.text)
    }
}

//! YAML as text, line by line.

use std::fmt::Write;

use crate::import::fit::Think;

/// Lines with their indent.
#[derive(Debug, Default)]
pub struct Yaml {
    text: String,
}

// === impl Yaml ===

impl Yaml {
    /// A line at this depth.
    pub fn line(&mut self, depth: usize, text: impl AsRef<str>) {
        let _ = writeln!(self.text, "{:width$}{}", "", text.as_ref(), width = depth * 2);
    }

    /// Lines as they are.
    pub fn lines(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.text
    }
}

/// A text in double quotes.
pub fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A share as per cent, with one digit, and never quite nothing.
pub fn percent(share: f64) -> String {
    let text = format!("{:.1}", (share * 100.0).clamp(0.1, 100.0));
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

/// Arrivals a second in the unit that fits.
pub fn rate(per_second: f64) -> String {
    let (value, unit) = if per_second >= 1.0 || per_second <= 0.0 {
        (per_second, "s")
    } else {
        (per_second * 60.0, "min")
    };
    let text = format!("{value:.3}");
    format!("{}/{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Seconds as a duration, to the millisecond.
pub fn exactly(seconds: f64) -> String {
    let ms = (seconds * 1_000.0).round().max(1.0) as u64;
    if ms.is_multiple_of(1_000) { format!("{}s", ms / 1_000) } else { format!("{ms}ms") }
}

/// Seconds as a duration, to the second from ten of them on.
pub fn duration(seconds: f64) -> String {
    let ms = (seconds * 1_000.0).round().max(0.0) as u64;
    match ms {
        0 => "0s".to_owned(),
        ms if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        10_000.. => format!("{}s", (ms + 500) / 1_000),
        _ => format!("{ms}ms"),
    }
}

/// A pause: the log-normal law, or the middle four fifths of what was seen where the law does not fit.
pub fn pause(think: &Think) -> String {
    let (median, p90) = (duration(think.median), duration(think.p90()));
    if think.fits && think.median >= 0.001 && median != p90 {
        return format!("{{ median: {median}, p90: {p90} }}");
    }
    let (low, high) = think.range;
    format!("{}..{}", duration(low), duration(high.max(low)))
}

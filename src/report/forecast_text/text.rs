//! Figures and columns of plain text.

use crate::base::{plural, thousands};
use crate::plan::forecast::{Forecast, detect};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A whole number with its thousands apart; below ten with a decimal, where it has one.
pub fn count(n: f64) -> String {
    if n < 10.0 && (n - n.round()).abs() >= 0.05 {
        return format!("{n:.1}");
    }
    thousands(n.round_ties_even() as u64)
}

/// This many of something.
pub fn count_about(n: f64, what: &str) -> String {
    plural(&count(n), what)
}

/// A rate in three significant figures.
pub fn rate(per_second: f64) -> String {
    match per_second {
        100.0.. => count(per_second),
        10.0.. => trim_end(format!("{per_second:.1}")),
        0.01.. | 0.0 => trim_end(format!("{per_second:.2}")),
        _ => format!("{per_second:.0e}"),
    }
}

/// A fraction as a percentage in two significant figures.
pub fn percent(fraction: f64) -> String {
    percentage(fraction, f64::round)
}

/// A bound as a percentage in two significant figures, rounded up: it must not promise too much.
pub fn bound(fraction: f64) -> String {
    // What is a whole number of units but for the rounding of floats stays that number.
    percentage(fraction, |units| (units - 1e-6).max(0.0).ceil())
}

fn percentage(fraction: f64, rounded: impl Fn(f64) -> f64) -> String {
    let percent = fraction * 100.0;
    let decimals = [10.0, 1.0, 0.1, 0.01, 0.001].iter().take_while(|from| percent < **from).count();
    let unit = 10f64.powi(decimals as i32);
    format!("{} %", trim_end(format!("{:.decimals$}", rounded(percent * unit) / unit)))
}

fn trim_end(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The text filled up to a width, or cut to it.
pub fn pad_right(text: &str, width: usize) -> String {
    let mut taken = 0;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    let fill = width.saturating_sub(kept.width());
    kept + &" ".repeat(fill)
}

/// The text against the right edge of a width.
pub fn right(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(text.width())) + text
}

/// The text broken between words into lines no wider than `width`, where its words allow.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// What the plan itself does not know, and how to write.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The plan's digest.
    pub digest: &'a str,
    /// The seed.
    pub seed: u64,
    /// Columns of the screen; fewer than 80 count as 80.
    pub width: usize,
    /// Whether charts and signs are kept to ASCII.
    pub ascii: bool,
}

/// The upper limit of the failure rate if no shopper fails; unknown for a closed load.
pub(super) fn none_fails(forecast: &Forecast, visits: f64) -> String {
    let flow = forecast.arrivals.filter(|_| !forecast.at_most);
    flow.map_or("?".to_owned(), |flow| {
        format!("< {}", bound(detect::bound_of_none((flow.total * visits) as u64)))
    })
}

pub(super) fn indent(line: &String) -> String {
    format!("  {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_that_matter() {
        assert_eq!(
            [0.0, 0.4, 7.0, 9.96, 12_345.6, 1e9].map(count),
            ["0", "0.4", "7", "10", "12,346", "1,000,000,000"]
        );
        assert_eq!(
            [0.0, 0.004, 0.05, 2.5, 33.33, 20.0, 1_234.5].map(rate),
            ["0", "4e-3", "0.05", "2.5", "33.3", "20", "1,234"]
        );
        assert_eq!(
            [0.0, 0.001, 0.000_249, 0.012_31, 0.5, 1.0].map(percent),
            ["0 %", "0.1 %", "0.025 %", "1.2 %", "50 %", "100 %"]
        );
        assert_eq!(
            [0.0, 0.001, 0.000_241, 0.012_31, 0.5, 1.0].map(bound),
            ["0 %", "0.1 %", "0.025 %", "1.3 %", "50 %", "100 %"]
        );
    }

    #[test]
    fn columns_count_places_on_the_screen_not_bytes() {
        assert_eq!(pad_right("naïve", 7), "naïve  ");
        assert_eq!(pad_right("店舗の会計", 5), "店舗 ");
        assert_eq!(right("9", 3), "  9");
        assert_eq!(wrap("one two  three unbreakable", 7), ["one two", "three", "unbreakable"]);
    }
}

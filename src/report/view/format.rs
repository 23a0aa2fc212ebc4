//! Numbers as people read them: honest about what is not known, and never with more digits than the eye takes in.

use crate::base::{Currency, Micros, Money};
pub use crate::base::{count_of, thousands as count};
use crate::verdict::statistics::{Interval, Quantile, Rate};

/// What stands where there is nothing to say.
pub const NOTHING: &str = "–";

/// An expected count: whole from ten on, else with one decimal; some is never shown as none.
pub fn expected_count(n: f64) -> String {
    match n {
        9.95.. => count(n.round() as u64),
        0.05.. => format!("{n:.1}"),
        _ if n > 0.0 => "<0.1".to_owned(),
        _ => "0".to_owned(),
    }
}

/// An interval of expected counts: `195–278`. What is below none is none.
pub fn range(ci95: Interval) -> String {
    format!("{}–{}", expected_count(ci95.low), expected_count(ci95.high))
}

/// An interval of figures that are shown so: `1.2–3.4`; `−0.2 to 0.1` where a dash would look like another sign.
pub fn interval_of(ci95: Interval, show: impl Fn(f64) -> String) -> String {
    format!("{}{}{}", show(ci95.low), if ci95.low < 0.0 { " to " } else { "–" }, show(ci95.high))
}

/// A fraction as a number of per cent without the sign: two significant figures below 1, one decimal above. What is not
/// all or nothing is never printed as such.
pub fn percent_figure(fraction: f64) -> String {
    let percent = 100.0 * fraction;
    match percent {
        _ if percent <= 0.0 => "0".to_owned(),
        _ if percent < 0.001 => "<0.001".to_owned(),
        _ if percent < 0.01 => format!("{percent:.4}"),
        _ if percent < 0.1 => format!("{percent:.3}"),
        _ if percent < 1.0 => format!("{percent:.2}"),
        _ if percent >= 100.0 => "100".to_owned(),
        _ if percent >= 99.95 => ">99.9".to_owned(),
        _ => format!("{percent:.1}"),
    }
}

/// A fraction in per cent: `3.1 %`.
pub fn percent(fraction: f64) -> String {
    format!("{} %", percent_figure(fraction))
}

/// An interval of fractions in per cent: `2.7–3.6 %`.
pub fn interval(ci95: Interval) -> String {
    format!("{}–{} %", percent_figure(ci95.low), percent_figure(ci95.high))
}

/// A rate and its interval as two cells. None among n is never zero: `none`, and `≤ 0.15 %`, which is 3/n.
pub fn rate(rate: &Rate) -> (String, String) {
    match (rate.value(), rate.ci95()) {
        (Some(_), Some(ci95)) if rate.events == 0 => {
            ("none".to_owned(), format!("≤ {}", percent(ci95.high)))
        }
        (Some(value), Some(ci95)) => (percent(value), interval(ci95)),
        _ => (NOTHING.to_owned(), NOTHING.to_owned()),
    }
}

/// A span of time, or a dash where the sample can't carry it.
pub fn span(quantile: Option<Quantile>) -> String {
    quantile.map_or_else(|| NOTHING.to_owned(), |quantile| quantile.value.to_string())
}

/// An interval of spans of time: `1.2s–1.4s`; `over 1.2s` where the sample bounds it from below only.
pub fn span_range(quantile: Option<Quantile>) -> String {
    quantile.map_or_else(
        || NOTHING.to_owned(),
        |quantile| {
            quantile.high.map_or_else(
                || format!("over {}", quantile.low),
                |high| format!("{}–{high}", quantile.low),
            )
        },
    )
}

/// A span of time, if there is one.
pub fn longest(span: Option<Micros>) -> String {
    span.map_or_else(|| NOTHING.to_owned(), |span| span.to_string())
}

/// A rate per second: `41`, `3.2`.
pub fn figure(rate: f64) -> String {
    if rate >= 9.95 { count(rate.round() as u64) } else { format!("{rate:.1}") }
}

/// An amount of money: `EUR 1,234.50`; `1,234.50` where the scenario names no currency.
pub fn money(currency: Option<Currency>, minor_units: f64) -> String {
    amount(currency, minor_units).to_string()
}

/// An interval of amounts of money, without the currency: `1,020.00–1,449.50`.
pub fn money_range(currency: Option<Currency>, ci95: Interval) -> String {
    let [low, high] = [ci95.low, ci95.high].map(|end| amount(currency, end).amount());
    format!("{low}–{high}")
}

fn amount(currency: Option<Currency>, minor_units: f64) -> Money {
    Money { minor_units: minor_units.max(0.0).round() as u64, currency }
}

/// A q-value, the p-value corrected for the number of tests.
pub fn q_value(q: f64) -> String {
    if q < 0.001 { "<0.001".to_owned() } else { format!("{q:.3}") }
}

/// How many times: `41`, `3.2`.
pub fn times(lift: f64) -> String {
    if lift >= 9.95 { count(lift.round() as u64) } else { format!("{lift:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0.0, 0.04, 9.94, 9.96, 1_234.4].map(expected_count),
            ["0", "<0.1", "9.9", "10", "1,234"]
        );
        assert_eq!([1.24, 40.6, 1_200.0].map(times), ["1.2", "41", "1,200"]);
    }

    #[test]
    fn an_interval_of_money_names_no_currency() {
        let euros = Currency::new("EUR");
        assert_eq!(money(euros, 123_450.4), "EUR 1,234.50");
        assert_eq!(money_range(euros, Interval { low: 99.0, high: 250_000.0 }), "0.99–2,500.00");
    }

    #[test]
    fn what_is_not_all_or_nothing_is_never_printed_as_such() {
        let shown =
            [0.0, 1e-7, 4e-5, 0.000_523, 0.003_1, 0.031, 0.314, 0.999_4, 0.999_9, 1.0].map(percent);
        assert_eq!(
            shown,
            [
                "0 %", "<0.001 %", "0.0040 %", "0.052 %", "0.31 %", "3.1 %", "31.4 %", "99.9 %",
                ">99.9 %", "100 %"
            ]
        );
    }

    #[test]
    fn no_failure_is_at_most_three_over_n() {
        assert_eq!(rate(&Rate::new(0, 2_000)), ("none".to_owned(), "≤ 0.15 %".to_owned()));
        assert_eq!(rate(&Rate::new(0, 2)), ("none".to_owned(), "≤ 100 %".to_owned()));
        assert_eq!(rate(&Rate::new(0, 0)), ("–".to_owned(), "–".to_owned()));
        assert_eq!(rate(&Rate::new(12, 2_000)), ("0.60 %".to_owned(), "0.34–1.0 %".to_owned()));
    }
}

//! Whether the shop throttles the load generator and not its shoppers.
//!
//! Shops limit the requests of an address, and all load of a run comes from one, or a few. Such a limit answers 429 to anybody,
//! and lets through as many requests in each second as in any other. Real shoppers have addresses of their own and would
//! not meet it. So 429s are an artefact of the test where shoppers of all attributes meet them alike, and where they go with the
//! rate of requests: what is let through varies less than arrivals at random do, or busy seconds have more of them.

use std::collections::BTreeMap;

use crate::base::Micros;
use crate::plan::Plan;
use crate::tally::{FailureKind, SecondTally, Tally};
use crate::verdict::hotspots::MIN_REPEATED;
use crate::verdict::statistics::fisher_two_sided;

/// Requests refused for their number.
#[derive(Clone, Debug, PartialEq)]
pub struct Throttling {
    /// Shoppers who met a 429.
    pub shoppers: u64,
    /// Of how many.
    pub of: u64,
    /// Attempts that were answered so.
    pub attempts: u64,
    /// When the first was.
    pub began_at: Micros,
    /// Requests in that second.
    pub rate: u64,
    /// What one of them said in `Retry-After`; none if it said nothing.
    pub retry_after: Option<String>,
}

/// Fewer shoppers than this share are no reason to doubt a run.
const LEAST_SHARE: f64 = 0.01;
/// What is let through varies by less than this part of its mean: of arrivals at random the variance is the mean.
const STEADY: f64 = 0.5;
/// This many times the share in quiet seconds.
const BUSIER: f64 = 1.5;
/// The level at which shoppers of some value are said to meet more 429s than the others, all values together.
const LEVEL: f64 = 0.01;

/// The shop's limit on the address of the load generator, if it met one.
pub fn throttling(plan: &Plan, tally: &Tally) -> Option<Throttling> {
    let attempts: u64 = tally.seconds.values().map(|second| second.throttled).sum();
    if attempts < MIN_REPEATED {
        return None;
    }
    let (mut shoppers, mut of) = (0, 0);
    for (key, count) in &tally.shoppers {
        of += count.shoppers;
        shoppers += if key.outcome.before_order.throttled > 0 { count.shoppers } else { 0 };
    }
    let common = shoppers >= MIN_REPEATED && shoppers as f64 >= LEAST_SHARE * of as f64;
    if !common || !goes_with_the_rate(tally) || !alike_for_all(plan, tally) {
        return None;
    }
    let (second, first) = tally.seconds.iter().find(|(_, second)| second.throttled > 0)?;
    Some(Throttling {
        shoppers,
        of,
        attempts,
        began_at: Micros::from_secs(u64::from(*second)),
        rate: first.requests,
        retry_after: retry_after(tally),
    })
}

/// What the shop asks of those whom it refuses for their number, if an example of them was kept.
fn retry_after(tally: &Tally) -> Option<String> {
    let refused =
        tally.samples.causes.iter().filter(|(cause, _)| cause.site.kind == FailureKind::Throttled);
    let exchanges = refused.flat_map(|(_, lines)| lines.values()).flat_map(|line| &line.exchanges);
    let mut heads = exchanges
        .filter(|exchange| exchange.failure == Some(FailureKind::Throttled))
        .filter_map(|exchange| exchange.response.as_deref()?.split("\r\n\r\n").next());
    heads.find_map(|head| {
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
        Some(value.trim().to_owned())
    })
}

/// Whether 429s come when there are many requests.
fn goes_with_the_rate(tally: &Tally) -> bool {
    let busy: Vec<&SecondTally> =
        tally.seconds.values().filter(|second| second.requests > 0).collect();
    let let_through: Vec<f64> = busy
        .iter()
        .filter(|second| second.throttled > 0)
        .map(|second| second.requests.saturating_sub(second.throttled) as f64)
        .collect();
    if busy.is_empty() {
        return false;
    }
    let (n, mean) =
        (let_through.len() as f64, let_through.iter().sum::<f64>() / let_through.len() as f64);
    let variance =
        let_through.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let steady = let_through.len() as u64 >= MIN_REPEATED && variance <= STEADY * mean;
    let requests: u64 = busy.iter().map(|second| second.requests).sum();
    let usual = requests as f64 / busy.len() as f64;
    let share = |above: bool| {
        let (mut throttled, mut of) = (0, 0);
        for second in busy.iter().filter(|second| (second.requests as f64 > usual) == above) {
            (throttled, of) = (throttled + second.throttled, of + second.requests);
        }
        throttled as f64 / of.max(1) as f64
    };
    steady || share(true) > BUSIER * share(false)
}

/// Whether no value of an attribute has more than its share: a limit on an address can't tell shoppers apart.
fn alike_for_all(plan: &Plan, tally: &Tally) -> bool {
    // By attribute and value: those who met a 429, and all.
    let mut seen: BTreeMap<(usize, u8), (u64, u64)> = BTreeMap::new();
    let (mut met, mut of) = (0, 0);
    for (key, count) in &tally.shoppers {
        let here = if key.outcome.before_order.throttled > 0 { count.shoppers } else { 0 };
        (met, of) = (met + here, of + count.shoppers);
        for (attribute, value) in key.attributes.iter().enumerate() {
            let cell = seen.entry((attribute, *value)).or_default();
            *cell = (cell.0 + here, cell.1 + count.shoppers);
        }
    }
    let values: usize = plan.shoppers.attributes.iter().map(|known| known.values.len()).sum();
    let stands_out = |(here, all): &(u64, u64)| {
        let (others, rest) = (met - here, of - all);
        let twice = *here as f64 * rest as f64 > 2.0 * others as f64 * *all as f64;
        twice && fisher_two_sided(*here, *all, others, rest) * (values as f64) < LEVEL
    };
    !seen.values().any(stands_out)
}

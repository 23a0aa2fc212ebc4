//! What happened when, and whether failures repeat because of the shopper or because of the moment.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::format::{count, expected, percent, rate, times};
use super::page::{Fit, Remark, Table, Tone};
use crate::base::Micros;
use crate::plan::{Behaviour, Plan};
use crate::verdict::{Findings, Overload, RunFacts, Source, TimeWindow, WhyRepeated};

/// From this share of failing first attempts on, the shop was down, and not merely worse.
const DOWN: f64 = 0.5;
/// More windows than this are counted, not told.
const TOLD: usize = 2;

/// Why failures repeat, in a sentence; none if too few tried again after a failure to say.
pub fn source(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<Remark> {
    let Source { why, strata, windows } = &findings.repeats.source;
    let beside = strata.risk_ratio().map_or_else(
        || "the next one often fails as well, while other shoppers' first attempts at the same time do not".to_owned(),
        |(ratio, _)| format!("the next one fails {} times as often as other shoppers' first attempts at the same time", times(ratio)),
    );
    let usually = findings
        .repeats
        .pooled
        .lift
        .map_or_else(String::new, |(lift, _)| format!("{} times as often as a first one usually does, but ", times(lift)));
    let own = "the shopper's own circumstances";
    let moment = || told(plan, facts, windows);
    let text = match why {
        WhyRepeated::TooFew => return None,
        WhyRepeated::Chance => {
            "Failures do not repeat beyond chance: after a failed attempt the next one fails no more often than other shoppers' first attempts."
                .to_owned()
        }
        WhyRepeated::Shopper => format!("Failures repeat because of {own}: after a failed attempt {beside}."),
        WhyRepeated::Moment => format!(
            "Failures repeat because {}: after a failed attempt the next one fails {usually}no more often than other shoppers' first attempts at \
             the same time.",
            moment()
        ),
        WhyRepeated::ShopperAndMoment => {
            format!("Failures repeat above all because of {own} (after a failed attempt {beside}), and because {}.", moment())
        }
        WhyRepeated::MomentAndShopper => {
            format!("Failures repeat above all because {}, and because of {own} (after a failed attempt {beside}).", moment())
        }
    };
    Some(Remark::new(if *why == WhyRepeated::Chance { Tone::Good } else { Tone::Bad }, text))
}

/// `the shop was down from 12:01:10 to 12:01:40`; the costliest first.
fn told(plan: &Plan, facts: &RunFacts, windows: &[TimeWindow]) -> String {
    let mut ranked: Vec<&TimeWindow> = windows.iter().collect();
    ranked.sort_by_key(|window| (std::cmp::Reverse(window.failed_again), window.from));
    let texts: Vec<String> = ranked.iter().take(TOLD).map(|window| one(plan, facts, window)).collect();
    let more = match windows.len().saturating_sub(TOLD) {
        0 => String::new(),
        1 => ", and at another time".to_owned(),
        more => format!(", and at {more} other times"),
    };
    texts.join(" and ") + &more
}

fn one(plan: &Plan, facts: &RunFacts, window: &TimeWindow) -> String {
    let what = window.unit.map_or_else(|| "the shop".to_owned(), |unit| plan.unit(unit).name.clone());
    let down = window.inside.value().unwrap_or_default() >= DOWN;
    let how = if down {
        "was down".to_owned()
    } else {
        format!("failed {} of first attempts", percent(window.inside.value().unwrap_or_default()))
    };
    format!("{what} {how} from {}", span(facts, window.from, window.until, window.to_the_end))
}

/// `12:01:10 to 12:01:40`; `12:01:10 to the end`.
fn span(facts: &RunFacts, from: Micros, until: Micros, to_the_end: bool) -> String {
    let until = if to_the_end { "the end".to_owned() } else { clock(facts, until) };
    format!("{} to {until}", clock(facts, from))
}

/// The time of day in UTC.
fn clock(facts: &RunFacts, at: Micros) -> String {
    let moment = facts.started_at.as_microsecond().saturating_add_unsigned(at.0);
    let moment = Timestamp::from_microsecond(moment).unwrap_or(facts.started_at);
    moment.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string()
}

/// The times at which the shop failed more than at others.
pub fn windows(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Table {
    let lost = findings.loss.is_some();
    let mut columns = vec![
        ("from (UTC)", Fit::Name),
        ("to", Fit::Name),
        ("after", Fit::Optional(3)),
        ("at", Fit::Name),
        ("first attempts", Fit::Optional(1)),
        ("failed", Fit::Figure),
        ("elsewhere", Fit::Figure),
        ("repeated", Fit::Figure),
    ];
    columns.extend(lost.then_some(("excess lost", Fit::Figure)));
    let mut table = Table::new("When the shop failed more than at other times", &columns);
    for window in &findings.windows {
        let unit = window.unit.map_or_else(|| "the whole shop".to_owned(), |unit| plan.unit(unit).name.clone());
        let until = if window.to_the_end { "the end".to_owned() } else { clock(facts, window.until) };
        let mut cells = vec![clock(facts, window.from), until, window.from.to_string(), unit, count(window.inside.of)];
        cells.extend([rate(&window.inside).0, rate(&window.outside).0, count(window.repeated)]);
        cells.extend(lost.then(|| window.excess_lost.map_or_else(String::new, expected)));
        table.row(Tone::Bad, cells);
    }
    table
}

/// What an overload did; and where shoppers really leave, how much trying again adds to the load.
pub fn pressure(facts: &RunFacts, findings: &Findings) -> Vec<Remark> {
    let Some(loss) = &findings.loss else { return Vec::new() };
    let added = loss.pressure.amplification.filter(|times| loss.behaviour == Behaviour::Live && *times > 1.0);
    let added = added.map(|times| Remark::new(Tone::Plain, format!("Trying again made {times:.2} attempts of each first one.")));
    let overloads = loss.pressure.overloads.iter().map(|overload| Remark::new(Tone::Bad, overloaded(facts, overload)));
    added.into_iter().chain(overloads).collect()
}

fn overloaded(facts: &RunFacts, overload: &Overload) -> String {
    let per_second = |rate: f64| format!("{}/s", super::format::figure(rate));
    let began = format!(
        "The shop began to fail at {} when {} arrived, on the way to {}",
        clock(facts, overload.from),
        per_second(overload.onset_rate),
        per_second(overload.peak_rate)
    );
    let again = overload.amplification.map_or_else(String::new, |times| format!("; trying again made {times:.2} attempts of each"));
    let after = match (overload.until, overload.hysteresis) {
        (Some(_), Some(hysteresis)) if hysteresis > 0.05 * overload.onset_rate => format!(
            "it recovered {} after the load was back there, and only at {}",
            overload.recovery,
            per_second(overload.onset_rate - hysteresis)
        ),
        (Some(_), _) => format!("it recovered {} after the load was back there", overload.recovery),
        (None, _) => format!("it had not recovered by the end, {} after the load was back there", overload.recovery),
    };
    format!("{began}{again}; {after}.")
}

//! What happened when, and whether failures repeat because of the shopper or because of the moment.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{count, expected, percent, range, rate, times};
use super::warning::was_late;
use crate::base::{Micros, plural};
use crate::plan::{Behaviour, Plan};
use crate::verdict::statistics::MantelHaenszel;
use crate::verdict::{Findings, Overload, RunFacts, Source, TimeWindow, WhyRepeated};

/// From this share of failing first attempts on, the shop was down, and not merely worse.
const DOWN: f64 = 0.9;
/// From this many times the others' rate on, repetition matters: where it can't be ruled out, that is said.
const MATTERS: f64 = 2.0;
/// More windows than this are counted, not told.
const TOLD: usize = 2;

/// Why failures repeat, in a sentence; none if too few tried again after a failure to say.
pub fn source(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<Statement> {
    let found = &findings.repeats.source;
    let Source { why, strata, windows, .. } = found;
    let beside = strata.risk_ratio().map_or_else(
        || "the next one often fails as well, while other shoppers' first attempts at the same time do not".to_owned(),
        |(ratio, _)| format!("the next one fails {} times as often as other shoppers' first attempts at the same time", times(ratio)),
    );
    let usually = findings
        .repeats
        .pooled
        .lift
        .filter(|(lift, _)| *lift > 1.0)
        .map_or_else(String::new, |(lift, _)| {
            format!("{} times as often as a first one usually does, but ", times(lift))
        });
    let own = "the shopper's own circumstances";
    let moment = || told(plan, facts, findings, windows);
    let text = match why {
        WhyRepeated::TooFew => return None,
        WhyRepeated::Chance => chance(strata),
        WhyRepeated::Always => format!(
            "Failures repeat because most attempts fail, anyone's and at any time: {} of first attempts where they fell.",
            percent(findings.repeats.pooled.p_first.unwrap_or_default())
        ),
        WhyRepeated::Shopper => {
            format!("Failures repeat because of {own}: after a failed attempt {beside}.")
        }
        WhyRepeated::Moment => format!(
            "Failures repeat because {}: after a failed attempt the next one fails {usually}no more often than other shoppers' first attempts at \
             the same time.",
            moment()
        ),
        WhyRepeated::ShopperAndMoment => {
            format!(
                "Failures repeat above all because of {own} (after a failed attempt {beside}), and because {}.",
                moment()
            )
        }
        WhyRepeated::MomentAndShopper => {
            format!(
                "Failures repeat above all because {}, and because of {own} (after a failed attempt {beside}).",
                moment()
            )
        }
    };
    let text = warning(found).map_or_else(|| text.clone(), |caution| format!("{text} {caution}"));
    Some(Statement::new(if *why == WhyRepeated::Chance { Tone::Plain } else { Tone::Bad }, text))
}

/// What may have been taken for the shopper's own circumstances, if anything.
pub fn warning(source: &Source) -> Option<String> {
    source.may_hide_a_moment().then(|| {
        let block = source.block;
        format!(
            "(Attempts are compared within blocks of {block}: a bad moment of the shop that was shorter would look like the shopper's own.)"
        )
    })
}

/// That nothing was found is no proof that nothing is there: how much there may be is said with it.
fn chance(strata: &MantelHaenszel) -> String {
    let Some((ratio, ci95)) = strata.risk_ratio() else {
        return format!(
            "Failures are not seen to repeat: of {} who tried again after a failure {} failed again.",
            count(strata.compared),
            if strata.compared_failed == 0 {
                "none".to_owned()
            } else {
                count(strata.compared_failed)
            }
        );
    };
    let said = if ci95.high <= MATTERS {
        "Failures do not repeat beyond chance"
    } else {
        "Failures are not shown to repeat beyond chance"
    };
    format!(
        "{said}: after a failed attempt the next one fails {} times as often as other shoppers' first attempts at the same time ({} to {}).",
        times(ratio),
        times(ci95.low),
        times(ci95.high)
    )
}

/// `the shop was down from 12:01:10 to 12:01:40`; the costliest first.
fn told(plan: &Plan, facts: &RunFacts, findings: &Findings, windows: &[TimeWindow]) -> String {
    let mut ranked: Vec<&TimeWindow> = windows.iter().collect();
    ranked.sort_by_key(|window| (std::cmp::Reverse(window.failed_again), window.from));
    let texts: Vec<String> =
        ranked.iter().take(TOLD).map(|window| one(plan, facts, findings, window)).collect();
    let more = match windows.len().saturating_sub(TOLD) {
        0 => String::new(),
        1 => ", and at another time".to_owned(),
        more => format!(", and at {more} other times"),
    };
    texts.join(" and ") + &more
}

/// The time that cost most: from when to when, what happened, and how it should strike the reader; none if no time stands out.
pub fn worst(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<(String, String, Tone)> {
    let window = findings
        .windows
        .iter()
        .max_by_key(|window| (window.repeated, std::cmp::Reverse(window.from)))?;
    let what = what(plan, window);
    let (inside, outside) = (rate(&window.inside).0, rate(&window.outside).0);
    let others = match findings.windows.len() - 1 {
        0 => String::new(),
        1 => "; one more time stands out".to_owned(),
        more => format!("; {more} more times stand out"),
    };
    let late = late(findings, window);
    let text =
        format!("{what} failed {inside} of first attempts, {outside} at other times{late}{others}");
    let tone = if late.is_empty() { Tone::Bad } else { Tone::Doubtful };
    Some((format!("{} UTC", span(facts, window.from, window.until, window.to_the_end)), text, tone))
}

/// When the shop was worse than at other times, where that is not why failures repeat: who meets one failure may leave as well.
pub fn bad_times(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Option<Statement> {
    let told_already = !findings.repeats.source.windows.is_empty();
    (!told_already && !findings.windows.is_empty()).then(|| {
        let lost: f64 = findings
            .windows
            .iter()
            .filter_map(|window| window.excess_lost)
            .map(|(lost, _)| lost)
            .sum();
        let cost = if lost > 0.0 {
            format!("; that loses about {}", plural(&expected(lost), "shopper"))
        } else {
            String::new()
        };
        Statement::new(
            Tone::Bad,
            format!(
                "At times more failed than at others: {}{cost}.",
                told(plan, facts, findings, &findings.windows)
            ),
        )
    })
}

/// What was bad: a unit, or all of them together.
fn what(plan: &Plan, window: &TimeWindow) -> String {
    window.unit.map_or_else(|| "the shop".to_owned(), |unit| plan.unit_label(unit))
}

/// What must be said of a time in which the generator was late as well: the shop may not be to blame.
fn late(findings: &Findings, window: &TimeWindow) -> &'static str {
    if was_late(findings, window.from, window.until) {
        " (the generator was late then)"
    } else {
        ""
    }
}

fn one(plan: &Plan, facts: &RunFacts, findings: &Findings, window: &TimeWindow) -> String {
    let what = what(plan, window);
    let down = window.inside.value().unwrap_or_default() >= DOWN;
    let how = if down {
        "was down".to_owned()
    } else {
        format!("failed {} of first attempts", percent(window.inside.value().unwrap_or_default()))
    };
    format!(
        "{what} {how} from {}{}",
        span(facts, window.from, window.until, window.to_the_end),
        late(findings, window)
    )
}

/// `12:01:10 to 12:01:40`; `12:01:10 to the end`.
fn span(facts: &RunFacts, from: Micros, until: Micros, to_the_end: bool) -> String {
    let until = if to_the_end { "the end".to_owned() } else { clock(facts, until) };
    format!("{} to {until}", clock(facts, from))
}

/// The time of day in UTC.
pub(super) fn clock(facts: &RunFacts, at: Micros) -> String {
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
        ("first attempts", Fit::Optional(2)),
        ("failed", Fit::Figure),
        ("95 % range", Fit::Optional(1)),
        ("elsewhere", Fit::Figure),
        ("95 % range", Fit::Optional(5)),
        ("repeated", Fit::Figure),
    ];
    columns.extend(lost.then_some(("excess lost", Fit::Figure)));
    columns.extend(lost.then_some(("range of excess", Fit::Optional(4))));
    let any_late = findings.windows.iter().any(|window| !late(findings, window).is_empty());
    columns.extend(any_late.then_some(("generator", Fit::Name)));
    let mut table = Table::new("When the shop failed more than at other times", &columns);
    for window in &findings.windows {
        let unit =
            window.unit.map_or_else(|| "the whole shop".to_owned(), |unit| plan.unit_label(unit));
        let until =
            if window.to_the_end { "the end".to_owned() } else { clock(facts, window.until) };
        let mut cells = vec![
            clock(facts, window.from),
            until,
            window.from.to_string(),
            unit,
            count(window.inside.trials),
        ];
        let (inside, outside) = (rate(&window.inside), rate(&window.outside));
        cells.extend([inside.0, inside.1, outside.0, outside.1, count(window.repeated)]);
        if lost {
            let excess = window.excess_lost;
            cells.extend([
                excess.map_or_else(String::new, |(lost, _)| expected(lost)),
                excess.map_or_else(String::new, |(_, ci95)| range(ci95)),
            ]);
        }
        let was_late = !late(findings, window).is_empty();
        cells.extend(any_late.then(|| if was_late { "was late" } else { "on time" }.to_owned()));
        table.row(if was_late { Tone::Doubtful } else { Tone::Bad }, cells);
    }
    table
}

/// What an overload did; and where shoppers really leave, how much trying again adds to the load.
pub fn pressure(facts: &RunFacts, findings: &Findings) -> Vec<Statement> {
    let Some(loss) = &findings.loss else { return Vec::new() };
    let added = loss
        .pressure
        .amplification
        .filter(|times| loss.behaviour == Behaviour::Live && *times > 1.0);
    let added = added.map(|times| {
        Statement::new(
            Tone::Plain,
            format!("Trying again made {times:.2} attempts of each first one."),
        )
    });
    // Where nobody leaves, the pressure of trying again is not a real shop's.
    let overloads =
        loss.pressure.overloads.iter().filter(|_| loss.behaviour == Behaviour::Live).map(
            |overload| {
                let was_late =
                    was_late(findings, overload.from, overload.until.unwrap_or(Micros(u64::MAX)));
                let (tone, caution) = if was_late {
                    (Tone::Doubtful, " The generator was late then.")
                } else {
                    (Tone::Bad, "")
                };
                Statement::new(tone, overloaded(facts, overload) + caution)
            },
        );
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
    let again = overload.amplification.map_or_else(String::new, |times| {
        format!("; trying again made {times:.2} attempts of each")
    });
    let after = match (overload.until, overload.hysteresis) {
        (Some(_), Some(hysteresis)) if hysteresis > 0.05 * overload.onset_rate => format!(
            "it recovered {} after the load was back there, and only at {}",
            overload.recovery,
            per_second(overload.onset_rate - hysteresis)
        ),
        (Some(_), _) => format!("it recovered {} after the load was back there", overload.recovery),
        (None, _) => format!(
            "it had not recovered by the end, {} after the load was back there",
            overload.recovery
        ),
    };
    format!("{began}{again}; {after}.")
}

//! The sentences of a comparison.

use super::tables::{figure, range, ratio, seen};
use crate::report::view::format::{counted, percent, times};
use crate::report::view::tables::group;
use crate::report::view::{Statement, Tone, Warning, headline};
use crate::verdict::Verdict;
use crate::verdict::compare::{
    Answer, ChangedSpot, Comparison, Difference, LEAST_MARGIN, LEAST_SLOWER, Side,
};

/// So many regressions are named in the verdict's line.
const NAMED: usize = 3;

/// What is compared with what.
pub(super) fn title(base: &Side<'_>, candidate: &Side<'_>) -> String {
    let name = |side: &Side<'_>| {
        let tags: Vec<String> =
            side.facts.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let tags = if tags.is_empty() { String::new() } else { format!(" ({})", tags.join(", ")) };
        format!("{}{tags}", side.facts.started_at.strftime("%Y-%m-%d %H:%M:%SZ"))
    };
    format!("{}: {} beside {}", candidate.plan.name, name(candidate), name(base))
}

/// Both runs in a line.
pub(super) fn subtitle(base: &Side<'_>, candidate: &Side<'_>) -> String {
    let of = |side: &Side<'_>| {
        format!(
            "{} against {}",
            counted(side.findings.shoppers.started, "shopper"),
            side.facts.target
        )
    };
    format!("candidate: {}; base: {}", of(candidate), of(base))
}

/// Why the verdict is what it is.
pub(super) fn reason(found: &Comparison) -> Statement {
    match found.verdict {
        Verdict::Fail => {
            let worse: Vec<&Difference> = found.regressions().collect();
            let named: Vec<String> =
                worse.iter().take(NAMED).map(|difference| moved(difference)).collect();
            let more = worse.len().saturating_sub(NAMED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            Statement::new(Tone::Bad, format!("a regression: {}{more}", named.join("; ")))
        }
        Verdict::Pass => Statement::new(
            Tone::Good,
            format!("no regression: {}", found.primary().map(moved).unwrap_or_default()),
        ),
        Verdict::Invalid => Statement::new(
            Tone::Doubtful,
            "a generator, not the shop, was the bottleneck in one of the runs: their difference says little",
        ),
        Verdict::Interrupted | Verdict::Inconclusive => {
            Statement::new(Tone::Doubtful, undecided(found))
        }
    }
}

fn undecided(found: &Comparison) -> String {
    match found.primary() {
        None => "one of the runs has seen nothing of what is compared".to_owned(),
        Some(primary) if primary.answer != Answer::Inconclusive => {
            format!(
                "the generator is suspect, so that nothing can be said to be no worse: {}",
                moved(primary)
            )
        }
        Some(primary) => {
            let needed = match primary.times_needed {
                Some(more) => format!("about {} times as many shoppers would decide", times(more)),
                None => "too close to what matters for any number of shoppers".to_owned(),
            };
            format!("too little was seen to say whether {}; {needed}", moved(primary))
        }
    }
}

/// `repeated_failures went from 0.50 % to 1.0 % (+0.26 to +0.75 pt)`.
fn moved(difference: &Difference) -> String {
    let (base, candidate) =
        (figure(difference, &difference.base), figure(difference, &difference.candidate));
    format!("{} went from {base} to {candidate}{}", difference.key, in_brackets(difference))
}

/// Where the change lies, if that can be said: ` (+0.2 to +0.7 pt)`.
pub(super) fn in_brackets(difference: &Difference) -> String {
    if difference.known_ci95().is_some() {
        format!(" ({})", range(difference))
    } else {
        String::new()
    }
}

/// The caution that the generators call for.
pub(super) fn caution(found: &Comparison) -> Option<Warning> {
    let sentence = "Not to be believed: in one of the runs the generator was the bottleneck, so that what differs may be its own doing, and not \
                    the shop's.";
    (found.verdict == Verdict::Invalid)
        .then(|| Warning { of_all: true, sentence: sentence.to_owned() })
}

/// What matters most, after what must be known before it is believed, as sentences.
pub(super) fn headline(found: &Comparison) -> Vec<String> {
    caution(found)
        .map(|caution| caution.sentence)
        .into_iter()
        .chain(self::found(found).into_iter().map(|remark| remark.text))
        .collect()
}

/// What matters most, in plain sentences.
pub(super) fn found(found: &Comparison) -> Vec<Statement> {
    let mut remarks = Vec::new();
    if let Some(primary) = found.primary() {
        let more = match (ratio(primary), primary.subject.is_time()) {
            (Some(ratio), false) => format!(", {} times the base's", times(ratio)),
            _ => String::new(),
        };
        let per = 10_000.0 * primary.change;
        let per = match primary.subject.is_time() {
            true => seen(primary),
            false => format!("{per:+.1} of every 10,000 shoppers").replace('-', "−"),
        };
        let (tone, word) = match primary.answer {
            Answer::Regression => (Tone::Bad, "a regression"),
            Answer::NoRegression => (Tone::Good, "no regression"),
            Answer::Inconclusive => (Tone::Doubtful, "inconclusive"),
        };
        remarks
            .push(Statement::new(tone, format!("Primary, {}: {word}. {per}{more}.", primary.key)));
    }
    remarks.extend(others(found));
    remarks.extend(
        found
            .places
            .new
            .iter()
            .filter(|spot| spot.sure)
            .map(|spot| place(spot, "now fail again and again", Tone::Bad)),
    );
    remarks.extend(
        found
            .places
            .vanished
            .iter()
            .filter(|spot| spot.sure)
            .map(|spot| place(spot, "no longer fail again and again", Tone::Good)),
    );
    remarks
}

fn others(found: &Comparison) -> Option<Statement> {
    let others = || found.differences.iter().filter(|difference| !difference.primary);
    let of = |answer| others().filter(|difference| difference.answer == answer).count();
    let (worse, open, all) = (of(Answer::Regression), of(Answer::Inconclusive), others().count());
    let tone = if worse > 0 { Tone::Bad } else { Tone::Plain };
    let text = format!(
        "Of {} {worse} got worse, {} did not, and for {open} too little was seen to say.",
        counted(all as u64, "other figure"),
        all - worse - open
    );
    (all > 0).then(|| Statement::new(tone, text))
}

fn place(changed: &ChangedSpot, what: &str, tone: Tone) -> Statement {
    let at = if changed.steps.is_empty() {
        String::new()
    } else {
        format!(" at {}", changed.steps.join(", "))
    };
    let rate = |rate: Option<f64>| {
        rate.filter(|rate| *rate > 0.0).map_or_else(|| "none".to_owned(), percent)
    };
    let (here, there) =
        (rate(changed.spot.inside.value()), rate(changed.other.and_then(|rate| rate.value())));
    let (before, after) = if tone == Tone::Bad { (there, here) } else { (here, there) };
    Statement::new(
        tone,
        format!(
            "Shoppers with {} {what}{at}: {before} of them before, {after} now.",
            group(&changed.spot)
        ),
    )
}

/// Both generators; their doubts with remedies.
pub(super) fn generators(base: &Side<'_>, candidate: &Side<'_>) -> Vec<Statement> {
    let of = |name: &str, side: &Side<'_>| {
        let remarks = headline::generator(side.findings).into_iter();
        remarks
            .map(|remark| Statement { text: format!("{name}: {}", remark.text), ..remark })
            .collect::<Vec<_>>()
    };
    [of("Base", base), of("Candidate", candidate)].concat()
}

/// What a reader must know to read the figures rightly.
pub(super) fn notes(found: &Comparison) -> Vec<String> {
    let mut notes: Vec<String> =
        found.unlike.iter().map(|reason| format!("The runs are not alike: {reason}.")).collect();
    let matters = format!(
        "What matters: {} of a time and at least {LEAST_SLOWER}, {} of a rate and at least {} points",
        percent(found.margin),
        percent(found.margin),
        100.0 * LEAST_MARGIN
    );
    notes.push(match found.noise_runs.len() {
        0 if found.duet => format!("{matters}."),
        0 => format!("{matters}. No noise floor is stored; `tillrush compare --calibrate RUN...` on like runs stores one."),
        runs => format!("{matters}, or what {runs} like runs differ by anyway."),
    });
    if let Some(rise) = found.detectable {
        notes.push(format!(
            "Runs like these find a rise of {} points of the primary figure four times in five.",
            crate::report::view::format::percent_figure(rise)
        ));
    }
    if found.duet {
        notes.push(
            "A duet: the same shoppers were in both shops at once, so that what both met counts for nothing. Failures of a step are those of first \
             attempts, in pairs (McNemar)."
                .to_owned(),
        );
    }
    notes.push("p is corrected for the number of figures, but for the primary one, which decides by itself.".to_owned());
    if found.differences.iter().any(|difference| difference.weak) {
        notes.push("Ranges are weak: the runs are too short to tell bursts of failures from independent ones.".to_owned());
    }
    notes
}

/// Each difference in a line, in the order of the comparisons: `0.50 % → 0.98 %, +0.48 pt (+0.2 to +0.7 pt): REGRESSION`.
pub(super) fn differences(found: &Comparison) -> Vec<String> {
    let line = |difference: &Difference| {
        format!(
            "{} → {}, {}{}: {}",
            figure(difference, &difference.base),
            figure(difference, &difference.candidate),
            seen(difference),
            in_brackets(difference),
            super::tables::answer(difference)
        )
    };
    found.differences.iter().map(line).collect()
}

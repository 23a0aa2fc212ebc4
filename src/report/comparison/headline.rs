//! The sentences of a comparison.

use super::tables::{figure, observed_change, range, ratio};
use crate::base::Micros;
use crate::report::view::format::{count_of, percent, percent_figure, times};
use crate::report::view::generator::generator;
use crate::report::view::hotspots::group;
use crate::report::view::{Statement, Tone, Warning};
use crate::verdict::Verdict;
use crate::verdict::compare::{
    ChangeVerdict, ComparedRun, Comparison, Difference, HotspotChange, LEAST_MARGIN, LEAST_SLOWER,
};

/// Regressions beyond these are only counted in the verdict's line.
const LISTED: usize = 3;

/// The scenario and both runs.
pub(super) fn title(base: &ComparedRun<'_>, candidate: &ComparedRun<'_>) -> String {
    let name = |side: &ComparedRun<'_>| {
        let tags: Vec<String> =
            side.facts.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let tags = if tags.is_empty() { String::new() } else { format!(" ({})", tags.join(", ")) };
        format!("{}{tags}", side.facts.started_at.strftime("%Y-%m-%d %H:%M:%SZ"))
    };
    format!("{}: {} vs. baseline {}", candidate.plan.name, name(candidate), name(base))
}

/// The size and the target of both runs.
pub(super) fn subtitle(base: &ComparedRun<'_>, candidate: &ComparedRun<'_>) -> String {
    let of = |side: &ComparedRun<'_>| {
        format!(
            "{} against {}",
            count_of(side.findings.shoppers.started, "shopper"),
            side.facts.target
        )
    };
    format!("candidate: {}; base: {}", of(candidate), of(base))
}

/// The reason for the verdict.
pub(super) fn reason(found: &Comparison) -> Statement {
    match found.verdict {
        Verdict::Fail => {
            let worse: Vec<&Difference> = found.regressions().collect();
            let changes: Vec<String> =
                worse.iter().take(LISTED).map(|difference| describe(difference)).collect();
            let more = worse.len().saturating_sub(LISTED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            Statement::new(Tone::Bad, format!("regression: {}{more}", changes.join("; ")))
        }
        Verdict::Pass => Statement::new(
            Tone::Good,
            format!("no regression: {}", found.primary().map(describe).unwrap_or_default()),
        ),
        Verdict::Invalid => Statement::new(
            Tone::Doubtful,
            "the load generator was saturated in one of the runs, so they cannot be compared",
        ),
        Verdict::Interrupted | Verdict::Inconclusive | Verdict::NotReconciled => {
            Statement::new(Tone::Doubtful, describe_undecided(found))
        }
    }
}

fn describe_undecided(found: &Comparison) -> String {
    match found.primary() {
        None => "one of the runs has no samples of the primary metric".to_owned(),
        Some(primary) if primary.verdict != ChangeVerdict::Inconclusive => {
            format!(
                "the load generator is suspect, so a regression can't be ruled out: {}",
                describe(primary)
            )
        }
        Some(primary) => {
            let needed = match primary.times_needed {
                Some(more) => format!("about {} times as many shoppers needed", times(more)),
                None => "too close to the margin for any sample size".to_owned(),
            };
            format!("the samples are too small to decide: {}; {needed}", describe(primary))
        }
    }
}

/// `repeated_failures went from 0.50 % to 1.0 % (95 % CI +0.26 to +0.75 pt)`.
fn describe(difference: &Difference) -> String {
    let (base, candidate) =
        (figure(difference, &difference.base), figure(difference, &difference.candidate));
    format!("{} went from {base} to {candidate}{}", difference.key, change_ci95(difference))
}

/// The interval of the change, if it is known: ` (95 % CI +0.2 to +0.7 pt)`.
pub(super) fn change_ci95(difference: &Difference) -> String {
    if difference.known_ci95().is_some() {
        format!(" (95 % CI {})", range(difference))
    } else {
        String::new()
    }
}

/// The warning that the state of the load generators calls for.
pub(super) fn warning(found: &Comparison) -> Option<Warning> {
    let sentence = "Do not use this comparison: the load generator was saturated in one of the runs. Differences may come from it and not \
                    from the shop.";
    (found.verdict == Verdict::Invalid)
        .then(|| Warning { of_all: true, sentence: sentence.to_owned() })
}

/// The warning about the load generators, then the findings, as sentences.
pub(super) fn headline(found: &Comparison) -> Vec<String> {
    warning(found)
        .map(|warning| warning.sentence)
        .into_iter()
        .chain(statements(found).into_iter().map(|statement| statement.text))
        .collect()
}

/// The primary metric, the others, then the hot spots.
pub(super) fn statements(found: &Comparison) -> Vec<Statement> {
    let places = &found.hotspots;
    let new = places.new.iter().filter(|spot| spot.sure);
    let gone = places.vanished.iter().filter(|spot| spot.sure);
    found
        .primary()
        .map(primary)
        .into_iter()
        .chain(list_changes("Worse", Tone::Bad, found.regressions()))
        .chain(list_changes("Better", Tone::Good, found.improvements()))
        .chain(others(found))
        .chain(new.map(|spot| hotspot(spot, "now fail repeatedly", Tone::Bad)))
        .chain(gone.map(|spot| hotspot(spot, "no longer fail repeatedly", Tone::Good)))
        .collect()
}

/// What is surely so of the metrics beside the primary one.
fn list_changes<'d>(
    word: &str,
    tone: Tone,
    differences: impl Iterator<Item = &'d Difference>,
) -> Option<Statement> {
    let changes: Vec<String> =
        differences.filter(|difference| !difference.primary).map(describe).collect();
    let more = changes.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let first = changes.iter().take(LISTED).cloned().collect::<Vec<_>>().join("; ");
    (!changes.is_empty()).then(|| Statement::new(tone, format!("{word}: {first}{more}.")))
}

fn primary(primary: &Difference) -> Statement {
    let (tone, word) = match primary.verdict {
        ChangeVerdict::Regression => (Tone::Bad, "regression"),
        ChangeVerdict::NoRegression => (Tone::Good, "no regression"),
        ChangeVerdict::Inconclusive => (Tone::Doubtful, "inconclusive"),
    };
    let change = if primary.subject.is_time() {
        format!("Change: {}.", observed_change(primary))
    } else {
        let per_10_000 = 10_000.0 * primary.change;
        let ratio = ratio(primary)
            .map_or_else(String::new, |ratio| format!(", {} times the base", times(ratio)));
        format!("Change per 10,000 shoppers: {per_10_000:+.1}{ratio}.").replace('-', "−")
    };
    Statement::new(tone, format!("Primary metric {}: {word}. {change}", primary.key))
}

fn others(found: &Comparison) -> Option<Statement> {
    let others = || found.differences.iter().filter(|difference| !difference.primary);
    let of = |answer| others().filter(|difference| difference.verdict == answer).count();
    let (worse, open, all) =
        (of(ChangeVerdict::Regression), of(ChangeVerdict::Inconclusive), others().count());
    let tone = if worse > 0 { Tone::Bad } else { Tone::Plain };
    let text = format!(
        "{}: {} without regression, {open} inconclusive, {}.",
        count_of(all as u64, "other metric"),
        all - worse - open,
        count_of(worse as u64, "regression"),
    );
    (all > 0).then(|| Statement::new(tone, text))
}

fn hotspot(changed: &HotspotChange, what: &str, tone: Tone) -> Statement {
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
    let (base, candidate) = if tone == Tone::Bad { (there, here) } else { (here, there) };
    Statement::new(
        tone,
        format!(
            "Shoppers with {} {what}{at}: {base} in the base, {candidate} in the candidate.",
            group(&changed.spot)
        ),
    )
}

/// Both load generators, each with its health issues.
pub(super) fn generators(base: &ComparedRun<'_>, candidate: &ComparedRun<'_>) -> Vec<Statement> {
    let of = |name: &str, side: &ComparedRun<'_>| {
        generator(side.findings)
            .into_iter()
            .map(|statement| Statement { text: format!("{name}: {}", statement.text), ..statement })
            .collect::<Vec<_>>()
    };
    [of("Base", base), of("Candidate", candidate)].concat()
}

/// Notes on how to read the figures.
pub(super) fn notes(found: &Comparison) -> Vec<String> {
    let mut notes: Vec<String> = found
        .incomparable
        .iter()
        .map(|reason| format!("The runs are not comparable: {reason}."))
        .collect();
    if found.after > Micros::ZERO {
        notes.push(format!(
            "Warm-up left out (--after): shoppers who arrived, and attempts that began, in the first {} of both runs.",
            found.after
        ));
    }
    notes.push(margin(found));
    if let Some(rise) = found.detectable {
        notes.push(format!(
            "Runs of this size detect a rise of {} points in the primary metric with 80 % power.",
            percent_figure(rise)
        ));
    }
    if found.duet {
        notes.push(
            "Paired run: the same shoppers visited both shops at the same time, so time-of-day effects cancel out. Failure rates of steps compare first attempts in pairs (McNemar's test)."
                .to_owned(),
        );
    }
    notes.push(
        "p is corrected for the number of metrics (Holm), except for the primary metric."
            .to_owned(),
    );
    if found.differences.iter().any(|difference| difference.weak) {
        notes.push(
            "The runs have too few time blocks to detect bursts of failures. Confidence intervals may be too narrow."
                .to_owned(),
        );
    }
    notes
}

fn margin(found: &Comparison) -> String {
    let share = percent(found.margin);
    let margin = format!(
        "Margin: {share} for times (at least {LEAST_SLOWER}), {share} for rates (at least {} points).",
        100.0 * LEAST_MARGIN
    );
    match found.noise_runs.len() as u64 {
        0 if found.duet => margin,
        0 => format!(
            "{margin} No noise floor is stored: `tillrush compare --calibrate RUN...` measures one from runs of the same shop."
        ),
        runs => format!("{margin} The noise floor comes from {}.", count_of(runs, "earlier run")),
    }
}

/// A line for each difference, in their order: `0.50 % → 0.98 %, +0.48 pt (95 % CI +0.2 to +0.7 pt): REGRESSION`.
pub(super) fn differences(found: &Comparison) -> Vec<String> {
    let line = |difference: &Difference| {
        format!(
            "{} → {}, {}{}: {}",
            figure(difference, &difference.base),
            figure(difference, &difference.candidate),
            observed_change(difference),
            change_ci95(difference),
            super::tables::answer(difference)
        )
    };
    found.differences.iter().map(line).collect()
}

//! The page of two runs side by side.

use serde::Serialize;

use super::charts::{self, Chart, Colour};
use super::parts::{StatementPart, TablePart, WarningPart, statements, word};
use super::series::Series;
use super::templates::{document, render};
use crate::report::comparison::{
    DifferenceDocument, comparison_document, comparison_view, difference_texts, difference_tone,
};
use crate::report::json::{JourneyDocument, run_document};
use crate::report::view::format::rate;
use crate::report::view::{Tone, hotspots};
use crate::verdict::HotSpot;
use crate::verdict::compare::{ComparedRun, Comparison, Difference};
use crate::verdict::statistics::Rate;

/// A comparison as one file, in the style of a run's page.
pub fn comparison_page(
    base: &ComparedRun<'_>,
    candidate: &ComparedRun<'_>,
    found: &Comparison,
) -> String {
    let page = ComparisonPage::of(base, candidate, found);
    let title = format!("{}: {}", page.title, page.word);
    document(&title, &render("comparison.html", page))
}

#[derive(Serialize)]
struct ComparisonPage {
    title: String,
    subtitle: String,
    verdict: &'static str,
    word: String,
    reason: String,
    warning: Option<WarningPart>,
    headline: Vec<StatementPart>,
    changes: Vec<ChangePart>,
    /// Those of single steps that did not get worse.
    others: Vec<ChangePart>,
    tables: Vec<TablePart>,
    spots: Vec<SpotPart>,
    sides: Vec<SidePart>,
    spreads: Vec<Chart>,
    generator: Vec<StatementPart>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ChangePart {
    name: String,
    tone: &'static str,
    text: String,
    svg: String,
    figure: String,
    value: f64,
    of_step: bool,
}

#[derive(Serialize)]
struct SpotPart {
    tone: &'static str,
    what: &'static str,
    who: String,
    place: String,
    base: String,
    candidate: String,
}

#[derive(Serialize)]
struct SidePart {
    name: String,
    flows: Vec<Chart>,
}

// === impl ComparisonPage ===

impl ComparisonPage {
    fn of(
        base: &ComparedRun<'_>,
        candidate: &ComparedRun<'_>,
        found: &Comparison,
    ) -> ComparisonPage {
        let view = comparison_view(base, candidate, found);
        let document = comparison_document(base, candidate, found);
        let texts = difference_texts(found);
        let side = |name: &str, key: &str, side: &ComparedRun<'_>| {
            let run = run_document(side.plan, side.tally, side.facts, side.findings);
            let flows = run.journeys.iter().enumerate().filter(|(_, journey)| journey.started > 0);
            SidePart {
                name: format!("{name}: {}", run.started_at),
                flows: flows.map(|(place, journey)| flow(key, place, journey)).collect(),
            }
        };
        let changes = found
            .differences
            .iter()
            .zip(&document.comparisons)
            .zip(texts)
            .enumerate()
            .map(|(i, ((found, document), text))| change(i, found, document, text));
        let (changes, others) =
            changes.partition(|change| !change.of_step || change.tone == word(Tone::Bad));
        ComparisonPage {
            title: view.title.clone(),
            subtitle: view.subtitle.clone(),
            verdict: found.verdict.key(),
            word: document.verdict.replace('_', " ").to_uppercase(),
            reason: view.reason.text.clone(),
            warning: view.warning.as_ref().map(WarningPart::of),
            headline: statements(&view.headline),
            changes,
            others,
            // Places have a table of their own, in which those that stayed are as well.
            tables: view
                .tables
                .iter()
                .filter(|table| table.columns.first().is_none_or(|column| !column.title.is_empty()))
                .map(TablePart::of)
                .collect(),
            spots: spots(base, candidate, found),
            sides: vec![side("Base", "base", base), side("Candidate", "candidate", candidate)],
            spreads: spreads(base, candidate),
            generator: statements(&view.generator),
            notes: view.notes.clone(),
        }
    }
}

fn flow(key: &str, place: usize, journey: &JourneyDocument) -> Chart {
    let chart = charts::flow(place, journey);
    Chart { id: format!("{}-{key}", chart.id), ..chart }
}

fn change(
    place: usize,
    found: &Difference,
    document: &DifferenceDocument,
    text: String,
) -> ChangePart {
    let tone = word(difference_tone(found));
    ChangePart {
        name: if found.primary { format!("{} (primary)", found.key) } else { found.key.clone() },
        tone,
        svg: charts::change(tone, document.change, document.change_ci95, document.margin, &text),
        text,
        figure: format!("comparisons.{place}.change"),
        value: document.change,
        of_step: found.subject.step().is_some(),
    }
}

/// Hot spots that are new, that are gone, and that stayed.
fn spots(base: &ComparedRun<'_>, candidate: &ComparedRun<'_>, found: &Comparison) -> Vec<SpotPart> {
    let shown = |found: Option<&Rate>| found.map_or_else(|| "–".to_owned(), |found| rate(found).0);
    let part = |tone,
                what,
                side: &ComparedRun<'_>,
                spot: &HotSpot,
                base: Option<&Rate>,
                candidate: Option<&Rate>| SpotPart {
        tone: word(tone),
        what,
        who: hotspots::group(spot),
        place: hotspots::places(side.plan, spot),
        base: shown(base),
        candidate: shown(candidate),
    };
    let places = &found.hotspots;
    let new = places.new.iter().map(|new| {
        part(Tone::Bad, "new", candidate, &new.spot, new.other.as_ref(), Some(&new.spot.inside))
    });
    let gone = places.vanished.iter().map(|gone| {
        part(Tone::Good, "resolved", base, &gone.spot, Some(&gone.spot.inside), gone.other.as_ref())
    });
    let kept = candidate
        .findings
        .hotspots
        .iter()
        .filter(|spot| !places.new.iter().any(|new| new.spot == **spot));
    let before = |spot: &HotSpot| {
        let named = (hotspots::group(spot), hotspots::places(candidate.plan, spot));
        base.findings
            .hotspots
            .iter()
            .find(|other| (hotspots::group(other), hotspots::places(base.plan, other)) == named)
            .map(|other| &other.inside)
    };
    let kept = kept.map(|spot| {
        part(Tone::Plain, "unchanged", candidate, spot, before(spot), Some(&spot.inside))
    });
    new.chain(gone).chain(kept).collect()
}

/// Response times of successes at the steps that both runs have, over each other.
fn spreads(base: &ComparedRun<'_>, candidate: &ComparedRun<'_>) -> Vec<Chart> {
    let [before, after] = [base, candidate].map(|side| Series::of(side.plan, side.tally));
    let both = after.steps.iter().enumerate().filter_map(|(place, step)| {
        let old = before.steps.iter().find(|old| old.label == step.label)?;
        let kinds = [
            ("base".to_owned(), Colour::Grey, &old.response),
            ("candidate".to_owned(), Colour::Blue, &step.response),
        ];
        let title = format!("{}: response-time distributions (%, log scale)", step.label);
        let alternative = format!(
            "{}: response-time distributions of {} successes in the base and {} in the candidate.",
            step.label, old.response.count, step.response.count
        );
        charts::spread_over(format!("spread-{place}"), title, alternative, &kinds, Vec::new())
    });
    both.collect()
}

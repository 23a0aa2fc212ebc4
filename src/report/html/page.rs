//! The page of one run: what the template is given.

use serde::Serialize;

use super::chapters::Chapters;
use super::charts::{self, Chart};
use super::clock::start_ms;
use super::examples::{Examples, examples};
use super::filter::{Filter, filters};
use super::incident_note::{IncidentNote, incident_notes};
use super::series::Series;
use super::templates::{document, render};
use crate::base::{plural, redact};
use crate::report::inputs::RunReport;
use crate::report::json::{
    HeatDocument, ObjectiveDocument, RunDocument, SpansDocument, run_document,
};
use crate::report::view::format::{count, expected, percent};
use crate::report::view::{Fit, Section, Statement, Table, Tone, View, Warning, gate, loss};
use crate::verdict::{Completion, Findings, ObjectiveFinding, Verdict};

/// Whether a page follows a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live<'a> {
    /// It is of a stored run.
    No,
    /// The run goes on, and is in this state.
    Running(&'a str),
    /// It has followed the run to its end.
    Ended,
}

/// `report.html`: the report of a run as one file.
pub fn page(input: &RunReport<'_>) -> String {
    let title = format!("{}: {}", input.plan.name, input.findings.verdict.key());
    document(&title, &page_body(input, Live::No))
}

/// What is inside the page's body.
pub fn page_body(input: &RunReport<'_>, live: Live<'_>) -> String {
    render("run.html", Page::of(input, live))
}

#[derive(Serialize)]
struct Page {
    live: Option<String>,
    title: String,
    subtitle: String,
    verdict: &'static str,
    look: &'static str,
    word: String,
    reason: String,
    warning: Option<WarningPart>,
    answers: Vec<AnswerPart>,
    headline: Vec<StatementPart>,
    objectives: Vec<StripPart>,
    overview: Vec<Chart>,
    /// Of the planned start, in milliseconds since 1970.
    start_ms: i64,
    chapters: Chapters,
    filters: Vec<Filter>,
    notes_of_incidents: Vec<IncidentNote>,
    flows: Vec<Chart>,
    over_time: Vec<Chart>,
    responses: Vec<Chart>,
    /// Steps at which nothing failed.
    quiet_responses: Vec<Chart>,
    stages: bool,
    shape: Option<String>,
    outages: bool,
    late: bool,
    heat: Option<Heat>,
    examples: Vec<Examples>,
    spreads: Vec<Chart>,
    quiet_spreads: Vec<Chart>,
    percentiles: Vec<PercentilesPart>,
    losses: Vec<StripPart>,
    sections: Vec<SectionPart>,
    generator: Vec<StatementPart>,
    notes: Vec<String>,
    facts: Vec<(&'static str, String)>,
    again: String,
    scenario: String,
}

/// The tables of a section.
#[derive(Serialize)]
struct SectionPart {
    key: &'static str,
    tables: Vec<TablePart>,
}

#[derive(Serialize)]
struct AnswerPart {
    question: &'static str,
    tone: &'static str,
    answer: String,
    detail: String,
    figure: Option<&'static str>,
    value: Option<f64>,
}

/// What must be known before any of it is believed.
#[derive(Serialize)]
pub(super) struct WarningPart {
    of_all: bool,
    sentence: String,
}

#[derive(Serialize)]
pub(super) struct StatementPart {
    tone: &'static str,
    text: String,
}

#[derive(Serialize)]
pub(super) struct TablePart {
    title: String,
    in_sight: bool,
    columns: Vec<(String, &'static str)>,
    rows: Vec<(&'static str, Vec<String>)>,
}

/// A figure with its interval, drawn.
#[derive(Serialize)]
struct StripPart {
    name: String,
    tone: &'static str,
    text: String,
    svg: String,
    figure: String,
    value: Option<f64>,
}

#[derive(Serialize)]
struct PercentilesPart {
    step: String,
    kind: &'static str,
    cells: Vec<(String, String, Option<f64>)>,
}

/// Steps by values.
#[derive(Serialize)]
struct Heat {
    names: Vec<(String, usize)>,
    values: Vec<String>,
    rows: Vec<(String, Vec<HeatPart>)>,
}

#[derive(Serialize, Clone, Default)]
struct HeatPart {
    level: usize,
    text: String,
    detail: String,
    figure: String,
    value: f64,
}

const LEVELS: f64 = 6.0;
/// Steps beyond these have their charts left out of the page; their figures are in its tables.
const MOST_STEPS: usize = 40;

// === impl Page ===

impl Page {
    fn of(input: &RunReport<'_>, live: Live<'_>) -> Page {
        let live = match live {
            Live::No => None,
            Live::Running(state) => Some(state),
            Live::Ended => Some("the run has ended"),
        };
        let RunReport { plan, tally, facts, findings, scenario, records } = *input;
        let running = facts.completion == Completion::Running;
        let view = View::of(plan, facts, findings).with_records(records, plan.currency);
        let run = run_document(plan, tally, facts, findings);
        let series = Series::of(plan, tally);
        let reached: Vec<usize> = (0..run.steps.len())
            .filter(|step| run.steps[*step].attempts > 0)
            .take(MOST_STEPS)
            .collect();
        let over_time = [charts::requests(&run, &series)];
        let (failing, quiet): (Vec<usize>, Vec<usize>) =
            reached.iter().partition(|i| run.steps[**i].failures > 0);
        let spreads = |steps: &[usize]| -> Vec<Chart> {
            let of = |i: &usize| charts::spread(*i, &series.steps[*i], &run.steps[*i].response_ms);
            steps.iter().filter_map(of).collect()
        };
        let responses = |steps: &[usize]| -> Vec<Chart> {
            let of = |i: &usize| charts::response(*i, &run, &series, &series.steps[*i]);
            steps.iter().filter_map(of).collect()
        };
        let objectives = findings.objectives.iter().zip(&run.objectives).enumerate();
        Page {
            live: live.map(str::to_owned),
            title: view.title.clone(),
            subtitle: view.subtitle.clone(),
            verdict: if running { "running" } else { findings.verdict.key() },
            word: view.word.clone(),
            look: if running || findings.objectives.is_empty() && findings.verdict == Verdict::Pass
            {
                "none"
            } else {
                findings.verdict.key()
            },
            reason: view.reason.text.clone(),
            warning: view.warning.as_ref().map(WarningPart::of),
            answers: view.answers.iter().map(|answer| answer.clone().into()).collect(),
            headline: statements(&view.headline),
            objectives: objectives
                .map(|(i, (found, document))| StripPart::objective(i, found, document))
                .collect(),
            overview: charts::overview(&run, &series),
            start_ms: start_ms(&run),
            chapters: Chapters::of(findings),
            filters: filters(plan, tally),
            notes_of_incidents: incident_notes(input),
            flows: run
                .journeys
                .iter()
                .enumerate()
                .filter(|(_, it)| it.started > 0)
                .map(|(i, it)| charts::flow(i, it))
                .collect(),
            over_time: over_time.into_iter().chain(charts::lag(&run, &series)).collect(),
            responses: responses(&failing),
            quiet_responses: responses(&quiet),
            stages: !run.stages.is_empty(),
            shape: plan.load.profile().and_then(|profile| profile.shape.clone()),
            outages: !run.incidents.is_empty(),
            late: !run.generator.late_windows_s.is_empty(),
            heat: Heat::of(&run.heat),
            examples: examples(plan, &tally.samples, &findings.hotspots),
            spreads: spreads(&failing),
            quiet_spreads: spreads(&quiet),
            percentiles: reached
                .iter()
                .flat_map(|i| percentiles(*i, &series.steps[*i].label, &run))
                .collect(),
            losses: losses(findings, &run),
            sections: sections(&view.tables),
            generator: statements(&view.generator),
            notes: view.notes.clone(),
            facts: about(&run),
            again: run.commands.join("\n"),
            scenario: redact::text(scenario).into_owned(),
        }
    }
}

impl From<crate::report::view::Answer> for AnswerPart {
    fn from(answer: crate::report::view::Answer) -> AnswerPart {
        AnswerPart {
            question: answer.question,
            tone: word(answer.tone),
            answer: answer.answer,
            detail: answer.detail,
            figure: answer.figure.map(|(path, _)| path),
            value: answer.figure.map(|(_, value)| crate::report::json::figure(value)),
        }
    }
}

pub(super) fn statements(statements: &[Statement]) -> Vec<StatementPart> {
    statements
        .iter()
        .map(|statement| StatementPart { tone: word(statement.tone), text: statement.text.clone() })
        .collect()
}

fn sections(tables: &[Table]) -> Vec<SectionPart> {
    let key = |section| match section {
        Section::Gate => "gate",
        Section::Funnel => "funnel",
        Section::Time => "time",
        Section::Places => "places",
        Section::Steps => "steps",
        Section::Loss => "loss",
        Section::Further => "further",
    };
    let by_section = tables.chunk_by(|one, other| one.section == other.section);
    by_section
        .map(|tables| SectionPart {
            key: key(tables[0].section),
            tables: tables.iter().map(TablePart::of).collect(),
        })
        .collect()
}

/// A tone as the style sheet calls it.
pub(super) fn word(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Doubtful => "doubtful",
        Tone::Faint => "faint",
    }
}

fn losses(findings: &Findings, run: &RunDocument) -> Vec<StripPart> {
    let Some(found) = &findings.loss else { return Vec::new() };
    let most = found.by_patience.iter().map(|row| row.ci95.high).fold(0.0, f64::max) * 1.05;
    let rows = found
        .by_patience
        .iter()
        .zip(run.loss.iter().flat_map(|loss| &loss.by_patience))
        .enumerate();
    rows.map(|(place, (row, document))| {
        let (share, ci95) = loss::lost_share(row);
        let text = if row.lost > 0.0 {
            format!("{share} ({ci95}), {}", plural(&expected(row.lost), "shopper"))
        } else {
            format!("{share} ({ci95})")
        };
        StripPart {
            name: row.patience.clone(),
            tone: if place == 0 { "own" } else { "plain" },
            svg: charts::strip(
                "loss",
                Some(row.rate),
                Some((row.ci95.low, Some(row.ci95.high))),
                None,
                most,
                &text,
            ),
            text,
            figure: format!("loss.by_patience.{place}.lost_rate.value"),
            value: Some(document.lost_rate.value),
        }
    })
    .collect()
}

fn percentiles(place: usize, step: &str, run: &RunDocument) -> [PercentilesPart; 2] {
    let of = |kind: &'static str, key: &str, spans: &SpansDocument| {
        let values = [
            ("p50", spans.p50),
            ("p90", spans.p90),
            ("p95", spans.p95),
            ("p99", spans.p99),
            ("p999", spans.p999),
            ("max", spans.max),
        ];
        let cell = |(name, value): (&str, Option<f64>)| {
            let shown = value.map_or_else(
                || "–".to_owned(),
                |ms| crate::base::Micros((ms * 1_000.0).round() as u64).to_string(),
            );
            (format!("steps.{place}.{key}.{name}"), shown, value)
        };
        PercentilesPart { step: step.to_owned(), kind, cells: values.map(cell).to_vec() }
    };
    let found = &run.steps[place];
    [
        of("response", "response_ms", &found.response_ms),
        of("service", "service_ms", &found.service_ms),
    ]
}

/// What it takes to run it again, and to tell it from other runs.
fn about(run: &RunDocument) -> Vec<(&'static str, String)> {
    let load = &run.load;
    let tags: Vec<String> = run.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let machine = &run.machine;
    let attempts =
        load.max_attempts.map_or_else(|| "unlimited".to_owned(), |most| most.to_string());
    let facts = [
        ("Run", run.run_id.clone()),
        ("Started", run.started_at.clone()),
        ("Target", run.target.clone()),
        ("Seed", run.seed.to_string()),
        (
            "Load",
            format!(
                "{}, {} arrivals, connections {}",
                load.model,
                load.arrivals,
                load.connections.replace('_', " ")
            ),
        ),
        (
            "Shoppers",
            format!(
                "{} behaviour, abandonment model {}, at most {} per unit",
                load.behaviour,
                load.patience,
                plural(&attempts, "attempt")
            ),
        ),
        ("Slice", run.slice.clone()),
        ("Plan digest", run.plan_digest.clone()),
        ("Workload digest", run.workload_digest.clone()),
        ("Scenario SHA-256", run.scenario.sha256.clone()),
        ("Tags", tags.join(", ")),
        ("Version", run.tool_version.clone()),
        (
            "Machine",
            format!(
                "{} {}, {} processors, {} generator threads",
                machine.os, machine.arch, machine.cpus, machine.cores
            ),
        ),
        ("Completion", run.completion.clone()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

// === impl WarningPart ===

impl WarningPart {
    pub(super) fn of(warning: &Warning) -> WarningPart {
        WarningPart { of_all: warning.of_all, sentence: warning.sentence.clone() }
    }
}

// === impl TablePart ===

impl TablePart {
    pub(super) fn of(table: &Table) -> TablePart {
        let fit = |fit| match fit {
            Fit::Name | Fit::Prose => "words",
            Fit::Figure | Fit::Optional(_) => "figures",
        };
        TablePart {
            title: table.title.clone(),
            in_sight: table.in_sight,
            columns: table
                .columns
                .iter()
                .map(|column| (column.title.clone(), fit(column.fit)))
                .collect(),
            rows: table.rows.iter().map(|row| (word(row.tone), row.cells.clone())).collect(),
        }
    }
}

// === impl StripPart ===

impl StripPart {
    fn objective(
        place: usize,
        found: &ObjectiveFinding,
        document: &ObjectiveDocument,
    ) -> StripPart {
        let interval = document.ci95.map(|[low, high]| (low.unwrap_or(0.0), high));
        let ends = [Some(document.limit), document.observed, interval.and_then(|(_, high)| high)];
        let most = ends.into_iter().flatten().fold(0.0, f64::max) * 1.15;
        let tone = word(gate::tone(found.verdict));
        let text = gate::sentence(found);
        StripPart {
            name: found.text.clone(),
            tone,
            svg: charts::strip(
                tone,
                document.observed,
                interval,
                Some(document.limit),
                most,
                &text,
            ),
            text,
            figure: format!("objectives.{place}.observed"),
            value: document.observed,
        }
    }
}

// === impl Heat ===

impl Heat {
    fn of(cells: &[HeatDocument]) -> Option<Heat> {
        let hottest = cells.iter().map(|cell| cell.rate).fold(0.0, f64::max);
        let mut columns: Vec<(&str, &str)> = Vec::new();
        for cell in cells {
            if !columns.contains(&(&cell.name, &cell.value)) {
                columns.push((&cell.name, &cell.value));
            }
        }
        let names = columns
            .chunk_by(|one, other| one.0 == other.0)
            .map(|same| (same[0].0.to_owned(), same.len()))
            .collect();
        let rows = cells.chunk_by(|one, other| one.step == other.step).map(|row| {
            let mut parts = vec![HeatPart::default(); columns.len()];
            for cell in row {
                let place =
                    cells.iter().position(|other| std::ptr::eq(other, cell)).unwrap_or_default();
                let column =
                    columns.iter().position(|column| *column == (&*cell.name, &*cell.value));
                if let Some(part) = column.and_then(|column| parts.get_mut(column)) {
                    *part = HeatPart::of(place, cell, hottest);
                }
            }
            (row[0].step.clone(), parts)
        });
        let rows = rows.collect();
        (!cells.is_empty()).then(|| Heat {
            names,
            values: columns.iter().map(|(_, value)| (*value).to_owned()).collect(),
            rows,
        })
    }
}

impl HeatPart {
    fn of(place: usize, cell: &HeatDocument, hottest: f64) -> HeatPart {
        HeatPart {
            // The square root keeps warm cells visible next to one very hot cell.
            level: if cell.repeated == 0 {
                0
            } else {
                ((cell.rate / hottest).sqrt() * LEVELS).ceil() as usize
            },
            text: if cell.repeated == 0 { "none".to_owned() } else { percent(cell.rate) },
            detail: format!("{} of {}", count(cell.repeated), count(cell.shoppers)),
            figure: format!("heat.{place}.rate"),
            value: cell.rate,
        }
    }
}

//! The page of one run: what the template is given.

use serde::Serialize;

use super::about::about;
use super::chapters::Chapters;
use super::charts::{self, Chart};
use super::clock::start_ms;
use super::examples::{Examples, examples};
use super::filter::{Filter, filters};
use super::heat::Heat;
use super::incident_note::{IncidentNote, incident_notes};
use super::parts::{AnswerPart, SectionPart, StatementPart, WarningPart, sections, statements};
use super::percentiles::{PercentilesPart, percentiles};
use super::series::Series;
use super::strips::{StripPart, losses};
use super::templates::{document, render};
use crate::base::redact;
use crate::report::inputs::RunReport;
use crate::report::json::run_document;
use crate::report::view::View;
use crate::verdict::{Completion, Verdict};

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
    /// The planned start on the run's clock, in milliseconds since 1970 as if that were UTC.
    start_ms: i64,
    zone: String,
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
    slow: bool,
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
            zone: facts.zone.label(),
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
            slow: !run.slow_times.is_empty(),
            late: !run.generator.late_windows_s.is_empty(),
            heat: Heat::of(&run.heat),
            examples: examples(plan, &tally.samples, findings),
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

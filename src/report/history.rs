//! Stored runs, one per row: the list of `tillrush runs`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json::RunDocument;
use super::view::format::{NOTHING, count, interval, percent};
use super::view::{Fit, Table, Tone};
use crate::base::Micros;
use crate::verdict::statistics::Interval;

/// The format's name and version.
pub const SCHEMA: &str = "tillrush.runs/1";

/// The stored runs for programs: a public format, as `run.json` is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryDocument {
    /// Always `tillrush.runs/1`.
    pub schema: &'static str,
    /// The runs, the newest first.
    pub runs: Vec<HistoryRow>,
}

/// A stored run in a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HistoryRow {
    /// How commands name it: `latest`, `latest~1`, ...
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// Whether it has ended: `ended`, `running`, `killed`, or `unreadable` where its summary is of a format that this version doesn't
    /// know. All below is null or empty then.
    pub state: &'static str,
    /// The planned start, RFC 3339.
    pub started_at: Option<String>,
    /// The scenario's name.
    pub scenario: Option<String>,
    /// The shop's base address.
    pub target: Option<String>,
    /// `--tag` pairs.
    pub tags: BTreeMap<String, String>,
    /// The slice of the schedule that was run.
    pub slice: Option<String>,
    /// From the planned start to the end of the last shopper.
    pub duration_s: Option<f64>,
    /// Shoppers who started.
    pub shoppers: Option<u64>,
    /// Of those who ended, how many met two failed attempts or more.
    pub repeated_failures: Option<u64>,
    /// Their share.
    pub repeated_failures_rate: Option<f64>,
    /// Its interval.
    pub repeated_failures_ci95: Option<[f64; 2]>,
    /// The 95th percentile of the response time of each paying step, by its name; null where the sample can't carry it.
    pub pay_p95_ms: BTreeMap<String, Option<f64>>,
    /// What the run says, as in `run.json`.
    pub verdict: Option<String>,
    /// The same in a sentence.
    pub verdict_reason: Option<String>,
    /// How many objectives the scenario has.
    pub objectives: Option<u64>,
}

// === impl HistoryRow ===

impl HistoryRow {
    /// A run that has no summary, or none that can be read.
    pub fn without_summary(name: String, folder: String, state: &'static str) -> HistoryRow {
        HistoryRow { name, folder, state, ..HistoryRow::default() }
    }

    /// A run that has ended.
    pub fn of(name: String, folder: String, run: &RunDocument) -> HistoryRow {
        let paying = run.steps.iter().filter(|step| step.pays);
        HistoryRow {
            name,
            folder,
            state: "ended",
            started_at: Some(run.started_at.clone()),
            scenario: Some(run.scenario.name.clone()),
            target: Some(run.target.clone()),
            tags: run.tags.clone(),
            slice: Some(run.slice.clone()),
            duration_s: Some(run.duration_s),
            shoppers: Some(run.shoppers.started),
            repeated_failures: Some(run.shoppers.repeated_failures),
            repeated_failures_rate: run.shoppers.repeated_failures_rate,
            repeated_failures_ci95: run.shoppers.repeated_failures_ci95,
            pay_p95_ms: paying.map(|step| (step.name.clone(), step.response_ms.p95)).collect(),
            verdict: Some(run.verdict.key().to_owned()),
            verdict_reason: Some(run.verdict_reason.clone()),
            objectives: Some(run.objectives.len() as u64),
        }
    }

    /// The verdict as reports word it: a run without objectives does not pass.
    fn word(&self) -> Option<String> {
        match self.verdict.as_deref()? {
            "pass" if self.objectives == Some(0) => Some("no objectives".to_owned()),
            verdict => Some(verdict.to_owned()),
        }
    }

    fn cells(&self) -> Vec<String> {
        let nothing = || NOTHING.to_owned();
        // To the minute is enough to find a run again.
        let started = self
            .started_at
            .as_ref()
            .map_or_else(nothing, |at| at.chars().take(16).collect::<String>().replace('T', " "));
        let tags: Vec<String> =
            self.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let (repeated, range) = match (
            self.repeated_failures,
            self.repeated_failures_rate,
            self.repeated_failures_ci95,
        ) {
            (Some(0), _, Some([_, high])) => ("none".to_owned(), format!("≤ {}", percent(high))),
            (Some(_), Some(rate), Some([low, high])) => {
                (percent(rate), interval(Interval { low, high }))
            }
            _ => (nothing(), nothing()),
        };
        let paid = self.pay_p95_ms.values().flatten().copied().reduce(f64::max);
        vec![
            self.name.clone(),
            started,
            self.scenario.clone().unwrap_or_else(nothing),
            self.target.as_ref().map_or_else(nothing, |target| {
                target.trim_end_matches('/').replacen("http://", "", 1)
            }),
            tags.join(" "),
            self.shoppers.map_or_else(nothing, count),
            repeated,
            range,
            paid.map_or_else(nothing, |ms| Micros((ms * 1e3).round() as u64).to_string()),
            self.word().unwrap_or_else(|| self.state.to_owned()),
        ]
    }
}

/// The runs as a table. Where several steps pay, the slowest is shown.
pub fn history(rows: &[HistoryRow]) -> Table {
    let columns = [
        ("run", Fit::Name),
        ("started (UTC)", Fit::Figure),
        ("scenario", Fit::Name),
        ("target", Fit::Optional(2)),
        ("tags", Fit::Optional(1)),
        ("shoppers", Fit::Figure),
        ("repeated", Fit::Figure),
        ("95 % CI", Fit::Optional(3)),
        ("payment p95", Fit::Figure),
        ("verdict", Fit::Name),
    ];
    let mut table = Table::new("Runs, newest first", &columns);
    for row in rows {
        let tone = match row.verdict.as_deref() {
            Some("pass") if row.objectives == Some(0) => Tone::Plain,
            Some("pass") => Tone::Good,
            Some("fail") => Tone::Bad,
            Some(_) => Tone::Doubtful,
            None => Tone::Faint,
        };
        table.row(tone, row.cells());
    }
    table
}

/// The runs as JSON, ending with a line break.
pub fn history_json(runs: Vec<HistoryRow>) -> String {
    let document = HistoryDocument { schema: SCHEMA, runs };
    serde_json::to_string_pretty(&document).expect("a document of numbers and text can be written")
        + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Paint, console_table, run_document};
    use crate::verdict::simulation::{SimulatedRun, planted, shop};

    #[test]
    fn a_line_says_what_a_run_was_and_what_came_of_it() {
        let mut plan = shop();
        plan.objectives = vec![plan.objective("repeated_failures < 0.5%", 1).unwrap()];
        let simulated = SimulatedRun::of(plan, 1_000, 60, planted);
        let run = run_document(
            &simulated.plan,
            &simulated.tally,
            &simulated.facts,
            &simulated.findings(),
        );
        let rows = [
            HistoryRow::without_summary("latest".into(), "runs/b".into(), "running"),
            HistoryRow::of("latest~1".into(), "runs/a".into(), &run),
        ];
        insta::assert_snapshot!(console_table(&history(&rows), 120, Paint::Plain), @r"
        Runs, newest first
          run          started (UTC)  scenario                          tags  shoppers  repeated  payment p95  verdict
          latest                   –  –                                              –         –            –  running
          latest~1  2026-11-27 09:00  Black Friday checkout  release=2026.47     1,000     3.3 %       52.9ms  fail
        ");
        assert!(rows[1].pay_p95_ms["pay"].unwrap() > 10.0, "{rows:?}");
        let open =
            HistoryRow { verdict: Some("pass".into()), objectives: Some(0), ..rows[1].clone() };
        assert_eq!(open.cells().last().unwrap(), "no objectives");
    }
}

//! A run's tally with what follows from it: facts, findings, and the files that are made from them.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;

use super::exit::Exit;
use super::failure::Failure;
use super::run_folder::{self, RunFolder};
use super::screen::Screen;
use super::source::Source;
use crate::base::{Micros, Slice, StepId};
use crate::engine::cores;
use crate::reconcile::{FindingKind, ReconciliationDocument};
use crate::report::{Format, RunReport, failures_jsonl};
use crate::scenario::Quantity;
use crate::tally::shard::{Ending, Shard, ShardHeader};
use crate::tally::{Tally, interval_log};
use crate::verdict::compare::{ComparedRun, ScenarioSource};
use crate::verdict::{
    Completion, Findings, Machine, NEGLIGIBLE_LAG, RecordFindings, RunFacts, Verdict,
};

/// A run, analysed.
#[derive(Debug)]
pub struct RunAnalysis {
    /// What was counted.
    pub shard: Shard,
    /// The plan and the scenario.
    pub source: Source,
    /// Where and when it ran.
    pub facts: RunFacts,
    /// What follows from it.
    pub findings: Findings,
    /// What the shop's records say, where they were read.
    pub records: Option<ReconciliationDocument>,
}

// === impl RunAnalysis ===

impl RunAnalysis {
    /// Analyses a tally of this plan.
    pub fn new(shard: Shard, source: Source) -> RunAnalysis {
        let facts = facts(&shard.header, &shard.tally, shard.ending, shard.missing(), &source);
        let findings = Findings::new(&source.plan, &shard.tally, &facts);
        RunAnalysis { shard, source, facts, findings, records: None }
    }

    /// The run with what the shop's records say. It changes the verdict where that is graver.
    pub fn with_records(mut self, records: Option<ReconciliationDocument>) -> RunAnalysis {
        if let Some(records) = &records {
            let findings = RecordFindings {
                errors: records.of_severity("error"),
                invalid: records.of_severity("invalid"),
                undecided: records.undecided + u64::from(!records.settled),
                confirmed: records.ok,
                late: records.count(FindingKind::Late),
                receipts_missing: records
                    .receipts
                    .map(|_| records.count(FindingKind::ReceiptMissing)),
            };
            self.findings = self.findings.with_records(&self.source.plan, &self.facts, findings);
        }
        self.records = records;
        self
    }

    /// Analyses a stored tally, whose header has the scenario.
    ///
    /// # Errors
    /// When this version can't read the scenario any more, or the tally is not of this scenario.
    pub fn from_stored(shard: Shard, screen: Screen) -> Result<RunAnalysis, Failure> {
        let source = Source::from_stored(&shard.header, screen)?;
        source.plan.owns(&shard.tally).with_context(|| {
            format!("{}: its counts can't be of the scenario that is stored with them", shard.name)
        })?;
        Ok(RunAnalysis::new(shard, source))
    }

    /// Analyses a stored run: its folder, its tally file, `latest` or `latest~1`.
    ///
    /// # Errors
    /// When there is no such run, or this version can't read it.
    pub fn open(run: &Path, out: &Path, screen: Screen) -> Result<RunAnalysis, Failure> {
        let shard = run_folder::open_shard(run, out).map_err(Failure::usage)?;
        RunAnalysis::from_stored(shard, screen)
    }

    /// What reports are rendered from.
    pub fn report(&self) -> RunReport<'_> {
        RunReport {
            plan: &self.source.plan,
            tally: &self.shard.tally,
            facts: &self.facts,
            findings: &self.findings,
            scenario: &self.source.text,
            records: self.records.as_ref(),
        }
    }

    /// What comparisons are made from.
    pub fn side(&self) -> ComparedRun<'_> {
        ComparedRun {
            plan: &self.source.plan,
            scenario: ScenarioSource { text: &self.source.text, settings: &self.source.settings },
            tally: &self.shard.tally,
            facts: &self.facts,
            findings: &self.findings,
        }
    }

    /// Writes the files that are made from the tally into the run's folder.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn store(&self, folder: &RunFolder) -> anyhow::Result<()> {
        let (plan, tally, report) = (&self.source.plan, &self.shard.tally, self.report());
        folder.write("run.json", Format::Json.render(&report).as_bytes())?;
        folder.write("failures.jsonl", failures_jsonl(plan, &tally.samples).as_bytes())?;
        let labels: Vec<String> =
            (0..plan.steps.len()).map(|step| plan.step_label(StepId(step as u16))).collect();
        let mut log = Vec::new();
        interval_log::write(tally, &labels, self.shard.header.started_unix_us, &mut log)
            .context("can't make intervals.hlog")?;
        folder.write("intervals.hlog", &log)?;
        folder.write("report.html", Format::Html.render(&report).as_bytes())
    }

    /// The exit code of the run's verdict.
    pub fn exit(&self) -> Exit {
        match self.findings.verdict {
            Verdict::Pass => Exit::Ok,
            Verdict::Fail => Exit::ObjectiveViolated,
            Verdict::Inconclusive => Exit::Inconclusive,
            Verdict::NotReconciled => Exit::NotReconciled,
            Verdict::Invalid => Exit::RunInvalid,
            Verdict::Interrupted => Exit::Interrupted,
        }
    }
}

/// The planned start of a run.
pub fn started_at(header: &ShardHeader) -> Timestamp {
    Timestamp::from_microsecond(i64::try_from(header.started_unix_us).unwrap_or(0))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The facts of a run, or of its part so far.
pub fn facts(
    header: &ShardHeader,
    tally: &Tally,
    ending: Ending,
    missing_slices: Vec<Slice>,
    source: &Source,
) -> RunFacts {
    let together = u64::from(tally.shape.seconds_together());
    let last = tally.seconds.keys().next_back().map_or(0, |second| u64::from(*second) + together);
    RunFacts {
        run_id: header.settings.run.clone(),
        tool_version: header.tool.clone(),
        commands: header.commands.clone(),
        scenario_sha256: source.sha256(),
        target: header.target.clone(),
        seed: header.seed,
        plan_digest: header.plan_digest.clone(),
        workload_digest: header.workload_digest.clone(),
        slices: header.slices.clone(),
        missing_slices,
        started_at: started_at(header),
        zone: header.settings.zone.clone(),
        duration: Micros::from_secs(last),
        completion: match ending {
            Ending::Finished => Completion::Complete,
            Ending::Aborted => Completion::Aborted,
            Ending::Interrupted => Completion::Interrupted,
            Ending::Killed => Completion::Killed,
            Ending::Running => Completion::Running,
            Ending::Damaged => Completion::Damaged,
        },
        tags: header.tags.clone(),
        machine: Machine {
            cpus: cores(),
            cores: header.settings.cores,
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
        },
        lag_tolerance: lag_tolerance(),
    }
}

/// Tests of anything but punctuality overlook lag, so that they hold on a busy machine. The report says so.
fn lag_tolerance() -> Micros {
    let tolerance = std::env::var("TILLRUSH_TEST_LAG_TOLERANCE").ok();
    tolerance.and_then(|text| Micros::read(&text).ok()).unwrap_or(NEGLIGIBLE_LAG)
}

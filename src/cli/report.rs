//! `tillrush report` and `tillrush merge`: what a tally says, printed and stored.

use std::collections::BTreeSet;

use anyhow::Context;
use jiff::Timestamp;

use super::args::{MergeArgs, ReportArgs};
use super::compare;
use super::folder::RunFolder;
use super::output::{ReportFileArgs, deliver};
use super::pipeline;
use super::source::Source;
use super::{Exit, Failure, Screen, fresh};
use crate::base::{Micros, Slice, StepId, counted};
use crate::engine::cores;
use crate::report::{Format, Report, RunReport, failures_jsonl};
use crate::tally::shard::{Ending, Shard, ShardHeader};
use crate::tally::{Tally, interval_log};
use crate::verdict::{Completion, Findings, Machine, RunFacts, Verdict};

/// Slices that start further apart than this did not meet the shop together.
const APART: Micros = Micros::from_secs(2);

/// `tillrush report`.
pub fn report(args: &ReportArgs, screen: Screen) -> Result<Exit, Failure> {
    let folder = RunFolder::open(&args.run, &args.out).map_err(named)?;
    let shard = folder.shard()?;
    let beside = folder.beside();
    let goes_on = shard.ending == Ending::Running;
    if !goes_on && (shard.torn_bytes > 0 || shard.ending == Ending::Killed) {
        screen.say(&format!(
            "this run was killed; what it had stored is reported ({} of its last second lost)",
            counted(shard.torn_bytes, "byte")
        ));
        folder.seal(&shard)?;
    }
    let source = Source::stored(&shard.header, screen)?;
    // The files of a run that goes on are its own to write.
    let kept = (!goes_on).then_some(&folder);
    let findings = conclude(&shard, &source, kept, &args.files, screen)?;
    if let Some(beside) = beside.filter(|_| !goes_on) {
        let shard = beside.shard()?;
        beside.seal(&shard)?;
        store(&shard, &source, &beside)?;
        return Ok(exit_of(&findings).graver(compare::after_duet(
            &folder,
            &args.out,
            &args.files,
            screen,
        )?));
    }
    Ok(exit_of(&findings))
}

/// `tillrush merge`.
pub fn merge(args: &MergeArgs, screen: Screen) -> Result<Exit, Failure> {
    let runs: Vec<RunFolder> = args
        .runs
        .iter()
        .map(|run| RunFolder::open(run, &args.out).map_err(named))
        .collect::<Result<_, _>>()?;
    let shards: Vec<Shard> = runs.iter().map(RunFolder::shard).collect::<anyhow::Result<_>>()?;
    if let Some(running) = shards.iter().find(|shard| shard.ending == Ending::Running) {
        return Err(Failure::usage(format!(
            "error: {} still runs: merge it when it has ended",
            running.name
        )));
    }
    for note in unlikeness(&shards) {
        screen.say(&note);
    }
    let joined = joined(shards)?;
    if let Some(missing) = joined.missing_text() {
        screen.say(&format!(
            "these slices of the run are missing: {missing}; what is here is reported as a part"
        ));
    }
    let started_at = started_at(&joined.header);
    let suffix = format!("merged-{:08x}", fresh() as u32);
    let folder = RunFolder::create(&args.out, started_at, &joined.header.name, None, &suffix)?;
    folder.write("scenario.yaml", joined.header.scenario.as_bytes())?;
    gather_purchases(&runs, &folder)?;
    folder.seal(&joined)?;
    let source = Source::stored(&joined.header, screen)?;
    let findings = conclude(&joined, &source, Some(&folder), &args.files, screen)?;
    merge_beside(&runs, &folder, screen)?;
    let exit =
        exit_of(&findings).graver(compare::after_duet(&folder, &args.out, &args.files, screen)?);
    screen.say(&format!("everything about the merged run is in {}", folder.display()));
    Ok(exit)
}

/// The other halves of duets, if the runs are duets.
fn merge_beside(runs: &[RunFolder], folder: &RunFolder, screen: Screen) -> Result<(), Failure> {
    let Some(halves) = runs.iter().map(RunFolder::beside).collect::<Option<Vec<_>>>() else {
        return Ok(());
    };
    let shards: Vec<Shard> = halves.iter().map(RunFolder::shard).collect::<anyhow::Result<_>>()?;
    let joined = joined(shards)?;
    let beside = folder.make_beside()?;
    beside.write("scenario.yaml", joined.header.scenario.as_bytes())?;
    gather_purchases(&halves, &beside)?;
    beside.seal(&joined)?;
    let source = Source::stored(&joined.header, screen)?;
    store(&joined, &source, &beside)?;
    Ok(())
}

/// A run that is not there is a slip of the command line.
fn named(error: anyhow::Error) -> Failure {
    Failure::usage(format!("error: {error:#}"))
}

/// Runs that are no shards of one run are a slip of the command line too.
fn joined(shards: Vec<Shard>) -> Result<Shard, Failure> {
    Shard::join(shards).map_err(|error| Failure::usage(format!("error: {error}")))
}

/// What shards of one run may differ in, and somebody should know: where they went, and when.
fn unlikeness(shards: &[Shard]) -> Vec<String> {
    let mut notes = Vec::new();
    let targets: BTreeSet<&str> = shards.iter().map(|shard| shard.header.target.as_str()).collect();
    if targets.len() > 1 {
        let targets = targets.into_iter().collect::<Vec<_>>().join(", ");
        notes.push(format!("note: the slices went to different targets ({targets}); the report counts them as one shop"));
    }
    let starts = || shards.iter().map(|shard| shard.header.started_unix_us);
    let apart = Micros(starts().max().unwrap_or_default() - starts().min().unwrap_or_default());
    if apart > APART {
        notes.push(format!("note: the slices started up to {apart} apart, so the shop did not meet their shoppers together"));
    }
    notes
}

/// Judges a shard, writes what is made from it into the folder, if there is one to write to, and prints the report.
pub fn conclude(
    shard: &Shard,
    source: &Source,
    folder: Option<&RunFolder>,
    files: &ReportFileArgs,
    screen: Screen,
) -> Result<Findings, Failure> {
    let (facts, findings) = match folder {
        Some(folder) => store(shard, source, folder)?,
        None => judge(shard, source),
    };
    let report = run_report(shard, source, &facts, &findings);
    deliver(&report, files, screen)?;
    pipeline::tell(&report.view(), &facts, &findings, source.file.as_deref())?;
    Ok(findings)
}

/// Judges a shard, and writes what is made from it into the folder.
pub fn store(
    shard: &Shard,
    source: &Source,
    folder: &RunFolder,
) -> Result<(RunFacts, Findings), Failure> {
    let (plan, tally) = (&source.plan, &shard.tally);
    let (facts, findings) = judge(shard, source);
    let report = run_report(shard, source, &facts, &findings);
    folder.write("run.json", Format::Json.render(&report).as_bytes())?;
    folder.write("failures.jsonl", failures_jsonl(plan, &tally.samples).as_bytes())?;
    let mut log = Vec::new();
    let labels: Vec<String> =
        (0..plan.steps.len()).map(|step| plan.step_label(StepId(step as u16))).collect();
    interval_log::write(tally, &labels, shard.header.started_unix_us, &mut log)
        .context("can't make intervals.hlog")?;
    folder.write("intervals.hlog", &log)?;
    folder.write("report.html", Format::Html.render(&report).as_bytes())?;
    Ok((facts, findings))
}

/// What reports are rendered from.
pub fn run_report<'a>(
    shard: &'a Shard,
    source: &'a Source,
    facts: &'a RunFacts,
    findings: &'a Findings,
) -> RunReport<'a> {
    RunReport { plan: &source.plan, tally: &shard.tally, facts, findings, scenario: &source.text }
}

/// What a shard says.
pub fn judge(shard: &Shard, source: &Source) -> (RunFacts, Findings) {
    let facts = facts(shard, source);
    let findings = Findings::of(&source.plan, &shard.tally, &facts);
    (facts, findings)
}

/// The exit code that the findings call for.
pub fn exit_of(findings: &Findings) -> Exit {
    match findings.verdict {
        Verdict::Pass => Exit::Ok,
        Verdict::Fail => Exit::ObjectiveBroken,
        Verdict::Inconclusive => Exit::Inconclusive,
        Verdict::Invalid => Exit::RunInvalid,
        Verdict::Interrupted => Exit::Interrupted,
    }
}

/// The ledgers of the shards, one after the other.
fn gather_purchases(runs: &[RunFolder], folder: &RunFolder) -> Result<(), Failure> {
    let mut all = Vec::new();
    for run in runs {
        let path = run.path.join("purchases.jsonl");
        if path.exists() {
            all.extend(
                std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?,
            );
        }
    }
    folder.write("purchases.jsonl", &all)?;
    Ok(())
}

fn started_at(header: &ShardHeader) -> Timestamp {
    Timestamp::from_microsecond(i64::try_from(header.started_unix_us).unwrap_or(0))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The facts of a stored run.
pub fn facts(shard: &Shard, source: &Source) -> RunFacts {
    facts_of(&shard.header, &shard.tally, shard.ending, shard.missing(), source)
}

/// The facts of a run, or of what it has come to so far.
pub fn facts_of(
    header: &ShardHeader,
    tally: &Tally,
    ending: Ending,
    missing_slices: Vec<Slice>,
    source: &Source,
) -> RunFacts {
    let last = tally.seconds.keys().next_back().map_or(0, |second| u64::from(*second) + 1);
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
        duration: crate::base::Micros::from_secs(last),
        completion: match ending {
            Ending::Finished => Completion::Complete,
            Ending::Aborted => Completion::Aborted,
            Ending::Interrupted => Completion::Interrupted,
            Ending::Killed => Completion::Killed,
            Ending::Running => Completion::Running,
        },
        tags: header.tags.clone(),
        machine: Machine {
            cpus: cores(),
            cores: header.settings.cores,
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
        },
    }
}

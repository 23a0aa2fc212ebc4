//! `tillrush report` and `tillrush merge`: what a tally says, printed and stored.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;

use super::args::{MergeArgs, ReportArgs, ReportFileArgs};
use super::compare;
use super::folder::RunFolder;
use super::pipeline;
use super::source::Source;
use super::{Exit, Failure, Screen, fresh, print};
use crate::base::{Micros, Slice, StepId, counted};
use crate::engine::cores;
use crate::report::{self, PageInput, Paint, View};
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
    let (plan, tally) = (&source.plan, &shard.tally);
    let (facts, findings) = match folder {
        Some(folder) => store(shard, source, folder)?,
        None => judge(shard, source),
    };
    let view = View::of(plan, &facts, &findings);
    let texts = Texts {
        json: &|| report::run_json(&report::run_document(plan, tally, &facts, &findings)),
        html: &|| page(shard, source, &facts, &findings),
        suites: &[report::suite(plan, &facts, &findings)],
    };
    deliver(&view, &texts, files, screen)?;
    pipeline::tell(&view, &facts, &findings, source.file.as_deref())?;
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
    folder.write(
        "run.json",
        report::run_json(&report::run_document(plan, tally, &facts, &findings)).as_bytes(),
    )?;
    folder.write("failures.jsonl", report::failures_jsonl(plan, &tally.samples).as_bytes())?;
    let mut log = Vec::new();
    let labels: Vec<String> =
        (0..plan.steps.len()).map(|step| plan.step_label(StepId(step as u16))).collect();
    interval_log::write(tally, &labels, shard.header.started_unix_us, &mut log)
        .context("can't make intervals.hlog")?;
    folder.write("intervals.hlog", &log)?;
    folder.write("report.html", page(shard, source, &facts, &findings).as_bytes())?;
    Ok((facts, findings))
}

/// The report as a page.
fn page(shard: &Shard, source: &Source, facts: &RunFacts, findings: &Findings) -> String {
    report::page(&PageInput {
        plan: &source.plan,
        tally: &shard.tally,
        facts,
        findings,
        scenario: &source.text,
    })
}

/// What a shard says.
pub fn judge(shard: &Shard, source: &Source) -> (RunFacts, Findings) {
    let facts = facts(shard, source);
    let findings = Findings::of(&source.plan, &shard.tally, &facts);
    (facts, findings)
}

/// What a view alone can't say; made only if it is wanted.
pub struct Texts<'a> {
    /// For programs.
    pub json: &'a dyn Fn() -> String,
    /// As a page.
    pub html: &'a dyn Fn() -> String,
    /// As test cases.
    pub suites: &'a [report::Suite],
}

/// Prints what a view says, and writes the files that are wanted.
pub fn deliver(
    view: &View,
    texts: &Texts<'_>,
    files: &ReportFileArgs,
    screen: Screen,
) -> Result<(), Failure> {
    let outputs: [(&Option<_>, &dyn Fn() -> String); 4] = [
        (&files.json, texts.json),
        (&files.html, texts.html),
        (&files.junit, &|| report::junit(texts.suites)),
        (&files.markdown, &|| report::markdown(view)),
    ];
    let taken = outputs.iter().any(|(path, _)| path.as_deref() == Some(Path::new("-")));
    if !screen.quiet && !taken {
        let paint = if screen.colour { Paint::Colour } else { Paint::Plain };
        print(&report::console(view, screen.width, paint))?;
    }
    // Last, so that a file that can't be written hides nothing.
    for (path, text) in &outputs {
        if let Some(path) = path {
            write_file(path, text().as_bytes())?;
        }
    }
    Ok(())
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

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path == Path::new("-") {
        return print(&String::from_utf8_lossy(bytes));
    }
    std::fs::write(path, bytes).with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
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
        run_id: header.settings.get("run").cloned().unwrap_or_default(),
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
            cores: header.settings.get("cores").and_then(|cores| cores.parse().ok()).unwrap_or(0),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
        },
    }
}

//! `tillrush compare`, and `run --baseline`: a run beside another one.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::{CompareArgs, JudgeArgs, PrimaryFigure, ReportFileArgs};
use super::folder::{self, RunFolder};
use super::report::{facts, write_file};
use super::source::Source;
use super::{Exit, Failure, Screen, print};
use crate::report::{self, Paint};
use crate::scenario::{Fraction, Unit};
use crate::schedule::workload_digest;
use crate::tally::shard::Shard;
use crate::verdict::compare::{self, Comparison, NoiseFloor, Side, Subject, Terms};
use crate::verdict::{Findings, RunFacts, Verdict};

/// What a comparison leaves in the candidate's folder when a run makes it.
const DOCUMENT: &str = "comparison.json";

/// A stored run, judged by itself.
pub struct Stored {
    shard: Shard,
    source: Source,
    facts: RunFacts,
    findings: Findings,
}

/// `tillrush compare`.
pub fn compare(args: &CompareArgs, screen: Screen) -> Result<Exit, Failure> {
    let runs: Vec<Stored> = args.runs.iter().map(|run| Stored::open(run, &args.out, screen)).collect::<Result<_, _>>()?;
    if args.calibrate {
        return calibrate(&runs, args, screen);
    }
    let [base, candidate] = &runs[..] else {
        return Err(Failure::usage("error: two runs are compared: write BASE and CANDIDATE, such as `latest~1 latest`"));
    };
    if !args.judge.force {
        refuse(compare::unlike(&base.side(), &candidate.side()))?;
    }
    let found = judge(base, candidate, &args.judge, &args.out)?;
    conclude(base, candidate, &found, &args.files, screen)?;
    Ok(exit_of(&found))
}

/// The run that a run is to be compared with, refused before anything is sent where the two can't be alike.
pub fn baseline(named: &Path, out: &Path, candidate: &Source, args: &JudgeArgs, screen: Screen) -> Result<Stored, Failure> {
    let base = Stored::open(named, out, screen)?;
    if !args.force {
        let digest = workload_digest(&candidate.plan);
        let mut reasons = compare::flaws("the base", &base.facts);
        reasons.extend(compare::unlike_scenarios(
            (&base.source.plan, &base.facts.workload_digest),
            (&candidate.as_stored(screen)?.plan, &digest),
        ));
        refuse(reasons)?;
    }
    Ok(base)
}

/// Compares a run that has just ended with its baseline, prints it, and stores it in the run's folder.
pub fn after_run(base: &Stored, folder: &RunFolder, args: &JudgeArgs, out: &Path, screen: Screen) -> Result<Exit, Failure> {
    let candidate = Stored::of(folder.shard()?, screen)?;
    let found = judge(base, &candidate, args, out)?;
    let json = report::comparison_json(&report::comparison_document(&base.side(), &candidate.side(), &found));
    folder.write(DOCUMENT, json.as_bytes())?;
    screen.tell(format_args!(""));
    conclude(base, &candidate, &found, &ReportFileArgs::default(), screen)?;
    Ok(exit_of(&found))
}

/// The exit code that a comparison calls for.
fn exit_of(found: &Comparison) -> Exit {
    match found.verdict {
        Verdict::Pass => Exit::Ok,
        Verdict::Fail => Exit::Regression,
        Verdict::Invalid => Exit::RunInvalid,
        Verdict::Inconclusive | Verdict::Interrupted => Exit::Inconclusive,
    }
}

/// Says why runs can't be compared.
fn refuse(reasons: Vec<String>) -> Result<(), Failure> {
    if reasons.is_empty() {
        return Ok(());
    }
    let reasons: String = reasons.iter().map(|reason| format!("\n  - {reason}")).collect();
    let help = "runs of one scenario and shape are compared; --force compares these all the same";
    Err(Failure::usage(format!("error: what differs between these runs is not only the shop:{reasons}\nhelp: {help}")))
}

fn judge(base: &Stored, candidate: &Stored, args: &JudgeArgs, out: &Path) -> Result<Comparison, Failure> {
    let primary = match args.primary {
        PrimaryFigure::RepeatedFailures => Subject::RepeatedFailures,
        PrimaryFigure::FailedPurchases => Subject::FailedPurchases,
    };
    if primary == Subject::FailedPurchases && !candidate.source.plan.units.iter().any(|unit| unit.purchase) {
        return Err(Failure::usage("error: --primary failed-purchases: the scenario has no purchase"));
    }
    let margin = Fraction::read(&args.margin).map_err(|error| Failure::usage(format!("error: --margin {}: {error}", args.margin)))?.0;
    let noise = noise_floor(candidate, args, out)?;
    Ok(compare::compare(&base.side(), &candidate.side(), &Terms { primary, margin, noise: noise.as_ref() }))
}

/// Prints a comparison and writes its files.
fn conclude(base: &Stored, candidate: &Stored, found: &Comparison, files: &ReportFileArgs, screen: Screen) -> Result<(), Failure> {
    let (base, candidate) = (base.side(), candidate.side());
    if !screen.quiet && files.json.as_deref() != Some(Path::new("-")) {
        let paint = if screen.colour { Paint::Colour } else { Paint::Plain };
        print(&report::console(&report::comparison_view(&base, &candidate, found), screen.width, paint))?;
    }
    // Last, so that a file that can't be written hides nothing.
    if let Some(path) = &files.json {
        write_file(path, report::comparison_json(&report::comparison_document(&base, &candidate, found)).as_bytes())?;
    }
    Ok(())
}

/// `tillrush compare --calibrate`: what like runs differ by, stored for later comparisons.
fn calibrate(runs: &[Stored], args: &CompareArgs, screen: Screen) -> Result<Exit, Failure> {
    let sides: Vec<Side<'_>> = runs.iter().map(Stored::side).collect();
    let first = &sides[0];
    if !args.judge.force {
        refuse(sides[1..].iter().flat_map(|side| compare::unlike(first, side)).collect())?;
    }
    let Some(noise) = compare::calibrate(&sides) else {
        return Err(Failure::usage("error: --calibrate: at least two like runs show what runs differ by; five are better"));
    };
    let path = args.judge.noise.clone().unwrap_or_else(|| noise_path(&args.out, first));
    let json = serde_json::to_string_pretty(&noise).map_err(anyhow::Error::from)? + "\n";
    std::fs::write(&path, json).with_context(|| format!("can't write {}", path.display()))?;
    if !screen.quiet {
        print(&report::noise_text(&noise))?;
    }
    screen.say(&format!("the noise floor is stored in {}; comparisons of runs like these take it from there", path.display()));
    Ok(Exit::Ok)
}

/// The noise floor for runs like this one: named, or stored beside the runs.
fn noise_floor(run: &Stored, args: &JudgeArgs, out: &Path) -> Result<Option<NoiseFloor>, Failure> {
    let stored = noise_path(out, &run.side());
    let path = match &args.noise {
        Some(path) => path.clone(),
        None if stored.exists() => stored,
        None => return Ok(None),
    };
    let wrong = |error: String| Failure::usage(format!("error: the noise floor {}: {error}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let noise: NoiseFloor = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if noise.schema != compare::NOISE_SCHEMA {
        return Err(wrong(format!("it is '{}', and this version reads '{}'", noise.schema, compare::NOISE_SCHEMA)));
    }
    if noise.workload_digest != run.facts.workload_digest && !args.force {
        return Err(wrong(format!("it is of other runs ('{}'); --force takes it all the same", noise.scenario)));
    }
    Ok(Some(noise))
}

/// Where the noise floor of runs like this one is stored.
fn noise_path(out: &Path, run: &Side<'_>) -> PathBuf {
    let digest: String = run.facts.workload_digest.chars().take(8).collect();
    out.join(format!("noise-{}-{digest}.json", folder::slug(&run.plan.name)))
}

// === impl Stored ===

impl Stored {
    /// A stored run: its folder, its tally, `latest` or `latest~1`.
    fn open(named: &Path, out: &Path, screen: Screen) -> Result<Stored, Failure> {
        let unreadable = |error: anyhow::Error| Failure::usage(format!("error: {error:#}"));
        Stored::of(folder::stored(named, out).map_err(unreadable)?, screen)
    }

    fn of(shard: Shard, screen: Screen) -> Result<Stored, Failure> {
        let source = Source::stored(&shard.header, screen)?;
        let facts = facts(&shard, &source);
        let findings = Findings::of(&source.plan, &shard.tally, &facts);
        Ok(Stored { shard, source, facts, findings })
    }

    fn side(&self) -> Side<'_> {
        Side { plan: &self.source.plan, tally: &self.shard.tally, facts: &self.facts, findings: &self.findings }
    }
}

//! `tillrush compare`, and `run --baseline`: a run beside another one.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;

use super::args::{CompareArgs, JudgeArgs, PrimaryFigure};
use super::folder::{self, RunFolder};
use super::output::{ReportFileArgs, deliver, deliver_addition};
use super::pipeline;
use super::report as report_of;
use super::source::Source;
use super::{Exit, Failure, Screen, print};
use crate::report::{ComparisonReport, Format, Report, RunReport, noise_text};
use crate::scenario::{Fraction, Unit};
use crate::schedule::workload_digest;
use crate::tally::shard::{PairedSettings, Shard};
use crate::verdict::compare::{self, Comparison, NoiseFloor, Side, Subject, Terms};
use crate::verdict::{Findings, RunFacts, Verdict};

/// What a comparison leaves in the candidate's folder when a run makes it.
const DOCUMENT: &str = "comparison.json";
/// The same as a page.
const PAGE: &str = "comparison.html";

/// A stored run, judged by itself.
pub struct Stored {
    shard: Shard,
    source: Source,
    facts: RunFacts,
    findings: Findings,
}

/// `tillrush compare`.
pub fn compare(args: &CompareArgs, screen: Screen) -> Result<Exit, Failure> {
    let mut runs: Vec<Stored> = args
        .runs
        .iter()
        .map(|run| Stored::open(run, &args.out, screen))
        .collect::<Result<_, _>>()?;
    if let ([_], [only], false) = (&runs[..], &args.runs[..], args.calibrate) {
        let beside = (!only.is_file())
            .then(|| RunFolder::open(only, &args.out))
            .transpose()?
            .and_then(|folder| folder.beside());
        if let Some(beside) = beside {
            runs.insert(0, Stored::of(beside.shard()?, screen)?);
        }
    }
    if args.calibrate {
        return calibrate(&runs, args, screen);
    }
    let [base, candidate] = &runs[..] else {
        return Err(Failure::usage(
            "error: two runs are compared: write BASE and CANDIDATE, such as `latest~1 latest`, or one duet",
        ));
    };
    if !args.judge.force {
        refuse(compare::unlike(&base.side(), &candidate.side()))?;
    }
    let found = judge(base, candidate, &args.judge, &args.out)?;
    let report = comparison_report(base, candidate, &found);
    deliver(&report, &args.files, screen)?;
    pipeline::tell_comparison(&report.view(), &found)?;
    Ok(exit_of(&found))
}

/// The run that a run is to be compared with, refused before anything is sent where the two can't be alike.
pub fn baseline(
    named: &Path,
    out: &Path,
    candidate: &Source,
    args: &JudgeArgs,
    screen: Screen,
) -> Result<Stored, Failure> {
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

/// Compares a run that has just ended with its baseline, prints it, and stores it in the run's folder. The files that the run's own
/// report was written to get both, but for JSON and HTML: those of a comparison are in the folder.
pub fn after_run(
    base: &Stored,
    folder: &RunFolder,
    args: &JudgeArgs,
    out: &Path,
    files: &ReportFileArgs,
    screen: Screen,
) -> Result<Exit, Failure> {
    let candidate = Stored::of(folder.shard()?, screen)?;
    let found = judge(base, &candidate, args, out)?;
    let report = ComparisonReport {
        own: Some(candidate.report()),
        ..comparison_report(base, &candidate, &found)
    };
    folder.write(DOCUMENT, Format::Json.render(&report).as_bytes())?;
    folder.write(PAGE, Format::Html.render(&report).as_bytes())?;
    if !files.to_stdout() {
        screen.tell(format_args!(""));
    }
    deliver_addition(&report, files, screen)?;
    pipeline::tell_comparison(&report.view(), &found)?;
    Ok(exit_of(&found))
}

/// Compares the two halves of a duet, if the run is one.
pub fn after_duet(
    folder: &RunFolder,
    out: &Path,
    files: &ReportFileArgs,
    screen: Screen,
) -> Result<Exit, Failure> {
    let Some(beside) = folder.beside() else { return Ok(Exit::Ok) };
    let base = Stored::of(beside.shard()?, screen)?;
    let Some(paired) = &base.shard.header.settings.paired else { return Ok(Exit::Ok) };
    let terms = stored_terms(paired)?;
    after_run(&base, folder, &terms, out, files, screen)
}

/// How the sides of a paired run are compared, as it is stored with both.
pub fn paired_settings(name: &str, terms: &JudgeArgs) -> PairedSettings {
    let primary = terms.primary.to_possible_value();
    PairedSettings {
        name: name.to_owned(),
        primary: primary.map(|value| value.get_name().to_owned()).unwrap_or_default(),
        margin: terms.margin.clone(),
        noise: terms.noise.as_ref().map(|path| path.display().to_string()),
    }
}

/// How the sides of a stored paired run are compared.
fn stored_terms(paired: &PairedSettings) -> Result<JudgeArgs, Failure> {
    let primary = PrimaryFigure::from_str(&paired.primary, true).map_err(|error| {
        Failure::usage(format!("error: the stored run's --primary {}: {error}", paired.primary))
    })?;
    Ok(JudgeArgs {
        primary,
        margin: paired.margin.clone(),
        noise: paired.noise.as_ref().map(PathBuf::from),
        force: false,
    })
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
    Err(Failure::usage(format!(
        "error: what differs between these runs is not only the shop:{reasons}\nhelp: {help}"
    )))
}

fn judge(
    base: &Stored,
    candidate: &Stored,
    args: &JudgeArgs,
    out: &Path,
) -> Result<Comparison, Failure> {
    let primary = match args.primary {
        PrimaryFigure::RepeatedFailures => Subject::RepeatedFailures,
        PrimaryFigure::FailedPurchases => Subject::FailedPurchases,
    };
    if primary == Subject::FailedPurchases
        && !candidate.source.plan.units.iter().any(|unit| unit.purchase)
    {
        return Err(Failure::usage(
            "error: --primary failed-purchases: the scenario has no purchase",
        ));
    }
    let margin = Fraction::read(&args.margin)
        .map_err(|error| Failure::usage(format!("error: --margin {}: {error}", args.margin)))?
        .0;
    let duet_of =
        |run: &Stored| run.shard.header.settings.paired.as_ref().map(|paired| paired.name.clone());
    let duet = duet_of(base).is_some()
        && duet_of(base) == duet_of(candidate)
        && !candidate.shard.tally.pairs.is_empty();
    // What runs differ by that came one after the other says nothing of two shops at once.
    let noise =
        if duet && args.noise.is_none() { None } else { noise_floor(candidate, args, out)? };
    Ok(compare::compare(
        &base.side(),
        &candidate.side(),
        &Terms { primary, margin, noise: noise.as_ref(), duet },
    ))
}

fn comparison_report<'a>(
    base: &'a Stored,
    candidate: &'a Stored,
    found: &'a Comparison,
) -> ComparisonReport<'a> {
    ComparisonReport { base: base.side(), candidate: candidate.side(), found, own: None }
}

/// `tillrush compare --calibrate`: what like runs differ by, stored for later comparisons.
fn calibrate(runs: &[Stored], args: &CompareArgs, screen: Screen) -> Result<Exit, Failure> {
    let sides: Vec<Side<'_>> = runs.iter().map(Stored::side).collect();
    let first = &sides[0];
    if !args.judge.force {
        refuse(sides[1..].iter().flat_map(|side| compare::unlike(first, side)).collect())?;
    }
    let Some(noise) = compare::calibrate(&sides) else {
        return Err(Failure::usage(
            "error: --calibrate: at least two like runs show what runs differ by; five are better",
        ));
    };
    let path = args.judge.noise.clone().unwrap_or_else(|| noise_path(&args.out, first));
    let json = serde_json::to_string_pretty(&noise).map_err(anyhow::Error::from)? + "\n";
    std::fs::write(&path, json).with_context(|| format!("can't write {}", path.display()))?;
    if !screen.quiet {
        print(&noise_text(&noise))?;
    }
    screen.say(&format!(
        "the noise floor is stored in {}; comparisons of runs like these take it from there",
        path.display()
    ));
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
    let wrong = |error: String| {
        Failure::usage(format!("error: the noise floor {}: {error}", path.display()))
    };
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let noise: NoiseFloor =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if noise.schema != compare::NOISE_SCHEMA {
        return Err(wrong(format!(
            "it is '{}', and this version reads '{}'",
            noise.schema,
            compare::NOISE_SCHEMA
        )));
    }
    if noise.workload_digest != run.facts.workload_digest && !args.force {
        return Err(wrong(format!(
            "it is of other runs ('{}'); --force takes it all the same",
            noise.scenario
        )));
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
        let (facts, findings) = report_of::judge(&shard, &source);
        Ok(Stored { shard, source, facts, findings })
    }

    fn report(&self) -> RunReport<'_> {
        report_of::run_report(&self.shard, &self.source, &self.facts, &self.findings)
    }

    fn side(&self) -> Side<'_> {
        Side {
            plan: &self.source.plan,
            tally: &self.shard.tally,
            facts: &self.facts,
            findings: &self.findings,
        }
    }
}

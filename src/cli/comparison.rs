//! Comparing a run with a baseline: after `run --baseline`, after a paired run, and for `compare`.

use std::path::Path;

use super::analysis::RunAnalysis;
use super::ci_annotations;
use super::comparison_args::{ComparisonArgs, PrimaryFigure};
use super::exit::Exit;
use super::failure::Failure;
use super::noise_floor;
use super::output::deliver_addition;
use super::paired;
use super::report_files::ReportFileArgs;
use super::run_folder::RunFolder;
use super::screen::Screen;
use super::source::Source;
use crate::report::{ComparisonReport, Format, Report};
use crate::schedule::workload_digest;
use crate::verdict::Verdict;
use crate::verdict::compare::{self, Comparison, ComparisonTerms, ScenarioSource, Subject};
use anyhow::anyhow;

/// The comparison in the candidate's folder, when a run makes it.
const DOCUMENT: &str = "comparison.json";
/// The same as a page.
const PAGE: &str = "comparison.html";

/// The stored run that a run will be compared with.
///
/// # Errors
/// Before anything is sent, where the two can't be comparable.
pub fn open_baseline(
    run: &Path,
    out: &Path,
    candidate: &Source,
    args: &ComparisonArgs,
    screen: Screen,
) -> Result<RunAnalysis, Failure> {
    let base = RunAnalysis::open(run, out, screen)?;
    if !args.force {
        let digest = workload_digest(&candidate.plan);
        let scenario = ScenarioSource { text: &candidate.text, settings: &candidate.settings };
        let mut reasons = compare::defects("the base", &base.facts);
        reasons.extend(compare::scenario_differences(
            (base.side().scenario, &base.facts.workload_digest),
            (scenario, &digest),
        ));
        ensure_comparable(&reasons)?;
    }
    Ok(base)
}

/// Compares a run that has just ended with its baseline. The comparison is printed, stored in the run's folder, and added to
/// the files that have the run's own report and can take it.
pub fn compare_after_run(
    base: &RunAnalysis,
    folder: &RunFolder,
    args: &ComparisonArgs,
    out: &Path,
    files: &ReportFileArgs,
    screen: Screen,
) -> Result<Exit, Failure> {
    let candidate = RunAnalysis::from_stored(folder.shard()?, screen)?;
    let found = compare_runs(base, &candidate, args, out)?;
    let report =
        ComparisonReport { own: Some(candidate.report()), ..report(base, &candidate, &found) };
    let document = folder.write(DOCUMENT, Format::Json.render(&report).as_bytes());
    let page = folder.write(PAGE, Format::Html.render(&report).as_bytes());
    if let Err(error) = document.and(page) {
        screen.notice(&format!("warning: the comparison is not in the run's folder: {error:#}"));
    }
    if !files.to_stdout() {
        screen.print_line(format_args!(""));
    }
    deliver_addition(&report, files, screen)?;
    ci_annotations::comparison(&report.view(), &found)?;
    Ok(exit_of(&found))
}

/// Compares the two shops of a paired run. Of another run there is nothing to compare.
pub fn compare_paired(
    folder: &RunFolder,
    out: &Path,
    files: &ReportFileArgs,
    screen: Screen,
) -> Result<Exit, Failure> {
    let Some(baseline) = folder.baseline() else { return Ok(Exit::Ok) };
    let base = RunAnalysis::from_stored(baseline.shard()?, screen)?;
    let Some(paired) = &base.shard.header.settings.paired else { return Ok(Exit::Ok) };
    let args = paired::comparison_args(paired)?;
    compare_after_run(&base, folder, &args, out, files, screen)
}

/// Compares two runs.
///
/// # Errors
/// When the arguments make no sense for these runs.
pub fn compare_runs(
    base: &RunAnalysis,
    candidate: &RunAnalysis,
    args: &ComparisonArgs,
    out: &Path,
) -> Result<Comparison, Failure> {
    let primary = match args.primary {
        PrimaryFigure::RepeatedFailures => Subject::RepeatedFailures,
        PrimaryFigure::FailedPurchases => Subject::FailedPurchases,
    };
    let has_purchase = candidate.source.plan.units.iter().any(|unit| unit.purchase);
    if args.primary == PrimaryFigure::FailedPurchases && !has_purchase {
        return Err(Failure::usage(anyhow!(
            "--primary failed-purchases: the scenario has no purchase"
        )));
    }
    let length = candidate.source.plan.load.length();
    if args.after >= length {
        let error = anyhow!("--after {} leaves out the whole load of {length}", args.after);
        return Err(Failure::usage(error).help("leave out less than the run is long"));
    }
    let paired = paired::are_paired(&base.shard, &candidate.shard);
    // Runs one after the other differ by time of day; the noise floor of such runs does not apply to paired ones.
    let noise = if paired && args.noise.is_none() {
        None
    } else {
        noise_floor::read(candidate, args, out)?
    };
    Ok(compare::compare(
        &base.side(),
        &candidate.side(),
        &ComparisonTerms {
            primary,
            margin: args.margin.0,
            noise: noise.as_ref(),
            duet: paired,
            after: args.after,
        },
    ))
}

/// What a report of a comparison is rendered from.
pub fn report<'a>(
    base: &'a RunAnalysis,
    candidate: &'a RunAnalysis,
    found: &'a Comparison,
) -> ComparisonReport<'a> {
    ComparisonReport { base: base.side(), candidate: candidate.side(), found, own: None }
}

/// The exit code of a comparison.
pub fn exit_of(found: &Comparison) -> Exit {
    match found.verdict {
        Verdict::Pass => Exit::Ok,
        Verdict::Fail | Verdict::NotReconciled => Exit::Regression,
        Verdict::Invalid => Exit::RunInvalid,
        Verdict::Inconclusive | Verdict::Interrupted => Exit::Inconclusive,
    }
}

/// Refuses runs that are not comparable, for these reasons.
pub fn ensure_comparable(reasons: &[String]) -> Result<(), Failure> {
    if reasons.is_empty() {
        return Ok(());
    }
    let reasons: String = reasons.iter().map(|reason| format!("\n  - {reason}")).collect();
    Err(Failure::usage(anyhow!("these runs are not comparable:{reasons}")).help(
        "compare runs of the same scenario with the same load; --force compares these anyway",
    ))
}

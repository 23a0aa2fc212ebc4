//! `tillrush report`: a stored run, reported again.

use super::analysis::RunAnalysis;
use super::args::ReportArgs;
use super::ci_annotations;
use super::comparison;
use super::exit::Exit;
use super::failure::Failure;
use super::output::deliver;
use super::report_files::ReportFileArgs;
use super::run_folder::RunFolder;
use super::screen::Screen;
use crate::base::counted;
use crate::report::Report;
use crate::tally::shard::Ending;

/// `tillrush report`.
pub fn report(args: &ReportArgs, screen: Screen) -> Result<Exit, Failure> {
    let folder = RunFolder::open(&args.run, &args.out).map_err(Failure::usage)?;
    let shard = folder.shard()?;
    let baseline = folder.baseline();
    // The files of a run in progress are written by the process that runs it.
    if shard.ending == Ending::Running {
        let run = RunAnalysis::stored(shard, screen)?;
        publish(&run, &args.files, screen)?;
        return Ok(run.exit());
    }
    if shard.torn_bytes > 0 || shard.ending == Ending::Killed {
        screen.notice(&format!(
            "this run was killed; the report has what it had stored ({} of its last second lost)",
            counted(shard.torn_bytes, "byte")
        ));
        folder.seal(&shard)?;
    }
    let run = RunAnalysis::stored(shard, screen)?;
    run.store(&folder)?;
    publish(&run, &args.files, screen)?;
    if let Some(baseline) = &baseline {
        let shard = baseline.shard()?;
        baseline.seal(&shard)?;
        RunAnalysis::new(shard, run.source.clone()).store(baseline)?;
    }
    let comparison = comparison::compare_paired(&folder, &args.out, &args.files, screen)?;
    Ok(run.exit().worse_of(comparison))
}

/// Prints a run's report, writes the files that were asked for, and annotates the CI job.
pub fn publish(run: &RunAnalysis, files: &ReportFileArgs, screen: Screen) -> Result<(), Failure> {
    let report = run.report();
    deliver(&report, files, screen)?;
    let scenario = run.source.file.as_deref();
    ci_annotations::run(&report.view(), &run.facts, &run.findings, scenario)
}

//! `tillrush report`: a stored run, reported again.

use super::analysis::RunAnalysis;
use super::args::ReportArgs;
use super::ci_annotations;
use super::comparison;
use super::exit::Exit;
use super::failure::Failure;
use super::output::deliver;
use super::record_files;
use super::report_files::ReportFileArgs;
use super::run_folder::RunFolder;
use super::screen::Screen;
use crate::base::count_of;
use crate::report::Report;
use crate::tally::shard::{Ending, Shard};

/// `tillrush report`.
pub fn report(args: &ReportArgs, screen: Screen) -> Result<Exit, Failure> {
    let folder = RunFolder::open(&args.run, &args.out).map_err(Failure::usage)?;
    let shard = folder.shard()?;
    let baseline = folder.baseline();
    // The files of a run in progress are written by the process that runs it.
    if shard.ending == Ending::Running {
        let run = RunAnalysis::from_stored(shard, screen)?;
        publish(&run, &args.files, screen)?;
        return Ok(run.exit());
    }
    tell_of_loss(&shard, screen);
    let run =
        RunAnalysis::from_stored(shard, screen)?.with_records(record_files::read_stored(&folder)?);
    renew(&run, &folder, screen);
    publish(&run, &args.files, screen)?;
    if let Some(baseline) = &baseline {
        let shard = baseline.shard()?;
        tell_of_loss(&shard, screen);
        renew(&RunAnalysis::new(shard, run.source.clone()), baseline, screen);
    }
    let comparison = comparison::compare_paired(&folder, &args.out, &args.files, screen)?;
    Ok(run.exit().worse_of(comparison))
}

/// Says what the report leaves out.
fn tell_of_loss(shard: &Shard, screen: Screen) {
    if let Some(loss) = &shard.loss {
        screen.notice(&format!("warning: {}: {loss}; the rest is reported", shard.name));
    }
    if shard.torn_bytes > 0 || shard.ending == Ending::Killed {
        screen.notice(&format!(
            "this run was killed; the report has what it had stored ({} of its last second lost)",
            count_of(shard.torn_bytes, "byte")
        ));
    }
}

/// Writes the folder's files anew, where it can be written. The report does not depend on it.
fn renew(run: &RunAnalysis, folder: &RunFolder, screen: Screen) {
    // What is damaged stays as it is: somebody may still mend it.
    let ended = || if run.shard.loss.is_none() { folder.seal(&run.shard) } else { Ok(()) };
    if let Err(error) = ended().and_then(|()| run.store(folder)) {
        screen.notice(&format!(
            "warning: the files in {} stay as they are: {error:#}",
            folder.display()
        ));
    }
}

/// Prints a run's report, writes the files that were asked for, and annotates the CI job.
pub fn publish(run: &RunAnalysis, files: &ReportFileArgs, screen: Screen) -> Result<(), Failure> {
    let report = run.report();
    deliver(&report, files, screen)?;
    let scenario = run.source.file.as_deref();
    ci_annotations::run(&report.view(), &run.facts, &run.findings, scenario)
}

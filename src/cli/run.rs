//! `tillrush run`: from a scenario to a report.

use std::path::PathBuf;

use super::args::RunArgs;
use super::comparison;
use super::execute::execute;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use super::source::Source;
use crate::tally::shard::Ending;

/// `tillrush run`.
pub fn run(args: &RunArgs, screen: Screen) -> Result<Exit, Failure> {
    let source = Source::read(&args.scenario, screen)?;
    let open = |run: &PathBuf| {
        comparison::open_baseline(run, &args.out, &source, &args.comparison, screen)
    };
    let baseline = args.baseline.as_ref().map(open).transpose()?;
    let (run, folder) = execute(&source, args, screen)?;
    if args.join.url.is_some() {
        screen.notice(&format!("slice stored in {}", folder.display()));
        return Ok(slice_exit(run.shard.ending));
    }
    let comparison = match &baseline {
        None => comparison::compare_paired(&folder, &args.out, &args.files, screen)?,
        Some(base) => comparison::compare_after_run(
            base,
            &folder,
            &args.comparison,
            &args.out,
            &args.files,
            screen,
        )?,
    };
    screen.notice(&format!("run stored in {}", folder.display()));
    Ok(run.exit().worse_of(comparison))
}

/// How a slice exits that has delivered: however its shoppers fared, whoever merges the slices judges.
fn slice_exit(ending: Ending) -> Exit {
    match ending {
        Ending::Interrupted => Exit::Interrupted,
        Ending::Finished | Ending::Aborted | Ending::Killed | Ending::Running | Ending::Damaged => {
            Exit::Ok
        }
    }
}

//! `tillrush compare`: two stored runs, and what differs between them.

use std::path::PathBuf;

use anyhow::anyhow;

use super::analysis::RunAnalysis;
use super::ci_annotations;
use super::comparison::{self, ensure_comparable};
use super::comparison_args::CompareArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::noise_floor;
use super::output::deliver;
use super::run_folder::RunFolder;
use super::screen::{Screen, print};
use crate::report::{Report, noise_text};
use crate::verdict::compare;

/// `tillrush compare`.
pub fn compare(args: &CompareArgs, screen: Screen) -> Result<Exit, Failure> {
    let open = |run: &PathBuf| RunAnalysis::open(run, &args.out, screen);
    let mut runs: Vec<RunAnalysis> = args.runs.iter().map(open).collect::<Result<_, _>>()?;
    if args.calibrate {
        return calibrate(&runs, args, screen);
    }
    if let Some(base) = paired_baseline(args, screen)? {
        runs.insert(0, base);
    }
    let [base, candidate] = &runs[..] else {
        let error = anyhow!("`compare` needs two runs, BASE and CANDIDATE, or one paired run");
        return Err(Failure::usage(error)
            .help("`tillrush compare latest~1 latest` compares the two newest runs"));
    };
    if !args.comparison.force {
        ensure_comparable(&compare::incomparable(&base.side(), &candidate.side()))?;
    }
    let found = comparison::compare_runs(base, candidate, &args.comparison, &args.out)?;
    let report = comparison::report(base, candidate, &found);
    deliver(&report, &args.files, screen)?;
    ci_annotations::comparison(&report.view(), &found)?;
    Ok(comparison::exit_of(&found))
}

/// The second shop's half, where a single run is given and it is a paired one.
fn paired_baseline(args: &CompareArgs, screen: Screen) -> Result<Option<RunAnalysis>, Failure> {
    let [run] = &args.runs[..] else { return Ok(None) };
    if run.is_file() {
        return Ok(None);
    }
    let Some(folder) = RunFolder::open(run, &args.out)?.baseline() else { return Ok(None) };
    Ok(Some(RunAnalysis::from_stored(folder.shard()?, screen)?))
}

/// `tillrush compare --calibrate`: measures how much these runs differ, and stores it.
fn calibrate(runs: &[RunAnalysis], args: &CompareArgs, screen: Screen) -> Result<Exit, Failure> {
    let sides: Vec<_> = runs.iter().map(RunAnalysis::side).collect();
    if !args.comparison.force {
        let reasons: Vec<String> =
            sides[1..].iter().flat_map(|side| compare::incomparable(&sides[0], side)).collect();
        ensure_comparable(&reasons)?;
    }
    let Some(noise) = compare::calibrate(&sides) else {
        let error = anyhow!("--calibrate needs at least two comparable runs; five are better");
        return Err(Failure::usage(error));
    };
    let path = noise_floor::store(&noise, &runs[0], &args.comparison, &args.out)?;
    if !screen.quiet {
        print(&noise_text(&noise, sides[0].plan))?;
    }
    screen.notice(&format!(
        "the noise floor is stored in {}; `compare` uses it for runs of this scenario and load",
        path.display()
    ));
    Ok(Exit::Ok)
}

//! What a pipeline is told without being asked: GitHub's job summary, and marks on the scenario's lines.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::{Failure, complain};
use crate::report::{View, annotations, comparison_annotations, mark, markdown};
use crate::scenario::Problems;
use crate::verdict::compare::Comparison;
use crate::verdict::{Findings, RunFacts};

/// GitHub shows ten marks of a step at most.
const MOST_MARKS: usize = 10;

/// Appends the report to `$GITHUB_STEP_SUMMARY` where that is set, and annotates the scenario where this is GitHub Actions.
pub fn tell(
    view: &View,
    facts: &RunFacts,
    findings: &Findings,
    scenario: Option<&str>,
) -> Result<(), Failure> {
    summarise(view)?;
    if is_actions() {
        // The runner reads commands from both outputs; standard output may be somebody's JSON.
        annotations(facts, findings, scenario.map(in_repository).as_deref())
            .lines()
            .for_each(complain);
    }
    Ok(())
}

/// The same of a comparison.
pub fn tell_comparison(view: &View, found: &Comparison) -> Result<(), Failure> {
    summarise(view)?;
    if is_actions() {
        comparison_annotations(found).lines().for_each(complain);
    }
    Ok(())
}

fn summarise(view: &View) -> Result<(), Failure> {
    let Some(path) = variable("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    let written = opened.and_then(|mut file| file.write_all(markdown(view).as_bytes()));
    written.with_context(|| format!("can't write the job's summary {}", path.display()))?;
    Ok(())
}

/// Marks what is wrong with a scenario, where this is GitHub Actions.
pub fn tell_problems(problems: &Problems, scenario: &str) {
    let Some(file) = is_actions().then(|| in_repository(scenario)) else { return };
    for problem in problems.iter().take(MOST_MARKS) {
        let message = format!("{}: {}", problem.message, problem.remedy);
        let line = problem.place.map_or(1, |place| place.line);
        complain(mark("error", Some((&file, line)), "scenario", &message).trim_end());
    }
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn is_actions() -> bool {
    variable("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// A file as seen from the repository's root, which a step may have left: marks are put on files of the repository.
fn in_repository(file: &str) -> String {
    let within = || {
        let root = Path::new(&variable("GITHUB_WORKSPACE")?).canonicalize().ok()?;
        Some(Path::new(file).canonicalize().ok()?.strip_prefix(root).ok()?.to_str()?.to_owned())
    };
    within().unwrap_or_else(|| file.to_owned())
}

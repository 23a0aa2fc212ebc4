//! GitHub Actions: the job summary, and annotations on the scenario's lines.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::failure::Failure;
use super::screen::print_error_line;
use crate::report::{View, annotations, comparison_annotations, mark, markdown};
use crate::scenario::Problems;
use crate::verdict::compare::Comparison;
use crate::verdict::{Findings, RunFacts};

/// GitHub shows at most ten annotations of a step.
const MAX_ANNOTATIONS: usize = 10;

/// Appends a run's report to `$GITHUB_STEP_SUMMARY`, and annotates the scenario's objectives. Does nothing outside of GitHub
/// Actions.
pub fn run(
    view: &View,
    facts: &RunFacts,
    findings: &Findings,
    scenario: Option<&str>,
) -> Result<(), Failure> {
    append_summary(view)?;
    if is_actions() {
        // The runner reads workflow commands from standard error too; standard output may be JSON for another program.
        annotations(facts, findings, scenario.map(in_repository).as_deref())
            .lines()
            .for_each(print_error_line);
    }
    Ok(())
}

/// The same for a comparison.
pub fn comparison(view: &View, found: &Comparison) -> Result<(), Failure> {
    append_summary(view)?;
    if is_actions() {
        comparison_annotations(found).lines().for_each(print_error_line);
    }
    Ok(())
}

fn append_summary(view: &View) -> Result<(), Failure> {
    let Some(path) = variable("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    let written = opened.and_then(|mut file| file.write_all(markdown(view).as_bytes()));
    written.with_context(|| format!("can't write the job summary {}", path.display()))?;
    Ok(())
}

/// Annotates the problems of a scenario, in GitHub Actions.
pub fn problems(problems: &Problems, scenario: &str) {
    let Some(file) = is_actions().then(|| in_repository(scenario)) else { return };
    for problem in problems.iter().take(MAX_ANNOTATIONS) {
        let message = format!("{}: {}", problem.message, problem.remedy);
        let line = problem.place.map_or(1, |place| place.line);
        print_error_line(mark("error", Some((&file, line)), "scenario", &message).trim_end());
    }
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn is_actions() -> bool {
    variable("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The file's path from the root of the repository: annotations need it, and the working directory may be another.
fn in_repository(file: &str) -> String {
    let within = || {
        let root = Path::new(&variable("GITHUB_WORKSPACE")?).canonicalize().ok()?;
        Some(Path::new(file).canonicalize().ok()?.strip_prefix(root).ok()?.to_str()?.to_owned())
    };
    within().unwrap_or_else(|| file.to_owned())
}

//! What a pipeline is told without being asked: GitHub's job summary, and marks on the scenario's lines.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::Context;

use super::Failure;
use crate::report::{View, annotations, markdown};
use crate::verdict::{Findings, RunFacts};

/// Appends the report to `$GITHUB_STEP_SUMMARY` where that is set, and annotates the scenario where this is GitHub Actions.
pub fn tell(view: &View, facts: &RunFacts, findings: &Findings, scenario: Option<&str>) -> Result<(), Failure> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = set("GITHUB_STEP_SUMMARY") {
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let written = opened.and_then(|mut file| file.write_all(markdown(view).as_bytes()));
        written.with_context(|| format!("can't write the job's summary {}", path.display()))?;
    }
    if set("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        // The runner reads commands from both outputs; standard output may be somebody's JSON.
        eprint!("{}", annotations(facts, findings, scenario));
    }
    Ok(())
}

//! A run on one side of a comparison.

use super::scenario_diff::ScenarioSource;
use crate::plan::Plan;
use crate::tally::Tally;
use crate::verdict::facts::RunFacts;
use crate::verdict::findings::Findings;

/// A run that is compared.
#[derive(Clone, Copy, Debug)]
pub struct ComparedRun<'a> {
    /// What was meant to happen.
    pub plan: &'a Plan,
    /// What it was made from.
    pub scenario: ScenarioSource<'a>,
    /// What was seen.
    pub tally: &'a Tally,
    /// Where and when.
    pub facts: &'a RunFacts,
    /// What the run says by itself.
    pub findings: &'a Findings,
}

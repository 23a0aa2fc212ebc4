//! What reports are rendered from.

use crate::plan::Plan;
use crate::reconcile::ReconciliationDocument;
use crate::tally::Tally;
use crate::verdict::compare::{ComparedRun, Comparison};
use crate::verdict::{Findings, RunFacts};

/// One run, and what it came to.
#[derive(Clone, Copy, Debug)]
pub struct RunReport<'a> {
    /// What was planned.
    pub plan: &'a Plan,
    /// What was counted.
    pub tally: &'a Tally,
    /// Where and when it ran.
    pub facts: &'a RunFacts,
    /// What follows from it.
    pub findings: &'a Findings,
    /// The scenario's text.
    pub scenario: &'a str,
    /// What the shop's records say, where they were read.
    pub records: Option<&'a ReconciliationDocument>,
}

/// A comparison of two runs.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonReport<'a> {
    /// The run that is compared with.
    pub base: ComparedRun<'a>,
    /// The run that is judged.
    pub candidate: ComparedRun<'a>,
    /// What differs.
    pub found: &'a Comparison,
    /// The candidate's own report, where the test suites are to have it as well.
    pub own: Option<RunReport<'a>>,
}

//! How far findings can be believed, told where they stand: who reads one table of a report must not take the generator's own doings
//! for the shop's, however far away the verdict is.

use super::blocks::{Answer, Statement, Table, Tone};
use crate::base::Micros;
use crate::verdict::{Findings, Soundness};

/// What a reader must know before believing a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Whether it is of all findings; otherwise of the times.
    pub of_all: bool,
    /// In a sentence.
    pub sentence: String,
}

/// What stands beside the title of what is not to be believed.
pub const MARK: &str = "not to be believed";

/// The caution that the generator of a run calls for.
pub fn warning(findings: &Findings) -> Option<Warning> {
    let health = &findings.health;
    let cause = &health.doubts.iter().find(|doubt| doubt.gravity == health.soundness)?.cause;
    match health.soundness {
        Soundness::Valid => None,
        Soundness::Suspect => Some(Warning {
            of_all: false,
            sentence: format!("Read the times with caution: {cause}."),
        }),
        Soundness::Invalid => Some(Warning {
            of_all: true,
            sentence: format!(
                "Not to be believed: {cause}, so that what is found here may be the generator's doing, and not the shop's."
            ),
        }),
    }
}

/// Whether something happened while the generator did not hold its schedule: then the shop can't be blamed for it.
pub fn was_late(findings: &Findings, from: Micros, until: Micros) -> bool {
    findings
        .health
        .late_stretches
        .iter()
        .any(|(late_from, late_until)| *late_from < until && from < *late_until)
}

// === impl Warning ===

impl Warning {
    /// As a sentence among others.
    pub fn remark(&self) -> Statement {
        Statement::new(Tone::Doubtful, self.sentence.clone())
    }

    /// Findings as they are shown under this caution.
    pub fn remarks(&self, remarks: Vec<Statement>) -> Vec<Statement> {
        let tone = |tone| if self.of_all { Tone::Faint } else { tone };
        remarks.into_iter().map(|remark| Statement { tone: tone(remark.tone), ..remark }).collect()
    }

    /// A table as it is shown under this caution.
    pub fn table(&self, mut table: Table) -> Table {
        if self.of_all {
            table.title = format!("{}: {MARK}", table.title);
            table.rows.iter_mut().for_each(|row| row.tone = Tone::Faint);
        }
        table
    }

    /// An answer as it is given under this caution, unless it is one about the run itself.
    pub fn answer(&self, answer: Answer) -> Answer {
        if self.of_all && !answer.of_the_run {
            Answer { tone: Tone::Faint, ..answer }
        } else {
            answer
        }
    }
}

//! The warning about the load generator, shown wherever it applies: a reader of a single table must not blame the shop for what the
//! load generator did, however far away the verdict is.

use super::blocks::{Answer, Statement, Table, Tone};
use crate::base::Micros;
use crate::verdict::{Findings, IssueCause, Validity};

/// A warning about the load generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Whether it applies to all findings; otherwise to response times.
    pub of_all: bool,
    /// The warning as sentences.
    pub sentence: String,
}

/// The mark on what a saturated load generator makes useless.
pub const MARK: &str = "invalid (load generator saturated)";

/// The warning that the state of the load generator calls for.
pub fn warning(findings: &Findings) -> Option<Warning> {
    let health = &findings.health;
    let cause = &health.issues.iter().find(|doubt| doubt.severity == health.validity)?.cause;
    match health.validity {
        Validity::Valid => None,
        Validity::Suspect => Some(Warning { of_all: false, sentence: suspect(cause) }),
        Validity::Invalid => Some(Warning {
            of_all: true,
            sentence: format!(
                "Do not use these results: {cause}. They may describe the load generator and not the shop."
            ),
        }),
    }
}

/// What a reader must bear in mind of a suspect run.
fn suspect(cause: &IssueCause) -> String {
    match cause {
        IssueCause::Throttled(_) | IssueCause::Unfinished { .. } => {
            format!("Read these results with caution: {cause}. To avoid it, {}.", cause.remedy())
        }
        IssueCause::Unstarted { .. }
        | IssueCause::Late { .. }
        | IssueCause::OwnFailures(..)
        | IssueCause::Busy(_)
        | IssueCause::Held(_)
        | IssueCause::Crowded(_)
        | IssueCause::BusySecond(_)
        | IssueCause::CoarseTimer
        | IssueCause::Tolerant(_)
        | IssueCause::Clamped(_) => format!("Read response times with caution: {cause}."),
    }
}

/// Whether something happened while the load generator was behind schedule: then the shop can't be blamed for it.
pub fn was_late(findings: &Findings, from: Micros, until: Micros) -> bool {
    findings
        .health
        .late_spans
        .iter()
        .any(|(late_from, late_until)| *late_from < until && from < *late_until)
}

// === impl Warning ===

impl Warning {
    /// The warning among other statements.
    pub fn statement(&self) -> Statement {
        Statement::new(Tone::Doubtful, self.sentence.clone())
    }

    /// Findings as they are shown under this warning.
    pub fn statements(&self, statements: Vec<Statement>) -> Vec<Statement> {
        let tone = |tone| if self.of_all { Tone::Faint } else { tone };
        statements
            .into_iter()
            .map(|statement| Statement { tone: tone(statement.tone), ..statement })
            .collect()
    }

    /// A table as it is shown under this warning.
    pub fn table(&self, mut table: Table) -> Table {
        if self.of_all {
            table.title = format!("{}: {MARK}", table.title);
            table.rows.iter_mut().for_each(|row| row.tone = Tone::Faint);
        }
        table
    }

    /// An answer as it is given under this warning, unless it is one about the run itself.
    pub fn answer(&self, answer: Answer) -> Answer {
        if self.of_all && !answer.of_the_run {
            Answer { tone: Tone::Faint, ..answer }
        } else {
            answer
        }
    }
}

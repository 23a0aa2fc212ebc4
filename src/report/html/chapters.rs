//! Which chapters of the page have news; those without are folded away.

use serde::Serialize;

use crate::verdict::{Findings, ObjectiveVerdict, Validity};

/// Whether each chapter is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Chapters {
    gate: bool,
    funnel: bool,
    time: bool,
    places: bool,
    steps: bool,
    loss: bool,
    trust: bool,
}

// === impl Chapters ===

impl Chapters {
    pub(super) fn of(findings: &Findings) -> Chapters {
        let failed = findings.steps.iter().any(|step| step.failed.events > 0);
        let stopped = findings
            .journeys
            .iter()
            .flat_map(|journey| &journey.funnel)
            .any(|(_, stage)| stage.stopped > 0);
        let lost = findings.loss.as_ref().and_then(|loss| loss.by_patience.first());
        Chapters {
            gate: findings.objectives.iter().any(|it| it.verdict != ObjectiveVerdict::Met),
            funnel: failed || stopped,
            time: !(findings.incidents.is_empty()
                && findings.slow_times.is_empty()
                && findings.trends.is_empty()),
            places: findings.shoppers.repeated.events > 0,
            steps: failed,
            loss: lost.is_some_and(|own| own.lost > 0.0),
            trust: findings.health.validity != Validity::Valid,
        }
    }
}

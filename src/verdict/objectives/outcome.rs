//! The answer that a release gate needs: one word, with a fixed precedence.

use crate::base::Micros;
use crate::plan::{Measure, Metric};
use crate::verdict::facts::Completion;
use crate::verdict::health::{GeneratorHealth, Validity};
use crate::verdict::statistics::Interval;
use crate::verdict::summary::CameThrough;

/// The chance that is accepted of calling an objective met that is not, or violated that is not.
pub(super) const LEVEL: f64 = 0.05;

/// What the run as a whole says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All objectives hold, or none was given.
    Pass,
    /// An objective is broken.
    Fail,
    /// Too little was seen to say.
    Inconclusive,
    /// Orders do not reconcile with the shop's own records.
    NotReconciled,
    /// The generator, not the shop, was the bottleneck: the figures say nothing of the shop.
    Invalid,
    /// The run was cut short.
    Interrupted,
}

/// What became of one objective.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveFinding {
    /// As the scenario writes it.
    pub text: String,
    /// The line of the scenario file, from 1; 0 where it has none.
    pub line: u32,
    /// What is measured.
    pub metric: Metric,
    /// The limit, in the units of `observed`.
    pub limit: f64,
    /// What was observed: a fraction, microseconds or requests per second; none without a sample. With windows, in the worst.
    pub observed: Option<f64>,
    /// Whether it was at least this long: the quantile lies among what was given up.
    pub observed_at_least: bool,
    /// Where it lies with 95 % confidence; infinity where the sample does not bound it.
    pub ci95: Option<Interval>,
    /// The one-sided limit of the judged share that decided: of a quantile, that of what takes longer than the objective's limit.
    pub decided_by: Option<f64>,
    /// The quantile of the successes alone.
    pub successes_only: Option<Micros>,
    /// Of a span of time: what came within the limit.
    pub within_limit: Option<WithinLimit>,
    /// Shoppers, attempts, spans or requests that it was judged by; with windows, in the worst.
    pub sample: u64,
    /// Whether the sample was taken for independent because there were too few blocks of time to see bursts.
    pub weak: bool,
    /// The worst window.
    pub window: Option<WorstWindow>,
    /// Whether it holds.
    pub verdict: ObjectiveVerdict,
    /// Why that is the answer.
    pub reason: Reason,
    /// Where inconclusive: how many more shoppers like these would decide it; none where no reasonable number would.
    pub more_shoppers: Option<u64>,
}

/// What came to a success within a limit of time: the share by which a quantile is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithinLimit {
    /// The share of all.
    pub share: f64,
    /// Where it lies with 95 % confidence.
    pub ci95: Interval,
    /// How many never came to a success at all: given up as too slow, or kept from the end by failures.
    pub never: u64,
}

/// A window of the run, in time from the planned start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstWindow {
    /// From.
    pub from: Micros,
    /// Until.
    pub until: Micros,
    /// How many windows there are.
    pub windows: u64,
}

/// Reason an objective was answered as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// The limits of what was seen are on one side of the objective's.
    Sure,
    /// The limits of what was seen are on both sides of the objective's.
    Straddles,
    /// Nothing was seen that it speaks of.
    #[default]
    NothingSeen,
    /// It seems to hold, but the generator is in doubt.
    Suspect,
    /// It is so surely broken that the run was stopped for it.
    Certain,
    /// It seems to hold, but the run was cut short, and what it did not come to was not seen.
    CutShort,
    /// It holds by what was seen so far, and the run goes on.
    MetSoFar,
    /// It is broken by what was seen so far, and the run goes on.
    ViolatedSoFar,
}

/// Whether an objective holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectiveVerdict {
    /// It is met, with confidence.
    Met,
    /// It is violated, with confidence.
    Violated,
    /// The interval straddles the limit, or the sample is too small.
    #[default]
    Inconclusive,
}

/// What the shop's records say of a run, as far as the verdict goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordFindings {
    /// Findings that are errors.
    pub errors: u64,
    /// Findings that put the load generator itself in doubt.
    pub invalid: u64,
    /// Questions that the records don't decide.
    pub undecided: u64,
    /// Orders that shoppers were told of.
    pub confirmed: u64,
    /// Of them, those that were there too late.
    pub late: u64,
    /// Of them, those without a receipt; none where receipts were not read.
    pub receipts_missing: Option<u64>,
}

// === impl Verdict ===

impl Verdict {
    /// The first that applies: interrupted, invalid, fail, inconclusive, pass. A suspect generator can't vouch for an
    /// objective that seems to hold; an objective that is broken stays so. A part of the shoppers, or none, can't
    /// vouch for anything, and nothing is decided while the run goes on. Where every shopper failed, nothing passes; where no
    /// shopper came through and no objective says otherwise, neither.
    pub fn decide(
        completion: Completion,
        health: &GeneratorHealth,
        objectives: &[ObjectiveFinding],
        whole: bool,
        came_through: CameThrough,
    ) -> Verdict {
        let any = |verdict| objectives.iter().any(|objective| objective.verdict == verdict);
        let doubtful = health.validity == Validity::Suspect && !objectives.is_empty();
        if matches!(completion, Completion::Interrupted | Completion::Killed | Completion::Damaged)
        {
            Verdict::Interrupted
        } else if completion == Completion::Running {
            Verdict::Inconclusive
        } else if health.validity == Validity::Invalid {
            Verdict::Invalid
        } else if any(ObjectiveVerdict::Violated) || came_through == CameThrough::AllFailed {
            Verdict::Fail
        } else if any(ObjectiveVerdict::Inconclusive)
            || doubtful
            || (objectives.is_empty() && came_through == CameThrough::None)
            || !whole
            || health.started == 0
            || completion == Completion::Aborted
        {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        }
    }

    /// The verdict with what the shop's records say, after objectives of them are judged. Interrupted and invalid runs stay so: they come first.
    pub fn with_records(self, records: RecordFindings) -> Verdict {
        match self {
            Verdict::Interrupted | Verdict::Invalid => self,
            _ if records.invalid > 0 => Verdict::Invalid,
            _ if records.errors > 0 => Verdict::NotReconciled,
            Verdict::Pass if records.undecided > 0 => Verdict::Inconclusive,
            Verdict::Pass | Verdict::Fail | Verdict::NotReconciled | Verdict::Inconclusive => self,
        }
    }

    /// As `run.json` writes it.
    pub const fn key(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotReconciled => "not_reconciled",
            Verdict::Invalid => "invalid",
            Verdict::Interrupted => "interrupted",
        }
    }
}

impl ObjectiveVerdict {
    /// As `run.json` writes it.
    pub const fn key(self) -> &'static str {
        match self {
            ObjectiveVerdict::Met => "pass",
            ObjectiveVerdict::Violated => "fail",
            ObjectiveVerdict::Inconclusive => "inconclusive",
        }
    }
}

// === impl ObjectiveFinding ===

impl Default for ObjectiveFinding {
    fn default() -> ObjectiveFinding {
        ObjectiveFinding {
            text: String::new(),
            line: 0,
            metric: Metric::new(Measure::RepeatedFailures),
            limit: 0.0,
            observed: None,
            observed_at_least: false,
            ci95: None,
            decided_by: None,
            successes_only: None,
            within_limit: None,
            sample: 0,
            weak: false,
            window: None,
            verdict: ObjectiveVerdict::Inconclusive,
            reason: Reason::NothingSeen,
            more_shoppers: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(
        completion: Completion,
        validity: Validity,
        objectives: &[ObjectiveVerdict],
        whole: bool,
    ) -> Verdict {
        let health = GeneratorHealth { validity, started: 1, ..GeneratorHealth::default() };
        let objectives: Vec<_> = objectives
            .iter()
            .map(|&verdict| ObjectiveFinding { verdict, ..ObjectiveFinding::default() })
            .collect();
        Verdict::decide(completion, &health, &objectives, whole, CameThrough::Some)
    }

    #[test]
    fn the_gravest_reason_wins() {
        use Completion::{Aborted, Complete, Damaged, Interrupted, Killed, Running};
        use ObjectiveVerdict::{Inconclusive, Met, Violated};
        use Validity::{Invalid, Suspect, Valid};
        assert_eq!(verdict(Interrupted, Invalid, &[Violated], true), Verdict::Interrupted);
        assert_eq!(verdict(Killed, Valid, &[Met], true), Verdict::Interrupted);
        assert_eq!(verdict(Damaged, Valid, &[Met], true), Verdict::Interrupted);
        assert_eq!(
            verdict(Running, Invalid, &[Violated], true),
            Verdict::Inconclusive,
            "the rest may be sound"
        );
        assert_eq!(verdict(Running, Valid, &[Met], true), Verdict::Inconclusive);
        assert_eq!(verdict(Complete, Invalid, &[Violated], true), Verdict::Invalid);
        assert_eq!(verdict(Aborted, Invalid, &[Violated], true), Verdict::Invalid);
        assert_eq!(verdict(Aborted, Valid, &[Violated, Inconclusive], true), Verdict::Fail);
        assert_eq!(verdict(Aborted, Valid, &[Met], true), Verdict::Inconclusive);
        assert_eq!(verdict(Complete, Suspect, &[Violated, Inconclusive], false), Verdict::Fail);
        assert_eq!(verdict(Complete, Valid, &[Met, Inconclusive], true), Verdict::Inconclusive);
        assert_eq!(verdict(Complete, Valid, &[Met], true), Verdict::Pass);
    }

    #[test]
    fn a_shop_that_nobody_comes_through_passes_nothing() {
        let decide = |objectives: &[ObjectiveVerdict], came_through| {
            let health = GeneratorHealth {
                validity: Validity::Valid,
                started: 1,
                ..GeneratorHealth::default()
            };
            let objectives: Vec<_> = objectives
                .iter()
                .map(|&verdict| ObjectiveFinding { verdict, ..ObjectiveFinding::default() })
                .collect();
            Verdict::decide(Completion::Complete, &health, &objectives, true, came_through)
        };
        assert_eq!(decide(&[], CameThrough::AllFailed), Verdict::Fail);
        assert_eq!(decide(&[ObjectiveVerdict::Met], CameThrough::AllFailed), Verdict::Fail);
        assert_eq!(decide(&[], CameThrough::None), Verdict::Inconclusive);
        assert_eq!(decide(&[ObjectiveVerdict::Met], CameThrough::None), Verdict::Pass);
        assert_eq!(decide(&[], CameThrough::Some), Verdict::Pass);
    }

    #[test]
    fn a_suspect_run_can_not_vouch_for_an_objective() {
        assert_eq!(
            verdict(Completion::Complete, Validity::Suspect, &[ObjectiveVerdict::Met], true),
            Verdict::Inconclusive
        );
        assert_eq!(verdict(Completion::Complete, Validity::Suspect, &[], true), Verdict::Pass);
    }

    #[test]
    fn a_part_of_the_shoppers_is_never_a_pass() {
        assert_eq!(
            verdict(Completion::Complete, Validity::Valid, &[], false),
            Verdict::Inconclusive
        );
        assert_eq!(
            Verdict::decide(
                Completion::Complete,
                &GeneratorHealth::default(),
                &[],
                true,
                CameThrough::Some
            ),
            Verdict::Inconclusive,
            "nobody started"
        );
    }
}

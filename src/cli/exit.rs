//! The exit codes: one enum, documented, never reused.

use std::process::ExitCode;

/// How a command ended, for scripts and pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all objectives are met, or there are none; the command did its work.
    Ok,
    /// 1: something unexpected, such as a full disk; of `walk`, a shopper who did not complete the journey.
    Unexpected,
    /// 2: wrong usage: an unknown option, a run that does not exist, slices of different runs (`merge`), or runs that are not
    /// comparable (`compare`).
    Usage,
    /// 99: an objective is violated.
    ObjectiveViolated,
    /// 100: inconclusive: too few shoppers, a confidence interval that includes the limit, or a run in progress.
    Inconclusive,
    /// 102: the run is invalid: the load generator was the bottleneck.
    RunInvalid,
    /// 103: orders do not reconcile with the shop's records.
    NotReconciled,
    /// 104: the scenario has errors.
    BadScenario,
    /// 105: interrupted; what was measured until then is reported.
    Interrupted,
    /// 106: `compare` found a regression.
    Regression,
    /// 107: the target was refused or is not reachable.
    TargetRefused,
    /// 108: no load was sent: slices of the run were missing, this one was late, or another process holds it.
    NoLoad,
}

// === impl Exit ===

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Unexpected => 1,
            Exit::Usage => 2,
            Exit::ObjectiveViolated => 99,
            Exit::Inconclusive => 100,
            Exit::RunInvalid => 102,
            Exit::NotReconciled => 103,
            Exit::BadScenario => 104,
            Exit::Interrupted => 105,
            Exit::Regression => 106,
            Exit::TargetRefused => 107,
            Exit::NoLoad => 108,
        }
    }

    /// The one that a command exits with when two apply. Those that make the other untrustworthy come first.
    pub fn worse_of(self, other: Exit) -> Exit {
        const FIRST_TO_LAST: [Exit; 12] = [
            Exit::Unexpected,
            Exit::Usage,
            Exit::BadScenario,
            Exit::Interrupted,
            Exit::TargetRefused,
            Exit::NoLoad,
            Exit::RunInvalid,
            Exit::NotReconciled,
            Exit::ObjectiveViolated,
            Exit::Regression,
            Exit::Inconclusive,
            Exit::Ok,
        ];
        let place = |exit: Exit| FIRST_TO_LAST.iter().position(|known| *known == exit);
        if place(other) < place(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_of_two_exits_wins() {
        let order = [
            Exit::Interrupted,
            Exit::RunInvalid,
            Exit::ObjectiveViolated,
            Exit::Regression,
            Exit::Inconclusive,
            Exit::Ok,
        ];
        for (place, worse) in order.into_iter().enumerate() {
            for other in &order[place..] {
                assert_eq!((worse.worse_of(*other), other.worse_of(worse)), (worse, worse));
            }
        }
    }
}

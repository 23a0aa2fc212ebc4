//! The exit codes: one enum, documented, never reused.

use std::process::ExitCode;

/// How a command ended, for scripts and pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all objectives hold, or there are none; the command did what it should.
    Ok,
    /// 1: something unexpected, such as a disk that is full; of `walk`, a shopper who did not come through.
    Unexpected,
    /// 2: the command line was not understood, or names what can't be used: runs that are not there, not of one run (`merge`) or unlike
    /// (`compare`).
    Usage,
    /// 99: an objective is broken.
    ObjectiveBroken,
    /// 100: inconclusive: too few shoppers, an interval that straddles the limit, or a run that goes on.
    Inconclusive,
    /// 102: the run is invalid: the generator, not the shop, was the bottleneck.
    RunInvalid,
    /// 103: orders do not reconcile. Reserved.
    NotReconciled,
    /// 104: the scenario is wrong.
    BadScenario,
    /// 105: interrupted; what was measured is reported.
    Interrupted,
    /// 106: `compare` found a regression.
    Regression,
    /// 107: the target is refused, or was never reachable.
    TargetRefused,
}

// === impl Exit ===

impl Exit {
    /// The number that a script sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Unexpected => 1,
            Exit::Usage => 2,
            Exit::ObjectiveBroken => 99,
            Exit::Inconclusive => 100,
            Exit::RunInvalid => 102,
            Exit::NotReconciled => 103,
            Exit::BadScenario => 104,
            Exit::Interrupted => 105,
            Exit::Regression => 106,
            Exit::TargetRefused => 107,
        }
    }

    /// The one of two that is told, where one command calls for both: what keeps the others from being believed comes first.
    pub fn graver(self, other: Exit) -> Exit {
        const FIRST_TO_LAST: [Exit; 11] = [
            Exit::Unexpected,
            Exit::Usage,
            Exit::BadScenario,
            Exit::Interrupted,
            Exit::TargetRefused,
            Exit::RunInvalid,
            Exit::NotReconciled,
            Exit::ObjectiveBroken,
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
    fn the_graver_exit_is_told() {
        let order = [
            Exit::Interrupted,
            Exit::RunInvalid,
            Exit::ObjectiveBroken,
            Exit::Regression,
            Exit::Inconclusive,
            Exit::Ok,
        ];
        for (place, graver) in order.into_iter().enumerate() {
            for other in &order[place..] {
                assert_eq!((graver.graver(*other), other.graver(graver)), (graver, graver));
            }
        }
    }
}

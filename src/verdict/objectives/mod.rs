//! The release gate: whether each objective holds, is broken, or can't be told from what was seen.
//!
//! One-sided 95 % limits decide. An objective holds only where even the far limit is within, and is broken only where even
//! the near limit is beyond; all else is inconclusive, with how many more shoppers would decide it. Nothing seen never holds.
//!
//! `for 30s` cuts the run in windows. It holds if it holds in each of them: for a false "holds" the one bad window must
//! look good, so each is judged at the full level (Berger 1982, intersection-union). It is broken if it is broken in any:
//! every window is a chance to be wrong, so each is judged at the level divided by their number (Bonferroni).

mod abort;
mod budget;
mod judge;
mod outcome;
mod sample;
#[cfg(test)]
mod tests;
mod windows;

pub use abort::{BettingBlock, alarm, certainly_violated};
pub use budget::{BudgetFinding, BudgetScope, BurnAlarm, budget};
pub use judge::{Worst, judge_records, judge_shares, objectives};
pub use outcome::{
    ObjectiveFinding, ObjectiveVerdict, Reason, RecordFindings, Verdict, WithinLimit, WorstWindow,
};
pub use sample::{RankedSpan, RankedSpans, Sample, SpanSample};

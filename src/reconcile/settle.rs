//! When records may be judged: not before the shop can have finished, and not by a single look.

use crate::base::Micros;

/// How long to wait before records are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettleRules {
    /// From the last attempt until the shop can have finished with it.
    pub wait: Micros,
    /// From the last attempt until waiting ends, whatever the records say.
    pub at_most: Micros,
    /// Between two reads.
    pub pause: Micros,
}

/// A complete read of all records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// When it began, since the planned start.
    pub began_at: Micros,
    /// When it ended.
    pub ended_at: Micros,
    /// Equal for equal records.
    pub digest: u64,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettleStep {
    /// Wait this long, then read.
    ReadAfter(Micros),
    /// The records are final.
    Settled,
    /// They still change, and there is no time left.
    Unsettled,
}

// === impl SettleRules ===

impl SettleRules {
    /// What to do at this time, after these reads. `last_attempt` is when something was last heard of a purchase.
    pub fn next(&self, now: Micros, last_attempt: Micros, reads: &[Read]) -> SettleStep {
        let quiet_from = last_attempt.saturating_add(self.wait);
        if let [.., one, other] = reads
            && one.digest == other.digest
            && one.began_at >= quiet_from
        {
            return SettleStep::Settled;
        }
        let Some(last) = reads.last() else {
            return SettleStep::ReadAfter(quiet_from.since(now));
        };
        let late = reads.iter().filter(|read| read.began_at >= quiet_from).count();
        if now >= last_attempt.saturating_add(self.at_most) && late >= 2 {
            return SettleStep::Unsettled;
        }
        let next = quiet_from.max(last.ended_at.saturating_add(self.pause));
        SettleStep::ReadAfter(next.since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: SettleRules = SettleRules {
        wait: Micros::from_secs(40),
        at_most: Micros::from_secs(900),
        pause: Micros::from_secs(5),
    };

    fn read(at: u64, digest: u64) -> Read {
        Read { began_at: Micros::from_secs(at), ended_at: Micros::from_secs(at + 1), digest }
    }

    fn next(now: u64, reads: &[Read]) -> SettleStep {
        RULES.next(Micros::from_secs(now), Micros::from_secs(100), reads)
    }

    #[test]
    fn nothing_is_final_before_two_late_reads_are_alike() {
        let after = |s| SettleStep::ReadAfter(Micros::from_secs(s));
        assert_eq!(next(110, &[]), after(30), "the last attempt may still come to an order");
        assert_eq!(next(200, &[]), after(0), "resumed later");
        assert_eq!(next(141, &[read(140, 1)]), after(5));
        assert_eq!(next(147, &[read(140, 1), read(146, 2)]), after(5), "still moving");
        assert_eq!(next(153, &[read(140, 1), read(146, 2), read(152, 2)]), SettleStep::Settled);
        assert_eq!(next(121, &[read(110, 1), read(120, 1)]), after(19), "alike, and too early");
        assert_eq!(next(1_001, &[read(990, 1), read(1_000, 2)]), SettleStep::Unsettled);
        assert_eq!(next(2_001, &[read(2_000, 1)]), after(5), "one read is never enough");
        let during = [read(30, 1), read(60, 2), read(2_000, 3)];
        assert_eq!(next(2_001, &during), after(5), "nor with those of the run before it");
    }
}

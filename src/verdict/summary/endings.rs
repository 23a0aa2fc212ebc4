//! How the shoppers of a journey came out: bought, and after how many failures; left; or never got through.

use crate::base::JourneyId;
use crate::plan::Plan;
use crate::tally::{End, Tally};
use crate::verdict::abandonment::LossModel;

/// The shoppers of a journey who ended, each in exactly one of these ways; those who bought are counted as such, wherever they went on to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Endings {
    /// Bought, and met no failed attempt.
    pub bought_at_once: u64,
    /// Bought, and met one.
    pub bought_after_one: u64,
    /// Bought, and met two or more.
    pub bought_after_more: u64,
    /// Went through all units, and there was nothing to buy or no order seen.
    pub completed_without_order: u64,
    /// Left after a success.
    pub left_by_choice: u64,
    /// Left after a failure (live behaviour only).
    pub lost: u64,
    /// Used up the attempts at a unit that the scenario allows.
    pub stopped_by_cap: u64,
    /// The run ended first.
    pub unfinished: u64,
    /// Of all these: lost under the scenario's patience, expected (probe, the upper bound) or seen (live).
    pub lost_expected: f64,
}

/// How the shoppers of this journey came out.
pub fn endings(plan: &Plan, tally: &Tally, journey: JourneyId) -> Endings {
    let model = LossModel::of(plan, tally);
    let mut found = Endings::default();
    for (key, count) in tally.shoppers.iter().filter(|(key, _)| key.journey == journey) {
        let fate = &key.outcome;
        let place = match (fate.has_purchased(), fate.failures, fate.end) {
            (true, 0, _) => &mut found.bought_at_once,
            (true, 1, _) => &mut found.bought_after_one,
            (true, ..) => &mut found.bought_after_more,
            (_, _, End::Completed) => &mut found.completed_without_order,
            (_, _, End::LeftByChoice) => &mut found.left_by_choice,
            (_, _, End::Lost) => &mut found.lost,
            (_, _, End::StoppedByCap) => &mut found.stopped_by_cap,
            (_, _, End::Unfinished) => &mut found.unfinished,
        };
        *place += count.shoppers;
        found.lost_expected += model.to_failures(fate).high * count.shoppers as f64;
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::verdict::simulation::{SimulatedRun, planted};

    #[test]
    fn everybody_who_ended_came_out_in_one_way() {
        let found = SimulatedRun::run(4_000, 60, planted).findings();
        let of = |journey: usize| found.journeys[journey].endings;
        let all = |journey| {
            let e = of(journey);
            let bought = e.bought_at_once + e.bought_after_one + e.bought_after_more;
            (
                bought,
                bought
                    + e.completed_without_order
                    + e.left_by_choice
                    + e.lost
                    + e.stopped_by_cap
                    + e.unfinished,
            )
        };
        assert_eq!(all(0).1 + all(1).1, found.shoppers.ended);
        assert_eq!((all(0).0, all(1).0), (0, found.shoppers.purchased), "who browses buys nothing");
        let lost: f64 = found.shoppers.by_failures.iter().map(|row| row.lost).sum();
        assert!((of(0).lost_expected + of(1).lost_expected - lost).abs() < 1e-6);
        assert!(
            of(1).bought_after_one > 0 && of(1).bought_after_more > 0 && of(1).stopped_by_cap > 0
        );
    }
}

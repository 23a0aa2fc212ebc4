//! What became of the shoppers: the figures that the tool exists for. The shopper is the unit; requests are evidence.

use crate::plan::Plan;
use crate::tally::{End, ShopperCount, ShopperOutcome, Tally};
use crate::verdict::abandonment::LossModel;
use crate::verdict::statistics::{Rate, design_effect};

/// Shoppers by what happened to them.
#[derive(Clone, Debug, PartialEq)]
pub struct ShopperFindings {
    /// Whose task acted.
    pub started: u64,
    /// Of them, who came again with the cookies of one who had left.
    pub returned: u64,
    /// Of them, who were to come again, and came as new, for nobody had left yet.
    pub returned_as_new: u64,
    /// Who ended in one of the ways below; less than `started` only if the process died.
    pub ended: u64,
    /// Went through all units.
    pub completed: u64,
    /// Left after a success.
    pub left_by_choice: u64,
    /// Left after a failure (live behaviour only).
    pub lost: u64,
    /// Used up the attempts at a unit that the scenario allows.
    pub stopped_by_cap: u64,
    /// The run ended first.
    pub unfinished: u64,
    /// Who have an order.
    pub purchased: u64,
    /// Met one failed attempt or more.
    pub failed: Rate,
    /// Met exactly one.
    pub failed_once: u64,
    /// Met two or more, declines not counted: the number this tool exists for.
    pub repeated: Rate,
    /// Met two or more at the same unit.
    pub repeated_same_unit: Rate,
    /// Met two or more, declines counted.
    pub repeated_with_declines: Rate,
    /// By number of failed attempts: 0, 1, 2, and 3 or more.
    pub by_failures: [ByFailures; 4],
}

/// Whether shoppers came through: completed the journey, bought, or left after a success. Every scenario has the objective that some do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameThrough {
    /// Some did.
    Some,
    /// None did, though not all of them failed: some were declined or cut.
    None,
    /// None did, and every one failed.
    AllFailed,
}

// === impl ShopperFindings ===

impl ShopperFindings {
    /// Whether shoppers came through.
    pub fn came_through(&self) -> CameThrough {
        if self.ended == 0 || self.completed + self.left_by_choice + self.purchased > 0 {
            CameThrough::Some
        } else if self.failed.events == self.ended {
            CameThrough::AllFailed
        } else {
            CameThrough::None
        }
    }
}

/// Shoppers who met this many failed attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ByFailures {
    /// How many shoppers.
    pub shoppers: u64,
    /// Of them, who bought.
    pub purchased: u64,
    /// Of them, who are lost: expected under the scenario's patience (probe, the upper bound) or seen (live).
    pub lost: f64,
}

/// The shoppers' side of the story.
pub fn shoppers(plan: &Plan, tally: &Tally) -> ShopperFindings {
    let count = |holds: &dyn Fn(&ShopperOutcome) -> bool| {
        sum_where(tally.shoppers.iter().map(|(key, count)| (&key.outcome, count)), holds)
    };
    let ended = |end: End| count(&|fate| fate.end == end);
    let rate = |holds: &dyn Fn(&ShopperOutcome) -> bool| {
        let by_block = tally.blocks.values().map(|block| {
            let fates = || block.shoppers.iter().map(|((_, fate), count)| (fate, count));
            (sum_where(fates(), holds), sum_where(fates(), &|_| true))
        });
        let clustering = design_effect(by_block);
        Rate {
            design_effect: clustering.unwrap_or(1.0),
            by_blocks: clustering.is_some(),
            ..Rate::new(count(holds), count(&|_| true))
        }
    };
    ShopperFindings {
        started: tally.arrivals.started,
        returned: tally.arrivals.returned,
        returned_as_new: tally.arrivals.returned_as_new,
        ended: count(&|_| true),
        completed: ended(End::Completed),
        left_by_choice: ended(End::LeftByChoice),
        lost: ended(End::Lost),
        stopped_by_cap: ended(End::StoppedByCap),
        unfinished: ended(End::Unfinished),
        purchased: count(&|fate| fate.has_purchased()),
        failed: rate(&|fate| fate.failures >= 1),
        failed_once: count(&|fate| fate.failures == 1),
        repeated: rate(&|fate| fate.failures >= 2),
        repeated_same_unit: rate(&|fate| fate.repeated_at.is_some()),
        repeated_with_declines: rate(&|fate| {
            u32::from(fate.failures) + u32::from(fate.declines) >= 2
        }),
        by_failures: by_failures(plan, tally),
    }
}

fn sum_where<'t>(
    fates: impl Iterator<Item = (&'t ShopperOutcome, &'t ShopperCount)>,
    holds: &dyn Fn(&ShopperOutcome) -> bool,
) -> u64 {
    fates.filter(|(fate, _)| holds(fate)).map(|(_, count)| count.shoppers).sum()
}

fn by_failures(plan: &Plan, tally: &Tally) -> [ByFailures; 4] {
    let model = LossModel::of(plan, tally);
    let mut table = [ByFailures::default(); 4];
    for (key, count) in &tally.shoppers {
        let row = &mut table[usize::from(key.outcome.failures).min(3)];
        row.shoppers += count.shoppers;
        row.purchased += if key.outcome.has_purchased() { count.shoppers } else { 0 };
        row.lost += model.to_failures(&key.outcome).high * count.shoppers as f64;
    }
    table
}

#[cfg(test)]
mod tests {
    use crate::verdict::simulation::{SimulatedRun, failing, planted};

    #[test]
    fn every_shopper_ends_in_exactly_one_way() {
        let found = SimulatedRun::run(4_000, 60, planted).findings().shoppers;
        assert_eq!(found.started, 4_000);
        let ends = found.completed
            + found.left_by_choice
            + found.lost
            + found.stopped_by_cap
            + found.unfinished;
        assert_eq!((ends, found.ended), (4_000, 4_000));
        assert_eq!(found.by_failures.iter().map(|row| row.shoppers).sum::<u64>(), 4_000);
        assert_eq!(found.by_failures.iter().map(|row| row.purchased).sum::<u64>(), found.purchased);
        assert_eq!(
            found.by_failures[2].shoppers + found.by_failures[3].shoppers,
            found.repeated.events
        );
        assert_eq!(found.failed.events, found.failed_once + found.repeated.events);
    }

    #[test]
    fn failures_at_two_units_are_repeated_but_not_at_the_same_unit() {
        let found = SimulatedRun::run(500, 60, |m| {
            failing(m.nth == 1 && matches!(m.step, "home" | "search"))
        })
        .findings()
        .shoppers;
        assert!(found.repeated.events > 50);
        assert_eq!(found.repeated_same_unit.events, 0);
    }

    #[test]
    fn a_decline_counts_only_where_declines_are_counted() {
        let rule = |m: &crate::verdict::simulation::Moment<'_>| match m.nth {
            1 if m.step == "pay" => crate::tally::Outcome::Declined,
            2 if m.step == "pay" => failing(true),
            _ => failing(false),
        };
        let found = SimulatedRun::run(500, 60, rule).findings().shoppers;
        assert!(found.purchased > 100);
        assert_eq!(
            (found.repeated.events, found.repeated_with_declines.events, found.failed_once),
            (0, found.purchased, found.purchased)
        );
    }
}

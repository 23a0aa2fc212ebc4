//! The error budget: how much of it the run would have spent, how fast, and whether that would have rung an alarm.
//!
//! The burn rate is the share of shoppers who had a bad outcome over the share who may: at 1 a budget lasts exactly its time. Alarms
//! are those of the Site Reliability Workbook (Google 2018, chapter 5, https://sre.google/workbook/alerting-on-slos/): one rings
//! where a part of the budget would be gone in a long window, and still is being spent in a short one of a twelfth of it:
//!
//! ```text
//! threshold = part of the budget · time of the budget / long window
//! ```
//!
//! (2 % of thirty days in an hour: 14.4.) A run seldom lasts long enough for these; so the same is asked of the run as a time of
//! its own: 10 % of what the run may spend in a 24th of it (of two hours: in five minutes) is a threshold of 2.4. On a sample that
//! is small, the lower limit of the burn must be above the threshold in both windows.

use std::ops::Range;

use super::outcome::LEVEL;
use super::sample::{Sample, shoppers};
use crate::base::Micros;
use crate::plan::{ErrorBudget, Measure, Metric, Plan, Profile, SpentBy};
use crate::tally::Tally;
use crate::verdict::statistics::{Clustering, Interval, Share, SumOfSquares, SumsByBlock};

/// What the run says of the error budget.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetFinding {
    /// The budget.
    pub budget: ErrorBudget,
    /// Shoppers who ended.
    pub shoppers: u64,
    /// Those of them who had a bad outcome; a fraction where losses are expected ones.
    pub bad: f64,
    /// How many times as fast as it may last; none without a shopper.
    pub burn: Option<f64>,
    /// Where it lies with 95 % confidence.
    pub burn_ci95: Option<Interval>,
    /// Whether that rests on independent shoppers, since there were too few blocks of time to see bursts.
    pub weak: bool,
    /// Shoppers in the peak hour.
    pub peak_hour: f64,
    /// The alarms that a run of this length can ring.
    pub alarms: Vec<BurnAlarm>,
}

/// An alarm on the burn rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnAlarm {
    /// Whose budget: that of the whole time, or what the run itself may spend.
    pub scope: BudgetScope,
    /// The part of that budget.
    pub part: f64,
    /// In this time.
    pub long: Micros,
    /// And still in the last part of it, this long.
    pub short: Micros,
    /// The burn rate that does it.
    pub threshold: f64,
    /// The highest burn rate in any long window.
    pub worst: Option<f64>,
    /// When it rang first, from the start of the run.
    pub rang_at: Option<Micros>,
}

/// Whose budget an alarm is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetScope {
    /// Of the budget's whole time.
    Window,
    /// What this run may spend, at the same share.
    Run,
}

/// The Workbook's alarms: part of the budget, long window.
const WINDOW_ALARMS: [(f64, Micros); 3] = [
    (0.02, Micros::from_secs(3_600)),
    (0.05, Micros::from_secs(6 * 3_600)),
    (0.10, Micros::from_secs(3 * 86_400)),
];
/// The run's own: part of what it may spend, and the part of its time.
const RUN_ALARMS: [(f64, u64); 2] = [(0.10, 24), (0.25, 6)];
/// The short window is this part of the long one, or a block of time if that is longer.
const SHORT_PART: u64 = 12;
/// A long window has this many blocks at least.
const MIN_LONG_BLOCKS: u64 = 5;

// === impl BudgetFinding ===

impl BudgetFinding {
    /// The part of the budget that this run's shoppers would have spent, had they been real.
    pub fn spent_by_run(&self) -> f64 {
        self.bad / self.budget.size()
    }

    /// The part of the budget that a peak hour would spend at this burn rate.
    pub fn spent_by_peak_hour(&self, burn: f64) -> f64 {
        burn * self.peak_hour / self.budget.shoppers
    }

    /// How long the whole budget lasts at this burn rate, for as long as shoppers come as they do on average.
    pub fn lasts(&self) -> Option<Micros> {
        self.burn
            .filter(|burn| *burn > 0.0)
            .map(|burn| Micros((self.budget.window.0 as f64 / burn) as u64))
    }
}

/// What the run says of the plan's error budget, if there is one.
pub fn budget(plan: &Plan, tally: &Tally) -> Option<BudgetFinding> {
    let budget = plan.budget.clone()?;
    let cells = match budget.spent_by {
        SpentBy::Failures => shoppers(tally, |fate| f64::from(fate.failures >= 1)),
        SpentBy::RepeatedFailures => shares(plan, tally, Measure::RepeatedFailures),
        SpentBy::LostShoppers => shares(plan, tally, Measure::LostShoppers),
    };
    let all: SumOfSquares = cells.values().sum();
    let share = Share::within(&cells, 0..u32::MAX, Clustering::of_run(&cells));
    let burn = |share: f64| share / budget.allowed;
    let length = plan.load.length();
    let hours = length.as_secs_f64() / 3_600.0;
    Some(BudgetFinding {
        shoppers: all.count as u64,
        bad: all.sum,
        burn: share.map(|share| burn(share.value)),
        burn_ci95: share
            .map(|share| share.ci95())
            .map(|ci95| Interval { low: burn(ci95.low), high: burn(ci95.high) }),
        weak: share.is_some_and(|share| !share.by_blocks),
        // Of a part of the shoppers, or of a run that was cut short, as many as were planned.
        peak_hour: budget.peak_hour.unwrap_or_else(|| {
            let planned = plan
                .load
                .profile()
                .map_or(tally.arrivals.started as f64, Profile::expected_arrivals);
            planned / hours.max(1e-9)
        }),
        alarms: alarms(&budget, length, tally.shape.block)
            .into_iter()
            .map(|alarm| with_history(alarm, &cells, tally.shape.block, length, budget.allowed))
            .collect(),
        budget,
    })
}

fn shares(plan: &Plan, tally: &Tally, measure: Measure) -> SumsByBlock {
    match Sample::of(plan, tally, &Metric::new(measure)) {
        Sample::Shares(cells) => cells,
        Sample::Spans(_) | Sample::Requests(_) => SumsByBlock::new(),
    }
}

/// The alarms whose long window fits into the run, and is long enough to tell it from the short one.
fn alarms(budget: &ErrorBudget, length: Micros, block: Micros) -> Vec<BurnAlarm> {
    let alarm = |scope: BudgetScope, part: f64, long: Micros, time: Micros| BurnAlarm {
        scope,
        part,
        long,
        short: (long / SHORT_PART).max(block),
        threshold: part * time.0 as f64 / long.0.max(1) as f64,
        worst: None,
        rang_at: None,
    };
    let of_window = WINDOW_ALARMS
        .iter()
        .filter(|(_, long)| *long <= length)
        .map(|(part, long)| alarm(BudgetScope::Window, *part, *long, budget.window));
    let of_run = RUN_ALARMS
        .iter()
        .map(|(part, times)| alarm(BudgetScope::Run, *part, length / *times, length));
    of_window.chain(of_run).filter(|alarm| alarm.long >= block * MIN_LONG_BLOCKS).collect()
}

/// The alarm after the run: the two windows moved on by a block at a time.
fn with_history(
    alarm: BurnAlarm,
    cells: &SumsByBlock,
    block: Micros,
    length: Micros,
    allowed: f64,
) -> BurnAlarm {
    let blocks =
        |span: Micros| u32::try_from(span.0.div_ceil(block.0.max(1))).unwrap_or(u32::MAX).max(1);
    let (long, short, end) = (blocks(alarm.long), blocks(alarm.short), blocks(length));
    if long > end {
        return alarm;
    }
    let apart: Vec<Range<u32>> = (0..end / long).map(|i| i * long..(i + 1) * long).collect();
    let clustering = Clustering::within(cells, &apart);
    // There are this many chances to ring by mistake as there are windows that have something new in them.
    let level = LEVEL / f64::from((end - long) / short + 1);
    let beyond = |window: Range<u32>, level: f64| {
        Share::within(cells, window, clustering)
            .is_some_and(|share| share.lower(level) > alarm.threshold * allowed)
    };
    let ends = || long..=end;
    let worst = ends()
        .filter_map(|end| Share::within(cells, end - long..end, None))
        .map(|share| share.value / allowed)
        .reduce(f64::max);
    let rang =
        ends().find(|end| beyond(end - long..*end, level) && beyond(end - short..*end, LEVEL));
    BurnAlarm { worst, rang_at: rang.map(|end| block * u64::from(end)), ..alarm }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ArrivalModel;
    use crate::plan::example::profile;
    use crate::verdict::simulation::{Moment, SimulatedRun, failing, shop};

    fn found(
        seconds: u64,
        spent_by: SpentBy,
        rule: impl Fn(&Moment<'_>) -> crate::tally::Outcome,
    ) -> BudgetFinding {
        let mut plan = shop();
        plan.load.arrivals = ArrivalModel::Poisson(profile(&[(10.0, 10.0, seconds as f64)]));
        plan.budget = Some(ErrorBudget {
            text: "99.9% of shoppers buy without a repeated failure".into(),
            spent_by,
            allowed: 0.001,
            window: Micros::from_secs(30 * 86_400),
            shoppers: 40e6,
            peak_hour: None,
        });
        let simulated = SimulatedRun::of(plan, 10 * seconds, seconds, rule);
        simulated.findings().budget.unwrap()
    }

    #[test]
    fn a_burn_of_ten_spends_ten_times_what_an_hour_may() {
        // One in a hundred shoppers never gets through, where one in a thousand may.
        let found = found(1_200, SpentBy::RepeatedFailures, |m| {
            failing(m.step == "home" && m.shopper < 0.01)
        });
        let burn = found.burn.unwrap();
        let ci95 = found.burn_ci95.unwrap();
        assert!(
            (8.5..11.5).contains(&burn) && ci95.low < burn && burn < ci95.high && !found.weak,
            "{found:?}"
        );
        assert!((found.bad / 40_000.0 - found.spent_by_run()).abs() < 1e-12);
        // An hour has 36,000 of the 40 million.
        assert_eq!(found.peak_hour, 36_000.0);
        assert!((found.spent_by_peak_hour(10.0) - 0.009).abs() < 1e-12);
        let lasts = found.lasts().unwrap().as_secs_f64() / 86_400.0;
        assert!((lasts * burn - 30.0).abs() < 1e-6, "{lasts}");
    }

    #[test]
    fn a_clean_run_spends_nothing_and_says_how_sure_that_is() {
        let found = found(60, SpentBy::Failures, |_| failing(false));
        assert_eq!(
            (found.bad, found.burn, found.lasts(), found.spent_by_run()),
            (0.0, Some(0.0), None, 0.0)
        );
        assert!(
            found.burn_ci95.unwrap().high > 4.0,
            "600 shoppers bound the share by 0.5 %: {found:?}"
        );
        assert!(found.alarms.iter().all(|alarm| alarm.rang_at.is_none()), "{found:?}");
    }

    #[test]
    fn thresholds_are_the_published_ones() {
        let month = ErrorBudget {
            text: String::new(),
            spent_by: SpentBy::Failures,
            allowed: 0.001,
            window: Micros::from_secs(30 * 86_400),
            shoppers: 1e6,
            peak_hour: None,
        };
        let thresholds = |length: Micros| {
            alarms(&month, length, Micros::from_secs(300))
                .iter()
                .map(|alarm| (alarm.threshold * 10.0).round() / 10.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(thresholds(month.window), [14.4, 6.0, 1.0, 2.4, 1.5]);
        let two_hours = alarms(&month, Micros::from_secs(7_200), Micros::from_secs(20));
        assert_eq!(
            alarms(&month, Micros::from_secs(60), Micros::from_secs(1)).len(),
            1,
            "a 24th of a minute is no time"
        );
        assert_eq!(
            two_hours.iter().map(|alarm| alarm.long.as_secs_f64()).collect::<Vec<_>>(),
            [3_600.0, 300.0, 1_200.0]
        );
        assert_eq!(two_hours[0].short, Micros::from_secs(300));
    }

    #[test]
    fn an_outage_rings_while_it_lasts_and_a_slow_leak_does_not() {
        let outage = found(1_200, SpentBy::RepeatedFailures, |m| {
            failing(m.step == "home" && (600.0..660.0).contains(&m.arrived))
        });
        let fast = outage.alarms.iter().find(|alarm| alarm.scope == BudgetScope::Run).unwrap();
        let rang_at = fast.rang_at.unwrap().as_secs_f64();
        assert!((600.0..640.0).contains(&rang_at), "{outage:?}");
        assert!(fast.worst.unwrap() > 500.0, "{outage:?}");
        let leak = found(1_200, SpentBy::RepeatedFailures, |m| {
            failing(m.step == "home" && m.shopper < 0.001)
        });
        assert!(leak.alarms.iter().all(|alarm| alarm.rang_at.is_none()), "{leak:?}");
    }
}

//! Times at which the shop failed more than at others: an outage, a release, a queue that ran full.
//!
//! First attempts at a unit, or at all of them together, are counted by block of time. Of all stretches of neighbouring blocks the
//! one whose failures speak most_evident for a rate of its own is the candidate (the likelihood ratio of Kulldorff's scan statistic, 1997,
//! in one dimension: the pair of change points of highest likelihood). It is listed if Fisher's exact test of it beside the
//! rest of the time is still significant when multiplied by the number of all stretches that might have been picked. Then it is set
//! aside and the rest is scanned again. First attempts only: who failed once tries again, and would be counted twice.

use std::collections::BTreeMap;

use crate::base::{Micros, UnitId};
use crate::plan::{ArrivalModel, Plan};
use crate::tally::Tally;
use crate::verdict::abandonment::abandonment_probability;
use crate::verdict::hotspots::MIN_REPEATED;
use crate::verdict::statistics::{
    Interval, Rate, SumOfSquares, clustering, difference, fisher_greater,
};

/// A time at which the shop failed more than at others.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// The unit at which it did; none for all of them together.
    pub unit: Option<UnitId>,
    /// From when on, since the planned start; as exact as a block is long.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// Whether no attempt began later, so that the end of the trouble was not seen.
    pub to_the_end: bool,
    /// First attempts in it that failed. Shorter incidents have too few blocks to judge clustering by; then they are
    /// taken for independent.
    pub inside: Rate,
    /// The same of all other times, other incidents left out.
    pub outside: Rate,
    /// How likely such a time would be somewhere without any cause, all that might have been picked counted.
    pub p_value: f64,
    /// Second attempts in it, after a failed first one, that failed as well.
    pub failed_again: u64,
    /// Shoppers whose first failure fell into it and who met another one.
    pub repeated: u64,
    /// Lost shoppers beyond what the rest of the time would have cost; none for a closed load.
    /// And its interval.
    pub excess_lost: Option<(f64, Interval)>,
}

/// The chance that is accepted of listing any incident where there is none.
const LEVEL: f64 = 0.05;
/// The most incidents that are listed; a shop with more is failing all the time.
const MAX_INCIDENTS: usize = 8;

/// First attempts and failures by block.
type BlockCounts = BTreeMap<u32, (u64, u64)>;

/// What first attempts inside a incident came to, or outside, block by block.
#[derive(Default)]
struct FirstAttempts {
    /// Those that failed.
    first: Vec<SumOfSquares>,
    /// The chance that their shoppers are lost, where it is their first failure.
    lost: Vec<SumOfSquares>,
}

/// Neighbouring blocks of a line, by place, both ends included, and the evidence that they have a rate of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
struct BlockSpan {
    first: u32,
    last: u32,
    evidence: f64,
}

/// The times at which the shop failed more than at others, in order of time.
pub fn incidents(plan: &Plan, tally: &Tally) -> Vec<Incident> {
    let mut lines: BTreeMap<Option<UnitId>, BlockCounts> = BTreeMap::new();
    for (number, block) in &tally.blocks {
        for ((unit, _), tries) in block.attempts.iter().filter(|((_, nth), _)| *nth == 1) {
            for line in [None, Some(*unit)] {
                let cell = lines.entry(line).or_default().entry(*number).or_default();
                *cell = (cell.0 + tries.total(), cell.1 + tries.failed);
            }
        }
    }
    let mut found: Vec<Found> = Vec::new();
    while found.len() < MAX_INCIDENTS {
        let candidates = lines.iter().filter_map(|(unit, line)| Some((*unit, most_evident(line)?)));
        let Some((unit, span)) =
            candidates.max_by(|(_, a), (_, b)| a.evidence.total_cmp(&b.evidence))
        else {
            break;
        };
        let (inside, outside) = split(&lines[&unit], span);
        let picks =
            lines.values().map(|line| line.len() * (line.len() + 1) / 2).sum::<usize>() as f64;
        let p_value =
            (fisher_greater(inside.events, inside.trials, outside.events, outside.trials) * picks)
                .min(1.0);
        if p_value >= LEVEL || inside.events < MIN_REPEATED {
            break;
        }
        set_aside(&mut lines, unit, span);
        found.push((unit, span, p_value));
    }
    let found = merge_touching(found, tally);
    let mut incidents: Vec<Incident> =
        found.iter().map(|one| incident(plan, tally, one, &found)).collect();
    incidents.sort_by_key(|incident| (incident.from, incident.unit));
    incidents
}

/// The span that speaks most_evident for a higher rate of its own; it begins and ends with a block that has failures.
fn most_evident(line: &BlockCounts) -> Option<BlockSpan> {
    let (mut of, mut failed) = (vec![0u64], vec![0u64]);
    let numbers: Vec<u32> = line.keys().copied().collect();
    for (attempts, failures) in line.values() {
        of.push(of[of.len() - 1] + attempts);
        failed.push(failed[failed.len() - 1] + failures);
    }
    let (all, all_failed) = (of[line.len()] as f64, failed[line.len()] as f64);
    let failing: Vec<usize> = (0..line.len()).filter(|&i| failed[i + 1] > failed[i]).collect();
    let mut best: Option<BlockSpan> = None;
    for (place, &i) in failing.iter().enumerate() {
        for &j in &failing[place..] {
            let (n, c) = ((of[j + 1] - of[i]) as f64, (failed[j + 1] - failed[i]) as f64);
            if n >= all || c * (all - n) <= (all_failed - c) * n {
                continue;
            }
            let evidence = log_likelihood(c, n) + log_likelihood(all_failed - c, all - n);
            if best.is_none_or(|best| evidence > best.evidence) {
                best = Some(BlockSpan { first: numbers[i], last: numbers[j], evidence });
            }
        }
    }
    let alike = log_likelihood(all_failed, all);
    best.map(|best| BlockSpan { evidence: best.evidence - alike, ..best })
}

/// The highest logarithm of the likelihood of `c` failures of `n`.
fn log_likelihood(c: f64, n: f64) -> f64 {
    let part = |x: f64| if x > 0.0 { x * (x / n).ln() } else { 0.0 };
    part(c) + part(n - c)
}

fn split(line: &BlockCounts, span: BlockSpan) -> (Rate, Rate) {
    let sum = |within: bool| {
        let cells =
            line.iter().filter(|(number, _)| (span.first..=span.last).contains(*number) == within);
        cells.fold(Rate::new(0, 0), |sum, (_, (of, failed))| {
            Rate::new(sum.events + failed, sum.trials + of)
        })
    };
    (sum(true), sum(false))
}

/// Takes what a incident explains out of all lines: a bad time of the whole shop out of each unit's, a unit's out of the shop's.
fn set_aside(
    lines: &mut BTreeMap<Option<UnitId>, BlockCounts>,
    unit: Option<UnitId>,
    span: BlockSpan,
) {
    let blocks = span.first..=span.last;
    match unit {
        None => {
            lines.values_mut().for_each(|line| line.retain(|number, _| !blocks.contains(number)))
        }
        Some(_) => {
            let own = lines.get(&unit).cloned().unwrap_or_default();
            if let Some(shop) = lines.get_mut(&None) {
                for (number, (of, failed)) in own.range(blocks.clone()) {
                    if let Some(cell) = shop.get_mut(number) {
                        *cell = (cell.0 - of, cell.1 - failed);
                    }
                }
            }
            lines.entry(unit).or_default().retain(|number, _| !blocks.contains(number));
        }
    }
}

/// Where a line has a rate of its own, and how likely that would be without any cause.
type Found = (Option<UnitId>, BlockSpan, f64);

/// Windows of the same unit that touch are one, which has risen or faded in steps.
fn merge_touching(mut found: Vec<Found>, tally: &Tally) -> Vec<Found> {
    found.sort_by_key(|(unit, span, _)| (*unit, span.first));
    let mut incidents: Vec<Found> = Vec::new();
    for (unit, span, p) in found {
        match incidents.last_mut() {
            Some((same, last, least)) if *same == unit && touch(tally, *last, span) => {
                last.last = last.last.max(span.last);
                *least = least.min(p);
            }
            _ => incidents.push((unit, span, p)),
        }
    }
    incidents
}

/// Whether there is nothing between them; the later may also reach around the earlier.
fn touch(tally: &Tally, earlier: BlockSpan, later: BlockSpan) -> bool {
    later.first <= earlier.last
        || tally.blocks.range(earlier.last + 1..later.first).next().is_none()
}

fn incident(plan: &Plan, tally: &Tally, &(unit, span, p_value): &Found, all: &[Found]) -> Incident {
    let here = |tried: UnitId| unit.is_none_or(|unit| unit == tried);
    // Another bad time of the same unit, or of the whole shop, is no measure of how good it is otherwise.
    let bad = |number: u32| {
        all.iter().any(|(of, other, _)| {
            (*of == unit || of.is_none()) && (other.first..=other.last).contains(&number)
        })
    };
    let within = |number: u32| (span.first..=span.last).contains(&number);
    let (mut inside, mut outside) = (FirstAttempts::default(), FirstAttempts::default());
    let (mut failed_again, mut repeated, mut to_the_end) = (0, 0, true);
    for (number, block) in &tally.blocks {
        if !within(*number) && bad(*number) {
            to_the_end &= *number <= span.last;
            continue;
        }
        let (mut first, mut lost) = (Rate::new(0, 0), SumOfSquares::default());
        for (_, tries) in
            block.attempts.iter().filter(|((tried, nth), _)| *nth == 1 && here(*tried))
        {
            first = Rate::new(first.events + tries.failed, first.trials + tries.total());
            to_the_end &= *number <= span.last;
        }
        let began = block.began_to_fail.iter().filter(|((_, fate), _)| {
            fate.first_failed.is_some_and(|step| here(plan.step(step).unit))
        });
        for ((_, fate), count) in began {
            lost += SumOfSquares::of_equal(
                abandonment_probability(fate, plan.shoppers.behaviour, &plan.shoppers.patience)
                    .high,
                count.shoppers,
            );
            repeated += if within(*number) && fate.failures >= 2 { count.shoppers } else { 0 };
        }
        if within(*number) {
            failed_again += block
                .retries
                .iter()
                .filter(|(tried, _)| here(**tried))
                .map(|(_, again)| again.attempts.failed)
                .sum::<u64>();
        }
        if within(*number) { &mut inside } else { &mut outside }.add(first, lost);
    }
    let open = !matches!(plan.load.arrivals, ArrivalModel::Closed { .. });
    let at = |number: u32| Micros(u64::from(number) * tally.shape.block.0);
    Incident {
        unit,
        from: at(span.first),
        until: at(span.last + 1),
        to_the_end,
        inside: inside.rate(),
        outside: outside.rate(),
        p_value,
        failed_again,
        repeated,
        excess_lost: open.then(|| inside.excess_lost(&outside)),
    }
}

// === impl FirstAttempts ===

impl FirstAttempts {
    fn add(&mut self, first: Rate, lost: SumOfSquares) {
        self.first.push(SumOfSquares::of_events(first.events, first.trials));
        // Of as many as attempted first: all others were lost to nothing that began here.
        self.lost.push(SumOfSquares { count: first.trials as f64, ..lost });
    }

    fn rate(&self) -> Rate {
        let (sum, effect) = (sum(&self.first), clustering(self.first.iter().copied()));
        Rate {
            design_effect: effect.unwrap_or(1.0),
            by_blocks: effect.is_some(),
            ..Rate::new(sum.sum as u64, sum.count as u64)
        }
    }

    /// Where the mean loss of a first attempt lies.
    fn loss(&self) -> (f64, Interval) {
        let lost = sum(&self.lost);
        let ci95 = lost.ci95(clustering(self.lost.iter().copied()).unwrap_or(1.0));
        (if lost.count > 0.0 { lost.mean() } else { 0.0 }, ci95)
    }

    /// Lost shoppers beyond what these first attempts would have cost at the rate of the others.
    fn excess_lost(&self, others: &FirstAttempts) -> (f64, Interval) {
        let (one, other, times) = (self.loss(), others.loss(), sum(&self.first).count);
        let ci95 = difference(one, other);
        let beyond = |loss: f64| (times * loss).max(0.0);
        (beyond(one.0 - other.0), Interval { low: beyond(ci95.low), high: beyond(ci95.high) })
    }
}

fn sum(cells: &[SumOfSquares]) -> SumOfSquares {
    cells.iter().fold(SumOfSquares::default(), |sum, cell| sum + *cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, failing, planted};

    fn found(simulated: &SimulatedRun) -> Vec<(Option<String>, f64, f64)> {
        let name =
            |incident: &Incident| incident.unit.map(|unit| simulated.plan.unit(unit).name.clone());
        let of = |incident: &Incident| {
            (name(incident), incident.from.as_secs_f64(), incident.until.as_secs_f64())
        };
        incidents(&simulated.plan, &simulated.tally).iter().map(of).collect()
    }

    #[test]
    fn an_outage_of_the_whole_shop_is_one_window() {
        let simulated = SimulatedRun::run(6_000, 120, |m| {
            failing((40.0..60.0).contains(&m.now) || m.luck < 0.01)
        });
        assert_eq!(found(&simulated), [(None, 40.0, 60.0)]);
        let incident = &incidents(&simulated.plan, &simulated.tally)[0];
        assert!(
            incident.inside.value().unwrap() > 0.99 && incident.outside.value().unwrap() < 0.02,
            "{incident:?}"
        );
        assert!(
            incident.repeated > 300
                && incident.excess_lost.unwrap().1.low > 200.0
                && !incident.to_the_end
                && incident.failed_again > 300,
            "{incident:?}"
        );
    }

    #[test]
    fn a_bad_time_of_one_unit_names_the_unit() {
        let simulated = SimulatedRun::run(8_000, 120, |m| {
            failing(m.step == "pay" && (80.0..95.0).contains(&m.now) && m.luck < 0.5)
        });
        assert_eq!(found(&simulated), [(Some("pay".into()), 80.0, 95.0)]);
    }

    #[test]
    fn two_bad_times_are_two_windows_and_the_last_may_have_no_end() {
        let simulated = SimulatedRun::run(6_000, 120, |m| {
            failing((20.0..25.0).contains(&m.now) || m.now >= 110.0)
        });
        let incidents = incidents(&simulated.plan, &simulated.tally);
        assert_eq!(incidents.len(), 2, "{incidents:?}");
        assert_eq!(
            (incidents[0].from, incidents[0].until, incidents[0].to_the_end),
            (Micros::from_secs(20), Micros::from_secs(25), false)
        );
        assert!(incidents[1].to_the_end && incidents[1].from == Micros::from_secs(110));
    }

    #[test]
    fn steady_failures_have_no_bad_time() {
        let bad: usize = (0..20)
            .map(|run| {
                let shift = 0.05 * f64::from(run);
                let simulated =
                    SimulatedRun::run(3_000, 60, move |m| failing((m.luck + shift).fract() < 0.03));
                incidents(&simulated.plan, &simulated.tally).len()
            })
            .sum();
        assert!(bad <= 2, "{bad} incidents in 20 runs");
        assert_eq!(
            incidents(
                &crate::verdict::simulation::shop(),
                &SimulatedRun::run(12_000, 120, planted).tally
            ),
            []
        );
    }

    #[test]
    fn nothing_seen_has_no_bad_time() {
        assert_eq!(found(&SimulatedRun::run(0, 10, |_| failing(true))), []);
        assert_eq!(found(&SimulatedRun::run(100, 10, |_| failing(false))), []);
        assert_eq!(
            found(&SimulatedRun::run(100, 10, |_| failing(true))),
            [],
            "it failed all the time"
        );
    }
}

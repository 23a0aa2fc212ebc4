//! Times at which the shop failed more than at others: an outage, a release, a queue that ran full.
//!
//! First attempts at a unit, or at all of them together, are counted by block of time. Of all stretches of neighbouring blocks the
//! one whose failures speak most evidently for a rate of its own is the candidate (the likelihood ratio of Kulldorff's scan statistic,
//! 1997, in one dimension: the pair of change points of highest likelihood). It is listed if a test of it beside the rest of the
//! time is still significant when multiplied by the number of all stretches that might have been picked. Then it is set
//! aside and the rest is scanned again. First attempts only: who failed once tries again, and would be counted twice.
//!
//! Units differ in how often they fail, and which of them shoppers are at changes in time: after the last arrivals only the late
//! steps are left. So the failures of the whole shop are set beside those that each unit's own rate makes expect (a scan stratified by
//! unit). One unit is tested by Fisher's exact test. Of several the sum of hypergeometric counts is bounded by the binomial one
//! of the same mean, whose upper tail is never smaller (Hoeffding 1956).

use std::collections::BTreeMap;

use crate::base::{Micros, UnitId};
use crate::plan::{ArrivalModel, Plan};
use crate::tally::Tally;
use crate::verdict::abandonment::LossModel;
use crate::verdict::hotspots::MIN_REPEATED;
use crate::verdict::statistics::{
    Interval, Rate, SumOfSquares, binomial_greater, clustering, difference, fisher_greater,
};

/// A time at which the shop failed more than at others.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// The unit at which it did; none for several together.
    pub unit: Option<UnitId>,
    /// Of several, those that it can be shown for, if others were well; empty for the whole shop.
    pub units: Vec<UnitId>,
    /// From when on, since the planned start; as exact as a block is long.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// Whether no attempt began later, so that the end of the trouble was not seen.
    pub to_the_end: bool,
    /// First attempts in it that failed. Shorter incidents have too few blocks to judge clustering by; then they are
    /// taken for independent.
    pub inside: Rate,
    /// The same of all other times, other incidents left out; of several units in the proportion in which they were attempted inside.
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
/// The level at which a unit is said to fail more in an incident.
const UNIT_LEVEL: f64 = 0.01;
/// The most incidents that are listed; a shop with more is failing all the time.
const MAX_INCIDENTS: usize = 8;

/// First attempts and failures by block.
type BlockCounts = BTreeMap<u32, (u64, u64)>;

/// First attempts, failures, and the failures that are expected if time makes no difference, by block.
type Line = BTreeMap<u32, Cell>;

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    attempts: u64,
    failed: u64,
    expected: f64,
}

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
    let mut units: BTreeMap<UnitId, BlockCounts> = BTreeMap::new();
    for (number, block) in &tally.blocks {
        for ((unit, _), tries) in block.attempts.iter().filter(|((_, nth), _)| *nth == 1) {
            let cell = units.entry(*unit).or_default().entry(*number).or_default();
            *cell = (cell.0 + tries.total(), cell.1 + tries.failed);
        }
    }
    let mut found: Vec<Found> = Vec::new();
    while found.len() < MAX_INCIDENTS {
        let lines = lines(&units);
        let candidates = lines.iter().filter_map(|(unit, line)| Some((*unit, most_evident(line)?)));
        let Some((unit, span)) =
            candidates.max_by(|(_, a), (_, b)| a.evidence.total_cmp(&b.evidence))
        else {
            break;
        };
        let picks =
            lines.values().map(|line| line.len() * (line.len() + 1) / 2).sum::<usize>() as f64;
        let (failed, p_value) = test(&lines[&unit], span, unit.is_some());
        let p_value = (p_value * picks).min(1.0);
        if p_value >= LEVEL || failed < MIN_REPEATED {
            break;
        }
        set_aside(&mut units, unit, span);
        found.push((unit, span, p_value));
    }
    let found = merge_touching(found, tally);
    let model = LossModel::of(plan, tally);
    let mut incidents: Vec<Incident> =
        found.iter().map(|one| incident(plan, tally, &model, one, &found)).collect();
    incidents.sort_by_key(|incident| (incident.from, incident.unit));
    incidents
}

/// The line of each unit, and of all of them together.
fn lines(units: &BTreeMap<UnitId, BlockCounts>) -> BTreeMap<Option<UnitId>, Line> {
    let mut lines: BTreeMap<Option<UnitId>, Line> = BTreeMap::new();
    for (unit, blocks) in units {
        let sum = |(n, c), (of, failed): &(u64, u64)| (n + of, c + failed);
        let (all, failed) = blocks.values().fold((0, 0), sum);
        let rate = failed as f64 / (all as f64).max(1.0);
        for (number, (attempts, failed)) in blocks {
            for line in [None, Some(*unit)] {
                let cell = lines.entry(line).or_default().entry(*number).or_default();
                cell.attempts += attempts;
                cell.failed += failed;
                cell.expected += rate * *attempts as f64;
            }
        }
    }
    lines
}

/// The span that speaks most evidently for a higher rate of its own; it begins and ends with a block that has failures.
fn most_evident(line: &Line) -> Option<BlockSpan> {
    let mut sums = vec![Cell::default()];
    let numbers: Vec<u32> = line.keys().copied().collect();
    for cell in line.values() {
        let last = sums[sums.len() - 1];
        sums.push(last.plus(*cell));
    }
    let all = sums[line.len()];
    let failing: Vec<usize> =
        (0..line.len()).filter(|&i| sums[i + 1].failed > sums[i].failed).collect();
    let mut best: Option<BlockSpan> = None;
    for (place, &i) in failing.iter().enumerate() {
        for &j in &failing[place..] {
            let inside = sums[j + 1].minus(sums[i]);
            if inside.attempts >= all.attempts || inside.failed as f64 <= inside.expected {
                continue;
            }
            let evidence = inside.evidence() + all.minus(inside).evidence();
            if best.is_none_or(|best| evidence > best.evidence) {
                best = Some(BlockSpan { first: numbers[i], last: numbers[j], evidence });
            }
        }
    }
    best
}

/// The failures in a span, and how likely so many are without a cause.
fn test(line: &Line, span: BlockSpan, one_unit: bool) -> (u64, f64) {
    let sum = |within: bool| {
        let cells =
            line.iter().filter(|(number, _)| (span.first..=span.last).contains(*number) == within);
        cells.fold(Cell::default(), |sum, (_, cell)| sum.plus(*cell))
    };
    let (inside, outside) = (sum(true), sum(false));
    let p_value = if one_unit {
        fisher_greater(inside.failed, inside.attempts, outside.failed, outside.attempts)
    } else {
        binomial_greater(inside.failed, inside.attempts, inside.expected)
    };
    (inside.failed, p_value)
}

/// Takes what an incident explains out of the lines: a bad time of the whole shop out of each unit's.
fn set_aside(units: &mut BTreeMap<UnitId, BlockCounts>, unit: Option<UnitId>, span: BlockSpan) {
    let blocks = span.first..=span.last;
    units
        .iter_mut()
        .filter(|(of, _)| unit.is_none_or(|unit| unit == **of))
        .for_each(|(_, line)| line.retain(|number, _| !blocks.contains(number)));
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

fn incident(
    plan: &Plan,
    tally: &Tally,
    model: &LossModel<'_>,
    &(unit, span, p_value): &Found,
    all: &[Found],
) -> Incident {
    let here = |tried: UnitId| unit.is_none_or(|unit| unit == tried);
    // Another bad time of the same unit, or of the whole shop, is no measure of how good it is otherwise.
    let bad = |number: u32| {
        all.iter().any(|(of, other, _)| {
            (*of == unit || of.is_none()) && (other.first..=other.last).contains(&number)
        })
    };
    let within = |number: u32| (span.first..=span.last).contains(&number);
    let (mut inside, mut outside) = (FirstAttempts::default(), FirstAttempts::default());
    let mut by_unit: BTreeMap<UnitId, (FirstAttempts, FirstAttempts)> = BTreeMap::new();
    let (mut failed_again, mut repeated, mut to_the_end) = (0, 0, true);
    for (number, block) in &tally.blocks {
        let tries = || block.attempts.iter().filter(|((tried, nth), _)| *nth == 1 && here(*tried));
        to_the_end &= *number <= span.last || tries().next().is_none();
        if !within(*number) && bad(*number) {
            continue;
        }
        let mut lost: BTreeMap<UnitId, SumOfSquares> = BTreeMap::new();
        for ((_, fate), count) in &block.began_to_fail {
            let Some(blamed) = fate.blamed().map(|step| plan.step(step).unit) else { continue };
            if !here(blamed) {
                continue;
            }
            *lost.entry(blamed).or_default() +=
                SumOfSquares::of_equal(model.to_failures(fate).high, count.shoppers);
            repeated += if within(*number) && fate.failures >= 2 { count.shoppers } else { 0 };
        }
        let (mut first, mut all_lost) = (Rate::new(0, 0), SumOfSquares::default());
        for ((tried, _), tries) in tries() {
            let of_unit = Rate::new(tries.failed, tries.total());
            let lost = lost.remove(tried).unwrap_or_default();
            let (there, elsewhere) = by_unit.entry(*tried).or_default();
            if within(*number) { there } else { elsewhere }.add(of_unit, lost);
            first = Rate::new(first.events + of_unit.events, first.trials + of_unit.trials);
            all_lost += lost;
        }
        if within(*number) {
            failed_again += block
                .retries
                .iter()
                .filter(|(tried, _)| here(**tried))
                .map(|(_, again)| again.attempts.failed)
                .sum::<u64>();
        }
        if within(*number) { &mut inside } else { &mut outside }.add(first, all_lost);
    }
    let open = !matches!(plan.load.arrivals, ArrivalModel::Closed { .. });
    let at = |number: u32| Micros(u64::from(number) * tally.shape.block.0);
    let until = if to_the_end { at(span.last + 1).max(end(tally)) } else { at(span.last + 1) };
    Incident {
        unit,
        units: if unit.is_none() { affected(&by_unit) } else { Vec::new() },
        from: at(span.first),
        until,
        to_the_end,
        inside: inside.rate(),
        outside: alike(&by_unit, outside.rate()),
        p_value,
        failed_again,
        repeated,
        excess_lost: open.then(|| excess_lost(&by_unit)),
    }
}

/// What first attempts at each unit came to, inside and outside.
type ByUnit = BTreeMap<UnitId, (FirstAttempts, FirstAttempts)>;

/// The end of the last second in which anything ended.
fn end(tally: &Tally) -> Micros {
    let last = tally.seconds.last_key_value();
    last.map_or(Micros::ZERO, |(second, _)| Micros::from_secs(u64::from(*second) + 1))
}

/// The units that failed more inside, if any that were attempted as well did not.
fn affected(by_unit: &ByUnit) -> Vec<UnitId> {
    let (mut affected, mut spared) = (Vec::new(), false);
    for (unit, (inside, outside)) in by_unit {
        let (inside, outside) = (inside.rate(), outside.rate());
        let p_value = fisher_greater(inside.events, inside.trials, outside.events, outside.trials);
        if p_value < UNIT_LEVEL {
            affected.push(*unit);
        } else {
            // Enough attempts to have seen an outage of this unit too.
            spared |= inside.trials >= 2 * MIN_REPEATED;
        }
    }
    if spared { affected } else { Vec::new() }
}

/// The rate outside, of the units in the proportion in which they were attempted inside.
fn alike(by_unit: &ByUnit, outside: Rate) -> Rate {
    let (mut expected, mut attempts) = (0.0, 0.0);
    for (inside, outside) in by_unit.values() {
        let (inside, outside) = (inside.rate(), outside.rate());
        expected += inside.trials as f64 * outside.value().unwrap_or_default();
        attempts += inside.trials as f64;
    }
    if by_unit.len() < 2 || attempts <= 0.0 {
        return outside;
    }
    let events = (outside.trials as f64 * expected / attempts).round() as u64;
    Rate { events: events.min(outside.trials), ..outside }
}

/// Lost shoppers beyond what each unit's first attempts would have cost at the rate of other times, all units together.
fn excess_lost(by_unit: &ByUnit) -> (f64, Interval) {
    let (mut lost, mut below, mut above) = (0.0, 0.0, 0.0);
    for (inside, outside) in by_unit.values().filter(|(inside, _)| !inside.first.is_empty()) {
        let (excess, ci95) = inside.excess_lost(outside);
        lost += excess;
        below += (excess - ci95.low).powi(2);
        above += (ci95.high - excess).powi(2);
    }
    let at_least_none = |figure: f64| figure.max(0.0);
    let ci95 = Interval {
        low: at_least_none(lost - below.sqrt()),
        high: at_least_none(lost + above.sqrt()),
    };
    (at_least_none(lost), ci95)
}

// === impl Cell ===

impl Cell {
    fn plus(self, other: Cell) -> Cell {
        Cell {
            attempts: self.attempts + other.attempts,
            failed: self.failed + other.failed,
            expected: self.expected + other.expected,
        }
    }

    fn minus(self, other: Cell) -> Cell {
        Cell {
            attempts: self.attempts - other.attempts,
            failed: self.failed - other.failed,
            expected: (self.expected - other.expected).max(0.0),
        }
    }

    /// By how much the logarithm of the likelihood rises if the failures have a rate of their own instead of the expected one.
    fn evidence(self) -> f64 {
        let part = |seen: f64, expected: f64| {
            if seen > 0.0 { seen * (seen / expected.max(f64::MIN_POSITIVE)).ln() } else { 0.0 }
        };
        let (of, failed) = (self.attempts as f64, self.failed as f64);
        part(failed, self.expected) + part(of - failed, of - self.expected)
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
        let beyond = |loss: f64| times * loss;
        (beyond(one.0 - other.0), Interval { low: beyond(ci95.low), high: beyond(ci95.high) })
    }
}

fn sum(cells: &[SumOfSquares]) -> SumOfSquares {
    cells.iter().fold(SumOfSquares::default(), |sum, cell| sum + *cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::{AttemptCounts, BlockTally};
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
    fn a_late_step_that_always_fails_is_no_incident_of_the_end() {
        // Payments fail one time in five whenever they are made, and after the last arrivals only payments are left.
        let mut simulated = SimulatedRun::run(6_000, 120, |m| {
            failing(m.step == "pay" && m.shopper < 0.2 || m.luck < 0.005)
        });
        let late: Vec<(u32, BlockTally)> = (120..135)
            .map(|number| {
                let mut block = BlockTally::default();
                let pay = simulated.plan.step(simulated.step("pay")).unit;
                let counts = AttemptCounts { ok: 8, declined: 0, failed: 2 };
                block.attempts.insert((pay, 1), counts);
                (number, block)
            })
            .collect();
        simulated.tally.blocks.extend(late);
        assert_eq!(found(&simulated), []);
    }

    #[test]
    fn an_outage_of_some_units_names_them() {
        let simulated = SimulatedRun::run(8_000, 120, |m| {
            let writes = matches!(m.step, "cart" | "checkout" | "pay");
            failing(writes && (80.0..90.0).contains(&m.now) && m.luck < 0.3)
        });
        let incidents = incidents(&simulated.plan, &simulated.tally);
        assert_eq!(incidents.len(), 1, "{incidents:?}");
        let named = incidents[0].units.iter().map(|unit| simulated.plan.unit_label(*unit));
        assert_eq!(named.collect::<Vec<_>>(), ["cart", "checkout", "pay"]);
        assert_eq!(incidents[0].unit, None);
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

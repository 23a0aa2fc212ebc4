//! Whether the schedule was held, and what else the generator says of itself.

use std::collections::BTreeMap;

use super::issue::{HealthIssue, IssueCause, Validity};
use crate::base::Micros;
use crate::plan::{MetricUnit, Plan};
use crate::tally::{BlockTally, End, Latency, StepTally, StepTime, Tally};
use crate::verdict::causes::throttling;
use crate::verdict::facts::{Completion, RunFacts};
use crate::verdict::statistics::{Z_ONE_SIDED, wilson};

/// What is known of the generator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeneratorHealth {
    /// Whether its figures can be believed.
    pub validity: Validity,
    /// Why not, the gravest first, and what else is worth knowing.
    pub issues: Vec<HealthIssue>,
    /// Arrivals that were due.
    pub planned: u64,
    /// Arrivals whose shopper acted.
    pub started: u64,
    /// Schedule lag of all attempts: median, 99 %, longest.
    pub lag: Option<LagQuantiles>,
    /// Blocks of time in which the schedule was not held, by number.
    pub late_blocks: Vec<u32>,
    /// The same as spans of time since the planned start, from and until: what happened in them can't be blamed on the shop.
    pub late_spans: Vec<(Micros, Micros)>,
    /// Processor time of the cores' threads over their wall time.
    pub cpu_fraction: Option<f64>,
    /// The busiest second of any core, same fraction.
    pub busiest_fraction: f64,
    /// The peak resident memory, in KiB.
    pub peak_rss_kib: u64,
}

/// Schedule lag: intended start to the moment the shopper's task acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LagQuantiles {
    /// The median.
    pub p50: Micros,
    /// 99 %.
    pub p99: Micros,
    /// The longest.
    pub max: Micros,
}

/// The tolerance below which lag is never held against the generator.
pub const NEGLIGIBLE_LAG: Micros = Micros::from_millis(5);
/// Late attempts beyond this share of the run, or of a block, condemn it.
const LATE_SHARE: f64 = 0.01;
/// Unstarted arrivals beyond this share condemn the run.
const UNSTARTED_SHARE: f64 = 0.001;
/// Shoppers cut off by the end beyond this share make the run suspect.
const UNFINISHED_SHARE: f64 = 0.01;
/// The cause that the engine gives for arrivals that were due when the run was stopped.
const STOPPED: &str = "stopped";

/// What is known of the generator.
pub fn health(plan: &Plan, tally: &Tally, facts: &RunFacts) -> GeneratorHealth {
    let mut all = Latency::default();
    tally.blocks.values().for_each(|block| all.merge_into_open(&block.lag));
    let (late, late_blocks) = late_attempts(plan, tally, facts.lag_tolerance);
    let late_spans = spans(&late_blocks, tally.shape.block);
    let generator = &tally.generator;
    let fraction =
        |part: Micros| (generator.wall.0 > 0).then(|| part.0 as f64 / generator.wall.0 as f64);
    let cpu_fraction = fraction(generator.cpu);
    let busiest_fraction = generator.busiest_permille as f64 / 1_000.0;

    let mut issues = Vec::new();
    let mut issue = |severity, cause| issues.push(HealthIssue { severity, cause });
    unstarted(tally, facts.completion)
        .into_iter()
        .for_each(|(severity, cause)| issue(severity, cause));
    if !late_blocks.is_empty() || surely_beyond(late, all.count(), LATE_SHARE) {
        let severity = if surely_beyond(late, all.count(), LATE_SHARE) {
            Validity::Invalid
        } else {
            Validity::Suspect
        };
        let worst = all.max().unwrap_or_default();
        issue(
            severity,
            IssueCause::Late { attempts: late, of: all.count(), spans: late_spans.clone(), worst },
        );
    }
    for (fault, causes) in &generator.own_failures {
        issue(Validity::Invalid, IssueCause::OwnFailures(*fault, causes.clone()));
    }
    if let Some(busy) = cpu_fraction.filter(|fraction| *fraction > 0.9) {
        issue(Validity::Suspect, IssueCause::Busy(busy));
    } else if busiest_fraction > 0.95 {
        issue(Validity::Valid, IssueCause::BusySecond(busiest_fraction));
    }
    if let Some(met) = throttling(plan, tally) {
        issue(Validity::Suspect, IssueCause::Throttled(met));
    }
    unfinished(tally, facts.completion)
        .into_iter()
        .for_each(|cause| issue(Validity::Suspect, cause));
    let held: u64 = tally.blocks.values().map(|block| block.held).sum();
    if held > 0 {
        issue(Validity::Suspect, IssueCause::Held(held));
    }
    if let Some(waiting) = fraction(generator.run_queue).filter(|fraction| *fraction > 0.2) {
        issue(Validity::Valid, IssueCause::Crowded(waiting));
    }
    if facts.lag_tolerance != NEGLIGIBLE_LAG {
        issue(Validity::Valid, IssueCause::Tolerant(facts.lag_tolerance));
    }
    if generator.coarse_timer {
        issue(Validity::Valid, IssueCause::CoarseTimer);
    }
    if generator.clamped > 0 {
        issue(Validity::Valid, IssueCause::Clamped(generator.clamped));
    }
    issues.sort_by_key(|issue| std::cmp::Reverse(issue.severity));

    GeneratorHealth {
        validity: issues.first().map_or(Validity::Valid, |gravest| gravest.severity),
        issues,
        planned: tally.arrivals.planned,
        started: tally.arrivals.started,
        lag: LagQuantiles::of(&all),
        late_blocks,
        late_spans,
        cpu_fraction,
        busiest_fraction,
        peak_rss_kib: generator.peak_rss_kib,
    }
}

/// Arrivals that never started. Those that were due at the moment when a person stopped the run are nobody's fault.
fn unstarted(tally: &Tally, completion: Completion) -> Option<(Validity, IssueCause)> {
    let blameless = |why: &str| completion != Completion::Complete && why == STOPPED;
    let why: BTreeMap<String, u64> = tally
        .arrivals
        .unstarted
        .iter()
        .filter(|(why, count)| **count > 0 && !blameless(why))
        .map(|(why, count)| (why.clone(), *count))
        .collect();
    let (arrivals, planned) = (why.values().sum::<u64>(), tally.arrivals.planned);
    let nobody = planned > 0 && tally.arrivals.started == 0;
    let severity = if nobody || arrivals as f64 > UNSTARTED_SHARE * planned as f64 {
        Validity::Invalid
    } else {
        Validity::Suspect
    };
    (arrivals > 0 || nobody).then_some((
        severity,
        IssueCause::Unstarted { arrivals: if nobody { planned } else { arrivals }, planned, why },
    ))
}

/// Shoppers whom the end of a run that nobody stopped cut off, if they are too many to be left out.
fn unfinished(tally: &Tally, completion: Completion) -> Option<IssueCause> {
    let count = |holds: &dyn Fn(End) -> bool| -> u64 {
        let kept = tally.shoppers.iter().filter(|(key, _)| holds(key.outcome.end));
        kept.map(|(_, count)| count.shoppers).sum()
    };
    let (shoppers, of) = (count(&|end| end == End::Unfinished), count(&|_| true));
    let many = shoppers as f64 > UNFINISHED_SHARE * of as f64;
    (completion == Completion::Complete && many).then_some(IssueCause::Unfinished { shoppers, of })
}

/// How many attempts acted late, and the blocks in which too many did.
fn late_attempts(plan: &Plan, tally: &Tally, tolerance: Micros) -> (u64, Vec<u32>) {
    let mut all = 0;
    let mut blocks = Vec::new();
    let usual = usual_response(tally);
    for (number, block) in &tally.blocks {
        let tolerance = tolerance_in(plan, tally, *number, block, (tolerance, usual));
        let late =
            block.lag.iter().filter(|(lag, _)| *lag > tolerance).map(|(_, count)| count).sum();
        all += late;
        // One that acted late alone says nothing.
        if late > 1 && surely_beyond(late, block.lag.count(), LATE_SHARE) {
            blocks.push(*number);
        }
    }
    (all, blocks)
}

/// Blocks that follow each other are one stretch.
fn spans(blocks: &[u32], block: Micros) -> Vec<(Micros, Micros)> {
    let runs = blocks.chunk_by(|one, next| one + 1 == *next);
    let moment = |number: u32| Micros(block.0.saturating_mul(u64::from(number)));
    runs.filter_map(|run| Some((moment(*run.first()?), moment(run.last()? + 1)))).collect()
}

/// The lag that can't be held against the generator in this block: `least`, 1 % of the tightest objective on a
/// time, or a tenth of the median response, of the block or of the run (`usual`), whichever is longest.
fn tolerance_in(
    plan: &Plan,
    tally: &Tally,
    number: u32,
    block: &BlockTally,
    (least, usual): (Micros, Micros),
) -> Micros {
    let limits =
        plan.objectives.iter().filter(|objective| objective.metric.unit() == MetricUnit::Time);
    let tightest = limits
        .map(|objective| objective.limit)
        .min_by(f64::total_cmp)
        .map_or(Micros::ZERO, |limit| Micros((limit / 100.0) as u64));
    let tolerance = least.max(tightest);
    // Most blocks have no lag to speak of; their responses needn't be looked at.
    if block.lag.max().is_none_or(|longest| longest <= tolerance) {
        return tolerance;
    }
    let mut responses = Latency::default();
    tally
        .steps
        .iter()
        .filter_map(|step| step.times[StepTime::ResponseOk].blocks.get(&number))
        .for_each(|block| responses.merge_into_open(block));
    tolerance.max(responses.quantile(0.5).unwrap_or_default().max(usual) / 10)
}

/// The median response of the whole run, given-up ones included: what lag is measured against.
fn usual_response(tally: &Tally) -> Micros {
    let mut responses = Latency::default();
    let of_step = |step: &StepTally| {
        [StepTime::ResponseOk, StepTime::ResponseFailed, StepTime::ResponseCensored]
            .into_iter()
            .flat_map(|time| step.times[time].blocks.values().cloned().collect::<Vec<_>>())
            .collect::<Vec<Latency>>()
    };
    tally.steps.iter().flat_map(of_step).for_each(|block| responses.merge_into_open(&block));
    responses.quantile(0.5).unwrap_or_default()
}

/// Whether more than `share` of them did, with 95 % confidence.
fn surely_beyond(count: u64, of: u64, share: f64) -> bool {
    of > 0 && wilson(count as f64 / of as f64, of as f64, Z_ONE_SIDED).low > share
}

// === impl LagQuantiles ===

impl LagQuantiles {
    fn of(all: &Latency) -> Option<LagQuantiles> {
        Some(LagQuantiles { p50: all.quantile(0.5)?, p99: all.quantile(0.99)?, max: all.max()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::{FailureKind, Outcome, OwnFault};
    use crate::verdict::simulation::{Moment, SimulatedRun, failing, planted};

    fn of(simulated: &SimulatedRun) -> GeneratorHealth {
        health(&simulated.plan, &simulated.tally, &simulated.facts)
    }

    fn quiet(shoppers: u64, seconds: u64) -> SimulatedRun {
        SimulatedRun::run(shoppers, seconds, planted)
    }

    #[test]
    fn a_held_schedule_is_valid() {
        let found = of(&quiet(2_000, 60));
        assert_eq!((found.validity, found.issues.len()), (Validity::Valid, 0));
        assert!(found.lag.unwrap().p99 < Micros(100));
        assert_eq!(found.cpu_fraction, Some(0.25));
    }

    #[test]
    fn a_stall_of_a_few_milliseconds_condemns_nothing() {
        for (shoppers, stall) in [(200, 4), (200, 15), (2_000, 15), (20_000, 8)] {
            let simulated = quiet(shoppers, 10)
                .stopped(Micros::from_millis(5_200), Micros::from_millis(5_200 + stall));
            assert_eq!(of(&simulated).validity, Validity::Valid, "{shoppers} shoppers, {stall} ms");
        }
    }

    #[test]
    fn two_seconds_of_standstill_in_ten_are_invalid() {
        for shoppers in [200, 2_000] {
            let found =
                of(&quiet(shoppers, 10).stopped(Micros::from_secs(5), Micros::from_secs(7)));
            assert_eq!((found.validity, &*found.late_blocks), (Validity::Invalid, &[5, 6][..]));
            assert_eq!(found.late_spans, [(Micros::from_secs(5), Micros::from_secs(7))]);
            assert!(
                found.issues[0].cause.to_string().ends_with("most from 5s to 7s"),
                "{}",
                found.issues[0].cause
            );
            assert!(matches!(found.issues[0].cause, IssueCause::Late { .. }));
        }
    }

    #[test]
    fn two_seconds_of_standstill_in_ten_minutes_are_suspect() {
        let found = of(&quiet(6_000, 600).stopped(Micros::from_secs(300), Micros::from_secs(302)));
        assert_eq!(found.validity, Validity::Suspect);
        assert!(!found.late_blocks.is_empty());
    }

    #[test]
    fn lag_is_measured_against_what_the_shop_takes() {
        // 30 ms late throughout: much beside a median of some 20 ms, nothing beside one of a second.
        let mut simulated = quiet(2_000, 10).stopped(Micros::ZERO, Micros::ZERO);
        for block in simulated.tally.blocks.values_mut() {
            let count = block.lag.count();
            block.lag = Latency::default();
            (0..count).for_each(|_| block.lag.record(Micros::from_millis(30)));
        }
        assert_eq!(of(&simulated).validity, Validity::Invalid);
        for step in &mut simulated.tally.steps {
            for block in step.times[StepTime::ResponseOk].blocks.values_mut() {
                let count = block.count();
                *block = Latency::default();
                (0..count).for_each(|_| block.record(Micros::from_secs(1)));
            }
        }
        assert_eq!(of(&simulated).validity, Validity::Valid);
    }

    #[test]
    fn a_lone_late_attempt_says_nothing() {
        let mut simulated = quiet(2_000, 60);
        let mut lag = Latency::default();
        lag.record(Micros::from_millis(85));
        simulated.tally.blocks.insert(90, BlockTally { lag, ..BlockTally::default() });
        assert_eq!(of(&simulated).validity, Validity::Valid);
    }

    #[test]
    fn a_block_without_answers_is_measured_against_those_of_the_run() {
        let mut simulated = quiet(2_000, 60);
        for step in &mut simulated.tally.steps {
            for block in step.times[StepTime::ResponseOk].blocks.values_mut() {
                let count = block.count();
                *block = Latency::default();
                (0..count).for_each(|_| block.record(Micros::from_secs(3)));
            }
        }
        let mut lag = Latency::default();
        (0..3).for_each(|_| lag.record(Micros::from_millis(85)));
        simulated.tally.blocks.insert(90, BlockTally { lag, ..BlockTally::default() });
        assert_eq!(of(&simulated).validity, Validity::Valid);
    }

    #[test]
    fn shoppers_cut_off_by_the_end_are_told() {
        let mut simulated = quiet(2_000, 60);
        let cut = |count: u64, simulated: &mut SimulatedRun| {
            let (key, _) = simulated.tally.shoppers.first_key_value().unwrap();
            let mut key = key.clone();
            key.outcome.end = End::Unfinished;
            simulated
                .tally
                .shoppers
                .insert(key, crate::tally::ShopperCount { shoppers: count, ..Default::default() });
        };
        cut(10, &mut simulated);
        assert_eq!(of(&simulated).validity, Validity::Valid);
        cut(77, &mut simulated);
        let found = of(&simulated);
        assert_eq!(found.validity, Validity::Suspect);
        assert_eq!(
            found.issues[0].cause.to_string(),
            "the end of the run cut off 77 of 2,077 shoppers, whose outcome is unknown"
        );
        simulated.facts.completion = Completion::Interrupted;
        assert_eq!(of(&simulated).validity, Validity::Valid);
    }

    /// A shop that lets `limit` requests through in each second of 30, of which more come, drawn by `rate`.
    fn limited(limit: u64, met: impl Fn(&Moment<'_>) -> bool) -> SimulatedRun {
        let mut simulated = SimulatedRun::run(3_000, 30, |m| {
            if m.nth == 1 && met(m) { Outcome::Failed(FailureKind::Throttled) } else { Outcome::Ok }
        });
        for (second, seen) in &mut simulated.tally.seconds {
            // Between 200 and 299, as if at random.
            seen.requests = 200 + (u64::from(*second) * 37) % 100;
            seen.throttled = if *second > 2 { seen.requests.saturating_sub(limit) } else { 0 };
        }
        simulated
    }

    #[test]
    fn a_limit_on_the_address_is_an_artefact_of_the_test() {
        let simulated = limited(220, |m| m.luck < 0.1);
        let found = of(&simulated);
        let IssueCause::Throttled(met) = &found.issues[0].cause else { panic!("{found:?}") };
        assert_eq!((found.validity, met.began_at), (Validity::Suspect, Micros::from_secs(4)));
        assert_eq!(simulated.findings().loss.unwrap().by_patience[0].lost, 0.0);
    }

    #[test]
    fn a_shop_that_throttles_some_shoppers_is_not_excused() {
        let simulated = limited(220, |m| m.payment == "wallet" && m.luck < 0.2);
        assert!(of(&simulated).issues.is_empty());
        assert!(simulated.findings().loss.unwrap().by_patience[0].lost > 0.0);
    }

    #[test]
    fn answers_of_429_at_random_are_not_a_limit() {
        let mut simulated = limited(220, |m| m.luck < 0.1);
        for (second, seen) in &mut simulated.tally.seconds {
            seen.throttled = 10 + (u64::from(*second) * 13) % 20;
        }
        assert!(of(&simulated).issues.is_empty());
    }

    #[test]
    fn arrivals_that_never_started_are_never_hidden() {
        let with = |unstarted: u64| {
            let mut simulated = quiet(2_000, 60);
            simulated.tally.arrivals.planned += unstarted;
            simulated
                .tally
                .arrivals
                .unstarted
                .insert("at the limit of shoppers at once".into(), unstarted);
            of(&simulated)
        };
        assert_eq!(with(0).validity, Validity::Valid);
        assert_eq!(with(2).validity, Validity::Suspect);
        assert_eq!(with(3).validity, Validity::Invalid);
        assert_eq!(
            with(3).issues[0].cause.to_string(),
            "3 of 2,003 arrivals never started (at the limit of shoppers at once: 3)"
        );
    }

    #[test]
    fn what_was_due_when_a_person_stopped_the_run_is_nobodys_fault() {
        let mut simulated = quiet(2_000, 60);
        simulated.tally.arrivals.planned += 40;
        simulated.tally.arrivals.unstarted.insert(STOPPED.into(), 40);
        assert_eq!(of(&simulated).validity, Validity::Invalid);
        simulated.facts.completion = Completion::Interrupted;
        assert_eq!(of(&simulated).validity, Validity::Valid);
    }

    #[test]
    fn a_run_in_which_nobody_started_is_invalid() {
        let mut simulated = SimulatedRun::run(0, 60, |_| failing(false));
        simulated.tally.arrivals.planned = 10;
        assert_eq!(of(&simulated).validity, Validity::Invalid);
    }

    #[test]
    fn each_weakness_has_its_gravity_and_a_remedy() {
        let issue = |spoil: &dyn Fn(&mut Tally)| {
            let mut simulated = quiet(500, 60);
            spoil(&mut simulated.tally);
            let found = of(&simulated);
            assert_eq!(found.issues.len(), 1);
            assert!(!found.issues[0].cause.remedy().is_empty());
            (found.validity, found.issues[0].cause.to_string())
        };
        let own = |tally: &mut Tally| tally.own_failure(OwnFault::Means, "file descriptors");
        let (severity, text) = issue(&own);
        assert_eq!(
            (severity, &*text),
            (
                Validity::Invalid,
                "requests failed because the generator ran out of file descriptors or ports (file descriptors: 1)"
            )
        );
        assert_eq!(issue(&|tally| tally.generator.cpu = tally.generator.wall).0, Validity::Suspect);
        assert_eq!(issue(&|tally| tally.blocks.get_mut(&3).unwrap().held = 9).0, Validity::Suspect);
        assert_eq!(issue(&|tally| tally.generator.coarse_timer = true).0, Validity::Valid);
        assert_eq!(issue(&|tally| tally.generator.clamped = 1).0, Validity::Valid);
        assert_eq!(
            issue(&|tally| tally.generator.run_queue = tally.generator.wall / 2).0,
            Validity::Valid
        );
        assert_eq!(issue(&|tally| tally.generator.busiest_permille = 990).0, Validity::Valid);
    }
}

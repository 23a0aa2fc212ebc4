//! Whether the schedule was held, and what else the generator says of itself.

use std::collections::BTreeMap;

use super::issue::{HealthIssue, IssueCause, Validity};
use super::lateness::{LATE_SHARE, late_attempts, spans, surely_beyond};
use crate::base::Micros;
use crate::plan::Plan;
use crate::tally::{End, Latency, Tally};
use crate::verdict::causes::{Throttling, throttling};
use crate::verdict::facts::{Completion, RunFacts};

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
    judge_unstarted(tally, facts.completion)
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
    judge_unfinished(tally, facts.completion)
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
fn judge_unstarted(tally: &Tally, completion: Completion) -> Option<(Validity, IssueCause)> {
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
fn judge_unfinished(tally: &Tally, completion: Completion) -> Option<IssueCause> {
    let count = |holds: &dyn Fn(End) -> bool| -> u64 {
        let kept = tally.shoppers.iter().filter(|(key, _)| holds(key.outcome.end));
        kept.map(|(_, count)| count.shoppers).sum()
    };
    let (shoppers, of) = (count(&|end| end == End::Unfinished), count(&|_| true));
    let many = shoppers as f64 > UNFINISHED_SHARE * of as f64;
    (completion == Completion::Complete && many).then_some(IssueCause::Unfinished { shoppers, of })
}

// === impl GeneratorHealth ===

impl GeneratorHealth {
    /// The shop's limit on the load generator's address, if it met one.
    pub fn address_limit(&self) -> Option<&Throttling> {
        self.issues.iter().find_map(|issue| {
            if let IssueCause::Throttled(met) = &issue.cause { Some(met) } else { None }
        })
    }
}

// === impl LagQuantiles ===

impl LagQuantiles {
    fn of(all: &Latency) -> Option<LagQuantiles> {
        Some(LagQuantiles { p50: all.quantile(0.5)?, p99: all.quantile(0.99)?, max: all.max()? })
    }
}

#[cfg(test)]
mod tests;

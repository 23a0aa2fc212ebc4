//! What two runs say, compared figure by figure, and the answer to it all.

use super::comparability::incomparable;
use super::decision::{self, Bounds, ChangeReason, ChangeVerdict, OTHERS_LEVEL, PRIMARY_LEVEL};
use super::hotspot_changes::HotspotChanges;
use super::measure::{Figure, Measured, measure};
use super::run::ComparedRun;
use super::subject::Subject;
use super::terms::{ComparisonTerms, LEAST_MARGIN, LEAST_SLOWER};
use crate::base::Micros;
use crate::verdict::health::Validity;
use crate::verdict::objectives::Verdict;
use crate::verdict::statistics::student::critical;
use crate::verdict::statistics::{Interval, Shift, holm};

/// What two runs say beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// `Fail` for a regression, `Pass` for none, `Inconclusive`; `Invalid` where a generator was the bottleneck.
    pub verdict: Verdict,
    /// The name of the comparison that decides.
    pub primary_key: String,
    /// All comparisons, the primary one first, as far as both runs have something of it.
    pub differences: Vec<Difference>,
    /// Hot spots that came and went.
    pub hotspots: HotspotChanges,
    /// Whether the runs are the two sides of a duet.
    pub duet: bool,
    /// In which ways the runs are not alike, where they are compared all the same.
    pub incomparable: Vec<String>,
    /// The smallest rise of the primary rate that runs like these find four times in five.
    pub detectable: Option<f64>,
    /// The warm-up that was left out; zero for none.
    pub after: Micros,
    /// Whether a suspect generator keeps the verdict from being "no regression".
    pub suspect: bool,
    /// The relative change that matters.
    pub margin: f64,
    /// The like runs that the noise floor comes from; none where there is no floor.
    pub noise_runs: Vec<String>,
}

/// One figure of both runs. Rates are fractions, spans of time are microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What is compared, in the candidate's plan.
    pub subject: Subject,
    /// Its name.
    pub key: String,
    /// Whether it is the primary one.
    pub primary: bool,
    /// The base's figure.
    pub base: Figure,
    /// The candidate's.
    pub candidate: Figure,
    /// Of rates the difference, of spans the relative change: 0.2 is a fifth longer.
    pub change: f64,
    /// Where it lies with 95 % confidence.
    pub ci95: Interval,
    /// The change that like runs show by themselves.
    pub noise: f64,
    /// The change that matters.
    pub margin: f64,
    /// How far the step's distributions are apart as a whole (the first Wasserstein distance); of spans only.
    pub distance: Option<Micros>,
    /// The chance of so large a change, or a larger one, if the truth were the noise.
    pub p_value: f64,
    /// The same, corrected for the number of comparisons; the primary one is not.
    pub p_corrected: f64,
    /// Whether it is surely better than the noise, corrected for the number of comparisons as regressions are.
    pub better: bool,
    /// Whether it is a regression.
    pub verdict: ChangeVerdict,
    /// Why that is the verdict.
    pub reason: ChangeReason,
    /// Where inconclusive: how many times as many shoppers would decide it; none where no reasonable number would.
    pub times_needed: Option<f64>,
    /// Whether shoppers or attempts were taken for independent because there were too few blocks of time to see bursts.
    pub weak: bool,
}

impl Difference {
    /// Where the change lies, if that can be said: not where a side's figure is only known to be at least this long.
    pub fn known_ci95(&self) -> Option<Interval> {
        (!self.base.at_least && !self.candidate.at_least).then_some(self.ci95)
    }
}

/// Compares a candidate with a base.
pub fn compare(
    base: &ComparedRun<'_>,
    candidate: &ComparedRun<'_>,
    terms: &ComparisonTerms<'_>,
) -> Comparison {
    let measured = measure(base, candidate, terms);
    let detectable = measured
        .first()
        .filter(|seen| seen.subject == terms.primary)
        .and_then(|seen| detectable(seen, terms));
    let differences = decide_all(measured, terms);
    let validity = base.findings.health.validity.max(candidate.findings.health.validity);
    let worse = differences
        .iter()
        .any(|difference: &Difference| difference.verdict == ChangeVerdict::Regression);
    let primary = differences
        .first()
        .filter(|difference| difference.primary)
        .map(|difference| difference.verdict);
    let verdict = match (validity, primary) {
        (Validity::Invalid, _) => Verdict::Invalid,
        _ if worse => Verdict::Fail,
        (Validity::Suspect, _) | (_, None | Some(ChangeVerdict::Inconclusive)) => {
            Verdict::Inconclusive
        }
        (Validity::Valid, Some(ChangeVerdict::NoRegression | ChangeVerdict::Regression)) => {
            Verdict::Pass
        }
    };
    Comparison {
        verdict,
        primary_key: terms.primary.key(candidate.plan),
        after: terms.after,
        detectable,
        differences,
        hotspots: HotspotChanges::between(base, candidate),
        duet: terms.duet,
        incomparable: incomparable(base, candidate),
        suspect: validity == Validity::Suspect,
        margin: terms.margin,
        noise_runs: terms.noise.map(|noise| noise.runs.clone()).unwrap_or_default(),
    }
}

/// Decides all comparisons. All but the primary one are corrected for their number.
pub fn decide_all(measured: Vec<Measured>, terms: &ComparisonTerms<'_>) -> Vec<Difference> {
    let bounds: Vec<Bounds> = measured.iter().map(|seen| bounds(seen, terms)).collect();
    let p_values: Vec<f64> = measured
        .iter()
        .zip(&bounds)
        .map(|(seen, bounds)| seen.shift.p_value(bounds.floor))
        .collect();
    let is_primary = |seen: &Measured| seen.subject == terms.primary;
    let others: Vec<f64> = measured
        .iter()
        .zip(&p_values)
        .filter(|(seen, _)| !is_primary(seen))
        .map(|(_, p)| *p)
        .collect();
    let mut corrected = holm(&others).into_iter();
    let improved: Vec<f64> = measured
        .iter()
        .zip(&bounds)
        .filter(|(seen, _)| !is_primary(seen))
        .map(|(seen, bounds)| seen.shift.p_value_below(bounds.floor))
        .collect();
    let mut improved = holm(&improved).into_iter();
    let decide_one = |((seen, bounds), p_value): ((Measured, Bounds), f64)| {
        let primary = is_primary(&seen);
        let (p_corrected, level) = if primary {
            (p_value, PRIMARY_LEVEL)
        } else {
            (corrected.next().unwrap_or(1.0), OTHERS_LEVEL)
        };
        let p_better = if primary {
            seen.shift.p_value_below(bounds.floor)
        } else {
            improved.next().unwrap_or(1.0)
        };
        let (verdict, reason) = decision::decide(&seen.shift, bounds, p_corrected, level);
        let strictness = if primary { 1.0 } else { others.len() as f64 };
        let times = || decision::times_needed(&seen.shift, bounds, strictness, level);
        let scale = |x: f64| if seen.subject.is_time() { x.exp() - 1.0 } else { x };
        let ci95 = seen.shift.limits(0.025);
        Difference {
            subject: seen.subject,
            primary,
            base: seen.base,
            candidate: seen.candidate,
            change: scale(seen.shift.estimate()),
            ci95: Interval { low: scale(ci95.low), high: scale(ci95.high) },
            noise: scale(bounds.floor),
            margin: scale(bounds.margin),
            distance: seen.distance,
            p_value,
            p_corrected,
            better: verdict == ChangeVerdict::NoRegression && p_better <= level,
            verdict,
            reason,
            times_needed: (verdict == ChangeVerdict::Inconclusive).then(times).flatten(),
            weak: matches!(seen.shift, Shift::Rate(shift) if !shift.by_blocks),
            key: seen.key,
        }
    };
    measured.into_iter().zip(bounds).zip(p_values.iter().copied()).map(decide_one).collect()
}

// === impl Comparison ===

impl Comparison {
    /// The primary comparison; none where a run has nothing of it.
    pub fn primary(&self) -> Option<&Difference> {
        self.differences.first().filter(|difference| difference.primary)
    }

    /// What is surely better, the primary one first.
    pub fn improvements(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.better)
    }

    /// What got worse, the primary one first.
    pub fn regressions(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.verdict == ChangeVerdict::Regression)
    }
}

/// The noise and what matters, on the scale of the shift.
fn bounds(seen: &Measured, terms: &ComparisonTerms<'_>) -> Bounds {
    let floor = terms.noise.map_or(0.0, |noise| noise.floor_of(&seen.key));
    let matters = match seen.subject.is_time() {
        true => terms.margin.max(LEAST_SLOWER.0 as f64 / seen.base.value.max(1.0)).ln_1p(),
        false => (terms.margin * seen.base.value).max(LEAST_MARGIN),
    };
    Bounds { floor, margin: matters.max(floor) }
}

/// The smallest rise that runs like these find four times in five.
fn detectable(seen: &Measured, terms: &ComparisonTerms<'_>) -> Option<f64> {
    let Shift::Rate(shift) = seen.shift else { return None };
    shift.detectable(critical(shift.freedom, PRIMARY_LEVEL), bounds(seen, terms).floor)
}

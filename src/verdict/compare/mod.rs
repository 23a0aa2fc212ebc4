//! Two runs side by side: what got worse, beyond what two runs of one shop differ by anyway.
//!
//! Only like runs are compared: of one scenario and shape, so that what differs is the shop. Each figure's difference has an
//! interval that knows of bursts and slow stretches; one comparison is primary, the others are corrected for their number;
//! and a change counts only beyond the noise that like runs have shown, and beyond what matters. Three answers: a
//! regression, no regression, or too little seen to say.

mod decision;
mod in_words;
mod likeness;
mod noise;
mod places;
mod subject;
#[cfg(test)]
mod truth;

use crate::base::{Micros, StepId};
use crate::plan::Plan;
use crate::tally::Tally;

use self::decision::{Bounds, OTHERS_LEVEL, PRIMARY_LEVEL};
use super::Findings;
use super::facts::RunFacts;
use super::health::Soundness;
use super::objectives::sample::Spans as Ranking;
use super::outcome::Verdict;
use super::statistics::student::critical;
use super::statistics::{Interval, RateShift, Shift, SpansOfTwoRuns, holm};

pub use decision::{Answer, Because};
pub use likeness::{flaws, unlike, unlike_scenarios};
pub use noise::{NoiseFloor, SCHEMA as NOISE_SCHEMA, calibrate};
pub use places::{ChangedSpot, Places};
pub use subject::Subject;

/// A run that is compared.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What was meant to happen.
    pub plan: &'a Plan,
    /// What was seen.
    pub tally: &'a Tally,
    /// Where and when.
    pub facts: &'a RunFacts,
    /// What the run says by itself.
    pub findings: &'a Findings,
}

/// By what terms two runs are compared.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'n> {
    /// The comparison that decides, and is not corrected for the number of the others.
    pub primary: Subject,
    /// The relative change that matters: 0.1 is a tenth more. For rates at least [`LEAST_MARGIN`], for times at least [`LEAST_SLOWER`].
    pub margin: f64,
    /// What like runs have shown to differ by.
    pub noise: Option<&'n NoiseFloor>,
    /// Whether the runs are the two sides of a duet, so that shoppers are pairs.
    pub duet: bool,
}

/// A relative change of a tenth matters, unless the user says otherwise.
pub const MARGIN: f64 = 0.1;
/// A smaller difference of rates does not matter, however rare failures are: one shopper in a thousand.
pub const LEAST_MARGIN: f64 = 0.001;
/// Nor does a smaller difference of times, however quick the shop is: what takes a millisecond takes a fifth longer when the machine's
/// clock slows down, and no shopper knows.
pub const LEAST_SLOWER: Micros = Micros::from_millis(5);

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
    pub places: Places,
    /// Whether the runs are the two sides of a duet.
    pub duet: bool,
    /// In which ways the runs are not alike, where they are compared all the same.
    pub unlike: Vec<String>,
    /// The smallest rise of the primary rate that runs like these find four times in five.
    pub detectable: Option<f64>,
    /// Whether a suspect generator keeps the answer from being "no regression".
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
    /// Whether it is a regression.
    pub answer: Answer,
    /// Why that is the answer.
    pub because: Because,
    /// Where inconclusive: how many times as many shoppers would decide it; none where no reasonable number would.
    pub times_needed: Option<f64>,
    /// Whether shoppers or attempts were taken for independent because there were too few blocks of time to see bursts.
    pub weak: bool,
}

impl Difference {
    /// Where the change lies, if that can be said: not where a side's figure is only known to be at least so long.
    pub fn known_ci95(&self) -> Option<Interval> {
        (!self.base.at_least && !self.candidate.at_least).then_some(self.ci95)
    }
}

/// One run's figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figure {
    /// A fraction or microseconds.
    pub value: f64,
    /// Whether it was at least so long: the quantile lies among what was given up.
    pub at_least: bool,
    /// The sample.
    pub of: u64,
}

/// Compares a candidate with a base.
pub fn compare(base: &Side<'_>, candidate: &Side<'_>, terms: &Terms<'_>) -> Comparison {
    let measured = measure(base, candidate, terms.primary, terms.duet);
    let detectable = measured
        .first()
        .filter(|seen| seen.subject == terms.primary)
        .and_then(|seen| seen.detectable(terms));
    let differences = judged(measured, terms);
    let soundness = base.findings.health.soundness.max(candidate.findings.health.soundness);
    let worse =
        differences.iter().any(|difference: &Difference| difference.answer == Answer::Regression);
    let primary = differences
        .first()
        .filter(|difference| difference.primary)
        .map(|difference| difference.answer);
    let verdict = match (soundness, primary) {
        (Soundness::Invalid, _) => Verdict::Invalid,
        _ if worse => Verdict::Fail,
        (Soundness::Suspect, _) | (_, None | Some(Answer::Inconclusive)) => Verdict::Inconclusive,
        _ => Verdict::Pass,
    };
    Comparison {
        verdict,
        primary_key: terms.primary.key(candidate.plan),
        detectable,
        differences,
        places: Places::of(base, candidate),
        duet: terms.duet,
        unlike: unlike(base, candidate),
        suspect: soundness == Soundness::Suspect,
        margin: terms.margin,
        noise_runs: terms.noise.map(|noise| noise.runs.clone()).unwrap_or_default(),
    }
}

/// A comparison before its answer.
struct Measured {
    subject: Subject,
    key: String,
    base: Figure,
    candidate: Figure,
    shift: Shift,
    distance: Option<Micros>,
}

/// All shifts that the runs can carry, the primary one first if it is among them.
fn measure(base: &Side<'_>, candidate: &Side<'_>, primary: Subject, duet: bool) -> Vec<Measured> {
    let mut counted: Option<(Option<StepId>, SpansOfTwoRuns)> = None;
    let subjects = Subject::all(candidate.plan, primary).into_iter();
    subjects
        .filter_map(|subject| {
            let before = subject.in_plan(candidate.plan, base.plan)?;
            let key = subject.key(candidate.plan);
            if !subject.is_time() {
                let (b, c) = (
                    before.cells(base.plan, base.tally),
                    subject.cells(candidate.plan, candidate.tally),
                );
                let pairs = subject
                    .pair_of()
                    .filter(|_| duet)
                    .and_then(|of| RateShift::of_pairs(&candidate.tally.pairs_of(of)));
                let shift = pairs.or_else(|| RateShift::between(&b, &c))?;
                let figure = |value, of| Figure { value, of, at_least: false };
                let (values, of) = (shift.values(), shift.samples());
                let never = values == (0.0, 0.0) && matches!(subject, Subject::Declined(_));
                let measured = Measured {
                    subject,
                    key,
                    base: figure(values.0, of.0),
                    candidate: figure(values.1, of.1),
                    shift: Shift::Rate(shift),
                    distance: None,
                };
                return (!never).then_some(measured);
            }
            let quantile = subject.quantile()?;
            let (b, c) = (
                before.spans(base.plan, base.tally),
                subject.spans(candidate.plan, candidate.tally),
            );
            if counted.as_ref().is_none_or(|(of, _)| *of != subject.step()) {
                counted = Some((subject.step(), SpansOfTwoRuns::new(&b.counted(), &c.counted())));
            }
            let (_, spans) = counted.as_ref()?;
            let shift = spans.shift(quantile)?;
            let figure = |seen: &Ranking<'_>| {
                let ranked = seen.ranked(0..u32::MAX);
                let at = ranked.at(quantile)?;
                Some(Figure { value: at.span.0 as f64, at_least: at.at_least, of: ranked.count() })
            };
            Some(Measured {
                subject,
                key,
                base: figure(&b)?,
                candidate: figure(&c)?,
                shift: Shift::Quantile(shift),
                distance: subject.step().and_then(|_| spans.distance()),
            })
        })
        .collect()
}

fn judged(measured: Vec<Measured>, terms: &Terms<'_>) -> Vec<Difference> {
    let bounds: Vec<Bounds> = measured.iter().map(|seen| seen.bounds(terms)).collect();
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
    let judge = |((seen, bounds), p_value): ((Measured, Bounds), f64)| {
        let primary = is_primary(&seen);
        let (p_corrected, level) = if primary {
            (p_value, PRIMARY_LEVEL)
        } else {
            (corrected.next().unwrap_or(1.0), OTHERS_LEVEL)
        };
        let (answer, because) = decision::answer(&seen.shift, bounds, p_corrected, level);
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
            answer,
            because,
            times_needed: (answer == Answer::Inconclusive).then(times).flatten(),
            weak: matches!(seen.shift, Shift::Rate(shift) if !shift.by_blocks),
            key: seen.key,
        }
    };
    measured.into_iter().zip(bounds).zip(p_values.iter().copied()).map(judge).collect()
}

// === impl Comparison ===

impl Comparison {
    /// The primary comparison; none where a run has nothing of it.
    pub fn primary(&self) -> Option<&Difference> {
        self.differences.first().filter(|difference| difference.primary)
    }

    /// What got worse, the primary one first.
    pub fn regressions(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.answer == Answer::Regression)
    }
}

// === impl Measured ===

impl Measured {
    /// On the scale of the shift.
    fn bounds(&self, terms: &Terms<'_>) -> Bounds {
        let floor = terms.noise.map_or(0.0, |noise| noise.of(&self.key));
        let matters = match self.subject.is_time() {
            true => terms.margin.max(LEAST_SLOWER.0 as f64 / self.base.value.max(1.0)).ln_1p(),
            false => (terms.margin * self.base.value).max(LEAST_MARGIN),
        };
        Bounds { floor, margin: matters.max(floor) }
    }

    fn detectable(&self, terms: &Terms<'_>) -> Option<f64> {
        let Shift::Rate(shift) = self.shift else { return None };
        shift.detectable(critical(shift.freedom, PRIMARY_LEVEL), self.bounds(terms).floor)
    }
}

// === impl Answer ===

impl Answer {
    /// As `comparison.json` writes it.
    pub const fn key(self) -> &'static str {
        match self {
            Answer::Regression => "regression",
            Answer::NoRegression => "no_regression",
            Answer::Inconclusive => "inconclusive",
        }
    }
}

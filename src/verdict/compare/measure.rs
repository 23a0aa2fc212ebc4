//! By how much each figure of two runs differs, before anything is decided.

use std::collections::BTreeMap;

use super::run::ComparedRun;
use super::subject::Subject;
use super::terms::ComparisonTerms;
use crate::base::{Micros, StepId};
use crate::verdict::objectives::SpanSample;
use crate::verdict::statistics::{RateShift, Shift, SpansOfTwoRuns};

/// One run's figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figure {
    /// A fraction or microseconds.
    pub value: f64,
    /// Whether it was at least this long: the quantile lies among what was given up.
    pub at_least: bool,
    /// The sample.
    pub sample: u64,
}

/// A comparison before its verdict.
pub struct Measured {
    /// What is compared, in the candidate's plan.
    pub subject: Subject,
    /// Its name.
    pub key: String,
    /// The base's figure.
    pub base: Figure,
    /// The candidate's.
    pub candidate: Figure,
    /// By how much they differ.
    pub shift: Shift,
    /// How far the step's distributions are apart as a whole; of spans only.
    pub distance: Option<Micros>,
}

/// All shifts that the runs can carry, the primary one first if it is among them.
pub(super) fn measure(
    base: &ComparedRun<'_>,
    candidate: &ComparedRun<'_>,
    terms: &ComparisonTerms<'_>,
) -> Vec<Measured> {
    // All quantiles of a step share its counted spans.
    let mut counted: Option<(Option<StepId>, SpansOfTwoRuns)> = None;
    let first = candidate.tally.shape.block_at_or_after(terms.after);
    let measure_one = |subject: Subject| {
        let in_base = subject.in_plan(candidate.plan, base.plan)?;
        match subject.quantile() {
            None => measure_rate(base, candidate, (in_base, subject), terms.duet, first),
            Some(quantile) => {
                let of = (in_base, subject, quantile);
                measure_quantile(base, candidate, of, first, &mut counted)
            }
        }
    };
    Subject::all(candidate.plan, terms.primary).into_iter().filter_map(measure_one).collect()
}

fn measure_rate(
    base: &ComparedRun<'_>,
    candidate: &ComparedRun<'_>,
    (in_base, subject): (Subject, Subject),
    duet: bool,
    first: u32,
) -> Option<Measured> {
    let of_pairs = subject
        .pair_of()
        .filter(|_| duet)
        .and_then(|pair| RateShift::of_pairs(&from(first, candidate.tally.pairs_of(pair))));
    let shift = match of_pairs {
        Some(shift) => shift,
        None => RateShift::between(
            &from(first, in_base.sums(base.plan, base.tally)),
            &from(first, subject.sums(candidate.plan, candidate.tally)),
        )?,
    };
    let (values, samples) = (shift.values(), shift.samples());
    // Where nobody is ever declined, that is no figure of the shop.
    if values == (0.0, 0.0) && matches!(subject, Subject::Declined(_)) {
        return None;
    }
    let figure = |value, sample| Figure { value, sample, at_least: false };
    Some(Measured {
        key: subject.key(candidate.plan),
        subject,
        base: figure(values.0, samples.0),
        candidate: figure(values.1, samples.1),
        shift: Shift::Rate(shift),
        distance: None,
    })
}

fn measure_quantile(
    base: &ComparedRun<'_>,
    candidate: &ComparedRun<'_>,
    (in_base, subject, quantile): (Subject, Subject, f64),
    first: u32,
    counted: &mut Option<(Option<StepId>, SpansOfTwoRuns)>,
) -> Option<Measured> {
    let of_base = in_base.spans(base.plan, base.tally);
    let of_candidate = subject.spans(candidate.plan, candidate.tally);
    if counted.as_ref().is_none_or(|(step, _)| *step != subject.step()) {
        let spans = SpansOfTwoRuns::new(
            &from(first, of_base.counts_by_block()),
            &from(first, of_candidate.counts_by_block()),
        );
        *counted = Some((subject.step(), spans));
    }
    let (_, spans) = counted.as_ref()?;
    Some(Measured {
        key: subject.key(candidate.plan),
        subject,
        base: Figure::of_quantile(&of_base, quantile, first)?,
        candidate: Figure::of_quantile(&of_candidate, quantile, first)?,
        shift: Shift::Quantile(spans.shift(quantile)?),
        distance: subject.step().and_then(|_| spans.distance()),
    })
}

/// The blocks from this one on.
fn from<T>(first: u32, mut blocks: BTreeMap<u32, T>) -> BTreeMap<u32, T> {
    blocks.split_off(&first)
}

// === impl Figure ===

impl Figure {
    /// A quantile of spans from this block on; none where there are none.
    pub fn of_quantile(spans: &SpanSample<'_>, quantile: f64, first: u32) -> Option<Figure> {
        let ranked = spans.rank_spans(first..u32::MAX);
        let at = ranked.at(quantile)?;
        Some(Figure { value: at.span.0 as f64, at_least: at.at_least, sample: ranked.count() })
    }
}

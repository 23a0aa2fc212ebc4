//! The journey of those who mean to buy: the spine, what is done between its steps, and who goes on.

use std::collections::{BTreeMap, HashSet};

use super::spine::{Place, Spine, Walk};
use super::template::KindId;
use super::trip::Trip;
use crate::import::fit::{Gaps, Proportion, Think};

/// Extras that fewer shoppers do are left out.
const FEW: f64 = 0.02;

/// The journey of those who mean to buy.
#[derive(Clone, Debug)]
pub struct Funnel {
    /// Sessions that take it.
    pub sessions: u64,
    /// The steps in order.
    pub steps: Vec<SpineStep>,
    /// The place of the step that pays.
    pub purchase: usize,
    /// What is done before the first step.
    pub before: Extras,
    /// Acts of these sessions that the journey does not have.
    pub left_out: Proportion,
}

/// A step of the spine.
#[derive(Clone, Debug)]
pub struct SpineStep {
    /// What is asked for.
    pub kind: KindId,
    /// Those who make the step, of those who come as far or further.
    pub visited: Proportion,
    /// Those who go on, of those for whom it worked; none at the last step.
    pub goes_on: Option<Proportion>,
    /// The pause before it.
    pub think: Option<Think>,
    /// What is done after it, before the next one.
    pub extras: Extras,
}

/// What is done between two steps of the spine.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Those who do something there, of those who come by.
    pub some: Proportion,
    /// How many acts they do: from, to.
    pub times: (u32, u32),
    /// What they do, the commonest first.
    pub kinds: Vec<(KindId, u64)>,
    /// The pause before each.
    pub think: Option<Think>,
}

/// What is counted at a place.
#[derive(Clone, Debug, Default)]
struct PlaceCounts {
    visited: usize,
    gaps: Gaps,
    acts: BTreeMap<KindId, u64>,
    numbers: Vec<u32>,
    extra_gaps: Gaps,
}

/// The trips that a spine describes, and the others.
pub fn split<'t>(trips: &'t [Trip], spine: &Spine) -> (Vec<(&'t Trip, Walk)>, Vec<&'t Trip>) {
    let walked: Vec<(&Trip, Walk)> = trips.iter().map(|trip| (trip, spine.walk(trip))).collect();
    let known: HashSet<KindId> = walked
        .iter()
        .filter(|(_, walk)| walk.reached.is_some_and(|place| place >= spine.purchase))
        .flat_map(|(trip, _)| trip.acts.iter().map(|act| act.kind))
        .collect();
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for (trip, walk) in walked {
        let committed = walk.reached.is_some_and(|place| place >= spine.commitment);
        let on_the_way = walk.reached.is_some()
            && walk.wandering == 0
            && trip.acts.iter().all(|act| known.contains(&act.kind));
        if committed || on_the_way {
            inside.push((trip, walk));
        } else {
            outside.push(trip);
        }
    }
    (inside, outside)
}

// === impl Funnel ===

impl Funnel {
    /// The journey of these trips.
    pub fn new(trips: &[(&Trip, Walk)], spine: &Spine, resolution: u32, longest: f64) -> Funnel {
        let (counts, lost) = count_places(trips, spine);
        let reached = |place: usize| {
            let there = |walk: &Walk| walk.reached.is_some_and(|reached| reached >= place);
            trips.iter().filter(|(_, walk)| there(walk)).count()
        };
        let law = |gaps: &Gaps| gaps.fit(resolution, longest);
        let extras = |place: usize| Extras::new(&counts[place], &law);
        let steps = spine.kinds.iter().enumerate().map(|(place, kind)| SpineStep {
            kind: *kind,
            visited: Proportion::new(counts[place + 1].visited, reached(place)),
            goes_on: (place + 1 < spine.kinds.len()).then(|| goes_on(trips, place)),
            think: law(&counts[place + 1].gaps),
            extras: extras(place + 1),
        });
        let steps: Vec<SpineStep> = steps.collect();
        let all: usize = trips.iter().map(|(trip, _)| trip.acts.len()).sum();
        Funnel {
            sessions: trips.len() as u64,
            steps,
            purchase: spine.purchase,
            before: extras(0),
            left_out: Proportion { some: lost, all: all as u64 },
        }
    }
}

/// Counts at each place, the first of which is before the spine; and the acts after which a shopper left, which no step can follow.
fn count_places(trips: &[(&Trip, Walk)], spine: &Spine) -> (Vec<PlaceCounts>, u64) {
    let mut counts = vec![PlaceCounts::default(); spine.kinds.len() + 1];
    let mut lost = 0;
    for (trip, walk) in trips {
        let reached = walk.reached.map_or(0, |place| place + 1);
        // Who goes no further leaves by `continue`, before what may be done on the way from there.
        let passed = if reached == spine.kinds.len() { reached } else { reached.saturating_sub(1) };
        let mut extras = vec![0_u32; counts.len()];
        for (act, place) in trip.acts.iter().zip(&walk.places) {
            match place {
                Place::Step(step) => counts[step + 1].visited += 1,
                Place::Extra(behind) if *behind <= passed => {
                    extras[*behind] += 1;
                    *counts[*behind].acts.entry(act.kind).or_default() += 1;
                }
                Place::Extra(_) => lost += 1,
            }
        }
        for (i, pause) in trip.pauses() {
            match walk.places[i] {
                Place::Step(step) => counts[step + 1].gaps.add(pause),
                Place::Extra(behind) => counts[behind].extra_gaps.add(pause),
            }
        }
        for (place, number) in extras.iter().enumerate().take(passed + 1) {
            counts[place].numbers.push(*number);
        }
    }
    (counts, lost)
}

/// Those who come further, of those for whom the step worked and of whom the log tells how it went on. A failure is no choice to leave.
fn goes_on(trips: &[(&Trip, Walk)], place: usize) -> Proportion {
    let there =
        trips.iter().filter(|(_, walk)| walk.reached.is_some_and(|reached| reached >= place));
    let told = there.filter(|(trip, walk)| {
        // Those who went on count no earlier than those who left: at both the log must go on for a session's gap.
        let came = |at: &Place| matches!(at, Place::Step(step) if *step >= place);
        let at = walk.places.iter().position(came).map(|i| trip.acts[i].end);
        at.is_some_and(|at| at <= trip.told_until)
            && (walk.reached != Some(place) || trip.acts.last().is_some_and(|act| act.ok))
    });
    let (mut some, mut all) = (0, 0);
    for (_, walk) in told {
        all += 1;
        some += usize::from(walk.reached != Some(place));
    }
    Proportion::new(some, all)
}

// === impl Extras ===

impl Extras {
    fn new(counts: &PlaceCounts, law: &impl Fn(&Gaps) -> Option<Think>) -> Extras {
        let mut numbers: Vec<u32> = counts.numbers.iter().copied().filter(|n| *n > 0).collect();
        let some = Proportion::new(numbers.len(), counts.numbers.len());
        if numbers.is_empty() || some.value() < FEW {
            return Extras::default();
        }
        numbers.sort_unstable();
        let mut kinds: Vec<(KindId, u64)> =
            counts.acts.iter().map(|(kind, n)| (*kind, *n)).collect();
        kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        kinds.truncate(8);
        Extras { some, times: range_of(&numbers), kinds, think: law(&counts.extra_gaps) }
    }

    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.kinds.is_empty()
    }
}

/// A uniform range with the mean of these numbers, which are sorted: from the tenth percentile, as far as the mean wants it.
pub fn range_of(sorted: &[u32]) -> (u32, u32) {
    let mean = sorted.iter().map(|n| f64::from(*n)).sum::<f64>() / sorted.len().max(1) as f64;
    let low = sorted.get(sorted.len() / 10).copied().unwrap_or(1).max(1);
    let high = (2.0 * mean - f64::from(low)).round().max(f64::from(low));
    (low, (high as u32).min(200))
}

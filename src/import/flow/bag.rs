//! The journey of those who look around: which page they enter by, how many more they see, and which.
//! Looking has no order that a line of steps could tell, so pages are drawn by their shares.

use std::collections::BTreeMap;

use super::funnel::range_of;
use super::template::KindId;
use super::trip::Trip;
use crate::import::fit::{Gaps, Proportion, Think};

/// Lengths of visits are put together up to these numbers of further pages.
const LENGTHS: [u32; 6] = [1, 2, 4, 8, 16, u32::MAX];
const MOST_KINDS: usize = 12;
/// Kinds that are rarer than one in this many are left out.
const RARE: u64 = 200;

/// A journey without an order.
#[derive(Clone, Debug)]
pub struct Bag {
    /// Its name.
    pub name: &'static str,
    /// Sessions that take it.
    pub sessions: u64,
    /// Pages that sessions begin with.
    pub entries: Vec<(KindId, u64)>,
    /// Further pages: from, to, and how many sessions have this many.
    pub lengths: Vec<((u32, u32), u64)>,
    /// Which pages these are.
    pub kinds: Vec<(KindId, u64)>,
    /// The pause before each.
    pub think: Option<Think>,
    /// Acts of these sessions that the journey does not have.
    pub left_out: Proportion,
}

// === impl Bag ===

impl Bag {
    /// The journey of these trips; none of no trips.
    pub fn new(name: &'static str, trips: &[&Trip], resolution: u32, longest: f64) -> Option<Bag> {
        let (mut entries, mut kinds) = (BTreeMap::new(), BTreeMap::new());
        let (mut numbers, mut gaps) = (Vec::new(), Gaps::default());
        for trip in trips {
            let Some(first) = trip.acts.first() else { continue };
            *entries.entry(first.kind).or_default() += 1;
            trip.acts[1..].iter().for_each(|act| *kinds.entry(act.kind).or_default() += 1);
            numbers.push(trip.acts.len() as u32 - 1);
            trip.pauses().for_each(|(_, pause)| gaps.add(pause));
        }
        if numbers.is_empty() {
            return None;
        }
        let (entries, lost_entries) = commonest(entries);
        let (kinds, lost_kinds) = commonest(kinds);
        let all: u64 = numbers.iter().map(|n| u64::from(*n) + 1).sum();
        Some(Bag {
            name,
            sessions: numbers.len() as u64,
            entries,
            lengths: lengths(numbers),
            kinds,
            think: gaps.fit(resolution, longest),
            left_out: Proportion { some: lost_entries + lost_kinds, all },
        })
    }
}

/// The commonest kinds, and how many acts are of others.
fn commonest(kinds: BTreeMap<KindId, u64>) -> (Vec<(KindId, u64)>, u64) {
    let mut kinds: Vec<(KindId, u64)> = kinds.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let all: u64 = kinds.iter().map(|(_, n)| n).sum();
    let kept = kinds.iter().take(MOST_KINDS).take_while(|(_, n)| n * RARE >= all).count();
    let lost = kinds[kept..].iter().map(|(_, n)| n).sum();
    kinds.truncate(kept);
    (kinds, lost)
}

/// How many further pages, in a few ranges that keep the mean.
fn lengths(mut numbers: Vec<u32>) -> Vec<((u32, u32), u64)> {
    numbers.sort_unstable();
    let none = numbers.partition_point(|n| *n == 0);
    let mut out = Vec::new();
    if none > 0 {
        out.push(((0, 0), none as u64));
    }
    let mut from = none;
    for limit in LENGTHS {
        let to = numbers.partition_point(|n| *n <= limit);
        if to > from {
            out.push((range_of(&numbers[from..to]), (to - from) as u64));
        }
        from = to;
    }
    out
}

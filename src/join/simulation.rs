//! Slices at a simulated store: any order of requests, lost requests and replies, clocks that differ, holders that come twice
//! or late.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand_like::Draws;

use super::*;
use crate::base::{Micros, Slice};

/// Draws from a seed.
mod rand_like {
    pub struct Draws(pub u64);

    impl Draws {
        pub fn below(&mut self, limit: u64) -> u64 {
            // SplitMix64.
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) % limit
        }
    }
}

/// What a simulation is drawn from.
#[derive(Clone, Copy, Debug)]
struct Setting {
    slices: u32,
    seed: u64,
    /// Of a thousand requests, how many are lost before they reach the store, and how many replies after it.
    lost_permille: u64,
    /// The greatest error of a slice's idea of the store's clock, in microseconds.
    skew_us: u64,
    /// Whether some slices have two holders, and some come after the others have given up.
    crowded: bool,
    /// Slices that never come.
    absent: u32,
    least: u32,
}

struct Holder {
    barrier: Barrier,
    slice: u32,
    skew_us: i64,
    /// The reply that it waits for, and when it arrives in true time.
    due: Option<(i64, StoreReply)>,
    outcome: Option<(i64, Admission)>,
}

fn holder(setting: &Setting, slice: u32, number: u64, draws: &mut Draws) -> Holder {
    let own = ReadyRecord {
        nonce: number.to_string(),
        host: format!("host-{number}"),
        tool: "t".into(),
        clock_offset_us: 0,
        clock_error_us: 0,
    };
    let patience = WaitLimits {
        wait: Micros::from_secs(60),
        least: setting.least,
        run_takes: Micros::from_secs(60),
    };
    let late = setting.crowded && draws.below(10) == 0;
    let begins = draws.below(if late { 150_000_000 } else { 20_000_000 }) as i64;
    let skew = draws.below(setting.skew_us * 2 + 1) as i64 - setting.skew_us as i64;
    Holder {
        barrier: Barrier::new(Slice::try_new(slice, setting.slices).unwrap(), own, patience),
        slice,
        skew_us: skew,
        due: Some((begins, StoreReply::Paused)),
        outcome: None,
    }
}

/// Runs all holders to their end. What came of each: its slice, the true time, its skew and its outcome.
fn simulate(setting: Setting) -> Vec<(u32, i64, i64, Admission)> {
    let mut draws = Draws(setting.seed);
    let mut holders = Vec::new();
    for slice in 0..setting.slices - setting.absent {
        let copies = if setting.crowded && draws.below(4) == 0 { 2 } else { 1 };
        for _ in 0..copies {
            let number = holders.len() as u64;
            holders.push(holder(&setting, slice, number, &mut draws));
        }
    }
    let mut store: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..1_000_000 {
        let next = holders
            .iter_mut()
            .filter(|holder| holder.due.is_some())
            .min_by_key(|holder| holder.due.as_ref().map(|(at, _)| *at));
        let Some(holder) = next else { break };
        let (now, reply) = holder.due.take().unwrap();
        match holder.barrier.next(reply, now + holder.skew_us) {
            NextMove::Over(outcome) => holder.outcome = Some((now, outcome)),
            NextMove::Ask(StoreRequest::Pause(length)) => {
                holder.due = Some((now + length.0 as i64, StoreReply::Paused));
            }
            NextMove::Ask(act) => {
                let takes = 1_000 + draws.below(400_000) as i64;
                let fate = draws.below(1_000);
                let reply = if fate < setting.lost_permille {
                    StoreReply::Unknown
                } else {
                    let reply = carry_out(&mut store, act);
                    if fate < 2 * setting.lost_permille { StoreReply::Unknown } else { reply }
                };
                holder.due = Some((now + takes, reply));
            }
        }
    }
    holders
        .into_iter()
        .map(|holder| {
            let (at, outcome) = holder.outcome.expect("every holder comes to an end");
            (holder.slice, at, holder.skew_us, outcome)
        })
        .collect()
}

fn carry_out(store: &mut BTreeMap<String, String>, act: StoreRequest) -> StoreReply {
    match act {
        StoreRequest::Create { name, .. } if store.contains_key(&name) => StoreReply::Exists,
        StoreRequest::Create { name, text } => {
            store.insert(name, text);
            StoreReply::Created
        }
        StoreRequest::Read { name } => {
            store.get(&name).cloned().map_or(StoreReply::Absent, StoreReply::Found)
        }
        StoreRequest::ListReady => {
            let prefix = format!("{READY}/");
            let ready = store.keys().filter_map(|name| slice_index_of(name.strip_prefix(&prefix)?));
            StoreReply::Listed(ready.collect())
        }
        StoreRequest::Pause(_) => unreachable!("a pause is no request"),
    }
}

/// What must hold however the requests fall.
fn check(setting: Setting) -> Result<Vec<Admission>, TestCaseError> {
    let ended = simulate(setting);
    let starts: Vec<_> = ended
        .iter()
        .filter_map(|(slice, at, skew, outcome)| match outcome {
            Admission::Start { at_us, slices } => Some((*slice, *at + *skew, *at_us, slices)),
            _ => None,
        })
        .collect();
    let mut holders: Vec<u32> = starts.iter().map(|(slice, ..)| *slice).collect();
    holders.sort_unstable();
    let before = holders.len();
    holders.dedup();
    prop_assert_eq!(before, holders.len(), "one slice begins twice: {:?}", ended);
    for (slice, now, at_us, slices) in &starts {
        prop_assert!((at_us, slices) == (&starts[0].2, &starts[0].3), "{:?}", ended);
        prop_assert!(now < at_us && slices.contains(slice), "{:?}", ended);
    }
    let called_off =
        |(.., outcome): &(u32, i64, i64, Admission)| matches!(outcome, Admission::CalledOff { .. });
    prop_assert!(
        starts.is_empty() || !ended.iter().any(called_off),
        "some begin and some do not: {:?}",
        ended
    );
    Ok(ended.into_iter().map(|(.., outcome)| outcome).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nobody_begins_twice_or_alone_whatever_is_lost(
        slices in 1u32..12, seed: u64, lost_permille in 0u64..200, skew_us in 0u64..500_000, absent in 0u32..3, least in 1u32..12,
    ) {
        let absent = absent.min(slices - 1);
        let least = least.min(slices);
        check(Setting { slices, seed, lost_permille, skew_us, crowded: true, absent, least })?;
    }

    #[test]
    fn where_all_come_in_time_all_begin_together(slices in 1u32..30, seed: u64, lost_permille in 0u64..30) {
        let setting = Setting { slices, seed, lost_permille, skew_us: 500_000, crowded: false, absent: 0, least: slices };
        let outcomes = check(setting)?;
        let late = outcomes.iter().filter(|outcome| matches!(outcome, Admission::Late { .. })).count();
        // Only who hears nothing for seconds can miss the start.
        let all = outcomes.iter().all(|outcome| matches!(outcome, Admission::Start { .. } | Admission::Late { .. }));
        prop_assert!(all && (late == 0 || lost_permille > 0), "{:?}", outcomes);
    }

    #[test]
    fn where_one_never_comes_nobody_begins_and_all_name_it(slices in 2u32..12, seed: u64) {
        let setting = Setting { slices, seed, lost_permille: 20, skew_us: 100_000, crowded: false, absent: 1, least: slices };
        for outcome in check(setting)? {
            let Admission::CalledOff { missing, .. } = outcome else { panic!("{outcome:?}") };
            prop_assert_eq!(missing, vec![slices - 1]);
        }
    }
}

#[test]
fn two_hundred_slices_with_skewed_clocks_begin_together() {
    let setting = Setting {
        slices: 200,
        seed: 5,
        lost_permille: 2,
        skew_us: 500_000,
        crowded: false,
        absent: 0,
        least: 200,
    };
    let outcomes = check(setting).unwrap();
    let begun = outcomes.iter().filter(|it| matches!(it, Admission::Start { .. })).count();
    assert_eq!(begun, 200, "{outcomes:?}");
}

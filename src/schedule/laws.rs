//! The laws of the schedule: it is the Poisson process that it claims to be, and the same for everyone.

use proptest::prelude::*;

use super::*;
use crate::base::random::{Purpose, draw};
use crate::base::{Micros, Slice};
use crate::plan::example::profile;
use crate::plan::{self, Bursts, ConnectionReuse, Load, Profile, shape};

fn poisson(profile: Profile) -> Load {
    Load {
        arrivals: plan::ArrivalModel::Poisson(profile),
        connections: ConnectionReuse::PerShopper,
    }
}

fn paced(profile: Profile) -> Load {
    Load { arrivals: plan::ArrivalModel::Paced(profile), connections: ConnectionReuse::PerShopper }
}

fn bursty(profile: Profile, dispersion: f64) -> Load {
    let bursts = Bursts { dispersion, every: Micros::from_secs(60) };
    Load {
        arrivals: plan::ArrivalModel::Bursty(profile, bursts),
        connections: ConnectionReuse::PerShopper,
    }
}

/// Ramps up and down, jumps, and stretches in which nobody comes.
fn jagged() -> Profile {
    profile(&[
        (0.0, 120.0, 60.0),
        (120.0, 5.0, 30.0),
        (0.0, 0.0, 20.0),
        (300.0, 300.0, 10.0),
        (300.0, 0.0, 45.0),
        (0.0, 0.0, 5.0),
    ])
}

fn whole(schedule: &Schedule) -> Vec<Arrival> {
    schedule.slice(Slice::WHOLE).collect()
}

/// Stages of zero or positive rates, some thousands of arrivals at most.
fn profiles() -> impl Strategy<Value = Profile> {
    let rate = prop_oneof![1 => Just(0.0), 4 => 0.0..80.0f64];
    prop::collection::vec((rate.clone(), rate, 0.1..20.0f64), 1..6)
        .prop_map(|stages| profile(&stages))
}

#[test]
fn gaps_in_expected_count_are_exponential_and_uncorrelated_for_every_shape() {
    let shapes = shape::NAMES
        .iter()
        .map(|name| (*name, shape::profile(name, 60.0, Micros::from_secs(900)).unwrap()));
    for (name, profile) in shapes.chain([("jagged", jagged())]) {
        let schedule = Schedule::new(&poisson(profile), 2024);
        let reached: Vec<f64> = schedule
            .slice(Slice::WHOLE)
            .map(|arrival| schedule.intensity().cumulative(arrival.at))
            .collect();
        let gaps: Vec<f64> = std::iter::once(reached[0])
            .chain(reached.windows(2).map(|pair| pair[1] - pair[0]))
            .collect();
        let n = gaps.len() as f64;
        let lag =
            gaps.windows(2).map(|pair| (pair[0] - 1.0) * (pair[1] - 1.0)).sum::<f64>() / (n - 1.0);
        assert!(lag.abs() < 4.0 / n.sqrt(), "{name}: gaps are correlated by {lag}");
        let mut uniform: Vec<f64> = gaps.iter().map(|gap| 1.0 - (-gap).exp()).collect();
        uniform.sort_by(f64::total_cmp);
        let distance = uniform
            .iter()
            .enumerate()
            .map(|(i, u)| (u - i as f64 / n).max((i as f64 + 1.0) / n - u))
            .fold(0.0, f64::max);
        // Kolmogorov's distribution exceeds 1.95 with probability 0.001.
        assert!(distance < 1.95 / n.sqrt(), "{name}: distance {distance} with {n} arrivals");
    }
}

#[test]
fn counts_have_the_mean_and_the_variance_of_poisson() {
    for expected in [0.3, 10.0, 64.0, 100.0, 1_000.5] {
        let load = poisson(profile(&[(0.0, 2.0 * expected, 1.0)]));
        let n = 3_000;
        let counts: Vec<f64> =
            (0..n).map(|seed| Schedule::new(&load, seed).count() as f64).collect();
        let n = n as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let dispersion =
            counts.iter().map(|count| (count - expected).powi(2)).sum::<f64>() / expected / n;
        assert!(
            (mean - expected).abs() < 4.0 * (expected / n).sqrt(),
            "mean {mean} for {expected}"
        );
        // (N − μ)² / μ of a Poisson number has variance 2 + 1/μ.
        assert!(
            (dispersion - 1.0).abs() < 4.0 * ((2.0 + 1.0 / expected) / n).sqrt(),
            "dispersion {dispersion} for {expected}"
        );
    }
}

#[test]
fn counts_of_bursty_arrivals_have_their_mean_and_their_dispersion_whatever_the_rate() {
    // A minute at each rate, and a ramp of a minute.
    let profile = || profile(&[(2.0, 2.0, 60.0), (10.0, 10.0, 60.0), (1.0, 9.0, 60.0)]);
    let expected = [120.0_f64, 600.0, 300.0];
    for dispersion in [1.5, 4.0] {
        let (n, mut sums, mut squares) = (2_000, [0.0_f64; 3], [0.0_f64; 3]);
        for seed in 0..n {
            let mut counts = [0.0_f64; 3];
            for arrival in Schedule::new(&bursty(profile(), dispersion), seed).slice(Slice::WHOLE) {
                counts[(arrival.at.0 / 60_000_000) as usize] += 1.0;
            }
            for (minute, count) in counts.into_iter().enumerate() {
                sums[minute] += count;
                squares[minute] += (count - expected[minute]).powi(2);
            }
        }
        for minute in 0..3 {
            let (mean, of) = (sums[minute] / n as f64, expected[minute]);
            let error = (dispersion * of / n as f64).sqrt();
            assert!((mean - of).abs() < 4.0 * error, "mean {mean} for {of}");
            let seen = squares[minute] / n as f64 / of;
            assert!((seen / dispersion - 1.0).abs() < 0.15, "{seen} for {dispersion} at {of}");
        }
    }
}

#[test]
fn bursty_arrivals_are_a_slice_wise_schedule_like_others() {
    let schedule = Schedule::new(&bursty(jagged(), 3.0), 5);
    let all = whole(&schedule);
    assert!(all.is_sorted_by_key(|arrival| arrival.at) && all.len() as u64 == schedule.count());
    let parts = Slice::WHOLE.split(3).into_iter();
    let split: usize = parts.map(|slice| schedule.slice(slice).count()).sum();
    assert_eq!(split, all.len());
    let half = Micros::from_secs(80);
    let before = all.iter().filter(|arrival| arrival.at <= half).count();
    assert_eq!(schedule.due_by(half, Slice::WHOLE), before as u64);
    let quiet = Micros::from_secs(90)..Micros::from_secs(110);
    assert!(
        all.iter().all(|arrival| !quiet.contains(&arrival.at)),
        "nobody comes at a rate of zero"
    );
    assert_eq!(
        schedule.digest(),
        "c88ee3bd3ab94d02073b61ea21fc5e1f36df7a711cc880cf1bc1d2c8b44193ba"
    );
}

#[test]
fn disjoint_stretches_of_a_block_are_independent() {
    let load = poisson(profile(&[(30.0, 30.0, 2.0)]));
    let n = 4_000;
    let halves = (0..n).map(|seed| {
        let schedule = Schedule::new(&load, seed);
        let first = schedule.due_by(Micros::from_secs(1), Slice::WHOLE) as f64;
        (first - 30.0) * (schedule.count() as f64 - first - 30.0) / 30.0
    });
    let correlation = halves.sum::<f64>() / n as f64;
    assert!(
        correlation.abs() < 4.0 / (n as f64).sqrt(),
        "counts of the two halves are correlated by {correlation}"
    );
}

#[test]
fn schedules_are_the_same_to_the_bit_everywhere_and_forever() {
    let minutes = Micros::from_secs(600);
    let digests = [
        Schedule::new(&poisson(shape::profile("steady", 20.0, minutes).unwrap()), 1).digest(),
        Schedule::new(&poisson(shape::profile("black-friday-retailer", 33.0, minutes).unwrap()), 1)
            .digest(),
        Schedule::new(&poisson(shape::profile("ticket-drop", 80.0, minutes).unwrap()), 7).digest(),
        Schedule::new(&poisson(jagged()), u64::MAX).digest(),
        Schedule::new(&paced(jagged()), 1).digest(),
    ];
    assert_eq!(
        digests,
        [
            "8bfe13eee788f61b22749b2127e699d42e9e3f3c437c815fae334166f502c213",
            "726bed00fe8eae8fdf2be342e092bec04bf13f612bb056a8d74562dce7246cc0",
            "83a794251060e4f9242d9022052403c2f80265d7f72d914f73e2a62b2508539c",
            "13f077d6a31c52939aaf18debaac4c0de199c5f4d7db4306e6812bb612e2ebc9",
            "13e68a5df84c6c45d6848df3550fcbac5518218e40099feec5a1a79b81d6c0ee",
        ]
    );
}

#[test]
fn paced_arrivals_are_evenly_spaced_in_expected_count() {
    let steady = Schedule::new(&paced(profile(&[(10.0, 10.0, 60.0)])), 3);
    let times: Vec<u64> = steady.slice(Slice::WHOLE).map(|arrival| arrival.at.0).collect();
    assert_eq!(times.len(), 600);
    assert!(
        times.iter().enumerate().all(|(i, at)| at.abs_diff(50_000 + 100_000 * i as u64) <= 1),
        "{times:?}"
    );
    let ramp = Schedule::new(&paced(jagged()), 3);
    for arrival in ramp.slice(Slice::WHOLE) {
        let reached = ramp.intensity().cumulative(arrival.at);
        assert!(
            (reached - (arrival.ordinal as f64 + 0.5)).abs() < 1e-3,
            "{} at {reached}",
            arrival.ordinal
        );
    }
    for (expected, count) in [(0.4, 0), (0.6, 1), (1.4, 1), (64.0, 64), (99.6, 100)] {
        assert_eq!(
            Schedule::new(&paced(profile(&[(expected, expected, 1.0)])), 3).count(),
            count,
            "{expected}"
        );
    }
}

#[test]
fn rare_and_countless_shoppers_are_both_planned() {
    let rare = poisson(profile(&[(1e-9, 1e-9, 1_000.0)]));
    assert!((0..1_000).all(|seed| Schedule::new(&rare, seed).count() == 0));
    let rush = Schedule::new(&poisson(profile(&[(1e9, 1e9, 86_400.0)])), 5);
    assert_eq!(rush.blocks(), 1_350_000_000_000);
    assert!(rush.slice(Slice::WHOLE).take(10_000).map(|arrival| arrival.at).is_sorted());
    let far = rush.block(100_000);
    assert!(
        far.iter().all(|arrival| (6_399..6_401).contains(&arrival.at.0)),
        "block 100,000 spans 6.4 ms to 6.400064 ms"
    );
}

#[test]
fn a_slice_can_be_walked_on_a_core_of_its_own() {
    let schedule = Schedule::new(&poisson(jagged()), 9);
    let cores: Vec<_> =
        Slice::WHOLE.split(2).into_iter().map(|slice| schedule.slice(slice)).collect();
    let cores: Vec<_> =
        cores.into_iter().map(|arrivals| std::thread::spawn(move || arrivals.count())).collect();
    let walked: usize = cores.into_iter().map(|core| core.join().unwrap()).sum();
    assert_eq!(walked as u64, schedule.count());
}

#[test]
fn a_closed_load_has_no_arrivals_in_time() {
    let load = Load {
        arrivals: plan::ArrivalModel::Closed { users: 9, length: Micros::from_secs(60) },
        connections: ConnectionReuse::Kept,
    };
    let schedule = Schedule::new(&load, 1);
    assert_eq!(
        (schedule.count(), schedule.blocks(), schedule.due_by(Micros::MAX, Slice::WHOLE)),
        (0, 0, 0)
    );
    assert_eq!(schedule.slice(Slice::WHOLE).next(), None);
}

#[test]
fn no_two_shoppers_of_a_run_are_the_same() {
    let mut shoppers: Vec<_> = (0..200_000).map(|ordinal| shopper_id(42, ordinal)).collect();
    shoppers.sort();
    shoppers.dedup();
    assert_eq!(shoppers.len(), 200_000);
}

#[test]
fn another_seed_brings_other_shoppers_at_other_times() {
    let [one, other] = [1, 2].map(|seed| whole(&Schedule::new(&poisson(jagged()), seed)));
    assert!(one.iter().zip(&other).all(|(a, b)| a.shopper != b.shopper && (a.at != b.at)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn slices_partition_the_schedule_exactly(profile in profiles(), seed: u64, evenly: bool) {
        let schedule = Schedule::new(&if evenly { paced(profile) } else { poisson(profile) }, seed);
        let all = whole(&schedule);
        prop_assert_eq!(all.len() as u64, schedule.count());
        prop_assert!(all.iter().map(|arrival| arrival.at).is_sorted());
        prop_assert!(all.iter().zip(0..).all(|(arrival, i)| arrival.ordinal == i && arrival.at < schedule.intensity().length().max(Micros(1))));
        for of in [2, 5, 16] {
            let mut parts: Vec<Arrival> = Slice::WHOLE.split(of).into_iter().flat_map(|slice| schedule.slice(slice)).collect();
            parts.sort_by_key(|arrival| arrival.ordinal);
            prop_assert_eq!(&parts, &all);
        }
    }

    #[test]
    fn random_access_by_block_equals_the_walk(profile in profiles(), seed: u64, evenly: bool) {
        let schedule = Schedule::new(&if evenly { paced(profile) } else { poisson(profile) }, seed);
        let blocks: Vec<Arrival> = (0..schedule.blocks()).flat_map(|block| schedule.block(block)).collect();
        prop_assert_eq!(blocks, whole(&schedule));
        prop_assert_eq!(schedule.block(schedule.blocks() + draw(seed, Purpose::Seed, 0) % 3), []);
    }

    #[test]
    fn what_is_due_is_what_has_come(profile in profiles(), seed: u64, share in 0.0..1.1f64, of in 1u32..6, index in 0u32..6) {
        let schedule = Schedule::new(&poisson(profile), seed);
        let slice = Slice::try_new(index % of, of).unwrap();
        let all: Vec<Arrival> = schedule.slice(slice).collect();
        let t = Micros((schedule.intensity().length().0 as f64 * share) as u64);
        let moments = all.iter().map(|arrival| arrival.at).step_by(97).chain([t, Micros::ZERO, Micros::MAX]);
        for t in moments {
            prop_assert_eq!(schedule.due_by(t, slice), all.iter().filter(|arrival| arrival.at <= t).count() as u64);
        }
    }
}

//! Stored tallies: read back, torn, damaged, joined.

use std::io::{self, Write};

use super::*;
use crate::base::{JourneyId, Micros, Slice};
use crate::tally::tests::{attempt, cause, ended, is, line, shape, tried};
use crate::tally::{FailureKind, Observed, Outcome, OwnFault, Tally, TallyShape};
use proptest::prelude::*;

fn slice(text: &str) -> Slice {
    text.parse().unwrap()
}

fn header(slices: &[&str]) -> ShardHeader {
    ShardHeader {
        tool: "tillrush 0.1.0".into(),
        name: "Black Friday".into(),
        scenario: "name: Black Friday\n".into(),
        settings: settings(),
        commands: vec!["tillrush run shop.yaml --slice 0/2".to_owned()],
        tags: Default::default(),
        target: "http://127.0.0.1:8080".into(),
        seed: 7,
        plan_digest: "5eed".into(),
        workload_digest: "70ad".into(),
        slices: slices.iter().map(|text| slice(text)).collect(),
        arrivals_planned: 100,
        length: Micros::from_secs(60),
        started_unix_us: 1_795_000_000_000_000,
        shape: shape(),
    }
}

fn settings() -> RunSettings {
    RunSettings {
        run: "0badcafe".into(),
        zone: crate::base::RunZone::default(),
        cores: 2,
        source: SourceSettings {
            target: Some("http://127.0.0.1:9".into()),
            rate: Some("20/s".into()),
            duration: Some("5m".into()),
            users: Some(30),
            stages: vec!["1m:10/s".into(), "2m:20/s".into()],
            variables: [("TOKEN".to_owned(), "***".to_owned())].into(),
            data_headers: [("users.csv".to_owned(), "email,password".to_owned())].into(),
        },
        paired: Some(PairedSettings {
            name: "c0ffee".into(),
            primary: "failed-purchases".into(),
            margin: "10%".into(),
            noise: Some("runs/noise.json".into()),
            after: None,
        }),
    }
}

/// A header for tallies of another shape.
pub(in crate::tally) fn header_of(shape: TallyShape) -> ShardHeader {
    ShardHeader { shape, ..header(&["0/1"]) }
}

/// What a core may have counted within a second.
fn delta(second: u64) -> Tally {
    let mut tally = Tally::new(shape());
    tally.record_planned(Micros::from_secs(second));
    tally.record_arrival(
        JourneyId(0),
        Micros::from_secs(second),
        Micros::from_secs(second) + Micros(70),
    );
    (0..40).for_each(|i| {
        tally.step_attempt(&attempt((i % 4) as u16, second * 1_000 + i, 20 + i * i, Outcome::Ok))
    });
    tally.unit_attempt(&tried(
        1,
        &[0, 1],
        &[is("node-1"), Observed::Missing],
        Outcome::Failed(FailureKind::TooSlow),
    ));
    tally.sample(&cause(1, FailureKind::TooSlow, "given up"), second, line(second));
    tally.shopper_end(&ended(&[0, 1], &[is("node-1"), Observed::Missing]));
    tally.own_failure(OwnFault::Means, "no ports left");
    tally
}

fn shard(name: &str, slices: &[&str], seconds: std::ops::Range<u64>) -> Shard {
    let tally = seconds.map(delta).sum();
    Shard {
        name: name.into(),
        header: header(slices),
        tally,
        ending: Ending::Finished,
        torn_bytes: 0,
        loss: None,
    }
}

fn stored(seconds: u64, ending: Option<Ending>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = DeltaWriter::begin(&mut bytes, &header(&["0/1"])).unwrap();
    (0..seconds).for_each(|second| writer.append(&delta(second)).unwrap());
    if let Some(ending) = ending {
        writer.end(ending).unwrap();
    }
    bytes
}

#[test]
fn deltas_are_read_back_as_their_sum() {
    let whole = shard("run", &["0/1"], 0..5);
    let read = Shard::read("run", &stored(5, Some(Ending::Finished))[..]).unwrap();
    assert_eq!(read, whole);
    assert!(read.complete());
    let compact = whole.write(Vec::new()).unwrap();
    assert!(compact.len() < stored(5, None).len());
    assert_eq!(Shard::read("run", &compact[..]).unwrap(), whole);
}

#[test]
fn a_run_that_was_killed_is_rebuilt_up_to_its_last_whole_delta() {
    let whole = stored(3, None);
    let up_to_two = stored(2, None).len();
    for kept in [up_to_two, up_to_two + 1, up_to_two + 8, up_to_two + 100, whole.len() - 1] {
        let read = Shard::read("run", &whole[..kept]).unwrap();
        assert_eq!((read.ending, read.torn_bytes), (Ending::Killed, (kept - up_to_two) as u64));
        assert_eq!(read.tally, (0..2).map(delta).sum());
        assert!(!read.complete());
    }
}

#[test]
fn a_last_frame_that_never_reached_the_disk_is_torn() {
    let mut bytes = stored(3, None);
    let up_to_two = stored(2, None).len();
    bytes[up_to_two + 40..].fill(0);
    let read = Shard::read("run", &bytes[..]).unwrap();
    assert_eq!(read.tally, (0..2).map(delta).sum());
    assert_eq!(read.torn_bytes, (bytes.len() - up_to_two) as u64);
}

#[test]
fn what_is_no_tally_is_refused_with_a_remedy() {
    let refused = |bytes: &[u8]| Shard::read("runs/a/tally", bytes).unwrap_err().to_string();
    let whole = stored(2, Some(Ending::Interrupted));
    insta::assert_snapshot!(refused(b""), @"runs/a/tally: this is not a stored tally (it does not begin with 'tillrush.tally/1')");
    insta::assert_snapshot!(refused(b"tillrush.tally/2\nwhatever"), @"runs/a/tally: its format is 'tillrush.tally/2', this program reads 'tillrush.tally/1'; use the program that wrote it");
    insta::assert_snapshot!(refused(&whole[..30]), @"runs/a/tally: it ends before its header; the run was killed at its very start, and left nothing to report");
    let twice = [&whole[..], &whole[FORMAT.len() + 1..]].concat();
    insta::assert_snapshot!(refused(&twice).replace(&whole.len().to_string(), "AT"), @"runs/a/tally: damaged at byte AT: it continues after its end (Interrupted); take a copy of the file, or leave it out");
}

#[test]
fn nothing_is_appended_after_a_write_that_failed() {
    /// A disk that is full for a moment.
    struct Full(Vec<u8>, usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 -= 1;
            if self.1 == 2 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let half = if self.1 == 3 { bytes.len() / 2 } else { bytes.len() };
            self.0.extend_from_slice(&bytes[..half]);
            Ok(half)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut disk = Full(Vec::new(), 6);
    let mut writer = DeltaWriter::begin(&mut disk, &header(&["0/1"])).unwrap();
    writer.append(&delta(0)).unwrap();
    assert_eq!(writer.append(&delta(1)).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert!(writer.append(&delta(2)).unwrap_err().to_string().contains("an earlier write failed"));
    let read = Shard::read("run", &disk.0[..]).unwrap();
    assert_eq!(read.tally, delta(0));
    assert!(read.torn_bytes > 0);
}

#[test]
fn shards_join_to_the_run_they_were_cut_from() {
    let parts =
        [shard("a", &["0/3"], 0..2), shard("b", &["2/3"], 2..3), shard("c", &["1/3"], 3..5)];
    let joined = Shard::join(parts.clone()).unwrap();
    assert_eq!(joined.tally, (0..5).map(delta).sum());
    assert_eq!(
        (joined.header.arrivals_planned, joined.missing_text(), joined.complete()),
        (300, None, true)
    );
    let by_two =
        Shard::join([Shard::join([parts[2].clone(), parts[0].clone()]).unwrap(), parts[1].clone()])
            .unwrap();
    assert_eq!((by_two.tally, by_two.header), (joined.tally, joined.header));
}

#[test]
fn missing_slices_are_named() {
    let missing = |slices: &[&str]| shard("a", slices, 0..0).missing_text();
    assert_eq!(missing(&["0/3", "1/3"]).as_deref(), Some("2/3"));
    assert_eq!(missing(&["0/4", "2/4"]).as_deref(), Some("1/4, 3/4"));
    assert_eq!(missing(&["0/2", "1/4"]).as_deref(), Some("3/4"));
    assert_eq!(missing(&["0/6", "1/3"]).as_deref(), Some("2/6, 3/6, 5/6"));
    assert_eq!(missing(&["0/2", "1/4", "3/4"]), None);
    assert_eq!(
        missing(&["5/12"]).as_deref(),
        Some("0/12, 1/12, 2/12, 3/12, 4/12, 6/12, 7/12, 8/12 and 3 more")
    );
}

#[test]
fn what_is_not_of_one_run_is_refused_with_both_names() {
    let refused = |shards: Vec<Shard>| Shard::join(shards).unwrap_err().to_string();
    let (a, b) = (shard("pod-a", &["0/3"], 0..1), shard("pod-b", &["1/3"], 0..1));
    insta::assert_snapshot!(refused(vec![]), @"no shards to join: name at least one run");
    insta::assert_snapshot!(refused(vec![a.clone(), b.clone(), shard("pod-c", &["1/6"], 0..1)]), @"slice 1/3 of pod-b and slice 1/6 of pod-c overlap: their shoppers would be counted twice; leave one out");
    let mut other = b.clone();
    other.header.shape.cohorts.clear();
    insta::assert_snapshot!(refused(vec![a.clone(), other]), @"pod-a and pod-b ran the same plan but counted different things: shards of one run share the objectives' `where` conditions, and the program's version");
    let mut other = b.clone();
    other.header.plan_digest = "cafe".into();
    insta::assert_snapshot!(refused(vec![a.clone(), other.clone()]), @"pod-a (plan 5eed) and pod-b (plan cafe) ran different plans: shards of one run share scenario, settings and data");
    other.header.seed = 8;
    insta::assert_snapshot!(refused(vec![a.clone(), other]), @"pod-a has seed 7, pod-b has seed 8: shards of one run share the seed (compare two runs with `compare`)");
    assert!(
        matches!(Shard::join([a, b]), Ok(joined) if joined.missing_text().as_deref() == Some("2/3"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn slices_and_what_is_missing_make_the_whole(all in prop::collection::vec((1u32..13, 0u32..13), 0..5), ordinal in 0u64..30_000) {
        let mut slices: Vec<Slice> = Vec::new();
        for (of, index) in all {
            let slice = Slice::try_new(index % of, of).unwrap();
            if !slices.iter().any(|other| other.overlaps(slice)) {
                slices.push(slice);
            }
        }
        let mut shard = shard("a", &[], 0..0);
        shard.header.slices = slices.clone();
        let kept = slices.iter().chain(&shard.missing()).filter(|slice| slice.keeps(ordinal)).count();
        prop_assert_eq!(kept, 1);
    }

    #[test]
    fn a_changed_byte_is_never_read_as_something_else(at: prop::sample::Index, bit in 0..8u8) {
        let bytes = stored(4, Some(Ending::Finished));
        let (mut changed, at) = (bytes.clone(), at.index(bytes.len()));
        changed[at] ^= 1 << bit;
        match Shard::read("run", &changed[..]) {
            // Only the line at the begin may be taken for another version's.
            Err(error) => prop_assert!(at <= FORMAT.len(), "{}: {}", at, error),
            Ok(read) => prop_assert_eq!(kept_without(at), (read.tally, read.ending, read.loss.map(|loss| loss.places))),
        }
    }
}

/// What is left of four deltas and an end, where this byte is wrong.
fn kept_without(at: usize) -> (Tally, Ending, Option<u64>) {
    let ends: Vec<usize> = (0..=4).map(|seconds| stored(seconds, None).len()).collect();
    let all = |but: Option<u64>| (0..4).filter(|second| Some(*second) != but).map(delta).sum();
    match (1..=4).find(|second| (ends[second - 1]..ends[*second]).contains(&at)) {
        Some(second) => (all(Some(second as u64 - 1)), Ending::Damaged, Some(1)),
        None if at >= ends[4] => (all(None), Ending::Killed, None),
        // One of the two headers is left.
        None => (all(None), Ending::Finished, None),
    }
}

#[test]
fn what_lies_between_whole_parts_is_said_to_be_lost() {
    let due = |second: u64| {
        let mut tally = Tally::new(shape());
        tally.record_planned(Micros::from_secs(second));
        tally
    };
    let mut bytes = Vec::new();
    let mut writer = DeltaWriter::begin(&mut bytes, &header(&["0/1"])).unwrap();
    (0..6).for_each(|second| writer.append(&due(second)).unwrap());
    writer.end(Ending::Finished).unwrap();
    let delta_bytes = frame::encode(&frame::Content::Delta(&due(1))).unwrap().len();
    let end = bytes.len() - 10;
    let third = end - 4 * delta_bytes;
    bytes[third + 20] ^= 1;
    bytes[third + delta_bytes] ^= 0x80;

    let read = Shard::read("run", &bytes[..]).unwrap();
    assert_eq!(read.tally, [0, 1, 4, 5].into_iter().map(due).sum());
    let loss = read.loss.unwrap();
    assert_eq!((loss.at, loss.bytes), (third as u64, 2 * delta_bytes as u64));
    let told =
        loss.to_string().replace(&loss.at.to_string(), "AT").replace(&loss.bytes.to_string(), "N");
    insta::assert_snapshot!(told, @"damaged at byte AT: N bytes in 1 place can't be read; what was counted between second 1 and second 4 is incomplete");
    assert!(read.ending == Ending::Damaged && !read.complete());
    // It stays so when it is stored again.
    let again = Shard::read("run", &read.write(Vec::new()).unwrap()[..]).unwrap();
    assert_eq!((again.tally, again.ending), (read.tally, Ending::Damaged));
}

#[test]
fn where_nothing_is_left_it_says_so() {
    let whole = shard("run", &["0/1"], 0..5).write(Vec::new()).unwrap();
    let header = stored(0, None).len();
    let mut bytes = whole.clone();
    bytes[header + 50] ^= 1;
    let error = Shard::read("runs/a/tally", &bytes[..]).unwrap_err().to_string();
    insta::assert_snapshot!(error.replace(&header.to_string(), "AT"), @"runs/a/tally: damaged at byte AT: a wrong checksum; take a copy of the file, or leave it out");
}

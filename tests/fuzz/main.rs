//! Mutated input, seeded: whatever is read from outside is refused or read, and never panics. By hand and in CI:
//! `FUZZ_SECONDS=60 FUZZ_SEED=1 cargo test --test fuzz -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::time::Duration;

use tillrush::base::random::{Purpose, draw};
use tillrush::capture::JsonPlace;
use tillrush::plan::{Inputs, Plan};
use tillrush::tally::Tally;
use tillrush::tally::shard::{DeltaWriter, Ending, Shard, ShardHeader};
use tokio::time::Instant;

/// Something that reads what comes from outside, and texts that it can read.
struct Target {
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    read: fn(&[u8]),
}

/// Changes a few bytes: one flipped, cut, doubled, or taken from elsewhere.
fn mutate(seed: &[u8], round: u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    let mut nth = 0;
    let mut below = |bound: usize| {
        nth += 1;
        draw(round, Purpose::Pick, nth) as usize % bound.max(1)
    };
    for _ in 0..=below(4) {
        let (at, from) = (below(bytes.len()), below(bytes.len()));
        match below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << below(8),
            1 if !bytes.is_empty() => bytes[at] = below(256) as u8,
            2 => bytes.truncate(at),
            3 => {
                let end = (from + below(40)).min(bytes.len());
                let piece = bytes[from.min(end)..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => drop(bytes.drain(at..(at + below(20)).min(bytes.len()))),
            _ => bytes.insert(at, b"\0\xff{}[]:\"'%-09"[below(13)]),
        }
    }
    bytes
}

fn scenario(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let inputs =
        Inputs { read_file: &|_| Err(std::io::ErrorKind::NotFound.into()), ..Inputs::default() };
    // Refused or read.
    if let Err(problems) = Plan::from_text("s.yaml", &text, &inputs) {
        assert!(!problems.to_string().is_empty());
    }
}

fn tally(bytes: &[u8]) {
    // Refused or read; what is read can be stored again.
    if let Ok(shard) = Shard::read("tally", bytes) {
        let stored = shard.write(Vec::new()).unwrap();
        assert_eq!(Shard::read("tally", &stored[..]).unwrap().tally, shard.tally);
    }
}

fn json_place(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (path, body) = text.split_once('\n').unwrap_or((&text, "{}"));
    if let Ok(place) = JsonPlace::parse(path) {
        // Found on the way, or in the tree: the same.
        let document = serde_json::from_str::<serde_json::Value>(body);
        if let (Ok(document), Some(found)) = (document, place.find_in(body.as_bytes())) {
            assert_eq!(found.as_ref(), place.find(&document), "{path} in {body}");
        }
    }
}

/// A stored tally of a few shoppers.
fn stored_tally() -> Vec<u8> {
    let plan = Plan::from_text("s.yaml", SCENARIO, &Inputs::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    let shape = plan.tally_shape();
    let header = ShardHeader {
        tool: "tillrush".into(),
        name: "fuzz".into(),
        scenario: SCENARIO.into(),
        settings: Default::default(),
        commands: Vec::new(),
        tags: Default::default(),
        target: String::new(),
        seed: 1,
        plan_digest: String::new(),
        workload_digest: String::new(),
        slices: vec![tillrush::base::Slice::WHOLE],
        arrivals_planned: 5,
        length: plan.load.length(),
        started_unix_us: 0,
        shape: shape.clone(),
    };
    let mut writer = DeltaWriter::begin(Vec::new(), &header).unwrap();
    for second in 0..5 {
        let mut delta = Tally::new(shape.clone());
        delta.record_planned(tillrush::base::Micros::from_secs(second));
        writer.append(&delta).unwrap();
    }
    writer.end(Ending::Finished).unwrap()
}

const SCENARIO: &str = "
name: Look
target: http://127.0.0.1:1
load: { stages: [{ ramp: 10/s, for: 5s }, { hold: 10/s, for: 10s }] }
shoppers: { attributes: { payment: { card: 50, wallet: 50 } } }
journeys:
  - name: look
    steps:
      - { name: home, get: /, expect: { status: 200, text: hello } }
      - { name: cart, post: /cart, json: { sku: \"{{ payment }}\" }, capture: { id: { json: $.id } } }
objectives: [ 'p95(home) < 800ms', 'failures(cart) < 1%' ]
";

#[test]
#[ignore = "takes as long as FUZZ_SECONDS says"]
fn mutated_input_never_panics() {
    let number = |name: &str, default| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (seconds, seed): (u64, u64) = (number("FUZZ_SECONDS", 10), number("FUZZ_SEED", 1));
    let place = b"$.items[0].price\n{\"items\":[{\"price\":12.5},{\"a\":[null,true]}]}";
    let targets = [
        Target { name: "scenario", seeds: vec![SCENARIO.into()], read: scenario },
        Target { name: "tally", seeds: vec![stored_tally()], read: tally },
        Target { name: "json place", seeds: vec![place.to_vec()], read: json_place },
    ];
    let share = Duration::from_secs(seconds) / targets.len() as u32;
    for Target { name, seeds, read } in targets {
        let (until, mut executions) = (Instant::now() + share, 0u64);
        while Instant::now() < until {
            let input = mutate(&seeds[executions as usize % seeds.len()], seed << 40 | executions);
            if std::panic::catch_unwind(|| read(&input)).is_err() {
                panic!(
                    "{name}, seed {seed}, execution {executions}: {:?}",
                    String::from_utf8_lossy(&input)
                );
            }
            executions += 1;
        }
        println!("{name}: {executions} executions");
    }
}

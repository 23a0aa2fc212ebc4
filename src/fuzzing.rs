//! What must hold of whatever comes from outside: one function for each target of `fuzz/`. Each takes any bytes, and panics where a promise is
//! broken. `cargo test` has them read the corpora and some mutations; `fuzz/run` searches further.

use std::hash::RandomState;

use crate::capture::JsonPlace;
use crate::import::{Collector, FormatChoice, ImportOptions, LogFormat, Recording, har_scenario};
use crate::plan::{Inputs, Plan};
use crate::reconcile::Intents;
use crate::tally::shard::{Shard, mend_checksums};

pub use crate::shopper::fuzzing::{cookie, cookie_date, form, http1_answer, price};

/// A function that reads any bytes.
pub type ReadBytes = fn(&[u8]);

/// All targets by the names of their corpora.
pub const TARGETS: [(&str, ReadBytes); 11] = [
    ("scenario", scenario),
    ("form", form),
    ("json_place", json_place),
    ("price", price),
    ("cookie", cookie),
    ("cookie_date", cookie_date),
    ("http1", http1_answer),
    ("tally", tally),
    ("log_lines", log_lines),
    ("har", har),
    ("purchase_log", purchase_log),
];

/// A scenario compiles to a plan, or every problem has a text.
pub fn scenario(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(problems) = Plan::from_text("s.yaml", &text, &Inputs::default()) {
        assert!(!problems.to_string().is_empty());
    }
}

/// A value found on the way through a text is the one in the tree. The first line is the path.
pub fn json_place(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (path, body) = text.split_once('\n').unwrap_or((&text, "{}"));
    let Ok(place) = JsonPlace::parse(path) else { return };
    let document = serde_json::from_str::<serde_json::Value>(body);
    if let (Ok(document), Some(found)) = (document, place.find_in(body.as_bytes())) {
        assert_eq!(found.as_ref(), place.find(&document), "{path} in {body}");
    }
}

/// A stored tally is refused, or read, stored and read again as the same counts. It is read as it is, and with right checksums, so that what
/// lies behind them is reached.
pub fn tally(bytes: &[u8]) {
    let mut mended = bytes.to_vec();
    mend_checksums(&mut mended);
    for stored in [bytes, &mended] {
        let Ok(shard) = Shard::read("tally", stored) else { continue };
        let again = shard.write(Vec::new()).expect("memory can be written");
        let again = Shard::read("tally", &again[..]).expect("what was read is stored");
        assert_eq!(again.tally, shard.tally);
    }
}

/// Lines of a log are refused or read; a scenario that is made of them compiles. The first byte is the format.
pub fn log_lines(bytes: &[u8]) {
    let Some((&format, lines)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(lines);
    let sample: Vec<&str> = text.lines().take(20).collect();
    let name = LogFormat::NAMES.get(usize::from(format) % (LogFormat::NAMES.len() + 1));
    let choice =
        FormatChoice { name: name.map(|name| (*name).to_owned()), ..FormatChoice::default() };
    let Ok(mut format) = LogFormat::choose(&choice, &sample) else { return };
    let mut collector = Collector::new(ImportOptions::default(), RandomState::new());
    for line in text.lines() {
        if let Ok(Some(line)) = format.read(line) {
            collector.take(&line);
        }
    }
    let Ok(found) = collector.import() else { return };
    let scenario = crate::import::scenario(&found);
    if let Err(problems) = Plan::from_text("imported.yaml", &scenario, &Inputs::default()) {
        panic!("{problems}\n{scenario}");
    }
    assert!(crate::import::page(&found, format.name()).ends_with("</html>"));
    crate::import::GivenTemplates::parse(&crate::import::templates_text(&found))
        .expect("templates that are written are read");
}

/// Recordings are refused, or become a scenario that compiles. A second one follows an empty line.
pub fn har(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let parts: Vec<&str> = text.splitn(2, "\n\n").collect();
    let recordings: Result<Vec<Recording>, _> =
        parts.iter().map(|text| Recording::read(text)).collect();
    let Ok(recordings) = recordings else { return };
    let Ok((scenario, report)) = har_scenario(&recordings, "recorded", None) else { return };
    if let Err(problems) = Plan::from_text("recorded.yaml", &scenario, &Inputs::default()) {
        panic!("{problems}\n{scenario}");
    }
    assert!(!report.is_empty());
}

/// Lines of a purchase log are refused or counted.
pub fn purchase_log(bytes: &[u8]) {
    let mut intents = Intents::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let known = intents.list().len();
        if let Err(error) = intents.add_line(line) {
            assert!(!error.to_string().is_empty());
            assert_eq!(intents.list().len(), known, "a line that was refused counts");
        }
    }
    assert!(intents.list().iter().all(|intent| intent.first_at <= intent.last_at));
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::base::random::{Purpose, draw};

    /// The files of a target's corpus.
    fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
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

    #[test]
    fn the_corpora_and_their_mutations_are_refused_or_read() {
        const MUTATIONS: u64 = 20;
        for (target, read) in TARGETS {
            let files = corpus(target);
            assert!(!files.is_empty(), "{target} has no corpus");
            for (path, bytes) in files {
                for round in 0..=MUTATIONS {
                    let input = if round == 0 { bytes.clone() } else { mutate(&bytes, round) };
                    let panicked = std::panic::catch_unwind(|| read(&input)).is_err();
                    let shown = String::from_utf8_lossy(&input);
                    assert!(!panicked, "{target}, {}, round {round}: {shown:?}", path.display());
                }
            }
        }
    }

    #[test]
    fn two_lines_of_a_log_a_thousand_years_apart_take_no_memory_for_the_time_between() {
        use crate::import::ImportError;

        let line = |year: u32| {
            format!(
                "10.0.0.1 - - [27/Nov/{year}:10:00:01 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"Mozilla/5.0\""
            )
        };
        let lines = [line(2025), line(3025)];
        let sample: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut format = LogFormat::choose(&FormatChoice::default(), &sample).unwrap();
        let mut collector = Collector::new(ImportOptions::default(), RandomState::new());
        lines.iter().for_each(|line| collector.take(&format.read(line).unwrap().unwrap()));
        assert_eq!(collector.import().unwrap_err(), ImportError::TooLong(365_242));
    }

    #[test]
    fn each_target_has_its_program() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        for (target, _) in TARGETS {
            assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    }
}

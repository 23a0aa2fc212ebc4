//! Holds the map of the house: which room may use which.
//!
//! Rooms meet in few places on purpose (see `lib.rs`): effects and judgement only in the tally, the practice
//! shop with nobody. The compiler would allow any use, so the table is kept here. Tests may look where
//! they like.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use regex::Regex;

#[path = "architecture/plain_words.rs"]
mod plain_words;

/// Each room with the rooms that it may use besides itself.
const MAY_USE: [(&str, &[&str]); 21] = [
    ("base", &[]),
    ("browser_recording", &["base"]),
    ("capture", &["base"]),
    ("scenario", &["capture", "base"]),
    ("tally", &["base"]),
    ("demo_shop", &["base"]),
    ("import", &["base"]),
    ("join", &["base"]),
    ("store", &["join", "base"]),
    ("metrics", &["tally", "plan", "base"]),
    // The plan says what its tally is indexed by.
    ("plan", &["scenario", "capture", "tally", "base"]),
    ("schedule", &["plan", "base"]),
    ("reconcile", &["base"]),
    ("records", &["reconcile", "plan", "base"]),
    ("shopper", &["plan", "capture", "tally", "base"]),
    ("engine", &["schedule", "shopper", "tally", "plan", "base"]),
    ("verdict", &["tally", "plan", "base"]),
    ("report", &["reconcile", "verdict", "tally", "plan", "base"]),
    (
        "cli",
        &[
            "base",
            "scenario",
            "tally",
            "demo_shop",
            "import",
            "browser_recording",
            "join",
            "store",
            "metrics",
            "plan",
            "schedule",
            "shopper",
            "engine",
            "reconcile",
            "records",
            "verdict",
            "report",
        ],
    ),
    ("fuzzing", &["capture", "import", "plan", "reconcile", "shopper", "tally", "base"]),
    ("main", &["cli"]),
];

/// The rooms with effects: the only ones with sockets, clocks and tasks.
const EFFECTS: [&str; 7] =
    ["engine", "shopper", "records", "store", "demo_shop", "browser_recording", "cli"];

/// What only rooms with effects may name.
const EFFECTFUL: &str = r"\b(?:(?:tokio|tokio_rustls|hyper|hyper_util|reqwest|axum)::|SystemTime\b|Timestamp::now|std::net::(?:Tcp|Udp))";

#[test]
fn rooms_use_only_what_the_map_allows() {
    let mut broken = Vec::new();
    for (room, path, code) in sources() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == room) else {
            panic!(
                "{} is in no room of the map: add '{room}' to the table, or find it a place",
                path.display()
            );
        };
        let forbidden = rooms_used(&code)
            .into_iter()
            .filter(|used| *used != room && !allowed.contains(&used.as_str()));
        broken.extend(
            forbidden
                .map(|used| format!("{} uses '{used}', which '{room}' may not", path.display())),
        );
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_rooms_with_effects_have_sockets_clocks_and_tasks() {
    let effectful = Regex::new(EFFECTFUL).unwrap();
    let mut broken = Vec::new();
    for (room, path, code) in sources()
        .into_iter()
        .filter(|(room, ..)| !EFFECTS.contains(&room.as_str()) && room != "main")
    {
        broken.extend(effectful.find(&code).map(|found| {
            format!("{} names '{}', which '{room}' may not", path.display(), found.as_str())
        }));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_way_of_writing_a_use_is_found() {
    let code = "use crate::base::{Micros, Slice};\nuse crate::{plan::{self, Load}, tally::Tally, verdict};\nlet x = crate::cli::run();";
    assert_eq!(Vec::from_iter(rooms_used(code)), ["base", "cli", "plan", "tally", "verdict"]);
    let file = "//! See crate::engine.\nfn a() {} // crate::cli\n#[cfg(test)]\nmod tests {\n    use crate::report;\n}\n";
    assert_eq!(rooms_used(&without_comments_and_tests(file)), BTreeSet::new());
}

/// Type names with two meanings, each with the reason. One word has one meaning everywhere else.
const HOMONYMS: &[(&str, &str)] = &[
    ("Answer", "the report answers an engineer's question, the practice shop a request"),
    ("Capture", "the plan's capture, and what every kind of capture can do"),
    ("Check", "the plan's check, and what every kind of check can do"),
    ("Connection", "either end of a connection"),
    ("Intent", "what a shopper means to buy, as it happens and as the purchase log has it"),
    ("Order", "the practice shop's order, and what records say of an order"),
];

/// What the scenario writes and the plan compiles, under one word: `scenario::Arm` becomes `plan::Arm`. One meaning, so no
/// homonyms.
const WRITTEN_AND_COMPILED: [&str; 11] = [
    "Arm",
    "Assets",
    "Conditions",
    "Extract",
    "FieldMatch",
    "GuardTerm",
    "JourneyItem",
    "MultipartPart",
    "Network",
    "Patience",
    "Rendezvous",
];

/// More homonyms than this are too many to learn.
const MOST_HOMONYMS: usize = 14;

#[test]
fn a_type_name_has_one_meaning() {
    let definition = Regex::new(
        r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|trait|union)\s+([A-Z]\w*)|^pub(?:\([^)]*\))?\s+type\s+([A-Z]\w*)",
    )
    .unwrap();
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (room, _, code) in sources() {
        for found in definition.captures_iter(&code) {
            let name = found.get(1).or(found.get(2)).unwrap().as_str();
            defined.entry(name.to_owned()).or_default().push(room.clone());
        }
    }
    let repeated = defined.iter().filter(|(_, rooms)| rooms.len() > 1);
    let (pairs, homonyms): (BTreeMap<_, _>, BTreeMap<_, _>) =
        repeated.partition(|(name, _)| WRITTEN_AND_COMPILED.contains(&name.as_str()));
    for (name, rooms) in &pairs {
        assert_eq!(BTreeSet::from_iter(*rooms).len(), 2, "{name} is defined in {rooms:?}");
        assert!(rooms.iter().all(|room| ["scenario", "plan"].contains(&&**room)), "{name}");
    }
    assert_eq!(pairs.len(), WRITTEN_AND_COMPILED.len(), "only {:?} are pairs", pairs.keys());
    let found: BTreeSet<&str> = homonyms.keys().map(|name| name.as_str()).collect();
    let allowed: BTreeSet<&str> = HOMONYMS.iter().map(|(name, _)| *name).collect();
    let unexpected: Vec<&&str> = found.difference(&allowed).collect();
    assert!(unexpected.is_empty(), "give each its own name: {unexpected:?}");
    let unused: Vec<&&str> = allowed.difference(&found).collect();
    assert!(unused.is_empty(), "no longer defined twice, take them off the list: {unused:?}");
    assert!(allowed.len() <= MOST_HOMONYMS);
}

#[test]
fn functions_are_named_by_verbs_or_results_and_not_by_a_participle() {
    let participle = Regex::new(
        r"\bfn ([a-z]+ed|told|said|written|found|made|given|taken|known|shown|drawn|met|kept|sent|left|begun|built|seen|lost|held|spent|chosen|bought|done|paid|hidden|broken|meant)\b",
    )
    .unwrap();
    // Verbs that end so, and constructors by which a value is known.
    let verbs =
        ["need", "feed", "seed", "exceed", "proceed", "fixed", "unbounded", "bounded", "planted"];
    let mut found = Vec::new();
    for (_, path, code) in sources() {
        found.extend(participle.captures_iter(&code).map(|it| it[1].to_owned()).filter_map(
            |name| {
                let free = verbs.contains(&name.as_str());
                (!free).then(|| format!("{}: {name}", path.display()))
            },
        ));
    }
    assert!(found.is_empty(), "name them by what they do:\n{}", found.join("\n"));
}

#[test]
fn a_folders_own_file_declares_modules_and_tables_and_does_nothing() {
    let logic = Regex::new(
        r"(?m)^\s*(?:pub(?:\([^)]*\))? )?(?:(?:const|async) )*fn \w+|^impl\b.*|macro_rules! \w+",
    )
    .unwrap();
    let mut found = Vec::new();
    for (_, path, code) in sources().into_iter().filter(|(_, path, _)| path.ends_with("mod.rs")) {
        found.extend(
            logic.find_iter(&code).map(|it| format!("{}: {}", path.display(), it.as_str().trim())),
        );
    }
    assert!(found.is_empty(), "give it a file of its own:\n{}", found.join("\n"));
}

/// (room, path, code without comments and tests) of each source file that is part of the program.
fn sources() -> Vec<(String, PathBuf, String)> {
    static SOURCES: OnceLock<Vec<(String, PathBuf, String)>> = OnceLock::new();
    SOURCES.get_or_init(read_sources).clone()
}

fn read_sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        // Modules that exist only for tests are declared beside their folder's other modules.
        let declarations = [folder.join("mod.rs"), folder.with_extension("rs")]
            .map(|parent| fs::read_to_string(parent).unwrap_or_default())
            .concat();
        let for_tests = modules_for_tests(&declarations);
        entries.retain(|path| !for_tests.contains(path.file_stem().unwrap().to_str().unwrap()));
        for path in entries {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path != root.join("lib.rs")
            {
                let inside = path.strip_prefix(&root).unwrap();
                let room = Path::new(inside.components().next().unwrap().as_os_str())
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                let code = without_comments_and_tests(&fs::read_to_string(&path).unwrap());
                sources.push((room, inside.to_owned(), code));
            }
        }
    }
    assert!(sources.len() > 20, "only {} source files were found", sources.len());
    sources
}

fn modules_for_tests(declarations: &str) -> BTreeSet<String> {
    let declaration = r"#\[cfg\(test\)\]\s*(?:pub(?:\([a-z]+\))? )?mod (\w+);";
    let found = Regex::new(declaration).unwrap();
    found.captures_iter(declarations).map(|declared| declared[1].to_owned()).collect()
}

/// The code up to its test module, which stands last in a file.
fn without_comments_and_tests(text: &str) -> String {
    let tests = Regex::new(r"(?m)^#\[cfg\(test\)\]\s*mod \w+ \{").unwrap();
    let code = tests.find(text).map_or(text, |found| &text[..found.start()]);
    Regex::new(r"(?m)//.*$").unwrap().replace_all(code, "").into_owned()
}

/// The rooms named after `crate::` or, in the binary, `tillrush::`, alone or in a braced list.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let start = Regex::new(r"\b(?:crate|tillrush)::(\w+|\{)").unwrap();
    let mut used = BTreeSet::new();
    for found in start.captures_iter(code) {
        let first = found.get(1).unwrap();
        if first.as_str() == "{" {
            used.extend(heads_of_list(&code[first.end()..]));
        } else {
            used.insert(first.as_str().to_owned());
        }
    }
    used
}

/// The first name of each entry of a braced list; `text` begins after the brace.
fn heads_of_list(text: &str) -> Vec<String> {
    let mut depth = 1;
    let mut entries = vec![String::new()];
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => entries.push(String::new()),
            c if depth == 1 => entries.last_mut().unwrap().push(c),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    let heads =
        entries.iter().map(|entry| entry.trim().split("::").next().unwrap_or_default().to_owned());
    heads.filter(|head| !head.is_empty()).collect()
}

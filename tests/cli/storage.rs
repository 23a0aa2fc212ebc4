//! Stored runs that are damaged, forged, read-only or gone: what can be told is told.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tillrush::base::StepId;
use tillrush::tally::shard::Shard;

use crate::bench::{BUY, Bench, LOOK, MEASURED, Shop, document};

/// A run of a tenth of a second's load, its folder, and the text of its report.
fn stored(scenario: &str) -> (Bench, std::path::PathBuf, String) {
    let shop = Shop::open("");
    let bench = Bench::new(scenario);
    let target = shop.url();
    let told = bench.run(&["--target", &target, "--seed", "5", "-d", "300ms"]).with(&MEASURED);
    let run = bench.only_run();
    (bench, run, told.stdout)
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    let at = at.min(bytes.len() - 1);
    bytes[at] ^= 0x10;
    fs::write(file, bytes).unwrap();
}

/// Lets no file of this name be written.
fn block(folder: &Path, name: &str) {
    fs::create_dir(folder.join(format!("{name}.new"))).unwrap();
}

#[test]
fn a_folder_that_can_not_be_written_is_reported_all_the_same() {
    let (bench, run, first) = stored(BUY);
    for name in ["tally", "tally.copy", "run.json", "report.html"] {
        block(&run, name);
    }
    let told = bench.tillrush(&["report", "latest"]).with(&MEASURED);
    assert_eq!(told.stdout, first);
    told.complains("stay as they are: can't write ");
    bench.tillrush(&["report", "latest", "--json", "again.json"]).with(&MEASURED);
    assert!(bench.path().join("again.json").exists());
}

#[test]
fn a_damaged_tally_is_read_from_its_copy_and_mended() {
    let (bench, run, first) = stored(BUY);
    let [tally, copy] = ["tally", "tally.copy"].map(|name| run.join(name));
    let whole = fs::read(&tally).unwrap();
    assert_eq!(whole, fs::read(&copy).unwrap());
    for at in [3, 200, whole.len() - 300, whole.len() - 1] {
        flip(&tally, at);
        assert_eq!(bench.tillrush(&["report", "latest"]).with(&MEASURED).stdout, first);
        assert_eq!(fs::read(&tally).unwrap(), whole, "it is mended");
    }
    flip(&tally, whole.len() - 300);
    flip(&copy, whole.len() - 300);
    bench.tillrush(&["report", "latest"]).with(&[1]).complains("damaged at byte ");
}

#[test]
fn counts_of_what_the_plan_does_not_have_are_refused() {
    let (bench, run, _) = stored(LOOK);
    let path = run.join("tally");
    let whole = Shard::read("tally", &fs::read(&path).unwrap()[..]).unwrap();
    let forged = |change: &dyn Fn(&mut Shard)| {
        let mut shard = whole.clone();
        change(&mut shard);
        for name in ["tally", "tally.copy"] {
            fs::write(run.join(name), shard.write(Vec::new()).unwrap()).unwrap();
        }
        for command in [&["report", "latest"][..], &["compare", "latest", "latest"]] {
            let told = bench.tillrush(command).with(&[1, 2]);
            assert!(
                told.stderr.starts_with("error: ") && !told.stderr.contains("panicked"),
                "{}",
                told.stderr
            );
            told.complains("can't be of ");
        }
    };
    forged(&|shard| {
        let second = shard.tally.seconds.values_mut().next().unwrap();
        second.steps.insert(StepId(1), (1, 1));
    });
    // The header agrees with its counts, but not with its own scenario.
    forged(&|shard| {
        shard.header.shape.steps += 1;
        shard.tally.shape.steps += 1;
        shard.tally.steps.push(Default::default());
    });
}

#[test]
fn the_results_of_a_folder_that_was_removed_are_printed_and_stored_anew() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    let run = bench.start(&["--target", &shop.url(), "--seed", "6", "-d", "2s"]);
    shop.wait_for_shoppers(3);
    let folder = bench.only_run();
    fs::remove_dir_all(&folder).unwrap();
    let told = run.wait().with(&[1]).complains("was removed during the run");
    assert!(told.stdout.contains("20 shoppers"), "{}", told.stdout);
    assert_eq!(document(&folder)["shoppers"]["started"], 20);
}

#[test]
fn results_that_have_no_room_in_their_folder_are_stored_elsewhere() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = bench.command();
    command.args(["run", bench.scenario(), "--target", &shop.url(), "--seed", "7", "-d", "2s"]);
    let run = bench.begin(command.env("TMPDIR", elsewhere.path()));
    shop.wait_for_shoppers(3);
    let folder = bench.only_run();
    block(&folder, "tally");
    let told = run.wait().with(&[1]).complains("can't write ").complains("are stored in ");
    assert!(told.stdout.contains("20 shoppers"), "{}", told.stdout);
    let other = elsewhere.path().join("tillrush").join(folder.file_name().unwrap());
    assert_eq!(document(&other)["shoppers"]["started"], 20);
    let told = bench.tillrush(&["report", other.to_str().unwrap(), "--json", "-"]).with(&MEASURED);
    assert_eq!(serde_json::from_str::<Value>(&told.stdout).unwrap()["shoppers"]["started"], 20);
}

#[test]
fn a_report_that_has_nowhere_to_go_is_refused_before_the_load() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    bench.file("kept.json", "as it was");
    for option in ["--json", "--junit", "--html"] {
        bench
            .run(&[
                "--target",
                &shop.url(),
                "--markdown",
                "kept.json",
                option,
                "no/such/folder/file",
            ])
            .with(&[2])
            .complains("can't write no/such/folder/file")
            .complains("help: name a file in a folder that exists");
    }
    assert_eq!((shop.ledger().shoppers_seen, bench.runs().len()), (0, 0));
    assert_eq!(fs::read_to_string(bench.path().join("kept.json")).unwrap(), "as it was");
}

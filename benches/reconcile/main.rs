//! What reconciling a million intents costs: `cargo bench --profile release --bench reconcile`.
//!
//! A purchase log of a million intents and the shop's orders, charges and receipts of them, on disk, are read and judged as
//! `tillrush reconcile` does it: the log once, the records twice, because only two reads alike are final. Planted findings are counted,
//! so that nothing is left out. It fails beyond 10 s or 1 GiB.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use tokio::time::Instant;

use tillrush::base::Micros;
use tillrush::plan::compile_records;
use tillrush::reconcile::{
    FindingKind, Intents, ReconciliationDocument, Rules, SettleRules, Timelines,
};
use tillrush::records::{Placeholders, ReadHistory, ReconcileInput, RecordReader, reconcile};
use tillrush::scenario::Records;

const INTENTS: u64 = 1_000_000;
/// One in so many is lost; as many are double.
const FAULT_EVERY: u64 = 1_000;
const MOST_SECONDS: f64 = 10.0;
const MOST_KIB: u64 = 1 << 20;

const RECORDS: &str = "
orders: { file: orders.csv, amounts: minor, counts: paid }
charges: { file: charges.csv, amounts: minor }
mail: { file: mails.csv }
wait: 0s
pause: 1ms
";

fn main() -> ExitCode {
    let folder = std::env::temp_dir().join(format!("tillrush-reconcile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    write_all(&folder).expect("files");
    let began = Instant::now();
    let (lost, duplicate, others) = run(&folder);
    let seconds = began.elapsed().as_secs_f64();
    let _ = std::fs::remove_dir_all(&folder);
    let kib = peak_kib();
    println!("{INTENTS} intents reconciled in {seconds:.1} s, {} MiB at most", kib / 1024);
    let planted = INTENTS / FAULT_EVERY;
    assert_eq!((lost, duplicate, others), (planted, planted, 0), "lost, duplicate, anything else");
    let fits = seconds <= MOST_SECONDS && kib <= MOST_KIB;
    if fits { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn write_all(folder: &Path) -> std::io::Result<()> {
    let file = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let (mut log, mut orders) = (file("purchases.jsonl")?, file("orders.csv")?);
    let (mut charges, mut mails) = (file("charges.csv")?, file("mails.csv")?);
    writeln!(orders, "id,marker,total,currency,state,created")?;
    writeln!(charges, "id,marker,captured,currency,order")?;
    writeln!(mails, "id,marker,created")?;
    for n in 0..INTENTS {
        let shopper = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut lines = String::new();
        let intent = format!("0badcafe-{shopper:016x}-0");
        let common = format!(
            r#""intent":"{intent}","key":"{intent}-1","shopper":"{shopper:016x}","marker":"s-{shopper:016x}","purchase":"pay","attempt":1"#
        );
        let _ = writeln!(lines, r#"{{"at_us":{},{common},"event":"invoke"}}"#, n * 100);
        let _ = writeln!(
            lines,
            r#"{{"at_us":{},{common},"event":"ok","order":"T{n}","total_minor":4990}}"#,
            n * 100 + 50_000
        );
        log.write_all(lines.as_bytes())?;
        let email = format!("s-{shopper:016x}.0badcafe@example.com");
        let times = match n % FAULT_EVERY {
            1 => 0,
            2 => 2,
            _ => 1,
        };
        for nth in 0..times {
            writeln!(orders, "T{n}{},{email},4990,EUR,paid,", ["", "D"][nth])?;
        }
        if times > 0 {
            writeln!(charges, "pi_{n},{email},4990,eur,T{n}")?;
        }
        for nth in 0..times {
            writeln!(mails, "m{n}-{nth},{email},")?;
        }
    }
    [log, orders, charges, mails].iter_mut().try_for_each(BufWriter::flush)
}

fn run(folder: &Path) -> (u64, u64, u64) {
    let mut intents = Intents::new();
    each_line(folder, |line| intents.add_line(line).expect("a line"));
    let (written, mut problems) = Records::parse("records.yaml", RECORDS).expect("records");
    let plan = compile_records(&written, &mut problems).expect("a plan");
    let values = Placeholders::new(&Default::default(), std::iter::empty(), 0);
    let mut reader =
        RecordReader::new(plan, values, None, folder.to_owned(), false).expect("a reader");
    let input = ReconcileInput {
        intents: &intents,
        rules: Rules {
            late_after: Micros::from_secs(60),
            receipt_within: Micros::from_secs(600),
            currency: Some("EUR".into()),
            started_unix_us: 0,
        },
        settle: SettleRules {
            wait: Micros::ZERO,
            at_most: Micros::from_secs(60),
            pause: Micros::from_millis(1),
        },
        stock_before: None,
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let reading = reconcile(&mut reader, ReadHistory::default(), &input, &|_| ());
    let reconciled = runtime.block_on(reading).expect("records");
    assert!(reconciled.result.settled);
    let mut timelines =
        Timelines::of(ReconciliationDocument::examples(&reconciled.result, &intents));
    each_line(folder, |line| timelines.add_line(line));
    let document = ReconciliationDocument::of(
        &reconciled.result,
        &intents,
        &mut timelines,
        "files".into(),
        String::new(),
    );
    let (lost, duplicate) =
        (document.count(FindingKind::Lost), document.count(FindingKind::Duplicate));
    let all: u64 = document.findings.iter().map(|finding| finding.count).sum();
    (lost, duplicate, all - lost - duplicate)
}

fn each_line(folder: &Path, mut take: impl FnMut(&[u8])) {
    let file = File::open(folder.join("purchases.jsonl")).expect("the log");
    let mut log = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    while log.read_until(b'\n', &mut line).expect("a line") > 0 {
        take(&line);
        line.clear();
    }
}

/// The most memory that this process had; 0 where the system does not say.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

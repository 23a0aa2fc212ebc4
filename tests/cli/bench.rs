//! The test bench: a practice shop in this process, and the program beside it in its own folder.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tillrush::demo_shop::{Faults, LedgerSnapshot, RunningShop, ShopOptions};

/// Longer than any run here may take; then it is killed and the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// What shoppers do in most tests: fill the cart, then pay and see the confirmation, quickly.
pub const BUY: &str = "
name: Buy
load: { arrivals: paced, stages: [{ hold: 10/s, for: 1s }] }
shoppers:
  attributes: { payment: { card: 50, wallet: 50 } }
  retry: { after: 10ms..40ms }
  max_attempts: 3
defaults:
  headers: { accept: application/json }
  gives_up_after: 20s
journeys:
  - name: buy
    steps:
      - name: add to cart
        post: /cart
        json: { sku: sku-1, quantity: 1 }
        expect: { status: 201 }
        basket: { total: { json: $.total } }
      - purchase: pay and confirm
        steps:
          - name: pay
            post: /checkout/pay
            headers: { idempotency-key: \"{{ intent.id }}\" }
            json: { method: \"{{ payment }}\", email: \"{{ intent.marker }}@example.com\" }
            expect: { status: 201, json: { $.status: confirmed } }
            declined: { status: 402 }
            order: { id: { json: $.order_id }, total: { json: $.total } }
          - name: confirmation
            get: /orders/{{ order.id }}
            expect: { status: 200 }
";

/// A single request.
pub const LOOK: &str = "
name: Look
load: { arrivals: paced, stages: [{ hold: 10/s, for: 1s }] }
journeys:
  - name: look
    steps:
      - name: home
        get: /
";

/// The scenario with another load.
pub fn loaded(scenario: &str, load: &str) -> String {
    let own = "load: { arrivals: paced, stages: [{ hold: 10/s, for: 1s }] }";
    assert!(scenario.contains(own), "{scenario}");
    scenario.replace(own, &format!("load: {load}"))
}

/// A practice shop that misbehaves as told.
pub struct Shop {
    running: RunningShop,
}

/// A scenario in a folder of its own, which also gets the runs.
pub struct Bench {
    folder: TempDir,
    scenario: PathBuf,
    /// Whether the generator is judged as users' are.
    punctual: bool,
}

/// A run of the program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A run of the program that goes on.
pub struct Underway {
    child: Child,
    stdout: thread::JoinHandle<String>,
    stderr: thread::JoinHandle<String>,
}

/// Exit codes of a run that went to its end and measured, when the scenario has no objectives; 99 where every shopper failed. On a machine that is
/// busy with something else a run may well be found invalid; its counts are right all the same.
pub const MEASURED: [i32; 3] = [0, 99, 102];

// === impl Shop ===

impl Shop {
    /// Opens a shop with these faults (YAML), which may be empty.
    pub fn open(faults: &str) -> Shop {
        let faults = Faults::parse(faults).expect("a fault file");
        let options =
            ShopOptions { faults, paid_after: Duration::from_millis(20), ..ShopOptions::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Shop { running: runtime.block_on(RunningShop::start(options)).expect("a shop") }
    }

    /// Opens a shop with a payment provider, which sends its receipts to this address.
    pub fn open_with_payments(faults: &str, mail: Option<std::net::SocketAddr>) -> Shop {
        let options = ShopOptions {
            faults: Faults::parse(faults).expect("a fault file"),
            paid_after: Duration::from_millis(20),
            payments: Some(([127, 0, 0, 1], 0).into()),
            mail,
            ..ShopOptions::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Shop { running: runtime.block_on(RunningShop::start(options)).expect("a shop") }
    }

    /// The address of the payment provider.
    pub fn provider(&self) -> String {
        format!("http://{}", self.running.payments().expect("a payment provider"))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.running.addr())
    }

    pub fn ledger(&self) -> LedgerSnapshot {
        self.running.ledger()
    }

    /// Opens it anew: faults that wait for a moment count from now.
    pub fn reset(&self) {
        self.running.reset();
    }

    /// Waits until the shop has seen that many shoppers.
    pub fn wait_for_shoppers(&self, many: u64) {
        for _ in 0..PATIENCE.as_millis() / 20 {
            if self.ledger().shoppers_seen >= many {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("only {} shoppers came", self.ledger().shoppers_seen);
    }
}

/// Sums of the shop's books that a report must agree with.
pub trait Books {
    /// Requests for a step.
    fn asked(&self, step: &str) -> u64;
    /// Requests for a step that a fault failed.
    fn failed_at(&self, step: &str) -> u64;
    /// Shoppers, by how many failures each of them met.
    fn by_failures(&self) -> BTreeMap<u32, u64>;
    /// Shoppers with an order.
    fn buyers(&self) -> u64;
}

impl Books for LedgerSnapshot {
    fn asked(&self, step: &str) -> u64 {
        self.requests.get(step).copied().unwrap_or(0)
    }

    fn failed_at(&self, step: &str) -> u64 {
        self.shoppers
            .values()
            .map(|shopper| u64::from(shopper.failed.get(step).copied().unwrap_or(0)))
            .sum()
    }

    fn by_failures(&self) -> BTreeMap<u32, u64> {
        let mut counts = BTreeMap::new();
        for (_, shopper) in self.shoppers.iter().filter(|(name, _)| name.starts_with("s-")) {
            *counts.entry(shopper.failed.values().sum()).or_default() += 1;
        }
        counts
    }

    fn buyers(&self) -> u64 {
        let buyers: std::collections::BTreeSet<&str> =
            self.orders.iter().map(|order| order.shopper.as_str()).collect();
        buyers.len() as u64
    }
}

// === impl Bench ===

impl Bench {
    /// A bench with this scenario, where no lag makes a run invalid: other work on the machine decides nothing.
    pub fn new(scenario: &str) -> Bench {
        Bench { punctual: false, ..Bench::punctual(scenario) }
    }

    /// A bench where the generator is judged as users' are.
    pub fn punctual(scenario: &str) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scenario.yaml");
        std::fs::write(&path, scenario).unwrap();
        Bench { folder, scenario: path, punctual: true }
    }

    /// A file beside the scenario.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn scenario(&self) -> &str {
        self.scenario.to_str().unwrap()
    }

    /// `tillrush run` of the scenario with these arguments, on two cores unless they say otherwise.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).wait()
    }

    /// The same, without waiting for its end.
    pub fn start(&self, arguments: &[&str]) -> Underway {
        self.begin(
            self.command()
                .env("TILLRUSH_CORES", "2")
                .arg("run")
                .arg(&self.scenario)
                .args(arguments),
        )
    }

    /// The program with these arguments.
    pub fn tillrush(&self, arguments: &[&str]) -> Ended {
        self.begin(self.command().args(arguments)).wait()
    }

    /// The program without arguments yet, in the bench's folder, in surroundings without settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillrush"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TILLRUSH_") || name == "NO_COLOR" {
                command.env_remove(name);
            }
        }
        // Times of day are told in the machine's time zone.
        command.env("TZ", "UTC");
        if !self.punctual {
            command.env("TILLRUSH_TEST_LAG_TOLERANCE", "1h");
        }
        command.current_dir(self.folder.path());
        command
    }

    /// Starts a prepared command.
    pub fn begin(&self, command: &mut Command) -> Underway {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
        Underway { child, stdout, stderr }
    }

    /// The folders of all runs so far, in the order of their names.
    pub fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("runs")) else {
            return Vec::new();
        };
        let mut runs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        runs.sort();
        runs
    }

    /// The folder of the only run.
    pub fn only_run(&self) -> PathBuf {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs[0].clone()
    }

    /// `run.json` of the only run.
    pub fn document(&self) -> Value {
        document(&self.only_run())
    }
}

/// `run.json` of a run's folder.
pub fn document(run: &Path) -> Value {
    let path = run.join("run.json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Lines of JSON.
pub fn json_lines(path: &Path) -> Vec<Value> {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect()
}

/// A count in a document, by its JSON pointer.
pub fn count(document: &Value, pointer: &str) -> u64 {
    figure(document, pointer).as_u64().unwrap_or_else(|| panic!("{pointer} is no count"))
}

/// A figure in a document, by its JSON pointer.
pub fn figure<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer} in {document:#}"))
}

/// The entry of a step.
pub fn step<'a>(document: &'a Value, name: &str) -> &'a Value {
    let steps = document["steps"].as_array().expect("steps");
    steps
        .iter()
        .find(|step| step["name"] == name)
        .unwrap_or_else(|| panic!("there is no step {name}"))
}

// === impl Underway ===

impl Underway {
    /// Sends it a signal, by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Ended {
        let (done, overdue) = mpsc::channel::<()>();
        let id = self.child.id().to_string();
        // Reaped only after the watch is over, so that the number can't be another process's by then.
        let watch = thread::spawn(move || {
            if overdue.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
        });
        let (stdout, stderr) = (self.stdout.join().unwrap(), self.stderr.join().unwrap());
        drop(done);
        watch.join().unwrap();
        let status = self.child.wait().unwrap();
        Ended { code: status.code(), stdout, stderr }
    }
}

fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    let mut pipe = pipe.expect("it is piped");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

// === impl Ended ===

impl Ended {
    /// Fails unless it ended with one of these exit codes.
    #[track_caller]
    pub fn with(self, codes: &[i32]) -> Ended {
        assert!(
            self.code.is_some_and(|code| codes.contains(&code)),
            "exit {:?}\n{}\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails unless this is in what it said on standard error.
    #[track_caller]
    pub fn complains(self, text: &str) -> Ended {
        assert!(self.stderr.contains(text), "'{text}' is not in:\n{}", self.stderr);
        self
    }
}

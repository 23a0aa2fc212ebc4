//! The command line. Every option can be set by an environment variable too; an option that is typed wins over the
//! environment, and both win over the scenario.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueHint};
use url::Url;

use super::comparison_args::{CompareArgs, ComparisonArgs};
use super::import_args::ImportArgs;
use super::init_args::InitArgs;
use super::join_args::JoinArgs;
use super::kubernetes::KubernetesArgs;
use super::metrics_args::MetricsArgs;
use super::record_args::RecordArgs;
use super::report_files::ReportFileArgs;
use super::scenario_args::{ScenarioArgs, ShopAccessArgs};
use super::value_parsers::{key_value, quantity};
use super::watch_args::WatchArgs;
use crate::base::Micros;
use crate::engine::StopRules;
use crate::join::SliceChoice;

const AFTER_HELP: &str = "\
Exit codes:
    0  all objectives are met, or there are none
    1  unexpected error
    2  wrong usage
   99  an objective is violated
  100  inconclusive: too few shoppers to tell
  102  invalid: the load generator was the bottleneck
  103  orders do not reconcile with the shop's records
  104  the scenario has errors
  105  interrupted
  106  regression
  107  target refused or not reachable
  108  no load was sent: with --join, slices were missing, or this one was late

Start with `tillrush demo`.";

const PROXY_HELP: &str = "\
Shoppers connect to the shop directly. The variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY have no effect.";

/// Replays peak-season shopping against a checkout. Reports where shoppers meet repeated failures, and what that costs.
#[derive(Debug, Parser)]
#[command(name = "tillrush", version, after_help = AFTER_HELP, max_term_width = 110)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,

    /// Output options.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Options of all commands.
#[derive(Clone, Debug, Args)]
pub struct OutputArgs {
    /// Print neither progress nor report. Files are written as usual
    #[arg(short, long, global = true, env = "TILLRUSH_QUIET", value_parser = FalseyValueParser::new())]
    pub quiet: bool,

    /// Print more details
    #[arg(short, long, global = true, env = "TILLRUSH_VERBOSE", value_parser = FalseyValueParser::new(), conflicts_with = "quiet")]
    pub verbose: bool,

    /// Print without colours. `NO_COLOR` does the same
    #[arg(long, global = true, env = "TILLRUSH_NO_COLOR", value_parser = FalseyValueParser::new())]
    pub no_color: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See a whole run without any set-up: a practice shop with known faults, a Black Friday peak, a report
    Demo(DemoArgs),
    /// Run a scenario against a shop, and report
    #[command(after_help = PROXY_HELP)]
    Run(Box<RunArgs>),
    /// Check a scenario and forecast its run, without sending a request
    Check(CheckArgs),
    /// Send one shopper through a scenario, and show every request, response, capture and check
    #[command(after_help = PROXY_HELP)]
    Walk(Box<WalkArgs>),
    /// Report on a stored run again, or on one that was killed
    Report(ReportArgs),
    /// Compare a stored run with the shop's own records
    Reconcile(ReconcileArgs),
    /// Print the purchase log of a stored run: JSON, a line for each attempt and each outcome
    Purchases(PurchasesArgs),
    /// Cancel the orders that a run made, and prove that none is left
    Cleanup(CleanupArgs),
    /// Compare two runs, and report what got worse
    Compare(CompareArgs),
    /// List stored runs
    Runs(RunsArgs),
    /// Merge the slices of one run
    Merge(MergeArgs),
    /// Watch a run over all its slices while it goes on
    Watch(WatchArgs),
    /// Print a Kubernetes manifest that runs a scenario in slices
    Kubernetes(Box<KubernetesArgs>),
    /// Write a first scenario: asks for the shop, its address, the payment and the load
    Init(InitArgs),
    /// Make a scenario from access logs: last year's curve, journeys, think times and patience
    Import(Box<ImportArgs>),
    /// Buy something in a browser, and have it made into a scenario
    Record(RecordArgs),
    /// Serve the practice shop
    Shop(ShopArgs),
    /// Print the JSON Schema of the scenario language, for editors
    Schema(SchemaArgs),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Options of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// The scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,

    /// How to reach the shop.
    #[command(flatten)]
    pub access: ShopAccessArgs,

    /// Limits that end the run early.
    #[command(flatten)]
    pub stop_rules: StopRules,

    /// Which reports to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// File that says where the shop's own records are. It wins over `records:` in the scenario
    #[arg(long, env = "TILLRUSH_RECORDS", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub records: Option<PathBuf>,

    /// Stored run to compare with: its folder, its `tally` file, or `latest`
    #[arg(long, env = "TILLRUSH_BASELINE", value_name = "RUN", value_hint = ValueHint::AnyPath)]
    pub baseline: Option<PathBuf>,

    /// Paired run: send the same shoppers to this second shop at the same time, and compare the target with it
    #[arg(long, visible_alias = "duet", env = "TILLRUSH_PAIRED", value_name = "URL", value_hint = ValueHint::Url, conflicts_with = "baseline")]
    pub paired: Option<Url>,

    /// How runs are compared.
    #[command(flatten)]
    pub comparison: ComparisonArgs,

    /// Random seed: the same seed gives the same shoppers at the same times. Default: a new one
    #[arg(long, env = "TILLRUSH_SEED")]
    pub seed: Option<u64>,

    /// Serve the live report on this address. Without a value: a free port on loopback
    #[arg(long, env = "TILLRUSH_WEB", value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    pub web: Option<SocketAddr>,

    /// Label of the run. Repeat for more
    #[arg(long, env = "TILLRUSH_TAG", value_delimiter = ',', value_name = "KEY=VALUE", value_parser = key_value)]
    pub tag: Vec<(String, String)>,

    /// Folder in which the run's folder is made
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,

    /// Number of CPU cores to use. Default: all
    #[arg(long, env = "TILLRUSH_CORES", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub cores: Option<u32>,

    /// Run one slice of the load: INDEX/COUNT, or `auto` for what the engine's variables name. `merge` puts the slices together
    #[arg(long, env = "TILLRUSH_SLICE", default_value = "0/1")]
    pub slice: SliceChoice,

    /// How the slices meet.
    #[command(flatten)]
    pub join: JoinArgs,

    /// Where metrics go.
    #[command(flatten)]
    pub metrics: MetricsArgs,

    /// Start time, such as 2026-11-27T09:00:00Z, for slices on several machines
    #[arg(long, env = "TILLRUSH_START_AT", value_name = "TIME")]
    pub start_at: Option<jiff::Timestamp>,

    /// How long shoppers may finish after the last arrival
    #[arg(long, env = "TILLRUSH_DRAIN", default_value = "60s", value_name = "DURATION", value_parser = quantity::<Micros>)]
    pub drain: Micros,
}

/// Options of `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Serve the live report on this address. Without a value: a free port on loopback
    #[arg(long, env = "TILLRUSH_WEB", value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    pub web: Option<SocketAddr>,

    /// Random seed
    #[arg(long, env = "TILLRUSH_SEED", default_value_t = 2024)]
    pub seed: u64,

    /// Folder in which the run's folder is made
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Options of `check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// The scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,

    /// Random seed
    #[arg(long, env = "TILLRUSH_SEED", default_value_t = 1)]
    pub seed: u64,
}

/// Options of `walk`.
#[derive(Clone, Debug, Args)]
pub struct WalkArgs {
    /// The scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,

    /// How to reach the shop.
    #[command(flatten)]
    pub access: ShopAccessArgs,

    /// File that says where the shop's own records are: the walk's order is looked for in them
    #[arg(long, env = "TILLRUSH_RECORDS", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub records: Option<PathBuf>,

    /// Journey to walk. Default: the first
    #[arg(long)]
    pub journey: Option<String>,

    /// Walk as a shopper with this attribute value, such as `stock='sold out'`. Repeatable
    #[arg(long, value_name = "ATTRIBUTE=VALUE")]
    pub with: Vec<String>,

    /// Walk as the shopper with this place in the schedule, from 0
    #[arg(long = "as", value_name = "ORDINAL", conflicts_with_all = ["journey", "with"])]
    pub ordinal: Option<u64>,

    /// Random seed
    #[arg(long, env = "TILLRUSH_SEED", default_value_t = 1)]
    pub seed: u64,

    /// Take think times and retry delays in full
    #[arg(long, visible_alias = "unhurried")]
    pub real_time: bool,
}

/// Options of `report`.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// The run's folder, or `latest`
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,

    /// Which reports to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// Folder that `latest` is looked up in
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// How the shop's records of a stored run are read.
#[derive(Clone, Debug, Args)]
pub struct StoredRecordsArgs {
    /// File that says where the shop's own records are. Default: as in the run
    #[arg(long, env = "TILLRUSH_RECORDS", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub records: Option<PathBuf>,

    /// Base address of the shop. Default: as in the run
    #[arg(long, env = "TILLRUSH_TARGET", value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Option<String>,

    /// Value of `{{ env.NAME }}` in the records; NAME alone takes it from the environment. Repeat for more
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,

    /// Accept any TLS certificate
    #[arg(short = 'k', long, env = "TILLRUSH_INSECURE", value_parser = FalseyValueParser::new())]
    pub insecure: bool,

    /// File or folder elsewhere that the run's own description of records may read. Repeat for more
    #[arg(long, env = "TILLRUSH_ALLOW_FILE", value_delimiter = ',', value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub allow_file: Vec<PathBuf>,

    /// Program that the run's own description of records may run. Repeat for more
    #[arg(long, env = "TILLRUSH_ALLOW_COMMAND", value_delimiter = ',', value_name = "PROGRAM")]
    pub allow_command: Vec<String>,
}

/// Options of `reconcile`.
#[derive(Clone, Debug, Args)]
pub struct ReconcileArgs {
    /// The run's folder, or `latest`
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,

    /// How records are read.
    #[command(flatten)]
    pub records: StoredRecordsArgs,

    /// Which reports to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// Folder that `latest` is looked up in
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Options of `runs`.
#[derive(Clone, Debug, Args)]
pub struct RunsArgs {
    /// Folder of runs
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,

    /// How many of the newest runs to list; 0 for all
    #[arg(short = 'n', long, env = "TILLRUSH_LAST", value_name = "N", default_value_t = 20)]
    pub last: usize,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `purchases`.
#[derive(Clone, Debug, Args)]
pub struct PurchasesArgs {
    /// The run's folder, or `latest`
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,

    /// Folder that `latest` is looked up in
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Options of `cleanup`.
#[derive(Clone, Debug, Args)]
pub struct CleanupArgs {
    /// The run's folder, or `latest`
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,

    /// How records are read.
    #[command(flatten)]
    pub records: StoredRecordsArgs,

    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,

    /// Most orders that may be cancelled; with more, none is
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    pub max: usize,

    /// How long the shop may take until its records show it
    #[arg(long, default_value = "60s", value_name = "DURATION", value_parser = quantity::<Micros>)]
    pub wait: Micros,

    /// Folder that `latest` is looked up in
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Options of `merge`.
#[derive(Clone, Debug, Args)]
pub struct MergeArgs {
    /// The folders of the slices, or the URL that the slices were given with --join
    #[arg(required = true, num_args = 1.., value_hint = ValueHint::DirPath)]
    pub runs: Vec<PathBuf>,

    /// With a URL: how long to wait for slices to deliver, such as 20m. Default: not at all
    #[arg(long, env = "TILLRUSH_WAIT", value_name = "DURATION", value_parser = quantity::<Micros>)]
    pub wait: Option<Micros>,

    /// How records are read.
    #[command(flatten)]
    pub records: StoredRecordsArgs,

    /// Which reports to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// Folder in which the merged run's folder is made
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Options of `shop`.
#[derive(Clone, Debug, Args)]
pub struct ShopArgs {
    /// Address to listen on
    #[arg(long, env = "TILLRUSH_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Fault file. Without one, the shop has no faults
    #[arg(long, env = "TILLRUSH_FAULTS", value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "demo_faults")]
    pub faults: Option<PathBuf>,

    /// Serve a payment provider too, on this address: hosted payment page, 3-D Secure, webhooks, charges. Without a value: a free port on loopback
    #[arg(long, env = "TILLRUSH_PAYMENTS", value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    pub payments: Option<SocketAddr>,

    /// Send receipts by SMTP to this address
    #[arg(long, env = "TILLRUSH_MAIL", value_name = "ADDR")]
    pub mail: Option<SocketAddr>,

    /// Use the faults of the demo
    #[arg(long)]
    pub demo_faults: bool,

    /// Log requests as a server would: nginx, apache, alb, cloudfront, cloudflare or haproxy, and the file to write
    #[arg(long, num_args = 2, value_names = ["FORMAT", "FILE"])]
    pub access_log: Vec<String>,
}

/// Options of `schema`.
#[derive(Clone, Debug, Args)]
pub struct SchemaArgs {
    /// Print the schema of `run.json` instead
    #[arg(long)]
    pub run: bool,

    /// Print the schema of a comparison instead
    #[arg(long, conflicts_with = "run")]
    pub comparison: bool,
}

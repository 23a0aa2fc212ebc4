//! What may be typed. Every option can be set by an environment variable too: flag over environment over file over
//! default.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::output::ReportFileArgs;
use crate::base::Slice;

const AFTER_HELP: &str = "\
Exit codes: 0 all objectives hold (or there are none), 1 unexpected, 2 usage, 99 an objective is broken, 100 inconclusive,
102 the generator was the bottleneck, 104 bad scenario, 105 interrupted, 106 regression, 107 target refused or not reachable.

Start with `tillrush demo`.";

/// Rehearses a rush at the till: replays peak-season shopping against a checkout, and reports where shoppers would meet
/// repeated failures, and what that costs.
#[derive(Debug, Parser)]
#[command(name = "tillrush", version, after_help = AFTER_HELP, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How to print.
#[derive(Clone, Debug, Args)]
pub struct OutputArgs {
    /// Print no progress and no report; files and the exit code say it all.
    #[arg(short, long, global = true, env = "TILLRUSH_QUIET", value_parser = FalseyValueParser::new())]
    pub quiet: bool,

    /// Say more: every stage of the run, every file that is written.
    #[arg(short, long, global = true, env = "TILLRUSH_VERBOSE", value_parser = FalseyValueParser::new(), conflicts_with = "quiet")]
    pub verbose: bool,

    /// Use no colour. `NO_COLOR` does the same.
    #[arg(long, global = true, env = "TILLRUSH_NO_COLOR", value_parser = FalseyValueParser::new())]
    pub no_color: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything with nothing to set up: a practice shop with planted faults, a Black Friday peak, the report that finds them.
    Demo(DemoArgs),
    /// Replay a scenario against a shop, and report.
    Run(Box<RunArgs>),
    /// Validate a scenario, and print what it would do, before a single request.
    Check(CheckArgs),
    /// Send one shopper through a scenario, and show every request, answer, capture and check.
    Walk(WalkArgs),
    /// Render a stored run again, also one that was killed.
    Report(ReportArgs),
    /// Put two runs side by side, and say what got worse.
    Compare(CompareArgs),
    /// List the stored runs.
    Runs(RunsArgs),
    /// Join the shards of one run.
    Merge(MergeArgs),
    /// Serve the practice shop.
    Shop(ShopArgs),
    /// Print the JSON Schema of the scenario language, for editors.
    Schema(SchemaArgs),
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// A scenario, and what of it the command line overrides.
#[derive(Clone, Debug, Args)]
pub struct ScenarioArgs {
    /// The scenario file.
    #[arg(value_hint = ValueHint::FilePath)]
    pub scenario: PathBuf,

    /// What the command line overrides.
    #[command(flatten)]
    pub load: LoadArgs,
}

/// What of a scenario the command line overrides.
#[derive(Clone, Debug, Default, Args)]
pub struct LoadArgs {
    /// The shop's base address.
    #[arg(long, env = "TILLRUSH_TARGET", value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Option<String>,

    /// Shoppers starting per second, held: 50/s, 120/min. With --duration.
    #[arg(long, env = "TILLRUSH_RATE", conflicts_with_all = ["stage", "users"])]
    pub rate: Option<String>,

    /// How long shoppers start: 30s, 5m. Alone, it compresses or stretches the scenario's stages to this length.
    #[arg(short, long, env = "TILLRUSH_DURATION", conflicts_with = "stage")]
    pub duration: Option<String>,

    /// A ramp to a rate, DURATION:RATE, such as 2m:50/s; repeat for more stages.
    #[arg(long, env = "TILLRUSH_STAGE", value_delimiter = ',', value_name = "STAGE")]
    pub stage: Vec<String>,

    /// Closed load instead: this many shoppers in a loop. For saturation; no loss is derived from it.
    #[arg(short, long, env = "TILLRUSH_USERS", conflicts_with = "stage", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: Option<u32>,

    /// A value for `{{ env.KEY }}`; repeat for more.
    #[arg(short = 'e', long = "env", value_name = "KEY=VALUE")]
    pub variables: Vec<String>,
}

/// How to reach the shop.
#[derive(Clone, Debug, Default, Args)]
pub struct ShopAccessArgs {
    /// A host beyond loopback and private addresses that may be loaded, because you may; repeat for more.
    #[arg(long, env = "TILLRUSH_ALLOW_HOST", value_delimiter = ',', value_name = "HOST")]
    pub allow_host: Vec<String>,

    /// Accept any TLS certificate.
    #[arg(short = 'k', long, env = "TILLRUSH_INSECURE", value_parser = FalseyValueParser::new())]
    pub insecure: bool,

    /// A PEM file with root certificates to trust beside the system's.
    #[arg(long, env = "TILLRUSH_CA_FILE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,

    /// A PEM file with the certificate that shoppers show to a shop that asks for one, and its chain.
    #[arg(long, env = "TILLRUSH_CERT", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cert: Option<PathBuf>,

    /// A PEM file with the private key to --cert, without a password; else it is in the same file.
    #[arg(long, env = "TILLRUSH_KEY", value_name = "FILE", value_hint = ValueHint::FilePath, requires = "cert")]
    pub key: Option<PathBuf>,

    /// Do not offer HTTP/2.
    #[arg(long, env = "TILLRUSH_HTTP1", value_parser = FalseyValueParser::new())]
    pub http1: bool,

    /// Local addresses to connect from, in turn; repeat for more.
    #[arg(long, env = "TILLRUSH_SOURCE", value_delimiter = ',', value_name = "IP")]
    pub source: Vec<IpAddr>,
}

/// Options of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// What is run.
    #[command(flatten)]
    pub scenario: ScenarioArgs,

    /// How to reach the shop.
    #[command(flatten)]
    pub access: ShopAccessArgs,

    /// Which files to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// A stored run to compare this one with: its folder, its `tally` file, or `latest`.
    #[arg(long, env = "TILLRUSH_BASELINE", value_name = "RUN", value_hint = ValueHint::AnyPath)]
    pub baseline: Option<PathBuf>,

    /// Another shop, such as the release before: the same shoppers go to it at the same time, and the target is compared with it.
    #[arg(long, env = "TILLRUSH_DUET", value_name = "URL", value_hint = ValueHint::Url, conflicts_with = "baseline")]
    pub duet: Option<String>,

    /// By what terms.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// Draws everything: the same seed gives the same shoppers at the same moments.
    #[arg(long, env = "TILLRUSH_SEED")]
    pub seed: Option<u64>,

    /// Serve the report as a page that follows the run, at this address; a free port of loopback if none is given.
    #[arg(long, env = "TILLRUSH_WEB", value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    pub web: Option<SocketAddr>,

    /// A label for the run; repeat for more.
    #[arg(long, env = "TILLRUSH_TAG", value_delimiter = ',', value_name = "KEY=VALUE")]
    pub tag: Vec<String>,

    /// The folder that gets the run's folder.
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,

    /// How many cores to use; all of them if not given.
    #[arg(long, env = "TILLRUSH_CORES", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub cores: Option<u32>,

    /// Take this share of the schedule only: INDEX/COUNT. Merge the shards afterwards.
    #[arg(long, env = "TILLRUSH_SLICE", default_value = "0/1")]
    pub slice: Slice,

    /// When to start, such as 2026-11-27T09:00:00Z, for shards on several machines.
    #[arg(long, env = "TILLRUSH_START_AT", value_name = "TIME")]
    pub start_at: Option<jiff::Timestamp>,

    /// How long shoppers may finish after the last arrival.
    #[arg(long, env = "TILLRUSH_DRAIN", default_value = "60s")]
    pub drain: String,

    /// Stop after this many requests.
    #[arg(long, env = "TILLRUSH_MAX_REQUESTS")]
    pub max_requests: Option<u64>,

    /// Stop after this many purchase attempts.
    #[arg(long, env = "TILLRUSH_MAX_ORDERS")]
    pub max_orders: Option<u64>,
}

/// Options of `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Serve the report as a page that follows the run, at this address; a free port of loopback if none is given.
    #[arg(long, env = "TILLRUSH_WEB", value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    pub web: Option<SocketAddr>,

    /// Draws everything.
    #[arg(long, env = "TILLRUSH_SEED", default_value_t = 2024)]
    pub seed: u64,

    /// The folder that gets the run's folder.
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Options of `check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// What is checked.
    #[command(flatten)]
    pub scenario: ScenarioArgs,

    /// Draws everything.
    #[arg(long, env = "TILLRUSH_SEED", default_value_t = 1)]
    pub seed: u64,
}

/// Options of `walk`.
#[derive(Clone, Debug, Args)]
pub struct WalkArgs {
    /// What is walked.
    #[command(flatten)]
    pub scenario: ScenarioArgs,

    /// How to reach the shop.
    #[command(flatten)]
    pub access: ShopAccessArgs,

    /// The journey to walk; the first if not given.
    #[arg(long)]
    pub journey: Option<String>,

    /// Draws everything.
    #[arg(long, env = "TILLRUSH_SEED", default_value_t = 1)]
    pub seed: u64,

    /// Think and pause as long as a shopper would.
    #[arg(long)]
    pub unhurried: bool,
}

/// Options of `report`.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// The run's folder, or `latest`.
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,

    /// Which files to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// Where runs are, for `latest`.
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// By what terms runs are compared.
#[derive(Clone, Debug, Args)]
pub struct JudgeArgs {
    /// The figure that decides; the others are corrected for their number.
    #[arg(long, env = "TILLRUSH_PRIMARY", value_enum, default_value_t = PrimaryFigure::RepeatedFailures)]
    pub primary: PrimaryFigure,

    /// The relative change that matters: no regression is surely less. For rates at least 0.1 points, for times at least 5 ms.
    #[arg(long, env = "TILLRUSH_MARGIN", default_value = "10%")]
    pub margin: String,

    /// The noise floor, as --calibrate stores it; taken from the folder of the runs if not given.
    #[arg(long, env = "TILLRUSH_NOISE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub noise: Option<PathBuf>,

    /// Compare runs that are not alike, all the same.
    #[arg(long, env = "TILLRUSH_FORCE", value_parser = FalseyValueParser::new())]
    pub force: bool,
}

/// The figure that decides a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrimaryFigure {
    /// Shoppers with two or more failed attempts.
    RepeatedFailures,
    /// Shoppers whose first attempt to buy failed, of those who tried to buy.
    FailedPurchases,
}

/// Options of `compare`.
#[derive(Clone, Debug, Args)]
pub struct CompareArgs {
    /// BASE and CANDIDATE: folders, `tally` files, `latest`, `latest~1`; or one duet. With --calibrate: two or more like runs.
    #[arg(required = true, num_args = 1.., value_name = "RUN", value_hint = ValueHint::AnyPath)]
    pub runs: Vec<PathBuf>,

    /// Store by how much these like runs differ, for later comparisons.
    #[arg(long)]
    pub calibrate: bool,

    /// By what terms.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// Which files to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// Where runs are, for `latest`, and noise floors.
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Options of `runs`.
#[derive(Clone, Debug, Args)]
pub struct RunsArgs {
    /// Where runs are.
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,

    /// List so many of the newest; 0 for all.
    #[arg(short = 'n', long, env = "TILLRUSH_LAST", default_value_t = 20)]
    pub last: usize,

    /// List them as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `merge`.
#[derive(Clone, Debug, Args)]
pub struct MergeArgs {
    /// The folders of the shards.
    #[arg(required = true, num_args = 1.., value_hint = ValueHint::DirPath)]
    pub runs: Vec<PathBuf>,

    /// Which files to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// The folder that gets the merged run's folder.
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

/// Options of `shop`.
#[derive(Clone, Debug, Args)]
pub struct ShopArgs {
    /// Where to listen.
    #[arg(long, env = "TILLRUSH_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// A fault file; without it the shop works.
    #[arg(long, env = "TILLRUSH_FAULTS", value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "demo_faults")]
    pub faults: Option<PathBuf>,

    /// The faults of the demo.
    #[arg(long)]
    pub demo_faults: bool,
}

/// Options of `schema`.
#[derive(Clone, Debug, Args)]
pub struct SchemaArgs {
    /// The schema of `run.json` instead.
    #[arg(long)]
    pub run: bool,

    /// The schema of a comparison instead.
    #[arg(long, conflicts_with = "run")]
    pub comparison: bool,
}

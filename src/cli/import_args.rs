//! Options of `import`.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueHint};

use super::value_parsers::{key_value, quantity};
use crate::base::Micros;
use crate::import::{FormatChoice, GivenTemplates, ImportOptions, Scale, Through, TimeWindow};
use crate::scenario::EventRate;

/// Options of `import`.
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// Access logs, plain, gzip or zstd; `-` is standard input
    #[arg(required_unless_present = "har", value_name = "LOG", value_hint = ValueHint::FilePath)]
    pub logs: Vec<PathBuf>,

    /// Recording of a browser (HAR) that buys: with logs it fills in forms, bodies and tokens, alone it becomes a scenario. Repeat for more recordings of the same flow, which show what varies
    #[arg(long, env = "TILLRUSH_HAR", value_name = "FILE", value_hint = ValueHint::FilePath, value_delimiter = ',')]
    pub har: Vec<PathBuf>,

    /// Scenario to write. Default: standard output
    #[arg(short, long, env = "TILLRUSH_OUTPUT", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Report to write as a page (HTML), with the fitted curve over the logged points. Default: next to the scenario
    #[arg(long, env = "TILLRUSH_PAGE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub page: Option<PathBuf>,

    /// Overwrite the scenario and the page
    #[arg(long, env = "TILLRUSH_FORCE", value_parser = FalseyValueParser::new())]
    pub force: bool,

    /// Print the report and write no scenario
    #[arg(long, env = "TILLRUSH_REPORT_ONLY", value_parser = FalseyValueParser::new(), conflicts_with = "output")]
    pub report_only: bool,

    /// How to read the logs.
    #[command(flatten)]
    pub format: FormatArgs,

    /// What to keep of them.
    #[command(flatten)]
    pub keep: KeepArgs,

    /// What to replay.
    #[command(flatten)]
    pub replay: ReplayArgs,
}

/// How to read the logs.
#[derive(Clone, Debug, Args)]
pub struct FormatArgs {
    /// Format of the logs: nginx, nginx-common, apache, apache-common, alb, cloudfront, cloudflare, haproxy, envoy, gcp, akamai, iis, w3c, json or ga4. Default: as the first lines look
    #[arg(long, env = "TILLRUSH_FORMAT", value_name = "NAME", conflicts_with_all = ["log_format", "pattern", "json"])]
    pub format: Option<String>,

    /// The server's own format: the text of nginx's log_format, Apache's LogFormat or Envoy's text_format
    #[arg(long, env = "TILLRUSH_LOG_FORMAT", value_name = "TEXT", conflicts_with_all = ["pattern", "json"])]
    pub log_format: Option<String>,

    /// Regular expression with named groups: start or end, client, method, path (or request), status, duration_ms, user_agent, session, ...
    #[arg(long, env = "TILLRUSH_PATTERN", value_name = "REGEX", conflicts_with = "json")]
    pub pattern: Option<String>,

    /// Key of a field in JSON lines, such as start=ts or path=req.url. Repeat for more
    #[arg(long, env = "TILLRUSH_JSON", value_name = "FIELD=KEY", value_delimiter = ',', value_parser = key_value)]
    pub json: Vec<(String, String)>,

    /// Name of the cookie that identifies a session
    #[arg(long, env = "TILLRUSH_SESSION_COOKIE", value_name = "COOKIE")]
    pub session: Option<String>,
}

/// What to keep of the logs.
#[derive(Clone, Debug, Args)]
pub struct KeepArgs {
    /// Leave out paths that begin so. Repeat for more
    #[arg(long, env = "TILLRUSH_IGNORE", value_name = "PREFIX", value_delimiter = ',')]
    pub ignore: Vec<String>,

    /// Keep programs, as a journey of their own
    #[arg(long, env = "TILLRUSH_KEEP_BOTS", value_parser = FalseyValueParser::new())]
    pub keep_bots: bool,

    /// Keep requests of load tests
    #[arg(long, env = "TILLRUSH_KEEP_LOAD_TESTS", value_parser = FalseyValueParser::new())]
    pub keep_load_tests: bool,

    /// Query key whose values are kept. Repeat for more. Values that fewer than five visitors had are never kept
    #[arg(long, env = "TILLRUSH_KEEP_QUERY", value_name = "KEY", value_delimiter = ',')]
    pub keep_query: Vec<String>,

    /// Write values in paths as hashes
    #[arg(long, env = "TILLRUSH_HASH_PRODUCTS", value_parser = FalseyValueParser::new())]
    pub hash_products: bool,

    /// Idle time after which a visitor's session ends
    #[arg(long, env = "TILLRUSH_GAP", value_name = "DURATION", default_value = "30m", value_parser = quantity::<Micros>)]
    pub gap: Micros,

    /// A slower answer is a failure to the shopper
    #[arg(long, env = "TILLRUSH_GIVES_UP_AFTER", value_name = "DURATION", default_value = "10s", value_parser = quantity::<Micros>)]
    pub gives_up_after: Micros,

    /// The request that pays, such as 'POST /checkout/pay'. Default: found by its words
    #[arg(long, env = "TILLRUSH_PURCHASE", value_name = "REQUEST")]
    pub purchase: Option<String>,

    /// What the target is, of a shop behind a cache: edge (the cache), or origin, for which what the cache answered is left out
    #[arg(long, env = "TILLRUSH_THROUGH", value_name = "WHAT", default_value = "edge", value_parser = through)]
    pub through: Through,

    /// File of path templates with the names of their steps: read if it is there, else written, to be edited
    #[arg(long, env = "TILLRUSH_TEMPLATES", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub templates: Option<PathBuf>,

    /// Path of answers that look well and are failures: /error, or 200:/error with a status. Repeat for more
    #[arg(long, env = "TILLRUSH_FAIL_WHEN", value_name = "PATH", value_delimiter = ',', value_parser = fail_when)]
    pub fail_when: Vec<(Option<u16>, String)>,
}

/// What to replay, and how much of it.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// Replay the busiest time of this length
    #[arg(long, env = "TILLRUSH_WINDOW", value_name = "DURATION", default_value = "1h", value_parser = quantity::<Micros>, conflicts_with_all = ["whole", "from"])]
    pub window: Micros,

    /// Replay the whole log
    #[arg(long, env = "TILLRUSH_WHOLE", value_parser = FalseyValueParser::new(), conflicts_with = "from")]
    pub whole: bool,

    /// Replay from this moment, such as 2025-11-28T11:40:00Z
    #[arg(long, env = "TILLRUSH_FROM", value_name = "TIME", requires = "to")]
    pub from: Option<jiff::Timestamp>,

    /// Replay to this moment
    #[arg(long, env = "TILLRUSH_TO", value_name = "TIME", requires = "from")]
    pub to: Option<jiff::Timestamp>,

    /// Multiply all arrival rates by this
    #[arg(long, env = "TILLRUSH_SCALE", value_name = "FACTOR", default_value_t = 1.0, value_parser = factor, conflicts_with = "peak")]
    pub scale: f64,

    /// Scale so that the highest arrival rate is this, such as 80/s
    #[arg(long, env = "TILLRUSH_PEAK", value_name = "RATE", value_parser = quantity::<EventRate>)]
    pub peak: Option<EventRate>,

    /// Compress the clock to this length. Rates and think times stay
    #[arg(long = "for", env = "TILLRUSH_FOR", value_name = "DURATION", value_parser = quantity::<Micros>)]
    pub length: Option<Micros>,

    /// Growth since then: sessions=1.3,conversion=1.2
    #[arg(long, env = "TILLRUSH_GROWTH", value_name = "WHAT=FACTOR", value_delimiter = ',', value_parser = growth)]
    pub growth: Vec<(Growth, f64)>,

    /// Base address of the shop. Default: the host that the log names
    #[arg(long, env = "TILLRUSH_TARGET", value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Option<String>,

    /// Name of the scenario
    #[arg(long, env = "TILLRUSH_NAME", value_name = "NAME", default_value = "Imported peak")]
    pub name: String,
}

/// What has grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// How many come.
    Sessions,
    /// How many of them buy.
    Conversion,
}

// === impl ImportArgs ===

impl ImportArgs {
    /// What the room needs to know.
    pub fn options(&self, templates: GivenTemplates) -> ImportOptions {
        let (keep, replay) = (&self.keep, &self.replay);
        let grown = |what: Growth| {
            replay
                .growth
                .iter()
                .filter(|(known, _)| *known == what)
                .map(|(_, by)| by)
                .product::<f64>()
        };
        ImportOptions {
            gap: keep.gap,
            gives_up_after: keep.gives_up_after,
            keep_bots: keep.keep_bots,
            keep_load_tests: keep.keep_load_tests,
            ignore: keep.ignore.clone(),
            keep_query: keep.keep_query.clone(),
            purchase: keep.purchase.clone(),
            through: keep.through,
            templates,
            fail_when: keep.fail_when.clone(),
            window: self.window(),
            scale: Scale {
                factor: replay.scale * grown(Growth::Sessions),
                peak: replay.peak.map(|peak| peak.0),
                length: replay.length.filter(|length| *length > Micros::ZERO),
                conversion: grown(Growth::Conversion),
            },
            hash_values: keep.hash_products,
            target: replay.target.clone(),
            name: replay.name.clone(),
        }
    }

    /// How the logs are to be read.
    pub fn choice(&self) -> FormatChoice {
        FormatChoice {
            name: self.format.format.clone(),
            log_format: self.format.log_format.clone(),
            pattern: self.format.pattern.clone(),
            json: self.format.json.clone(),
            session: self.format.session.clone(),
        }
    }

    fn window(&self) -> TimeWindow {
        match (self.replay.from, self.replay.to) {
            (Some(from), Some(to)) => {
                TimeWindow::Between(from.as_microsecond(), to.as_microsecond())
            }
            (Some(_) | None, _) if self.replay.whole => TimeWindow::Whole,
            (Some(_) | None, _) => TimeWindow::Busiest(self.replay.window),
        }
    }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('x').parse::<f64>() {
        Ok(factor) if factor > 0.0 && factor <= 1_000.0 => Ok(factor),
        Ok(_) | Err(_) => Err("write a number above 0, such as 1.6".to_owned()),
    }
}

fn through(text: &str) -> Result<Through, String> {
    match text {
        "edge" => Ok(Through::Edge),
        "origin" => Ok(Through::Origin),
        _ => Err("write edge or origin".to_owned()),
    }
}

fn growth(text: &str) -> Result<(Growth, f64), String> {
    let remedy = "write sessions=1.3 or conversion=1.2";
    let (what, by) = text.split_once('=').ok_or(remedy)?;
    let what = match what.trim() {
        "sessions" => Growth::Sessions,
        "conversion" => Growth::Conversion,
        _ => return Err(remedy.to_owned()),
    };
    Ok((what, factor(by.trim())?))
}

fn fail_when(text: &str) -> Result<(Option<u16>, String), String> {
    let (status, path) = match text.split_once(':') {
        Some((status, path)) => {
            (Some(status.parse().map_err(|_| "write a path such as /error, or 200:/error")?), path)
        }
        None => (None, text),
    };
    Ok((status, path.to_owned()))
}

//! Options of `record`.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueHint};
use url::Url;

/// Options of `record`.
#[derive(Clone, Debug, Args)]
pub struct RecordArgs {
    /// Page of the shop that is opened first
    #[arg(long, env = "TILLRUSH_TARGET", value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Url,

    /// Scenario to write
    #[arg(short, long, env = "TILLRUSH_OUTPUT", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,

    /// File to keep the recording in, as a HAR. It has what you typed: keep it to yourself
    #[arg(long, env = "TILLRUSH_KEEP_HAR", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub keep_har: Option<PathBuf>,

    /// Overwrite the scenario
    #[arg(long, env = "TILLRUSH_FORCE", value_parser = FalseyValueParser::new())]
    pub force: bool,

    /// Chromium, Chrome, Edge or Brave to open. Default: the first that is found
    #[arg(long, env = "TILLRUSH_BROWSER", value_name = "PROGRAM", value_hint = ValueHint::ExecutablePath)]
    pub browser: Option<PathBuf>,

    /// More arguments of the browser, such as --browser-arg=--no-sandbox. Repeat for more
    #[arg(
        long,
        env = "TILLRUSH_BROWSER_ARG",
        value_name = "ARGUMENT",
        value_delimiter = ' ',
        allow_hyphen_values = true
    )]
    pub browser_arg: Vec<String>,

    /// Open no window: a script does the clicking, over the DevTools address that is printed
    #[arg(long, env = "TILLRUSH_HEADLESS", value_parser = FalseyValueParser::new())]
    pub headless: bool,

    /// Name of the scenario
    #[arg(long, env = "TILLRUSH_NAME", value_name = "NAME", default_value = "Recorded purchase")]
    pub name: String,
}

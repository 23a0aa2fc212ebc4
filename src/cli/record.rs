//! `tillrush record`: a person buys in a browser, and a scenario comes of it.

use anyhow::anyhow;

use super::exit::Exit;
use super::failure::Failure;
use super::import::{keep, not_there_yet, write};
use super::record_args::RecordArgs;
use super::screen::Screen;
use super::signals::wait_for_interrupt;
use crate::browser_recording::{BrowserError, RecordOptions, record as follow};
use crate::import::{HarError, Recording, har_scenario};

const WITHOUT_BROWSER: &str = "name one with --browser, or record in any browser: open the network panel of its developer tools, and switch on \
    \"preserve log\". Buy something, and export a HAR. Then: tillrush import --har FILE -o scenario.yaml";

/// `tillrush record`.
pub fn record(args: &RecordArgs, screen: Screen) -> Result<Exit, Failure> {
    not_there_yet(&args.output, args.force)?;
    let har = record_har(args, screen)?.to_string();
    if let Some(path) = &args.keep_har {
        write(path, &har)?;
    }
    let unusable = |error: HarError| Failure::usage(anyhow!("the recording: {error}"));
    let recording = Recording::read(&har).map_err(unusable)?;
    let target = args.target.origin().ascii_serialization();
    let (scenario, report) =
        har_scenario(&[recording], &args.name, Some(&target)).map_err(unusable)?;
    keep(&args.output, screen, &scenario, &report)
}

fn record_har(args: &RecordArgs, screen: Screen) -> Result<serde_json::Value, Failure> {
    let options = RecordOptions {
        target: args.target.to_string(),
        browser: args.browser.clone(),
        headless: args.headless,
        arguments: args.browser_arg.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let opened = |devtools: &str| {
        screen.print_line(format_args!(
            "recording {}: buy something, then close the window (or press Ctrl-C here)",
            args.target
        ));
        if args.headless {
            screen.print_line(format_args!("DevTools: {devtools}"));
        }
    };
    runtime.block_on(follow(&options, wait_for_interrupt(), opened)).map_err(recording_failure)
}

fn recording_failure(error: BrowserError) -> Failure {
    let help = match &error {
        BrowserError::NotFound | BrowserError::Start { .. } => WITHOUT_BROWSER.to_owned(),
        BrowserError::NoDevtools { .. } => format!(
            "where there is no screen, record on your own machine. As root, Chromium wants --browser-arg=--no-sandbox. Otherwise {WITHOUT_BROWSER}"
        ),
        BrowserError::Nothing => "leave the window open until the order is confirmed".to_owned(),
        BrowserError::Profile(_) | BrowserError::Devtools(_) => String::new(),
    };
    let failure = Failure::usage(error);
    if help.is_empty() { failure } else { failure.help(help) }
}

//! `tillrush import`: from access logs to a scenario, with a report of what was read, left out and guessed.

use std::fs;
use std::hash::RandomState;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::Exit;
use super::failure::Failure;
use super::import_args::ImportArgs;
use super::input_files::read_recording;
use super::log_files::{LineCounts, read_all};
use super::screen::{Screen, print, print_error_line};
use crate::import::{self, Collector, GivenTemplates, Import};
use crate::plan::{Inputs, Plan};

/// `tillrush import`.
pub fn import(args: &ImportArgs, screen: Screen) -> Result<Exit, Failure> {
    let page = page_path(args);
    for output in args.output.iter().chain(&page) {
        not_there_yet(output, args.force)?;
    }
    let recordings = args.har.iter().map(|har| recording(har)).collect::<Result<Vec<_>, _>>()?;
    let told =
        |error: import::HarError| Failure::usage(anyhow!("{}: {error}", args.har[0].display()));
    if args.logs.is_empty() {
        let replay = &args.replay;
        let (scenario, report) =
            import::har_scenario(&recordings, &replay.name, replay.target.as_deref())
                .map_err(told)?;
        return deliver(args, screen, &scenario, &report);
    }
    let bar = progress(&args.logs, screen);
    let templates = given_templates(args)?;
    let mut collector = Collector::new(args.options(templates), RandomState::new());
    let (format, counts) = read_all(&args.logs, &args.choice(), &bar, &mut collector)?;
    bar.finish_and_clear();
    let found = collector.import().map_err(Failure::usage)?;
    write_templates(args, &found)?;
    if let Some(page) = &page {
        write(page, &import::page(&found, &format))?;
    }
    let report = import::report(&found, &format) + &bad_lines(&counts);
    let (scenario, report) = if recordings.is_empty() {
        (import::scenario(&found), report)
    } else {
        let (scenario, recorded) = import::har_in_log(&recordings, &found).map_err(told)?;
        (scenario, report + "\n" + &recorded)
    };
    deliver(args, screen, &scenario, &report)
}

/// Where the page goes: of logs only, as a recording has no curve.
fn page_path(args: &ImportArgs) -> Option<PathBuf> {
    let beside = || args.output.as_ref().map(|output| output.with_extension("import.html"));
    args.page.clone().or_else(beside).filter(|_| !args.logs.is_empty())
}

/// The user's templates, if their file is there.
fn given_templates(args: &ImportArgs) -> Result<GivenTemplates, Failure> {
    let Some(path) = args.keep.templates.as_ref().filter(|path| path.exists()) else {
        return Ok(GivenTemplates::default());
    };
    let text = fs::read_to_string(path)
        .with_context(|| format!("can't read the templates {}", path.display()))
        .map_err(Failure::usage)?;
    let told = |error| Failure::usage(anyhow!("{}: {error}", path.display()));
    GivenTemplates::parse(&text).map_err(told)
}

/// Writes the templates that were found, where the user has no file of them yet.
fn write_templates(args: &ImportArgs, found: &Import) -> Result<(), Failure> {
    match args.keep.templates.as_ref().filter(|path| !path.exists()) {
        Some(path) => write(path, &import::templates_text(found)),
        None => Ok(()),
    }
}

fn recording(har: &Path) -> Result<import::Recording, Failure> {
    let text = read_recording(har)
        .with_context(|| format!("can't read the recording {}", har.display()))
        .map_err(Failure::usage)?;
    let told = |error: import::HarError| Failure::usage(anyhow!("{}: {error}", har.display()));
    import::Recording::read(&text).map_err(told)
}

/// A scenario that somebody may have worked on is not overwritten by the way.
pub(super) fn not_there_yet(output: &Path, force: bool) -> Result<(), Failure> {
    if force || !output.exists() {
        return Ok(());
    }
    let message = anyhow!("{} is there already", output.display());
    Err(Failure::usage(message).help("overwrite it with --force, or name another file"))
}

/// Writes a scenario to its file, and prints the report.
pub(super) fn keep(
    path: &Path,
    screen: Screen,
    scenario: &str,
    report: &str,
) -> Result<Exit, Failure> {
    ensure_accepted(scenario, screen)?;
    write(path, scenario)?;
    screen.print_line(format_args!("{}", report.trim_end()));
    screen.print_line(format_args!("\nwritten: {}", path.display()));
    Ok(Exit::Ok)
}

/// Writes the scenario to its file or to standard output, and the report beside it.
fn deliver(
    args: &ImportArgs,
    screen: Screen,
    scenario: &str,
    report: &str,
) -> Result<Exit, Failure> {
    if let Some(path) = &args.output {
        let exit = keep(path, screen, scenario, report)?;
        if let Some(page) = page_path(args) {
            screen.print_line(format_args!("written: {}", page.display()));
        }
        return Ok(exit);
    }
    ensure_accepted(scenario, screen)?;
    if args.report_only {
        screen.print_line(format_args!("{}", report.trim_end()));
    } else {
        if !screen.quiet {
            print_error_line(report.trim_end());
        }
        print(scenario)?;
    }
    Ok(Exit::Ok)
}

fn progress(logs: &[PathBuf], screen: Screen) -> ProgressBar {
    if !screen.live {
        return ProgressBar::hidden();
    }
    let sizes = logs.iter().map(|path| fs::metadata(path).map(|data| data.len()));
    let bar = match sizes.sum::<Result<u64, _>>() {
        Ok(bytes) => ProgressBar::new(bytes),
        Err(_) => ProgressBar::no_length(),
    };
    let form = "reading {bar:30.cyan/dim} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar
}

/// An imported scenario that could not be run would be our mistake, so it is told as one.
fn ensure_accepted(scenario: &str, screen: Screen) -> Result<(), Failure> {
    match Plan::from_text("the imported scenario", scenario, &Inputs::default()) {
        Ok(_) => Ok(()),
        Err(problems) => Err(Failure::scenario(&problems, screen.colour)),
    }
}

fn bad_lines(counts: &LineCounts) -> String {
    if counts.bad == 0 {
        return String::new();
    }
    format!("\nnot read: {} lines, such as {}\n", counts.bad, counts.examples.join("; "))
}

pub(super) fn write(path: &Path, scenario: &str) -> Result<(), Failure> {
    fs::write(path, scenario)
        .with_context(|| format!("can't write {}", path.display()))
        .map_err(Failure::from)
}

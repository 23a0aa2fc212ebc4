//! The reports that a command was asked for, and where they go.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueHint, value_parser};

use super::failure::Failure;
use super::screen::{Screen, print};
use crate::report::{Addition, Format, Output, Report, Target, console};

/// Reports to write besides those in the run's folder: an option for each format.
#[derive(Clone, Debug, Default)]
pub struct ReportFileArgs {
    outputs: Vec<Output>,
}

/// Prints the terminal report unless another one goes to standard output, then writes the files.
pub fn deliver(report: &dyn Report, files: &ReportFileArgs, screen: Screen) -> Result<(), Failure> {
    show(report, files, screen)?;
    // Last, so that a file that can't be written hides nothing.
    for Output { format, target } in &files.outputs {
        write(target, &format.render(report))?;
    }
    Ok(())
}

/// Prints a comparison, and adds it to the files that have the candidate's own report.
pub fn deliver_addition(
    report: &dyn Report,
    files: &ReportFileArgs,
    screen: Screen,
) -> Result<(), Failure> {
    show(report, files, screen)?;
    for Output { format, target } in &files.outputs {
        match (format.addition(), target) {
            (Addition::None, _) => {}
            (Addition::Appended, Target::Stdout) => print(&appended(*format, report))?,
            (Addition::Appended, Target::File(path)) => append(path, &appended(*format, report))?,
            // A second document on standard output would make one that no parser reads.
            (Addition::Rewritten, Target::Stdout) => {}
            (Addition::Rewritten, Target::File(_)) => write(target, &format.render(report))?,
        }
    }
    Ok(())
}

fn show(report: &dyn Report, files: &ReportFileArgs, screen: Screen) -> Result<(), Failure> {
    if screen.quiet || files.to_stdout() {
        return Ok(());
    }
    Ok(print(&console(&report.view(), screen.width, screen.paint()))?)
}

fn appended(format: Format, report: &dyn Report) -> String {
    format!("\n{}", format.render(report))
}

fn write(target: &Target, text: &str) -> Result<(), Failure> {
    match target {
        Target::Stdout => Ok(print(text)?),
        Target::File(path) => Ok(std::fs::write(path, text)
            .with_context(|| format!("can't write {}", path.display()))?),
    }
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(path);
    opened
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}

// === impl ReportFileArgs ===

impl ReportFileArgs {
    /// Whether a report goes to standard output, which it must have for itself.
    pub fn to_stdout(&self) -> bool {
        self.outputs.iter().any(|output| output.target == Target::Stdout)
    }
}

impl Args for ReportFileArgs {
    fn augment_args(command: Command) -> Command {
        Format::ALL.into_iter().fold(command, |command, format| command.arg(option(format)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        ReportFileArgs::augment_args(command)
    }
}

impl FromArgMatches for ReportFileArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ReportFileArgs, clap::Error> {
        let output = |format: Format| {
            let path = matches.get_one::<PathBuf>(format.flag().0)?;
            Some(Output { format, target: Target::new(path.clone()) })
        };
        Ok(ReportFileArgs { outputs: Format::ALL.into_iter().filter_map(output).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = ReportFileArgs::from_arg_matches(matches)?;
        Ok(())
    }
}

fn option(format: Format) -> Arg {
    let (name, variable) = format.flag();
    let option = Arg::new(name)
        .long(name)
        .env(variable)
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .value_parser(value_parser!(PathBuf))
        .help(format.help());
    match format.default_file() {
        Some(file) => option.num_args(0..=1).default_missing_value(file),
        None => option,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Vec<Output> {
        let command = ReportFileArgs::augment_args(Command::new("report"));
        let words = std::iter::once("report").chain(words.iter().copied());
        let matches = command.try_get_matches_from(words).unwrap();
        ReportFileArgs::from_arg_matches(&matches).unwrap().outputs
    }

    #[test]
    fn each_format_has_an_option_that_names_a_file_or_standard_output() {
        let shown = read(&["--json", "-", "--html", "--junit=a.xml"]);
        let file = |name: &str| Target::File(name.into());
        assert_eq!(
            shown,
            [
                Output { format: Format::Json, target: Target::Stdout },
                Output { format: Format::Junit, target: file("a.xml") },
                Output { format: Format::Html, target: file("report.html") },
            ]
        );
        assert_eq!(read(&[]), []);
    }
}

//! The options of the reports that a command writes besides those in the run's folder.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueHint, value_parser};

use crate::report::{Format, Output, Target};

/// Reports to write besides those in the run's folder: an option for each format.
#[derive(Clone, Debug, Default)]
pub struct ReportFileArgs {
    outputs: Vec<Output>,
}

// === impl ReportFileArgs ===

impl ReportFileArgs {
    /// The reports, in the order of the formats.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

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

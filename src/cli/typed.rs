//! What was typed wins over the environment, also where the two contradict each other.
//!
//! `TILLRUSH_RATE` may be set for a whole pipeline, and one run in it be given `--users`. To clap a contradiction is one
//! wherever its sides come from; so the environment is asked only for what nothing typed speaks against.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::args::Cli;

/// An option, and those that it speaks against.
const SPEAKS_AGAINST: [(&str, &[&str]); 6] = [
    ("rate", &["stage", "users"]),
    ("stage", &["rate", "users", "duration"]),
    ("users", &["rate", "stage"]),
    ("duration", &["stage"]),
    ("quiet", &["verbose"]),
    ("verbose", &["quiet"]),
];

/// The program's own command line. Ends the program where it asks for help, or was not understood.
pub fn parse() -> Cli {
    read(std::env::args_os().collect()).unwrap_or_else(|error| error.exit())
}

fn read(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    // Whatever is wrong with it is said the second time.
    let typed = deaf(Cli::command(), &|_| true).try_get_matches_from(&words).ok();
    let typed = |option: &str| typed.as_ref().is_some_and(|matches| is_typed(matches, option));
    let silenced = |option: &str| {
        SPEAKS_AGAINST.iter().any(|(winner, losers)| losers.contains(&option) && typed(winner))
    };
    Cli::from_arg_matches(&deaf(Cli::command(), &silenced).try_get_matches_from(&words)?)
}

/// The command with options that do not listen to the environment.
fn deaf(command: Command, options: &dyn Fn(&str) -> bool) -> Command {
    let command = command.mut_args(|option| {
        if options(option.get_id().as_str()) { option.env(None::<&str>) } else { option }
    });
    command.mut_subcommands(|command| deaf(command, options))
}

fn is_typed(matches: &ArgMatches, option: &str) -> bool {
    let here = matches.try_contains_id(option).is_ok()
        && matches.value_source(option) == Some(ValueSource::CommandLine);
    here || matches.subcommand().is_some_and(|(_, matches)| is_typed(matches, option))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args;

    fn run(words: &str) -> Result<args::RunArgs, clap::Error> {
        match read(words.split(' ').map(OsString::from).collect())?.command {
            args::Command::Run(run) => Ok(*run),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn typed_contradictions_are_refused() {
        assert!(run("tillrush run s.yaml --rate 1/s --users 2").is_err());
        assert!(run("tillrush run s.yaml --stage 1m:1/s -d 5s").is_err());
        assert_eq!(
            run("tillrush run s.yaml --users 2 -d 5s").unwrap().scenario.load.users,
            Some(2)
        );
    }

    #[test]
    fn every_option_that_speaks_against_another_is_one() {
        let run = Cli::command().find_subcommand("run").unwrap().clone();
        let known = |name: &str| {
            run.get_arguments()
                .chain(Cli::command().get_arguments())
                .any(|option| option.get_id() == name)
        };
        for (winner, losers) in SPEAKS_AGAINST {
            assert!(known(winner) && losers.iter().all(|loser| known(loser)), "{winner}");
        }
    }
}

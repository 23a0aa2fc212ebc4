//! Typed options win over the environment, even where the two exclude each other.
//!
//! `TILLRUSH_RATE` may be set for a whole pipeline, and one run of it be given `--users`. clap reports a conflict wherever the
//! two values come from. So an option that conflicts with a typed one is read without the environment.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::args::Cli;

/// The command line of this process. Ends the program if it asks for help or is wrong.
pub fn parse() -> Cli {
    read(std::env::args_os().collect()).unwrap_or_else(|error| error.exit())
}

fn read(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    // Errors are reported by the second reading.
    let typed = without_env(Cli::command(), &|_| true).try_get_matches_from(&words).ok();
    let is_typed = |option: &str| typed.as_ref().is_some_and(|matches| is_typed(matches, option));
    let conflicts = conflicts(&Cli::command());
    let loses =
        |option: &str| conflicts.iter().any(|(winner, loser)| loser == option && is_typed(winner));
    Cli::from_arg_matches(&without_env(Cli::command(), &loses).try_get_matches_from(&words)?)
}

/// The options of a command and its subcommands that exclude each other, in both orders.
fn conflicts(command: &Command) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for option in command.get_arguments() {
        for other in command.get_arg_conflicts_with(option) {
            let (one, other) = (option.get_id().to_string(), other.get_id().to_string());
            pairs.extend([(one.clone(), other.clone()), (other, one)]);
        }
    }
    pairs.extend(command.get_subcommands().flat_map(conflicts));
    pairs
}

/// The command, with these options read without the environment.
pub fn without_env(command: Command, options: &dyn Fn(&str) -> bool) -> Command {
    let command = command.mut_args(|option| {
        if options(option.get_id().as_str()) { option.env(None::<&str>) } else { option }
    });
    command.mut_subcommands(|command| without_env(command, options))
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
    fn the_conflicts_are_those_that_the_options_declare() {
        let conflicts = conflicts(&Cli::command());
        for (one, other) in [
            ("rate", "users"),
            ("users", "stage"),
            ("duration", "stage"),
            ("quiet", "verbose"),
            ("paired", "baseline"),
            ("faults", "demo_faults"),
        ] {
            for pair in [(one, other), (other, one)] {
                assert!(conflicts.iter().any(|(a, b)| (&**a, &**b) == pair), "{pair:?}");
            }
        }
    }
}

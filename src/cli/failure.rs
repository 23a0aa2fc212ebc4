//! Why a command failed: printed once, by `main`.

use std::fmt;

use super::exit::Exit;
use super::screen::print_error_line;
use crate::base::visible;
use crate::scenario::Problems;

/// Why a command could not do its work, and how the program exits.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    cause: Cause,
    help: Option<String>,
}

#[derive(Debug)]
enum Cause {
    Error(anyhow::Error),
    /// The problems of a scenario, rendered: each has its own heading, place and remedy.
    Scenario(String),
}

// === impl Failure ===

impl Failure {
    /// A failure with its error. The error's chain of causes is printed on one line.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Failure {
        Failure { exit, cause: Cause::Error(error.into()), help: None }
    }

    /// The command line is wrong, or what it refers to.
    pub fn usage(error: impl Into<anyhow::Error>) -> Failure {
        Failure::new(Exit::Usage, error)
    }

    /// The scenario has problems.
    pub fn scenario(problems: &Problems, colour: bool) -> Failure {
        let cause = Cause::Scenario(problems.render(colour));
        Failure { exit: Exit::BadScenario, cause, help: None }
    }

    /// The failure with a remedy, printed on a line of its own.
    pub fn help(self, help: impl Into<String>) -> Failure {
        Failure { help: Some(help.into()), ..self }
    }

    /// Prints the error and its remedy to standard error.
    pub fn print(&self) {
        print_error_line(self.to_string().trim_end());
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Error(error) => write!(f, "error: {}", visible(&format!("{error:#}")))?,
            Cause::Scenario(text) => f.write_str(text)?,
        }
        match &self.help {
            Some(help) => write!(f, "\nhelp: {}", visible(help)),
            None => Ok(()),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::new(Exit::Unexpected, error)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn the_chain_of_causes_and_the_remedy_are_printed_once_each() {
        let error = Err::<(), _>(std::io::Error::from(std::io::ErrorKind::NotFound))
            .context("can't read shop\u{1b}.pem")
            .unwrap_err();
        let failure = Failure::usage(error).help("give another file");
        assert_eq!(
            failure.to_string(),
            "error: can't read shop\\u{1b}.pem: entity not found\nhelp: give another file"
        );
        assert_eq!(Failure::from(anyhow!("no disk")).to_string(), "error: no disk");
    }
}

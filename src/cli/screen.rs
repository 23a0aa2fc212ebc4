//! The terminal: whether it takes colour, how wide it is, and printing to it.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use super::args::OutputArgs;
use crate::base::{Redactor, visible};
use crate::report::Paint;

/// What no line on standard error may have.
static SECRETS: Mutex<Option<Redactor>> = Mutex::new(None);

/// From now on, these secrets are masked in errors and notices.
pub fn mask(secrets: Redactor) {
    *SECRETS.lock().unwrap_or_else(PoisonError::into_inner) = Some(secrets);
}

/// From now on, these secrets are masked as well; all that are masked now.
pub fn mask_also(secrets: impl IntoIterator<Item = String>) -> Redactor {
    let mut known = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    let all = known.take().unwrap_or_default().with(secrets);
    known.insert(all).clone()
}

/// How to print, from the options and the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Print errors only.
    pub quiet: bool,
    /// Print more.
    pub verbose: bool,
    /// Whether standard output takes colour.
    pub colour: bool,
    /// Whether standard error is a terminal that shows progress.
    pub live: bool,
    /// Columns.
    pub width: usize,
}

// === impl Screen ===

impl Screen {
    /// The screen for these options, on this terminal.
    pub fn new(output: &OutputArgs) -> Screen {
        let plain =
            output.no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let stdout = io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Screen {
            quiet: output.quiet,
            verbose: output.verbose,
            colour: stdout && !plain && !dumb,
            live: io::stderr().is_terminal() && !dumb && !output.quiet,
            width: terminal_size::terminal_size()
                .map_or(100, |(width, _)| usize::from(width.0))
                .clamp(60, 200),
        }
    }

    /// A screen that prints nothing.
    pub fn silent(self) -> Screen {
        Screen { quiet: true, live: false, ..self }
    }

    /// How reports are painted on it.
    pub fn paint(&self) -> Paint {
        if self.colour { Paint::Colour } else { Paint::Plain }
    }

    /// Prints a line to standard output, unless quiet. A reader that has gone away is no failure.
    pub fn print_line(&self, line: std::fmt::Arguments<'_>) {
        if !self.quiet {
            let _ = writeln!(io::stdout().lock(), "{line}");
        }
    }

    /// Prints a line of figures to standard error, unless quiet. Control characters in it are escaped.
    pub fn progress(&self, line: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{}", visible(line));
        }
    }

    /// Prints a line to standard error, unless quiet. Control characters in it are escaped, and secrets masked.
    pub fn notice(&self, line: &str) {
        if !self.quiet {
            print_error_line(&visible(line));
        }
    }
}

/// Prints to standard output. A reader that has gone away is no failure.
///
/// # Errors
/// When standard output can't be written for another reason, such as a full disk.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Prints a line to standard error, with secrets masked. A reader that has gone away is no failure.
pub fn print_error_line(line: &str) {
    let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let line = secrets.as_ref().map_or(Cow::Borrowed(line), |secrets| secrets.mask_known(line));
    let _ = writeln!(io::stderr().lock(), "{line}");
}

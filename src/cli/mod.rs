//! The command line: what was typed becomes calls into the rooms, and what they say becomes print and an exit code.

mod access;
mod again;
mod args;
mod check;
mod compare;
mod dashboard;
mod demo;
mod exit;
mod folder;
mod live;
mod output;
mod pipeline;
mod report;
mod run;
mod runs;
mod source;
mod typed;
mod walk;
mod web;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use crate::base::visible;
use args::{Cli, Command, OutputArgs, SchemaArgs, ShopArgs};
pub use exit::Exit;

/// Why a command could not do what it should: what to print, and how to exit.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What to print to standard error; empty if all was said.
    pub message: String,
}

/// How to print, once the surroundings are known.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Print nothing but errors.
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

/// Runs the program: the whole flow on one screen.
pub fn main() -> ExitCode {
    let cli = typed::parse();
    let screen = Screen::of(&cli.output);
    let result = match cli.command {
        Command::Demo(args) => demo::demo(&args, screen),
        Command::Run(args) => run::run(&args, screen),
        Command::Check(args) => check::check(&args, screen),
        Command::Walk(args) => walk::walk(&args, screen),
        Command::Report(args) => report::report(&args, screen),
        Command::Compare(args) => compare::compare(&args, screen),
        Command::Runs(args) => runs::runs(&args, screen),
        Command::Merge(args) => report::merge(&args, screen),
        Command::Shop(args) => shop(&args, screen),
        Command::Schema(args) => schema(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "tillrush", &mut script);
            print(&String::from_utf8_lossy(&script)).map(|()| Exit::Ok)
        }
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !failure.message.is_empty() {
                complain(failure.message.trim_end());
            }
            failure.exit.into()
        }
    }
}

/// `tillrush schema`.
fn schema(args: &SchemaArgs) -> Result<Exit, Failure> {
    let schema = match (args.run, args.comparison) {
        (true, _) => crate::report::run_schema(),
        (_, true) => crate::report::comparison_schema(),
        _ => crate::plan::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(anyhow::Error::from)?;
    print(&format!("{text}\n"))?;
    Ok(Exit::Ok)
}

/// `tillrush shop`: serves until it is interrupted.
fn shop(args: &ShopArgs, screen: Screen) -> Result<Exit, Failure> {
    use crate::demo_shop::{Faults, RunningShop, ShopOptions};
    let faults = match &args.faults {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("error: {}: {error}", path.display())))?;
            Faults::parse(&text).map_err(|error| {
                Failure::new(Exit::BadScenario, format!("error: {}: {error}", path.display()))
            })?
        }
        None if args.demo_faults => Faults::planted(),
        None => Faults::none(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    runtime.block_on(async {
        let options =
            ShopOptions { listen: args.listen, faults, threads: 2, ..ShopOptions::default() };
        let shop = RunningShop::start(options)
            .await
            .map_err(|error| Failure::new(Exit::Unexpected, format!("error: {error}")))?;
        screen.tell(format_args!(
            "the practice shop is open at http://{} (Ctrl-C closes it)",
            shop.addr()
        ));
        screen.tell(format_args!("its ledger: http://{}/admin/ledger", shop.addr()));
        live::interrupted().await;
        shop.stop().await;
        Ok(Exit::Ok)
    })
}

/// Prints to standard output. That nobody reads on is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::from(error).into())
        }
        _ => Ok(()),
    }
}

/// Prints a line to standard error. That nobody reads it is no failure.
fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Random bits for names and seeds: the only thing in a run that is not drawn from the seed.
fn fresh() -> u64 {
    RandomState::new().build_hasher().finish()
}

// === impl Failure ===

impl Failure {
    /// A failure with what to print.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: message.into() }
    }

    /// The command line, or what it names, is wrong.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, visible(&message.into()))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::new(Exit::Unexpected, visible(&format!("error: {error:#}")))
    }
}

// === impl Screen ===

impl Screen {
    fn of(output: &OutputArgs) -> Screen {
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
                .clamp(60, 140),
        }
    }

    /// A screen that nothing is printed to.
    pub fn hushed(self) -> Screen {
        Screen { quiet: true, live: false, ..self }
    }

    /// Prints a line to standard output, unless quiet. That nobody reads on is no failure.
    pub fn tell(&self, line: std::fmt::Arguments<'_>) {
        if !self.quiet {
            let _ = writeln!(io::stdout().lock(), "{line}");
        }
    }

    /// Prints a line to standard error, unless quiet; what acts unseen in it is made visible.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            complain(&visible(line));
        }
    }
}

//! From the command line to a command, and from its result to the exit code.

use std::process::ExitCode;

use clap::CommandFactory;

use super::args::{Cli, Command};
use super::exit::Exit;
use super::failure::Failure;
use super::screen::{Screen, print};
use super::{
    check, cleanup, compare, demo, env_precedence, import, init, kubernetes, merge_command,
    purchases, reconcile, record, report, run, runs, schema, shop, walk, watch,
};

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = env_precedence::parse();
    let screen = Screen::new(&cli.output);
    match dispatch(cli.command, screen) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit.into()
        }
    }
}

fn dispatch(command: Command, screen: Screen) -> Result<Exit, Failure> {
    match command {
        Command::Demo(args) => demo::demo(&args, screen),
        Command::Run(args) => run::run(&args, screen),
        Command::Check(args) => check::check(&args, screen),
        Command::Walk(args) => walk::walk(&args, screen),
        Command::Reconcile(args) => reconcile::reconcile(&args, screen),
        Command::Cleanup(args) => cleanup::cleanup(&args, screen),
        Command::Report(args) => report::report(&args, screen),
        Command::Purchases(args) => purchases::purchases(&args),
        Command::Compare(args) => compare::compare(&args, screen),
        Command::Runs(args) => runs::runs(&args, screen),
        Command::Merge(args) => merge_command::merge(&args, screen),
        Command::Watch(args) => watch::watch(&args, screen),
        Command::Kubernetes(args) => kubernetes::kubernetes(&args, screen),
        Command::Init(args) => init::init(&args, screen),
        Command::Import(args) => import::import(&args, screen),
        Command::Record(args) => record::record(&args, screen),
        Command::Shop(args) => shop::shop(&args, screen),
        Command::Schema(args) => schema::schema(&args),
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tillrush", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}

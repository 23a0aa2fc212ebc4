//! Options of every command that compares runs.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum, ValueHint};

use super::report_files::ReportFileArgs;
use super::value_parsers::quantity;
use crate::base::Micros;
use crate::scenario::Fraction;

/// How runs are compared.
#[derive(Clone, Debug, Args)]
pub struct ComparisonArgs {
    /// Primary figure: it decides the verdict. The others are corrected for multiple comparisons
    #[arg(long, env = "TILLRUSH_PRIMARY", value_enum, default_value_t = PrimaryFigure::RepeatedFailures)]
    pub primary: PrimaryFigure,

    /// Smallest relative change that counts as a regression; at least 0.1 points for rates and 5 ms for times
    #[arg(long, env = "TILLRUSH_MARGIN", default_value = "10%", value_name = "SHARE", value_parser = quantity::<Fraction>)]
    pub margin: Fraction,

    /// File of the noise floor, as stored by `compare --calibrate`. Default: the one stored with the runs
    #[arg(long, env = "TILLRUSH_NOISE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub noise: Option<PathBuf>,

    /// Leave out shoppers who arrive, and attempts that begin, before this time of the run: the warm-up of a cold shop
    #[arg(long, env = "TILLRUSH_AFTER", default_value = "0s", value_name = "DURATION", value_parser = quantity::<Micros>)]
    pub after: Micros,

    /// Compare even runs that are not comparable
    #[arg(long, env = "TILLRUSH_FORCE", value_parser = FalseyValueParser::new())]
    pub force: bool,
}

/// The figure that decides a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrimaryFigure {
    /// Shoppers with two or more failed attempts
    RepeatedFailures,
    /// Buyers whose first purchase attempt failed
    FailedPurchases,
}

/// Options of `compare`.
#[derive(Clone, Debug, Args)]
pub struct CompareArgs {
    /// BASE and CANDIDATE: folders, `tally` files, `latest`, `latest~1`; or one paired run. With --calibrate: two or more comparable runs
    #[arg(required = true, num_args = 1.., value_name = "RUN", value_hint = ValueHint::AnyPath)]
    pub runs: Vec<PathBuf>,

    /// Measure how much these runs of one release differ, and store it as the noise floor
    #[arg(long)]
    pub calibrate: bool,

    /// How runs are compared.
    #[command(flatten)]
    pub comparison: ComparisonArgs,

    /// Which reports to write.
    #[command(flatten)]
    pub files: ReportFileArgs,

    /// Folder of runs and noise floors
    #[arg(long, env = "TILLRUSH_OUT", default_value = "runs", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

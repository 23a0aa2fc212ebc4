//! What a paired run stores with both of its shops: that they belong together, and how they are compared.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::ValueEnum;

use super::comparison_args::{ComparisonArgs, PrimaryFigure};
use crate::base::Micros;
use crate::scenario::{Fraction, Quantity};
use crate::tally::shard::{PairedSettings, Shard};

/// The settings of the paired run of this name.
pub fn settings(name: &str, args: &ComparisonArgs) -> PairedSettings {
    let primary = args.primary.to_possible_value();
    PairedSettings {
        name: name.to_owned(),
        primary: primary.map(|value| value.get_name().to_owned()).unwrap_or_default(),
        margin: args.margin.0.to_string(),
        noise: args.noise.as_ref().map(|path| path.display().to_string()),
        after: (args.after > Micros::ZERO).then(|| args.after.to_string()),
    }
}

/// How the two shops of a stored paired run are compared.
///
/// # Errors
/// When this version does not know the stored options.
pub fn comparison_args(paired: &PairedSettings) -> anyhow::Result<ComparisonArgs> {
    let PairedSettings { name: _, primary, margin, noise, after } = paired;
    Ok(ComparisonArgs {
        primary: PrimaryFigure::from_str(primary, true)
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("the stored run's --primary {primary}"))?,
        margin: Fraction::read(margin)
            .with_context(|| format!("the stored run's --margin {margin}"))?,
        noise: noise.as_ref().map(PathBuf::from),
        after: after.as_deref().map_or(Ok(Micros::ZERO), Micros::read).with_context(|| {
            format!("the stored run's --after {}", after.as_deref().unwrap_or(""))
        })?,
        force: false,
    })
}

/// Whether two runs are the two shops of one paired run.
pub fn are_paired(base: &Shard, candidate: &Shard) -> bool {
    let name =
        |shard: &Shard| shard.header.settings.paired.as_ref().map(|paired| paired.name.clone());
    name(base).is_some() && name(base) == name(candidate) && !candidate.tally.pairs.is_empty()
}

//! The noise floor: how much runs of one release differ, stored in the folder of the runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};

use super::analysis::RunAnalysis;
use super::comparison_args::ComparisonArgs;
use super::failure::Failure;
use super::input_files::read_text;
use super::run_folder::slug;
use crate::verdict::compare::{NOISE_SCHEMA, NoiseFloor};

/// The noise floor for runs like this one: the file that was named, or the one stored with the runs, if there is one.
pub fn read(
    run: &RunAnalysis,
    args: &ComparisonArgs,
    out: &Path,
) -> Result<Option<NoiseFloor>, Failure> {
    let stored = path(run, out);
    let path = match &args.noise {
        Some(path) => path,
        None if stored.exists() => &stored,
        None => return Ok(None),
    };
    let noise = read_file(path)
        .with_context(|| format!("the noise floor {}", path.display()))
        .map_err(Failure::usage)?;
    if noise.workload_digest != run.facts.workload_digest && !args.force {
        let error =
            anyhow!("the noise floor {} is of other runs ('{}')", path.display(), noise.scenario);
        return Err(Failure::usage(error).help("--force uses it anyway"));
    }
    Ok(Some(noise))
}

fn read_file(path: &Path) -> anyhow::Result<NoiseFloor> {
    let noise: NoiseFloor = serde_json::from_str(&read_text(path)?)?;
    let found = &noise.schema;
    ensure!(found == NOISE_SCHEMA, "its format is '{found}'; this version reads '{NOISE_SCHEMA}'");
    Ok(noise)
}

/// Stores the noise floor of runs like this one, and returns the file's path.
///
/// # Errors
/// When the file can't be written.
pub fn store(
    noise: &NoiseFloor,
    run: &RunAnalysis,
    args: &ComparisonArgs,
    out: &Path,
) -> anyhow::Result<PathBuf> {
    let path = args.noise.clone().unwrap_or_else(|| path(run, out));
    let json = serde_json::to_string_pretty(noise)? + "\n";
    std::fs::write(&path, json).with_context(|| format!("can't write {}", path.display()))?;
    Ok(path)
}

fn path(run: &RunAnalysis, out: &Path) -> PathBuf {
    let digest: String = run.facts.workload_digest.chars().take(8).collect();
    out.join(format!("noise-{}-{digest}.json", slug(&run.source.plan.name)))
}

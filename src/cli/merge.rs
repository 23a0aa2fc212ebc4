//! The slices of one run become one run.

use std::collections::BTreeSet;

use anyhow::anyhow;

use super::analysis::{RunAnalysis, started_at};
use super::args::MergeArgs;
use super::comparison;
use super::exit::Exit;
use super::failure::Failure;
use super::purchases::each_purchase;
use super::random::random_name;
use super::record_files;
use super::records::RunRecords;
use super::report::publish;
use super::run_folder::{PURCHASES, RunFolder};
use super::screen::Screen;
use crate::base::Micros;
use crate::tally::shard::{Ending, Shard};

/// Slices that start further apart than this did not load the shop together.
const MAX_START_SPREAD: Micros = Micros::from_secs(2);

/// Merges the slices in these folders, and reports. The exit code and the merged run's folder.
///
/// # Errors
/// When they are not of one run, or a file can't be read or written.
pub fn merge_folders(
    folders: &[RunFolder],
    args: &MergeArgs,
    screen: Screen,
) -> Result<(Exit, RunFolder), Failure> {
    let shards = read_shards(folders)?;
    if let Some(running) = shards.iter().find(|shard| shard.ending == Ending::Running) {
        let error = anyhow!("{} still runs: merge it when it has ended", running.name);
        return Err(Failure::usage(error));
    }
    for note in differences(&shards) {
        screen.notice(&note);
    }
    let merged = Shard::join(shards).map_err(Failure::usage)?;
    if let Some(missing) = merged.missing_text() {
        screen.notice(&format!(
            "slices of this run are missing: {missing}; the report covers the others only"
        ));
    }
    let suffix = format!("merged-{}", random_name());
    let (started_at, name) = (started_at(&merged.header), &merged.header.name);
    let folder = RunFolder::create(&args.out, started_at, name, None, &suffix)?;
    record_files::copy_of_slices(folders, &folder)?;
    let run = store_merged(merged, folders, &folder, screen)?;
    let run = match RunRecords::of_stored(&run, &folder, &args.records, screen)? {
        Some(records) => records.after_run_or_undecided(run, &folder, screen),
        None => run,
    };
    publish(&run, &args.files, screen)?;
    merge_baselines(folders, &folder, screen)?;
    let comparison = comparison::compare_paired(&folder, &args.out, &args.files, screen)?;
    screen.notice(&format!("merged run stored in {}", folder.display()));
    Ok((run.exit().worse_of(comparison), folder))
}

/// Merges the second shops of paired runs, if all runs are paired.
fn merge_baselines(
    folders: &[RunFolder],
    merged: &RunFolder,
    screen: Screen,
) -> Result<(), Failure> {
    let Some(baselines) = folders.iter().map(RunFolder::baseline).collect::<Option<Vec<_>>>()
    else {
        return Ok(());
    };
    let shard = Shard::join(read_shards(&baselines)?).map_err(Failure::usage)?;
    store_merged(shard, &baselines, &merged.create_baseline()?, screen)?;
    Ok(())
}

fn read_shards(folders: &[RunFolder]) -> anyhow::Result<Vec<Shard>> {
    folders.iter().map(RunFolder::shard).collect()
}

fn store_merged(
    merged: Shard,
    parts: &[RunFolder],
    folder: &RunFolder,
    screen: Screen,
) -> Result<RunAnalysis, Failure> {
    folder.write("scenario.yaml", merged.header.scenario.as_bytes())?;
    merge_purchase_logs(parts, folder)?;
    folder.seal(&merged)?;
    let run = RunAnalysis::from_stored(merged, screen)?;
    run.store(folder)?;
    Ok(run)
}

/// What slices of one run may differ in, and a reader should know.
fn differences(shards: &[Shard]) -> Vec<String> {
    let mut notes = Vec::new();
    let targets: BTreeSet<&str> = shards.iter().map(|shard| shard.header.target.as_str()).collect();
    if targets.len() > 1 {
        let targets = targets.into_iter().collect::<Vec<_>>().join(", ");
        notes.push(format!(
            "note: the slices went to different targets ({targets}); the report treats them as one shop"
        ));
    }
    let starts = || shards.iter().map(|shard| shard.header.started_unix_us);
    let spread = Micros(starts().max().unwrap_or_default() - starts().min().unwrap_or_default());
    if spread > MAX_START_SPREAD {
        notes.push(format!(
            "note: the slices started up to {spread} apart, so they did not load the shop together"
        ));
    }
    notes
}

fn merge_purchase_logs(parts: &[RunFolder], folder: &RunFolder) -> anyhow::Result<()> {
    let all = folder.purchases()?;
    for part in parts.iter().filter(|part| part.path.join(PURCHASES).exists()) {
        each_purchase(
            part,
            |line| if line.is_torn { Ok(()) } else { Ok(all.append(line.bytes)?) },
        )?;
    }
    all.finish();
    Ok(())
}

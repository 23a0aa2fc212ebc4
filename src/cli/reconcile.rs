//! `tillrush reconcile`: a stored run, compared with the shop's records again.

use super::analysis::RunAnalysis;
use super::args::ReconcileArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::records::RunRecords;
use super::report::publish;
use super::run_folder::RunFolder;
use super::screen::Screen;
use crate::tally::shard::Ending;

/// `tillrush reconcile`.
pub fn reconcile(args: &ReconcileArgs, screen: Screen) -> Result<Exit, Failure> {
    let folder = RunFolder::open(&args.run, &args.out).map_err(Failure::usage)?;
    let shard = folder.shard()?;
    if shard.ending == Ending::Running {
        let error = anyhow::anyhow!("{} still runs: reconcile it when it has ended", shard.name);
        return Err(Failure::usage(error));
    }
    // What is damaged stays as it is.
    if shard.loss.is_none() {
        folder.seal(&shard)?;
    }
    let run = RunAnalysis::from_stored(shard, screen)?;
    let records =
        RunRecords::of_stored(&run, &folder, &args.records, screen)?.ok_or_else(|| {
            Failure::usage(anyhow::anyhow!("nothing says where the shop's records are"))
                .help("write `records:` in the scenario, or give --records FILE")
        })?;
    let run = records.after_run(run, &folder, screen)?;
    publish(&run, &args.files, screen)?;
    Ok(run.exit())
}

//! Storing what a run came to: in its folder, or where there is room if that can't be written any more.

use std::path::Path;

use anyhow::anyhow;

use super::analysis::RunAnalysis;
use super::failure::Failure;
use super::run_folder::RunFolder;

/// Stores the run in its folder. Where that can't be written, it is stored in a folder for temporary files.
///
/// # Errors
/// When something of it is lost, or it is not where it should be; the remedy says where it is.
pub fn store(run: &RunAnalysis, folder: &RunFolder) -> Result<(), Failure> {
    let was_gone = folder.restore().unwrap_or(false);
    match write(run, folder) {
        Ok(()) if was_gone => Err(removal_failure(folder)),
        Ok(()) => Ok(()),
        Err(error) => Err(store_elsewhere(run, folder, Failure::from(error))),
    }
}

fn write(run: &RunAnalysis, folder: &RunFolder) -> anyhow::Result<()> {
    folder.write("scenario.yaml", run.source.text.as_bytes())?;
    folder.seal(&run.shard)?;
    run.store(folder)
}

fn removal_failure(folder: &RunFolder) -> Failure {
    let folder = folder.display();
    Failure::from(anyhow!("{folder} was removed during the run, with its purchase log"))
        .help("the results are stored again; the purchase log is lost")
}

fn store_elsewhere(run: &RunAnalysis, folder: &RunFolder, failure: Failure) -> Failure {
    let name = folder.path.file_name().unwrap_or_default();
    let other = RunFolder { path: std::env::temp_dir().join(Path::new("tillrush").join(name)) };
    match other.restore().and_then(|_| write(run, &other)) {
        Ok(()) => failure.help(format!("the results are stored in {}", other.display())),
        Err(_) => failure.help("the results are in the report above, and nowhere else"),
    }
}

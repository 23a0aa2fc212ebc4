//! `tillrush merge URL`: the gate of a run whose slices met in an object store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::time::Instant;
use url::Url;

use super::args::MergeArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::join::list_indices;
use super::merge::merge_folders;
use super::random::random_name;
use super::run_folder::{GROWING, PURCHASES, RunFolder, TALLY};
use super::screen::Screen;
use crate::base::Micros;
use crate::join::{
    GateState, MERGED, READY, RUN, ReadyRecord, RunRecord, START, StartDecision, look, ready,
    slice_baseline_purchases, slice_baseline_tally, slice_index_of, slice_part, slice_purchases,
    slice_tally, slices_folder,
};
use crate::store::{RunStore, StoreError};

/// How often it looks whether more slices have delivered.
const POLL: Duration = Duration::from_secs(2);
/// The merged run's files that are stored beside its slices.
const STORED: [&str; 3] = ["run.json", "report.html", TALLY];

/// Merges the run at this address, once its slices have delivered or the wait is over.
///
/// # Errors
/// With exit 108 when the run did not take place; when the store can't be used.
pub fn merge_joined(url: &Url, args: &MergeArgs, screen: Screen) -> Result<Exit, Failure> {
    let store = RunStore::open(url).map_err(Failure::usage)?;
    let (state, delivered) = wait_for_slices(&store, args.wait.unwrap_or_default(), screen)?;
    let is_complete = match &state {
        GateState::Complete => true,
        GateState::CalledOff { missing } | GateState::NotBegun { missing } => {
            let error =
                anyhow!("the run did not begin: slices {} were missing", list_indices(missing));
            return Err(Failure::new(Exit::NoLoad, error).help("see why they did not start"));
        }
        GateState::Waiting { missing } | GateState::GivenUp { missing } => {
            tell_missing(&store, missing, screen);
            false
        }
    };
    let folder = scratch_folder()?;
    let parts = download(&store, &delivered, &folder.0)?;
    if parts.is_empty() {
        let error = anyhow!("no slice has delivered anything to {url}");
        return Err(Failure::new(Exit::Interrupted, error).help("wait longer: --wait 20m"));
    }
    let (exit, merged) = merge_folders(&parts, args, screen)?;
    if let Err(error) = store_merged(&store, &merged) {
        screen.notice(&format!("warning: the merged run is not stored in {url}: {error:#}"));
    }
    // A run that lacks shoppers never passes.
    Ok(if is_complete { exit } else { exit.worse_of(Exit::Interrupted) })
}

/// The state in which the wait ends, and who has delivered.
fn wait_for_slices(
    store: &RunStore,
    wait: Micros,
    screen: Screen,
) -> Result<(GateState, Vec<Delivered>), Failure> {
    let until = Instant::now() + Duration::from(wait);
    let mut told = None;
    loop {
        let seen = see(store);
        let waits = Instant::now() < until;
        match seen {
            // A store that is away for a while is asked again.
            Err(error) if waits && told.is_some() => {
                screen.notice(&format!("warning: {:#}", anyhow::Error::from(error)));
            }
            Err(error) => return Err(Failure::usage(error)),
            Ok(None) if waits => {
                tell(&mut told, "waiting for the run to be joined".to_owned(), screen);
            }
            Ok(None) => {
                let error = anyhow!("there is no run at {}", store.url());
                return Err(Failure::usage(error).help("wait for it with --wait 20m"));
            }
            Ok(Some(SeenRun { state, delivered, .. })) => match &state {
                GateState::Waiting { missing } if waits => {
                    tell(
                        &mut told,
                        format!("waiting for slices {}", list_indices(missing)),
                        screen,
                    );
                }
                GateState::NotBegun { missing } if waits => {
                    tell(
                        &mut told,
                        format!("slices {} are not ready yet", list_indices(missing)),
                        screen,
                    );
                }
                GateState::Complete
                | GateState::CalledOff { .. }
                | GateState::GivenUp { .. }
                | GateState::Waiting { .. }
                | GateState::NotBegun { .. } => return Ok((state, delivered)),
            },
        }
        std::thread::sleep(POLL);
    }
}

fn tell(told: &mut Option<String>, line: String, screen: Screen) {
    if told.as_ref() != Some(&line) {
        screen.notice(&line);
        *told = Some(line);
    }
}

/// A slice that has stored something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Which.
    pub index: u32,
    /// Whether it has delivered: its tally, and not only what it had counted by some moment.
    pub is_whole: bool,
    has_baseline: bool,
}

/// What a look at the store shows of a run.
#[derive(Clone, Debug)]
pub struct SeenRun {
    /// How far it is.
    pub state: GateState,
    /// The slices that have stored something.
    pub delivered: Vec<Delivered>,
    /// When it begins, if that is decided.
    pub start: Option<StartDecision>,
    /// In how many slices it is cut.
    pub slices: u32,
}

/// How far the run is; none where there is no run.
///
/// # Errors
/// When the store can't be read.
pub fn see(store: &RunStore) -> Result<Option<SeenRun>, StoreError> {
    let Some(run) = store.read_text(RUN)?.as_deref().and_then(RunRecord::from_json) else {
        return Ok(None);
    };
    let decision = store.read_text(START)?.as_deref().and_then(StartDecision::from_json);
    let ready = store.list(READY)?;
    let ready: Vec<u32> = ready.iter().filter_map(|name| slice_index_of(name)).collect();
    let names = store.list(slices_folder())?;
    let has = |name: String| {
        let prefix = format!("{}/", slices_folder());
        names.iter().any(|found| Some(found.as_str()) == name.strip_prefix(&prefix))
    };
    let stored =
        (0..run.slices).filter(|index| has(slice_tally(*index)) || has(slice_part(*index)));
    let delivered: Vec<Delivered> = stored
        .map(|index| Delivered {
            index,
            is_whole: has(slice_tally(index)),
            has_baseline: has(slice_baseline_tally(index)),
        })
        .collect();
    let whole: Vec<u32> =
        delivered.iter().filter(|slice| slice.is_whole).map(|slice| slice.index).collect();
    let state = look(run.slices, decision.as_ref(), &ready, &whole, store.now_us());
    Ok(Some(SeenRun { state, delivered, start: decision, slices: run.slices }))
}

/// Says who has not delivered, and where they ran.
fn tell_missing(store: &RunStore, missing: &[u32], screen: Screen) {
    for index in missing.iter().take(8) {
        let record = store.read_text(&ready(*index)).ok().flatten();
        let host = record.as_deref().and_then(ReadyRecord::from_json).map(|record| record.host);
        let host = host.map(|host| format!(", on {host},")).unwrap_or_default();
        screen.notice(&format!("slice {index}{host} has not delivered its tally"));
    }
}

/// Copies the slices into run folders below `into`.
fn download(
    store: &RunStore,
    delivered: &[Delivered],
    into: &Path,
) -> Result<Vec<RunFolder>, Failure> {
    // The second shops are merged only where all slices have them.
    let with_baselines = delivered.iter().all(|slice| slice.has_baseline);
    let copy = |Delivered { index, is_whole, .. }: &Delivered| -> anyhow::Result<RunFolder> {
        let folder = RunFolder { path: into.join(format!("slice-{index}")) };
        folder.restore()?;
        let (name, file) =
            if *is_whole { (slice_tally(*index), TALLY) } else { (slice_part(*index), GROWING) };
        copy_object(store, &name, &folder, file)?;
        copy_object(store, &slice_purchases(*index), &folder, PURCHASES)?;
        if with_baselines {
            let baseline = folder.create_baseline()?;
            copy_object(store, &slice_baseline_tally(*index), &baseline, TALLY)?;
            copy_object(store, &slice_baseline_purchases(*index), &baseline, PURCHASES)?;
        }
        Ok(folder)
    };
    delivered.iter().map(copy).collect::<anyhow::Result<_>>().map_err(Failure::from)
}

fn copy_object(store: &RunStore, name: &str, folder: &RunFolder, file: &str) -> anyhow::Result<()> {
    match store.read(name)? {
        Some(bytes) => folder.write(file, &bytes),
        None => Ok(()),
    }
}

fn store_merged(store: &RunStore, folder: &RunFolder) -> anyhow::Result<()> {
    for name in STORED {
        let path = folder.path.join(name);
        let bytes =
            std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        store.put(&format!("{MERGED}/{name}"), bytes)?;
    }
    Ok(())
}

/// A folder for the time of a merge.
struct ScratchFolder(PathBuf);

fn scratch_folder() -> anyhow::Result<ScratchFolder> {
    let name = format!("tillrush-merge-{}", random_name());
    let path = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&path).with_context(|| format!("can't make {}", path.display()))?;
    Ok(ScratchFolder(path))
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // What is left is removed with the other temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

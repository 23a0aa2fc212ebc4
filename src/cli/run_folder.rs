//! The folder of a run: what is in it, and how it is stored so that a killed run loses little.
//!
//! During the run, `tally.part` grows by a delta a second and `purchases.jsonl` by a line at a time, each with a single
//! write. A killed run is read from these files. At the end, all other files are made from the tally.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;

use crate::engine::PurchaseLogFile;
use crate::tally::Tally;
use crate::tally::shard::{DeltaWriter, Ending, Shard, ShardError, ShardHeader};

/// The tally of a run in progress.
pub const GROWING: &str = "tally.part";
/// The tally of a run that has ended.
pub const TALLY: &str = "tally";
/// The same once more: it is read where a part of the first can't be.
const COPY: &str = "tally.copy";
/// The second shop's half of a paired run: a run folder in the run's folder.
const BASELINE: &str = "baseline";
/// The purchase log: a line for each start and end of a purchase attempt.
pub const PURCHASES: &str = "purchases.jsonl";

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    /// Where it is.
    pub path: PathBuf,
}

// === impl RunFolder ===

impl RunFolder {
    /// Makes the folder of a run that starts now: `<UTC time>-<scenario>[-slice]-<suffix>`.
    ///
    /// # Errors
    /// When a file or folder can't be made.
    pub fn create(
        out: &Path,
        started_at: Timestamp,
        scenario: &str,
        slice: Option<String>,
        suffix: &str,
    ) -> anyhow::Result<RunFolder> {
        let time = started_at.strftime("%Y%m%dT%H%M%SZ");
        let slice = slice.map(|slice| format!("-{}", slice.replace('/', "of"))).unwrap_or_default();
        let path = out.join(format!("{time}-{}{slice}-{suffix}", slug(scenario)));
        fs::create_dir_all(&path)
            .with_context(|| format!("can't make the run's folder {}", path.display()))?;
        Ok(RunFolder { path })
    }

    /// The folder of a stored run: by path, or the newest one in `out` for `latest`, the one before for `latest~1`.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(named: &Path, out: &Path) -> anyhow::Result<RunFolder> {
        let path = match latest(named).filter(|_| !named.exists()) {
            Some(back) => newest(out, back)?,
            None => named.to_owned(),
        };
        if !path.is_dir() {
            bail!("{} is not a run folder", path.display());
        }
        Ok(RunFolder { path })
    }

    /// The folder of the second shop, if this is a paired run.
    pub fn baseline(&self) -> Option<RunFolder> {
        let path = self.path.join(BASELINE);
        path.is_dir().then_some(RunFolder { path })
    }

    /// Makes the folder anew, if it is gone. Whether it was.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn restore(&self) -> anyhow::Result<bool> {
        let was_gone = !self.path.is_dir();
        fs::create_dir_all(&self.path)
            .with_context(|| format!("can't make the folder {}", self.display()))?;
        Ok(was_gone)
    }

    /// Makes the folder of the second shop of a paired run.
    ///
    /// # Errors
    /// When a file or folder can't be made.
    pub fn create_baseline(&self) -> anyhow::Result<RunFolder> {
        let path = self.path.join(BASELINE);
        fs::create_dir_all(&path)
            .with_context(|| format!("can't make the folder {}", path.display()))?;
        Ok(RunFolder { path })
    }

    /// All runs in `out`, the newest first. Their names begin with the time of their start, so that they sort by it.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn all(out: &Path) -> anyhow::Result<Vec<RunFolder>> {
        let entries = fs::read_dir(out).with_context(|| format!("no runs in {}", out.display()))?;
        let folders = entries.filter_map(Result::ok).map(|entry| entry.path());
        let mut runs: Vec<PathBuf> = folders
            .filter(|path| path.join(TALLY).exists() || path.join(GROWING).exists())
            .collect();
        runs.sort_unstable();
        Ok(runs.into_iter().rev().map(|path| RunFolder { path }).collect())
    }

    /// The folder's path as text.
    pub fn display(&self) -> String {
        self.path.display().to_string()
    }

    /// Starts the tally of a run in progress. The file is locked until the run ends.
    ///
    /// # Errors
    /// When a file or folder can't be made.
    pub fn create_tally(&self, header: &ShardHeader) -> anyhow::Result<DeltaWriter<File>> {
        let path = self.path.join(GROWING);
        let begun = File::create(&path).and_then(|file| {
            // The lock is held until the file is closed: it distinguishes a run in progress from a killed one. On a file
            // system without locks the two look alike, and nothing else is lost.
            let _ = file.try_lock();
            DeltaWriter::begin(file, header)
        });
        begun.with_context(|| format!("can't write {}", path.display()))
    }

    /// The purchase log.
    ///
    /// # Errors
    /// When a file or folder can't be made.
    pub fn purchases(&self) -> anyhow::Result<PurchaseLogFile> {
        let path = self.path.join(PURCHASES);
        PurchaseLogFile::open(&path).with_context(|| format!("can't write {}", path.display()))
    }

    /// Reads the run's tally: the whole one, what a killed run left, or what a run in progress has stored so far. Where the
    /// whole one is damaged and its copy is not, the copy is read.
    ///
    /// # Errors
    /// When there is none, or it can't be read.
    pub fn shard(&self) -> anyhow::Result<Shard> {
        // Asked first: if it is not running now, what is read next does not change any more.
        let running = self.is_running();
        let [ended, copy, in_progress] = [TALLY, COPY, GROWING].map(|name| self.path.join(name));
        // The run may end between the first and the second attempt.
        let read = [&ended, &in_progress, &ended].into_iter().find_map(|path| read_if_there(path));
        let shard = read.with_context(|| {
            format!("{} holds no run: can't read {}", self.display(), in_progress.display())
        })?;
        let is_whole = |shard: &Shard| shard.torn_bytes == 0 && shard.loss.is_none();
        if !shard.as_ref().is_ok_and(is_whole)
            && let Some(Ok(copy)) =
                read_if_there(&copy).filter(|copy| copy.as_ref().is_ok_and(is_whole))
        {
            return Ok(copy);
        }
        let shard = shard?;
        let ending =
            if running && shard.ending == Ending::Killed { Ending::Running } else { shard.ending };
        Ok(Shard { ending, ..shard })
    }

    /// Whether the run is in progress: a process holds the lock on its tally.
    pub fn is_running(&self) -> bool {
        let in_progress = File::open(self.path.join(GROWING));
        in_progress
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Replaces the tally in progress by the whole one, and a copy of it.
    ///
    /// # Errors
    /// When a file or folder can't be made.
    pub fn seal(&self, shard: &Shard) -> anyhow::Result<()> {
        for name in [COPY, TALLY] {
            self.write_through(name, |file| shard.write(io::BufWriter::new(file))?.flush())?;
        }
        match fs::remove_file(self.path.join(GROWING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).context("can't remove tally.part")
            }
            _ => Ok(()),
        }
    }

    /// Writes a file of the folder atomically.
    ///
    /// # Errors
    /// When a file or folder can't be made.
    pub fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        self.write_through(name, |mut file| file.write_all(bytes))
    }

    fn write_through(
        &self,
        name: &str,
        fill: impl FnOnce(File) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let (path, part) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let written = File::create(&part).and_then(fill).and_then(|()| fs::rename(&part, &path));
        if written.is_err() {
            // Half a file helps nobody, and takes room that another may need.
            let _ = fs::remove_file(&part);
        }
        written.with_context(|| format!("can't write {}", path.display()))
    }
}

/// A whole tally as a shard.
pub fn shard(header: ShardHeader, tally: Tally, ending: Ending, name: String) -> Shard {
    Shard { name, header, tally, ending, torn_bytes: 0, loss: None }
}

/// The tally of a stored run, which is given as a folder, as `latest` or `latest~1`, or as the tally file itself.
///
/// # Errors
/// When there is none, or it can't be read.
pub fn open_shard(named: &Path, out: &Path) -> anyhow::Result<Shard> {
    if !named.is_file() {
        return RunFolder::open(named, out)?.shard();
    }
    let file = File::open(named).with_context(|| format!("can't read {}", named.display()))?;
    Ok(read(named, file)?)
}

/// What a tally file holds; none where there is no such file.
fn read_if_there(path: &Path) -> Option<Result<Shard, ShardError>> {
    File::open(path).ok().map(|file| read(path, file))
}

fn read(path: &Path, file: File) -> Result<Shard, ShardError> {
    Shard::read(path.display().to_string(), io::BufReader::with_capacity(1 << 20, file))
}

/// How many runs back from the newest: 0 for `latest`, 1 for `latest~1`.
fn latest(named: &Path) -> Option<usize> {
    match named.to_str()?.strip_prefix("latest")? {
        "" => Some(0),
        back => back.strip_prefix('~')?.parse().ok(),
    }
}

fn newest(out: &Path, back: usize) -> anyhow::Result<PathBuf> {
    let mut runs = RunFolder::all(out)?;
    let out = out.display();
    match runs.len() {
        all if back < all => Ok(runs.swap_remove(back).path),
        0 => bail!("no runs in {out}"),
        1 => bail!("only 1 run in {out}"),
        all => bail!("only {all} runs in {out}"),
    }
}

/// A name in a form that is safe in file names.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug: String = slug.chars().take(40).collect();
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "run".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenarios_name_becomes_part_of_a_folders() {
        assert_eq!(slug("Black Friday checkout!"), "black-friday-checkout");
        assert_eq!(slug("../../etc"), "etc");
        assert_eq!(slug("日本"), "run");
    }

    #[test]
    fn the_newest_run_is_found_by_its_name() {
        let out = tempfile::tempdir().unwrap();
        let at = |s| Timestamp::from_second(s).unwrap();
        let old = RunFolder::create(out.path(), at(1_000), "a", None, "x").unwrap();
        let new = RunFolder::create(out.path(), at(2_000), "a", Some("1/3".into()), "x").unwrap();
        old.write(TALLY, b"").unwrap();
        new.write(GROWING, b"").unwrap();
        let open = |name: &str| RunFolder::open(Path::new(name), out.path());
        assert_eq!(
            [open("latest"), open("latest~0"), open("latest~1")].map(|run| run.unwrap().path),
            [&new.path, &new.path, &old.path].map(Clone::clone)
        );
        assert!(open("latest~2").unwrap_err().to_string().starts_with("only 2 runs in "));
        assert!(new.display().ends_with("19700101T003320Z-a-1of3-x"), "{}", new.display());
    }
}

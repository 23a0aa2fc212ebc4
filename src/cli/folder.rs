//! The folder of a run: what is in it, and how it gets there without being lost.
//!
//! While the run goes on, `tally.part` grows by a delta a second and `purchases.jsonl` by a line at a time, each
//! with a plain write: a killed run is read from them again. At the end everything else is made from the tally.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;

use crate::engine::PurchaseFile;
use crate::tally::Tally;
use crate::tally::shard::{DeltaWriter, Ending, Shard, ShardHeader};

/// The tally as it grows.
const GROWING: &str = "tally.part";
/// The tally of a run that has ended.
const TALLY: &str = "tally";
/// The other shop's half of a duet: a run folder in the run's.
const BESIDE: &str = "beside";
/// One line for each thing known of a purchase.
const PURCHASES: &str = "purchases.jsonl";

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
    /// When the system won't.
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
            bail!("{} is no run folder", path.display());
        }
        Ok(RunFolder { path })
    }

    /// The folder of the other half of a duet, if this is one.
    pub fn beside(&self) -> Option<RunFolder> {
        let path = self.path.join(BESIDE);
        path.is_dir().then_some(RunFolder { path })
    }

    /// Makes the folder of the other half of a duet.
    ///
    /// # Errors
    /// When the system won't.
    pub fn make_beside(&self) -> anyhow::Result<RunFolder> {
        let path = self.path.join(BESIDE);
        fs::create_dir_all(&path)
            .with_context(|| format!("can't make the folder {}", path.display()))?;
        Ok(RunFolder { path })
    }

    /// All runs in `out`, the newest first. Their names begin with the time of their start, so that they sort by it.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn all(out: &Path) -> anyhow::Result<Vec<RunFolder>> {
        let entries =
            fs::read_dir(out).with_context(|| format!("there are no runs in {}", out.display()))?;
        let folders = entries.filter_map(Result::ok).map(|entry| entry.path());
        let mut runs: Vec<PathBuf> = folders
            .filter(|path| path.join(TALLY).exists() || path.join(GROWING).exists())
            .collect();
        runs.sort_unstable();
        Ok(runs.into_iter().rev().map(|path| RunFolder { path }).collect())
    }

    /// The folder's path, for print.
    pub fn display(&self) -> String {
        self.path.display().to_string()
    }

    /// Starts the growing tally. It is locked as long as it grows.
    ///
    /// # Errors
    /// When the system won't.
    pub fn begin(&self, header: &ShardHeader) -> anyhow::Result<DeltaWriter<File>> {
        let path = self.path.join(GROWING);
        let begun = File::create(&path).and_then(|file| {
            // The lock is held as long as the file is open: it tells a run that goes on from one that was killed. Where there
            // are no locks the two look alike, and nothing else is lost.
            let _ = file.try_lock();
            DeltaWriter::begin(file, header)
        });
        begun.with_context(|| format!("can't write {}", path.display()))
    }

    /// The ledger of purchases.
    ///
    /// # Errors
    /// When the system won't.
    pub fn purchases(&self) -> anyhow::Result<PurchaseFile> {
        let path = self.path.join(PURCHASES);
        PurchaseFile::open(&path).with_context(|| format!("can't write {}", path.display()))
    }

    /// Reads the run's tally: of an ended run, what a killed one left, or what one that goes on has stored so far.
    ///
    /// # Errors
    /// When there is none, or it can't be read.
    pub fn shard(&self) -> anyhow::Result<Shard> {
        // Asked before it is read: what is read of a run that has ended does not change any more.
        let goes_on = self.is_running();
        let [ended, growing] = [TALLY, GROWING].map(|name| self.path.join(name));
        let open = |path: &PathBuf| File::open(path).map(|file| (file, path.display().to_string()));
        // The one becomes the other when the run ends, and that may be now.
        let opened = open(&ended).or_else(|_| open(&growing)).or_else(|_| open(&ended));
        let (file, name) = opened.with_context(|| {
            format!("{} holds no run: can't read {}", self.display(), growing.display())
        })?;
        let shard = Shard::read(name, io::BufReader::with_capacity(1 << 20, file))?;
        let ending =
            if goes_on && shard.ending == Ending::Killed { Ending::Running } else { shard.ending };
        Ok(Shard { ending, ..shard })
    }

    /// Whether the run goes on: its growing tally is held by a process.
    pub fn is_running(&self) -> bool {
        let growing = File::open(self.path.join(GROWING));
        growing.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Replaces the growing tally by the whole one.
    ///
    /// # Errors
    /// When the system won't.
    pub fn seal(&self, shard: &Shard) -> anyhow::Result<()> {
        self.write_through(TALLY, |file| shard.write(io::BufWriter::new(file))?.flush())?;
        match fs::remove_file(self.path.join(GROWING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).context("can't remove the growing tally")
            }
            _ => Ok(()),
        }
    }

    /// Writes a file of the folder, whole or not at all.
    ///
    /// # Errors
    /// When the system won't.
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
        written.with_context(|| format!("can't write {}", path.display()))
    }
}

/// A whole tally as a shard.
pub fn shard(header: ShardHeader, tally: Tally, ending: Ending, name: String) -> Shard {
    Shard { name, header, tally, ending, torn_bytes: 0 }
}

/// A stored run's tally: of its folder, of `latest` or `latest~1`, or the file itself.
///
/// # Errors
/// When there is none, or it can't be read.
pub fn stored(named: &Path, out: &Path) -> anyhow::Result<Shard> {
    if !named.is_file() {
        return RunFolder::open(named, out)?.shard();
    }
    let file = File::open(named).with_context(|| format!("can't read {}", named.display()))?;
    Ok(Shard::read(named.display().to_string(), io::BufReader::with_capacity(1 << 20, file))?)
}

/// How many runs before the newest is meant, of `latest`, `latest~1` and so on.
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
        0 => bail!("there are no runs in {out}"),
        1 => bail!("there is only 1 run in {out}"),
        all => bail!("there are only {all} runs in {out}"),
    }
}

/// A name as part of a file's name.
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
        assert!(open("latest~2").unwrap_err().to_string().starts_with("there are only 2 runs in "));
        assert!(new.display().ends_with("19700101T003320Z-a-1of3-x"), "{}", new.display());
    }
}

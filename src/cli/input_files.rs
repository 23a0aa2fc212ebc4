//! The files that a scenario is read from and that it names: which may be read, and how much of them.
//!
//! A scenario may come from a stranger. So what it names is read only below its own folder, unless the command line permits
//! more, and nothing is read whose size is not known and bounded before.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest scenario that is read; what is over 4 MiB gets a proper error from the scenario's reader.
const MAX_SCENARIO: u64 = 64 << 20;
/// The largest file that a scenario names, such as a table of data or an upload.
const MAX_FILE: u64 = 1 << 30;

/// Reads the files that a scenario names.
#[derive(Clone, Debug)]
pub struct InputFiles {
    /// The scenario's folder.
    pub folder: PathBuf,
    /// `--allow-file`: files and folders elsewhere that may be read.
    pub allowed: Vec<PathBuf>,
}

/// Reads a scenario.
///
/// # Errors
/// When it can't be read, is no regular file, or is too large.
pub fn read_scenario(path: &Path) -> io::Result<String> {
    let bytes = read(path, MAX_SCENARIO)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text: save it as UTF-8"))
}

// === impl InputFiles ===

impl InputFiles {
    /// Reads a file by the name that the scenario gives it.
    ///
    /// # Errors
    /// When it can't be read, is elsewhere, is no regular file, or is too large.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.folder.join(name);
        // Where it really is: a link, or `..`, may lead anywhere.
        let real = path.canonicalize()?;
        let own = if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder };
        let allowed = std::iter::once(own).chain(self.allowed.iter().map(PathBuf::as_path));
        if !allowed
            .filter_map(|place| place.canonicalize().ok())
            .any(|place| real.starts_with(place))
        {
            return Err(io::Error::other(format!(
                "it is not below the scenario's folder; if you trust this scenario: --allow-file {}",
                real.display()
            )));
        }
        read(&real, MAX_FILE)
    }
}

/// Reads a regular file that has at most this many bytes. It is asked what it is before it is opened: opening a pipe waits.
fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::Error::other("it is a folder: give a file"));
    }
    if !found.is_file() {
        return Err(io::Error::other("it is a device or a pipe: give a regular file"));
    }
    let too_large =
        || io::Error::other(format!("it has more than {} MiB: give a smaller file", most >> 20));
    if found.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(found.len() as usize);
    // It may have grown, or be of a file system that does not tell sizes.
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_scenarios_folder_and_permitted_ones_are_read() {
        let all = tempfile::tempdir().unwrap();
        let own = all.path().join("own");
        fs::create_dir_all(own.join("data")).unwrap();
        fs::write(own.join("data/a.csv"), "a").unwrap();
        fs::write(all.path().join("secret"), "s").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(all.path().join("secret"), own.join("link")).unwrap();
        let mut files = InputFiles { folder: own.clone(), allowed: Vec::new() };
        assert_eq!(files.read("data/a.csv").unwrap(), b"a");
        assert_eq!(files.read("data/../data/a.csv").unwrap(), b"a");
        let absolute = all.path().join("secret").display().to_string();
        for outside in ["../secret", "link", &absolute] {
            let refused = files.read(outside).unwrap_err().to_string();
            assert!(refused.contains("--allow-file"), "{outside}: {refused}");
        }
        files.allowed = vec![all.path().join("secret")];
        assert_eq!(files.read("../secret").unwrap(), b"s");
        files.allowed = vec![all.path().to_owned()];
        assert_eq!(files.read("link").unwrap(), b"s");
    }

    #[cfg(unix)]
    #[test]
    fn devices_pipes_folders_and_huge_files_are_refused_without_being_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let huge = folder.path().join("huge");
        File::create(&huge).unwrap().set_len(MAX_FILE + 1).unwrap();
        for (path, word) in [
            (Path::new("/dev/zero"), "device or a pipe"),
            (&pipe, "device or a pipe"),
            (folder.path(), "folder"),
            (&huge, "more than 1024 MiB"),
            // Says that it has no bytes.
            (Path::new("/proc/self/cmdline"), ""),
        ] {
            match read(path, MAX_FILE) {
                Ok(bytes) => assert!(word.is_empty() && !bytes.is_empty(), "{path:?}"),
                Err(error) => {
                    assert!(!word.is_empty() && error.to_string().contains(word), "{error}");
                }
            }
        }
    }
}

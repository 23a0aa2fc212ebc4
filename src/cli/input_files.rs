//! The files that a scenario is read from and that it names: which may be read, and how much of them.
//!
//! A scenario may come from a stranger. So what it names is read only below its own folder, unless the command line permits
//! more, and nothing is read whose size is not known and bounded before. The scenario itself may come through a pipe, as in
//! `run <(command)`: its size is bounded while it is read, and so is the time.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

/// The largest scenario that is read; what is over 4 MiB gets a proper error from the scenario's reader.
const MAX_SCENARIO: u64 = 64 << 20;
/// The largest file that a scenario names, such as a table of data or an upload.
const MAX_FILE: u64 = 1 << 30;
/// How long a pipe may be silent, and how long all of it may take.
const PIPE_PATIENCE: PipePatience =
    PipePatience { silent: Duration::from_secs(10), all: Duration::from_secs(60) };

/// How long reading from a pipe may take.
#[derive(Clone, Copy)]
struct PipePatience {
    silent: Duration,
    all: Duration,
}

/// Reads the files that a scenario names.
#[derive(Clone, Debug)]
pub struct InputFiles {
    /// The scenario's folder.
    pub folder: PathBuf,
    /// `--allow-file`: files and folders elsewhere that may be read.
    pub allowed: Vec<PathBuf>,
}

/// Reads a text that the command line names, such as a scenario or a list of faults.
///
/// # Errors
/// When it can't be read, is neither a regular file nor a pipe, is too large, or does not come in time.
pub fn read_text(path: &Path) -> io::Result<String> {
    read_at_most(path, MAX_SCENARIO)
}

/// Reads a recording of a browser.
///
/// # Errors
/// As for other texts; a recording may be larger.
pub fn read_recording(path: &Path) -> io::Result<String> {
    read_at_most(path, MAX_FILE)
}

fn read_at_most(path: &Path, most: u64) -> io::Result<String> {
    let bytes =
        if is_pipe(path)? { read_pipe(path, most, PIPE_PATIENCE)? } else { read(path, most)? };
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text: save it as UTF-8"))
}

/// The folder that a scenario's files are looked up in: its own, or the current one where it comes through a pipe.
pub fn folder_of(scenario: &Path) -> &Path {
    let is_piped = is_pipe(scenario).unwrap_or(false);
    scenario.parent().filter(|_| !is_piped).unwrap_or(Path::new(""))
}

// === impl InputFiles ===

impl InputFiles {
    /// Reads a file by the name that the scenario gives it.
    ///
    /// # Errors
    /// When it can't be read, is elsewhere, is no regular file, or is too large.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let real = self.folder.join(name).canonicalize()?;
        self.check_place(&real)?;
        read(&real, MAX_FILE)
    }

    /// Whether a file may be read. One that is not there yet may come.
    ///
    /// # Errors
    /// When it is elsewhere, or no regular file.
    pub fn check(&self, name: &str) -> io::Result<()> {
        let path = self.folder.join(name);
        let Ok(real) = path.canonicalize() else {
            let folder = path.parent().unwrap_or(Path::new("")).canonicalize()?;
            return self.check_place(&folder);
        };
        self.check_place(&real)?;
        check_kind(&fs::metadata(&real)?)
    }

    /// Whether a place, which is where it really is, may be read: a link, or `..`, may lead anywhere.
    fn check_place(&self, real: &Path) -> io::Result<()> {
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
        Ok(())
    }
}

/// Reads a regular file that has at most this many bytes. It is asked what it is before it is opened: opening a pipe waits.
fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    check_kind(&found)?;
    if found.len() > most {
        return Err(too_large(most));
    }
    let mut bytes = Vec::with_capacity(found.len() as usize);
    // It may have grown, or be of a file system that does not tell sizes.
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large(most)) } else { Ok(bytes) }
}

fn check_kind(found: &fs::Metadata) -> io::Result<()> {
    if found.is_dir() {
        return Err(io::Error::other("it is a folder: give a file"));
    }
    if !found.is_file() {
        return Err(io::Error::other("it is a device or a pipe: give a regular file"));
    }
    Ok(())
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::FileTypeExt;
    Ok(fs::metadata(path)?.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Reads a pipe to its end, at most so many bytes. A thread does it, as opening and reading wait for the writer; it is left alone when patience
/// ends, and so does the program soon after.
fn read_pipe(path: &Path, most: u64, patience: PipePatience) -> io::Result<Vec<u8>> {
    const PIECE: usize = 64 << 10;
    let (pieces, received) = channel();
    let path = path.to_owned();
    thread::Builder::new().name("pipe".into()).spawn(move || {
        let read = File::open(&path).and_then(|mut pipe| {
            let mut piece = vec![0; PIECE];
            loop {
                let count = pipe.read(&mut piece)?;
                if count == 0 || pieces.send(Ok(piece[..count].to_vec())).is_err() {
                    return Ok(());
                }
            }
        });
        // Nobody listens any more where the limit was reached.
        read.or_else(|error| pieces.send(Err(error))).ok();
    })?;
    let (until, mut bytes) = (Instant::now() + patience.all, Vec::new());
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match received.recv_timeout(left.min(patience.silent)) {
            Ok(piece) => bytes.extend_from_slice(&piece?),
            Err(RecvTimeoutError::Disconnected) => return Ok(bytes),
            Err(RecvTimeoutError::Timeout) => return Err(io::Error::other(late(&bytes, patience))),
        }
        if bytes.len() as u64 > most {
            return Err(too_large(most));
        }
    }
}

fn late(bytes: &[u8], patience: PipePatience) -> String {
    let PipePatience { silent, all } = patience;
    if bytes.is_empty() {
        format!("nothing came from the pipe within {silent:?}: start the program that writes it")
    } else {
        format!(
            "after {} bytes the pipe was silent for {silent:?}, or open for {all:?}: save its text to a file",
            bytes.len()
        )
    }
}

fn too_large(most: u64) -> io::Error {
    io::Error::other(format!("it has more than {} MiB: give a smaller file", most >> 20))
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

    /// A pipe, and a thread that writes to it.
    #[cfg(unix)]
    fn pipe(folder: &Path, name: &str, write: impl FnOnce(File) + Send + 'static) -> PathBuf {
        let pipe = folder.join(name);
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let path = pipe.clone();
        thread::spawn(move || write(File::options().write(true).open(path).unwrap()));
        pipe
    }

    #[cfg(unix)]
    #[test]
    fn a_scenario_comes_through_a_pipe_within_its_limits() {
        use std::io::Write;

        let folder = tempfile::tempdir().unwrap();
        let text = "name: Look\n".repeat(20_000);
        let written = text.clone();
        let whole = pipe(folder.path(), "whole", move |mut pipe| {
            pipe.write_all(written.as_bytes()).unwrap();
        });
        assert_eq!(read_text(&whole).unwrap(), text);
        let endless =
            pipe(
                folder.path(),
                "endless",
                |mut pipe| {
                    while pipe.write_all(&[b'a'; 4096]).is_ok() {}
                },
            );
        let brief =
            PipePatience { silent: Duration::from_millis(300), all: Duration::from_secs(60) };
        let refused = read_pipe(&endless, 1 << 20, brief).unwrap_err().to_string();
        assert!(refused.contains("more than 1 MiB"), "{refused}");
        let stalled = pipe(folder.path(), "stalled", |mut pipe| {
            pipe.write_all(b"name").unwrap();
            thread::sleep(Duration::from_secs(5));
        });
        let refused = read_pipe(&stalled, 1 << 20, brief).unwrap_err().to_string();
        assert!(refused.contains("after 4 bytes"), "{refused}");
        let unwritten = folder.path().join("unwritten");
        assert!(std::process::Command::new("mkfifo").arg(&unwritten).status().unwrap().success());
        let refused = read_pipe(&unwritten, 1 << 20, brief).unwrap_err().to_string();
        assert!(refused.contains("nothing came"), "{refused}");
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

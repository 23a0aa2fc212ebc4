//! The browser as a program: found, started with a fresh profile, and ended.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Names of browsers that speak the DevTools protocol, as they are found in `PATH`.
const NAMES: [&str; 8] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
    "brave-browser",
];
/// Where they are on macOS.
const PLACES: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];
/// So long may a browser take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// Why a flow can't be recorded.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// There is none.
    #[error("no Chromium, Chrome or Edge was found")]
    NotFound,
    /// It can't be started.
    #[error("can't start the browser {}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It ended, or opened no DevTools.
    #[error("the browser {} {what}{}", program.display(), last_line(log))]
    NoDevtools {
        /// The program.
        program: PathBuf,
        /// What it did instead.
        what: &'static str,
        /// The end of what it said.
        log: String,
    },
    /// The profile can't be made.
    #[error("can't make a profile for the browser")]
    Profile(#[source] io::Error),
    /// The connection to it broke before anything was recorded.
    #[error("the browser's DevTools can't be reached: {0}")]
    Devtools(String),
    /// Nothing was opened in it.
    #[error("nothing was recorded: the browser was closed before a page came")]
    Nothing,
}

/// A browser that runs. It ends, and its profile goes, when this is dropped.
#[derive(Debug)]
pub(super) struct Chromium {
    child: Child,
    profile: PathBuf,
    /// Where its DevTools listen.
    pub(super) devtools: String,
}

// === impl Chromium ===

impl Chromium {
    /// Starts the browser with a fresh profile.
    pub(super) async fn start(
        named: Option<&Path>,
        headless: bool,
        more: &[String],
    ) -> Result<Chromium, BrowserError> {
        let program = match named {
            Some(named) => named.to_owned(),
            None => find_browser(&env::var_os("PATH").unwrap_or_default())
                .ok_or(BrowserError::NotFound)?,
        };
        let profile = profile().map_err(BrowserError::Profile)?;
        let log = profile.join("stderr.log");
        let stderr = fs::File::create(&log).map_err(BrowserError::Profile)?;
        let mut command = Command::new(&program);
        command
            .arg("--remote-debugging-port=0")
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(["--no-first-run", "--no-default-browser-check", "--disable-sync"])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(headless.then_some("--headless=new"))
            .args(more)
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr);
        let child = command.spawn().map_err(|source| {
            let _ = fs::remove_dir_all(&profile);
            BrowserError::Start { program: program.clone(), source }
        })?;
        let mut chromium = Chromium { child, profile, devtools: String::new() };
        chromium.devtools = chromium.address(&program, &log).await?;
        Ok(chromium)
    }

    /// Where the DevTools listen, once the browser has written it into its profile.
    async fn address(&mut self, program: &Path, log: &Path) -> Result<String, BrowserError> {
        let file = self.profile.join("DevToolsActivePort");
        let began = Instant::now();
        loop {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if let Some((port, path)) = text.trim().split_once('\n') {
                return Ok(format!("ws://127.0.0.1:{}{}", port.trim(), path.trim()));
            }
            let ended = self.child.try_wait().ok().flatten().is_some();
            if ended || began.elapsed() > STARTS_WITHIN {
                let what = if ended { "ended at once" } else { "opened no DevTools" };
                let log = fs::read_to_string(log).unwrap_or_default();
                return Err(BrowserError::NoDevtools { program: program.to_owned(), what, log });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the browser has ended by itself, for a while.
    pub(super) async fn wait_for_exit(&mut self) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(5) {
            if self.child.try_wait().ok().flatten().is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// The first browser that is found.
pub(super) fn find_browser(path: &OsString) -> Option<PathBuf> {
    let in_path = NAMES
        .iter()
        .flat_map(|name| env::split_paths(path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file());
    in_path.or_else(|| PLACES.iter().map(PathBuf::from).find(|program| program.is_file()))
}

/// A folder that nobody else may read.
fn profile() -> io::Result<PathBuf> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let folder = env::temp_dir().join(format!("tillrush-browser-{}-{now}", std::process::id()));
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    Ok(folder)
}

/// The last line that a browser said.
fn last_line(log: &str) -> String {
    log.lines().rfind(|line| !line.trim().is_empty()).map_or(String::new(), |line| {
        format!(": {}", line.trim().chars().take(300).collect::<String>())
    })
}

//! Log files: plain, gzip or zstd, or standard input; read line by line, several of them in the order of time.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;

use super::exit::Exit;
use super::failure::Failure;
use super::zstd::ZstdFrames;
use crate::import::{BadLine, Collector, FormatChoice, LogFormat};

/// Lines that a format is recognised by.
const SAMPLE: usize = 20;
/// A longer line is no line of a log.
const LONGEST_LINE: u64 = 1 << 20;
const BUFFER: usize = 1 << 18;

/// What was read of the lines.
#[derive(Debug, Default)]
pub struct LineCounts {
    /// Lines that were requests.
    pub good: u64,
    /// Lines that can't be read.
    pub bad: u64,
    /// Where some of these are, and why: never what they say.
    pub examples: Vec<String>,
}

/// A log that is being read.
pub struct LogFile {
    name: String,
    reader: Box<dyn BufRead>,
    waiting: VecDeque<Vec<u8>>,
    format: LogFormat,
    number: u64,
}

// === impl LogFile ===

impl LogFile {
    /// Opens a log, and finds out its format.
    ///
    /// # Errors
    /// When it can't be read, or its format is not known.
    pub fn open(path: &Path, choice: &FormatChoice, bar: &ProgressBar) -> Result<LogFile, Failure> {
        let name = path.display().to_string();
        let mut reader = reader(path, bar)
            .with_context(|| format!("can't read the log {name}"))
            .map_err(Failure::usage)?;
        let mut waiting = VecDeque::new();
        while waiting.len() < SAMPLE {
            let mut line = Vec::new();
            let read = next_line(&mut reader, &mut line)
                .with_context(|| format!("can't read the log {name}"))
                .map_err(Failure::usage)?;
            if !read {
                break;
            }
            waiting.push_back(line);
        }
        let sample: Vec<_> = waiting.iter().map(|line| String::from_utf8_lossy(line)).collect();
        let sample: Vec<&str> = sample.iter().map(AsRef::as_ref).collect();
        let format = LogFormat::choose(choice, &sample)
            .map_err(|error| Failure::usage(anyhow!("{name}: {error}")))?;
        Ok(LogFile { name, reader, waiting, format, number: 0 })
    }

    /// The format's name.
    pub fn format(&self) -> &str {
        self.format.name()
    }

    /// The next line as it stands; false at the end.
    fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, Failure> {
        self.number += 1;
        if let Some(first) = self.waiting.pop_front() {
            *line = first;
            return Ok(true);
        }
        line.clear();
        next_line(&mut self.reader, line)
            .with_context(|| format!("can't read the log {} at line {}", self.name, self.number))
            .map_err(Failure::usage)
    }

    fn note(&self, error: &BadLine, counts: &mut LineCounts) {
        counts.bad += 1;
        if counts.examples.len() < 3 {
            counts.examples.push(format!("{} line {}: {error}", self.name, self.number));
        }
    }
}

/// Gives all lines of the logs to the collector, in the order of time.
///
/// # Errors
/// When a log can't be read, or more than one line in twenty is of another form.
pub fn read_all(
    paths: &[PathBuf],
    choice: &FormatChoice,
    bar: &ProgressBar,
    collector: &mut Collector,
) -> Result<(String, LineCounts), Failure> {
    let opened = paths.iter().map(|path| LogFile::open(path, choice, bar));
    let mut files = opened.collect::<Result<Vec<_>, _>>()?;
    let mut names: Vec<String> = files.iter().map(|file| file.format().to_owned()).collect();
    names.dedup();
    let mut counts = LineCounts::default();
    if let [only] = files.as_mut_slice() {
        let mut line = Vec::new();
        while only.next(&mut line)? {
            let text = String::from_utf8_lossy(&line);
            take(only, text.trim_end(), &mut counts, collector);
        }
    } else {
        read_merged(files, &mut counts, collector)?;
    }
    judge(&counts, &names.join(", "))?;
    Ok((names.join(", "), counts))
}

fn take(file: &mut LogFile, text: &str, counts: &mut LineCounts, collector: &mut Collector) {
    if text.is_empty() {
        return;
    }
    match file.format.read(text) {
        Ok(Some(line)) => {
            counts.good += 1;
            collector.take(&line);
        }
        Ok(None) => {}
        Err(error) => file.note(&error, counts),
    }
}

/// Several logs at once: always the line that is due first. A line without a time is taken at once.
fn read_merged(
    mut files: Vec<LogFile>,
    counts: &mut LineCounts,
    collector: &mut Collector,
) -> Result<(), Failure> {
    let mut ahead: Vec<Option<(i64, String)>> = Vec::new();
    for file in &mut files {
        ahead.push(look_ahead(file)?);
    }
    loop {
        let due = ahead
            .iter()
            .enumerate()
            .filter_map(|(place, next)| next.as_ref().map(|(at, _)| (*at, place)));
        let Some((_, place)) = due.min() else { return Ok(()) };
        let next = look_ahead(&mut files[place])?;
        if let Some((_, text)) = std::mem::replace(&mut ahead[place], next) {
            take(&mut files[place], &text, counts, collector);
        }
    }
}

/// The next line with its time; the earliest time of all for one that has none.
fn look_ahead(file: &mut LogFile) -> Result<Option<(i64, String)>, Failure> {
    let mut line = Vec::new();
    if !file.next(&mut line)? {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&line).trim_end().to_owned();
    let at = match file.format.read(&text) {
        Ok(Some(line)) => line.start,
        Ok(None) | Err(_) => i64::MIN,
    };
    Ok(Some((at, text)))
}

/// A log of which much can't be read is of another format than it was taken for.
fn judge(counts: &LineCounts, format: &str) -> Result<(), Failure> {
    if counts.bad * 20 <= counts.good + counts.bad {
        return Ok(());
    }
    let message = format!(
        "{} of {} lines are not of the format {format}: {}",
        counts.bad,
        counts.good + counts.bad,
        counts.examples.join("; ")
    );
    Err(Failure::new(Exit::Usage, anyhow!(message))
        .help("give the server's own format with --log-format, or name it with --format"))
}

/// Reads a line without its end; false where there is none left. What is too long to be one is cut.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', line)?;
    Ok(read > 0)
}

/// The text of a log, decompressed as its first bytes say.
fn reader(path: &Path, bar: &ProgressBar) -> io::Result<Box<dyn BufRead>> {
    let mut raw: Box<dyn Read> =
        if path.as_os_str() == "-" { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    let mut magic = Vec::new();
    raw.by_ref().take(4).read_to_end(&mut magic)?;
    let kind = magic.clone();
    let counted = bar.wrap_read(Cursor::new(magic).chain(raw));
    Ok(match kind.as_slice() {
        [0x1f, 0x8b, ..] => {
            let plain = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, counted));
            Box::new(BufReader::with_capacity(BUFFER, plain))
        }
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let plain = ZstdFrames::new(BufReader::with_capacity(BUFFER, counted))?;
            Box::new(BufReader::with_capacity(BUFFER, plain))
        }
        _ => Box::new(BufReader::with_capacity(BUFFER, counted)),
    })
}

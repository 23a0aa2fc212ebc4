//! Rows from files and from the output of commands: CSV with a header line, JSON objects line by line, or a JSON array.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use csv::{ReaderBuilder, StringRecord};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use super::http::RecordError;
use super::rows::{RowError, SourceRow};
use crate::base::redact;

/// How long a command may take: one that waits for a password would wait for ever.
pub(super) const LONGEST_COMMAND: Duration = Duration::from_secs(600);
/// How often a command is looked at.
const WATCHED_EVERY: Duration = Duration::from_millis(20);

/// Gives each row of a text to `take`.
///
/// # Errors
/// When it is none of the formats, or `take` refuses a row.
pub fn read_rows(
    place: &str,
    text: impl Read,
    take: &mut dyn FnMut(SourceRow<'_>) -> Result<(), RowError>,
) -> Result<(), RecordError> {
    let mut text = BufReader::with_capacity(1 << 20, text);
    let io = |source| RecordError::Io { place: place.to_owned(), source };
    let first = loop {
        let start = text.fill_buf().map_err(io)?;
        match start.first() {
            None => return Ok(()),
            Some(byte) if byte.is_ascii_whitespace() || [0xef, 0xbb, 0xbf].contains(byte) => {
                text.consume(1);
            }
            Some(byte) => break *byte,
        }
    };
    let wrong = |line: u64, message: String| RecordError::Unexpected {
        place: place.to_owned(),
        message: format!("line {line}: {message}"),
    };
    match first {
        b'[' => {
            let rows: Vec<Value> = serde_json::from_reader(text)
                .map_err(|error| wrong(error.line() as u64, error.to_string()))?;
            for row in &rows {
                take(SourceRow::Json(row)).map_err(|error| wrong(1, error.to_string()))?;
            }
        }
        b'{' => {
            let mut line = Vec::new();
            for number in 1.. {
                line.clear();
                if text.read_until(b'\n', &mut line).map_err(io)? == 0 {
                    break;
                }
                if line.trim_ascii().is_empty() {
                    continue;
                }
                let row: Value = serde_json::from_slice(&line)
                    .map_err(|error| wrong(number, error.to_string()))?;
                take(SourceRow::Json(&row)).map_err(|error| wrong(number, error.to_string()))?;
            }
        }
        _ => {
            let mut table = ReaderBuilder::new().from_reader(text);
            let columns = table.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
            let mut row = StringRecord::new();
            let mut number = 1;
            while table.read_record(&mut row).map_err(|error| wrong(number, error.to_string()))? {
                number += 1;
                take(SourceRow::Table(&row, &columns))
                    .map_err(|error| wrong(number, error.to_string()))?;
            }
        }
    }
    Ok(())
}

/// Runs a command, and gives each row that it prints to `take`.
///
/// # Errors
/// When it can't be run, fails, takes too long, or prints no rows.
pub fn read_command(
    words: &[String],
    take: &mut dyn FnMut(SourceRow<'_>) -> Result<(), RowError>,
) -> Result<(), RecordError> {
    run_command(words, LONGEST_COMMAND, |output| read_rows(&words[0], output, take))
}

/// Runs a command, and has what it prints read. After `limit` it is ended, with all that it has started.
///
/// # Errors
/// When it can't be run, fails, or takes too long; and as `read`.
pub(super) fn run_command(
    words: &[String],
    limit: Duration,
    read: impl FnOnce(ChildStdout) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let [program, arguments @ ..] = words else { return Ok(()) };
    let place = || format!("command '{program}'");
    let io = |source| RecordError::Io { place: place(), source };
    let mut errors = tempfile_for_errors().map_err(io)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(errors.try_clone().map_err(io)?))
        .process_group(0)
        .spawn()
        .map_err(io)?;
    let output = child.stdout.take();
    let (read, ended) = std::thread::scope(|scope| {
        let ended = scope.spawn(|| wait_within(&mut child, limit));
        let read = output.map_or(Ok(()), read);
        (read, ended.join())
    });
    let panicked = |_| std::io::Error::other("its end was not noticed");
    let status = ended.map_err(panicked).and_then(|ended| ended).map_err(io)?;
    let unexpected = |message| Err(RecordError::Unexpected { place: place(), message });
    match status {
        None => unexpected(format!("no end within {} s", limit.as_secs_f64())),
        Some(status) if !status.success() => {
            let mut text = String::new();
            let _ = std::io::Seek::rewind(&mut errors);
            let _ = errors.take(2_000).read_to_string(&mut text);
            let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            unexpected(format!("failed with {status}: {}", redact::text(first)))
        }
        Some(_) => read,
    }
}

/// How a command ended; none where it had to be ended.
fn wait_within(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let looks = limit.as_millis() / WATCHED_EVERY.as_millis();
    for _ in 0..=looks {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(WATCHED_EVERY);
    }
    // With all that it has started, which may hold its output open.
    kill_process_group(Pid::from_child(child), Signal::KILL)?;
    child.wait()?;
    Ok(None)
}

/// Where standard error goes: a pipe would have to be read at the same time as the rows.
fn tempfile_for_errors() -> std::io::Result<std::fs::File> {
    let mut path = std::env::temp_dir();
    path.push(format!("tillrush-{}-{:?}.err", std::process::id(), std::thread::current().id()));
    let file =
        std::fs::File::options().create(true).truncate(true).read(true).write(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<usize, RecordError> {
        let mut count = 0;
        read_rows("a text", text.as_bytes(), &mut |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    #[test]
    fn the_format_is_seen_from_the_text() {
        assert_eq!(rows("id,total\nT1,3\nT2,4\n").unwrap(), 2);
        assert_eq!(rows("\u{feff}{\"id\":1}\n\n{\"id\":2}").unwrap(), 2);
        assert_eq!(rows(" [ {\"id\":1}, {\"id\":2}, {\"id\":3} ]").unwrap(), 3);
        assert_eq!(rows("").unwrap(), 0);
        assert!(rows("{\"id\":1}\n{\"id\":").unwrap_err().to_string().contains("line 2"));
        assert!(rows("id,total\nT1\n").unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn a_command_that_fails_is_an_error_even_if_it_printed_rows() {
        let words = |line: &str| ["sh", "-c", line].map(str::to_owned).to_vec();
        let mut seen = 0;
        let mut take = |_: SourceRow<'_>| {
            seen += 1;
            Ok(())
        };
        read_command(&words("printf 'id\\nT1\\nT2\\n'"), &mut take).unwrap();
        let error =
            read_command(&words("printf 'id\\nT1\\n'; echo no database >&2; exit 3"), &mut take)
                .unwrap_err();
        assert!(error.to_string().contains("no database"), "{error}");
        assert_eq!(seen, 3);
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_what_it_started() {
        let began = tokio::time::Instant::now();
        for line in ["sleep 60", "sleep 60 | cat", "exec >&-; sleep 60"] {
            let words = ["sh", "-c", line].map(str::to_owned);
            let read = |output| read_rows("sh", output, &mut |_| Ok(()));
            let error = run_command(&words, Duration::from_millis(200), read).unwrap_err();
            assert!(error.to_string().contains("no end within 0.2 s"), "{line}: {error}");
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }
}

//! Rows from files and from the output of commands: CSV with a header line, JSON objects line by line, or a JSON array.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

use super::http::RecordError;
use super::rows::{RowError, SourceRow};
use crate::base::redact;

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
/// When it can't be run, fails, or prints no rows.
pub fn run_command(
    words: &[String],
    take: &mut dyn FnMut(SourceRow<'_>) -> Result<(), RowError>,
) -> Result<(), RecordError> {
    let [program, arguments @ ..] = words else { return Ok(()) };
    let io = |source| RecordError::Io { place: format!("command '{program}'"), source };
    let mut errors = tempfile_for_errors().map_err(io)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(errors.try_clone().map_err(io)?))
        .spawn()
        .map_err(io)?;
    let read = match child.stdout.take() {
        Some(output) => read_rows(program, output, take),
        None => Ok(()),
    };
    let status = child.wait().map_err(io)?;
    if !status.success() {
        let mut text = String::new();
        let _ = std::io::Seek::rewind(&mut errors);
        let _ = errors.take(2_000).read_to_string(&mut text);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let message = format!("failed with {status}: {}", redact::text(first));
        return Err(RecordError::Unexpected { place: format!("command '{program}'"), message });
    }
    read
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
        run_command(&words("printf 'id\\nT1\\nT2\\n'"), &mut take).unwrap();
        let error =
            run_command(&words("printf 'id\\nT1\\n'; echo no database >&2; exit 3"), &mut take)
                .unwrap_err();
        assert!(error.to_string().contains("no database"), "{error}");
        assert_eq!(seen, 3);
    }
}

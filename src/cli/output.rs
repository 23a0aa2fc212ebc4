//! The reports that a command was asked for, and where they go.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

use super::failure::Failure;
use super::report_files::ReportFileArgs;
use super::screen::{Screen, print};
use crate::report::{Addition, Format, Output, Report, Target, console};

/// Tries each file, so that a run does not end with a report that has nowhere to go. No file is changed.
///
/// # Errors
/// When a file can't be written.
pub fn ensure_writable(files: &ReportFileArgs) -> Result<(), Failure> {
    for output in files.outputs() {
        let Target::File(path) = &output.target else { continue };
        try_out(path).with_context(|| format!("can't write {}", path.display())).map_err(
            |error| {
                Failure::usage(error).help("name a file in a folder that exists and may be written")
            },
        )?;
    }
    Ok(())
}

fn try_out(path: &Path) -> io::Result<()> {
    let is_new = match fs::metadata(path) {
        // A pipe would wait for its reader.
        Ok(known) if !known.is_file() && !known.is_dir() => return Ok(()),
        Ok(_) => false,
        Err(_) => true,
    };
    fs::OpenOptions::new().append(true).create(true).open(path)?;
    if is_new { fs::remove_file(path) } else { Ok(()) }
}

/// Prints the terminal report unless another one goes to standard output, then writes the files.
pub fn deliver(report: &dyn Report, files: &ReportFileArgs, screen: Screen) -> Result<(), Failure> {
    show(report, files, screen)?;
    // Last, and each of them, so that a file that can't be written hides nothing.
    let write = |Output { format, target }: &Output| write(target, &format.render(report));
    files.outputs().iter().map(write).fold(Ok(()), Result::and)
}

/// Prints a comparison, and adds it to the files that have the candidate's own report.
pub fn deliver_addition(
    report: &dyn Report,
    files: &ReportFileArgs,
    screen: Screen,
) -> Result<(), Failure> {
    show(report, files, screen)?;
    for Output { format, target } in files.outputs() {
        match (format.addition(), target) {
            (Addition::None, _) => {}
            (Addition::Appended, Target::Stdout) => print(&text_to_append(*format, report))?,
            (Addition::Appended, Target::File(path)) => {
                append(path, &text_to_append(*format, report))?
            }
            // A second document on standard output would make one that no parser reads.
            (Addition::Rewritten, Target::Stdout) => {}
            (Addition::Rewritten, Target::File(_)) => write(target, &format.render(report))?,
        }
    }
    Ok(())
}

fn show(report: &dyn Report, files: &ReportFileArgs, screen: Screen) -> Result<(), Failure> {
    if screen.quiet || files.to_stdout() {
        return Ok(());
    }
    Ok(print(&console(&report.view(), screen.width, screen.paint()))?)
}

fn text_to_append(format: Format, report: &dyn Report) -> String {
    format!("\n{}", format.render(report))
}

fn write(target: &Target, text: &str) -> Result<(), Failure> {
    match target {
        Target::Stdout => Ok(print(text)?),
        Target::File(path) => {
            Ok(fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?)
        }
    }
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    opened
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}

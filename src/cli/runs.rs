//! `tillrush runs`: the stored runs, newest first.

use super::args::RunsArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::run_folder::RunFolder;
use super::screen::{Screen, print};
use crate::base::count_of;
use crate::report::{HistoryRow, RunDocument, console_table, history, history_json};

/// `tillrush runs`. A folder without runs is no failure.
pub fn runs(args: &RunsArgs, screen: Screen) -> Result<Exit, Failure> {
    let folders = if args.out.exists() { RunFolder::all(&args.out)? } else { Vec::new() };
    let shown = if args.last == 0 { folders.len() } else { args.last };
    let rows: Vec<HistoryRow> =
        folders.iter().take(shown).enumerate().map(|(place, folder)| row(place, folder)).collect();
    if args.json {
        print(&history_json(rows))?;
    } else if rows.is_empty() {
        screen.notice(&format!("no runs in {}", args.out.display()));
    } else {
        print(&console_table(&history(&rows), screen.width, screen.paint()))?;
        if folders.len() > rows.len() {
            let older = count_of((folders.len() - rows.len()) as u64, "older run");
            screen.notice(&format!("{older} not shown (--last 0 shows all)"));
        }
    }
    Ok(Exit::Ok)
}

/// One run, from its summary alone: a folder of a thousand runs is listed in a moment.
fn row(place: usize, folder: &RunFolder) -> HistoryRow {
    let name = if place == 0 { "latest".to_owned() } else { format!("latest~{place}") };
    let without = |state| HistoryRow::without_summary(name.clone(), folder.display(), state);
    match std::fs::read(folder.path.join("run.json")) {
        Ok(summary) => match serde_json::from_slice::<RunDocument>(&summary) {
            Ok(run) => HistoryRow::of(name, folder.display(), &run),
            Err(_) => without("unreadable"),
        },
        Err(_) if folder.is_running() => without("running"),
        Err(_) => without("killed"),
    }
}

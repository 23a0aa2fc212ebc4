//! One screen for a person: the verdict, the worst place, then the tables. Good in 80 columns, without colour, in a CI log.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::view::{Fit, Remark, Table, Tone, View};
use crate::verdict::Verdict;

/// Whether colours are written. Whether they are wanted (a terminal, `NO_COLOR`) is for the caller to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Text and nothing else.
    Plain,
    /// ANSI colours.
    Colour,
}

/// Narrower than this is treated as this.
pub const MIN_WIDTH: usize = 80;
const INDENT: usize = 2;
const GAP: usize = 2;
/// A name is cut no shorter than this.
const SHORTEST_NAME: usize = 10;

/// The report as text, lines no longer than `width` (or [`MIN_WIDTH`]), ending with a line break.
pub fn console(view: &View, width: usize, paint: Paint) -> String {
    let width = width.max(MIN_WIDTH);
    let mut out = Screen { text: String::new(), width, paint };
    out.verdict(view);
    out.blank();
    view.headline.iter().for_each(|remark| out.remark(remark, 0));
    for table in &view.tables {
        out.blank();
        out.table(table);
    }
    out.blank();
    view.generator.iter().enumerate().for_each(|(i, remark)| out.remark(remark, if i == 0 { 0 } else { INDENT }));
    if !view.notes.is_empty() {
        out.blank();
        view.notes.iter().for_each(|note| out.remark(&Remark::new(Tone::Faint, note.clone()), 0));
    }
    out.text
}

struct Screen {
    text: String,
    width: usize,
    paint: Paint,
}

// === impl Screen ===

impl Screen {
    fn line(&mut self, style: Style, line: &str) {
        let line = line.trim_end();
        if self.paint == Paint::Plain || style.is_plain() || line.is_empty() {
            self.text.push_str(line);
        } else {
            self.text.push_str(&format!("{style}{line}{style:#}"));
        }
        self.text.push('\n');
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn verdict(&mut self, view: &View) {
        let style = match view.verdict {
            Verdict::Pass => AnsiColor::Green,
            Verdict::Fail => AnsiColor::Red,
            Verdict::Inconclusive | Verdict::Invalid | Verdict::Interrupted => AnsiColor::Yellow,
        };
        let text = format!("{}: {}", view.verdict.key().to_uppercase(), view.reason.text);
        for line in wrapped(&text, self.width, 0) {
            self.line(style.on_default().bold(), &line);
        }
        for line in wrapped(&view.title, self.width, 0) {
            self.line(Style::new().bold(), &line);
        }
        for line in wrapped(&view.subtitle, self.width, 0) {
            self.line(Style::new(), &line);
        }
    }

    /// A sentence, its further lines indented a little so that sentences are told apart without blank lines.
    fn remark(&mut self, remark: &Remark, indent: usize) {
        for (i, line) in wrapped(&remark.text, self.width - indent, INDENT).into_iter().enumerate() {
            let hanging = if i == 0 { indent } else { indent + INDENT };
            self.line(style(remark.tone), &format!("{}{line}", " ".repeat(hanging)));
        }
    }

    fn table(&mut self, table: &Table) {
        self.line(Style::new().bold(), &table.title);
        let layout = layout(table, self.width - INDENT);
        let head: Vec<&str> = table.columns.iter().map(|column| &*column.title).collect();
        self.row(Style::new().dimmed(), table, &layout, &head);
        for row in &table.rows {
            let cells: Vec<&str> = row.cells.iter().map(|cell| &**cell).collect();
            self.row(style(row.tone), table, &layout, &cells);
        }
    }

    fn row(&mut self, style: Style, table: &Table, layout: &[Option<usize>], cells: &[&str]) {
        let shown: Vec<(Fit, usize, &str)> = table
            .columns
            .iter()
            .zip(layout)
            .zip(cells)
            .filter_map(|((column, width), cell)| Some((column.fit, (*width)?, *cell)))
            .collect();
        let prose: Vec<Vec<String>> = shown.iter().map(|(fit, width, cell)| in_cell(*fit, *width, cell)).collect();
        let height = prose.iter().map(Vec::len).max().unwrap_or(1);
        for line in 0..height {
            let parts: Vec<String> = shown
                .iter()
                .zip(&prose)
                .map(|((fit, width, _), lines)| {
                    let text = lines.get(line).map_or("", String::as_str);
                    let space = " ".repeat(width.saturating_sub(text.width()));
                    match fit {
                        Fit::Name | Fit::Prose => format!("{text}{space}"),
                        Fit::Figure | Fit::Optional(_) => format!("{space}{text}"),
                    }
                })
                .collect();
            self.line(style, &format!("{}{}", " ".repeat(INDENT), parts.join(&" ".repeat(GAP))));
        }
    }
}

/// Each column's width, none if it is left out: optional columns go first, then names are cut, then prose is wrapped.
fn layout(table: &Table, available: usize) -> Vec<Option<usize>> {
    let natural = |i: usize| table.rows.iter().map(|row| row.cells[i].width()).chain([table.columns[i].title.width()]).max().unwrap_or(0);
    let mut widths: Vec<Option<usize>> = (0..table.columns.len()).map(|i| Some(natural(i))).collect();
    let needed = |widths: &[Option<usize>]| widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
    let reduce = |widths: &mut Vec<Option<usize>>, fit: Fit, least: usize| {
        for i in (0..widths.len()).filter(|&i| table.columns[i].fit == fit) {
            let excess = needed(widths).saturating_sub(available);
            widths[i] = widths[i].map(|width| width.saturating_sub(excess).max(least.min(width)));
        }
    };
    reduce(&mut widths, Fit::Prose, available / 3);
    // Names may lose a third of the room before a figure goes.
    reduce(&mut widths, Fit::Name, SHORTEST_NAME.max(available / 5));
    while needed(&widths) > available {
        let optional = |i: &usize| match (table.columns[*i].fit, widths[*i]) {
            (Fit::Optional(order), Some(_)) => Some(order),
            _ => None,
        };
        let Some(next) = (0..widths.len()).filter(|i| optional(i).is_some()).max_by_key(optional) else { break };
        widths[next] = None;
    }
    reduce(&mut widths, Fit::Name, SHORTEST_NAME);
    widths
}

fn in_cell(fit: Fit, width: usize, cell: &str) -> Vec<String> {
    match fit {
        Fit::Prose => wrapped(cell, width, 0),
        Fit::Name => vec![cut(cell, width)],
        Fit::Figure | Fit::Optional(_) => vec![cell.to_owned()],
    }
}

/// The text, or as much of it as fits before an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        kept.push(letter);
        if kept.width() > width.saturating_sub(1) {
            kept.pop();
            break;
        }
    }
    kept.trim_end().to_owned() + "…"
}

/// Lines of whole words; all but the first are narrower by `hanging`. A word longer than a line has one of its own.
/// A per cent sign stays with its figure.
fn wrapped(text: &str, width: usize, hanging: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let text = text.replace(" %", "\u{a0}%").replace("≤ ", "≤\u{a0}");
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let room = if lines.len() == 1 { width } else { width - hanging };
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Bad => AnsiColor::Red.on_default(),
        Tone::Doubtful => AnsiColor::Yellow.on_default(),
        Tone::Faint => Style::new().dimmed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::trial::{Trial, planted};

    fn shown(trial: &Trial, width: usize) -> String {
        console(&View::of(&trial.plan, &trial.facts, &trial.findings()), width, Paint::Plain)
    }

    #[test]
    fn a_run_with_planted_faults() {
        println!("{}", shown(&Trial::run(12_000, 120, planted), 100));
        println!("{}", shown(&Trial::run(12_000, 120, planted), 80));
    }
}

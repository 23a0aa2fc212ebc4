//! A report and its tables as lines of text.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::layout::{GAP, in_cell, layout, wrap};
use crate::base::on_one_line;
use crate::report::view::format::NOTHING;
use crate::report::view::{Fit, Section, Statement, Table, Tone, View};

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
/// A report of no more lines than a small terminal shows at once does not say its verdict twice.
const SHORT: usize = 22;

/// The report as text, lines no longer than `width` (or [`MIN_WIDTH`]), ending with a line break.
pub fn console(view: &View, width: usize, paint: Paint) -> String {
    let width = width.max(MIN_WIDTH);
    let mut out = ConsoleWriter { text: String::new(), width, paint };
    out.verdict(view);
    out.blank();
    view.warning.iter().for_each(|warning| out.statement(&warning.statement(), 0));
    let beneath =
        if view.warning.as_ref().is_some_and(|warning| warning.of_all) { INDENT } else { 0 };
    view.headline.iter().for_each(|statement| out.statement(statement, beneath));
    for table in &view.tables {
        out.blank();
        out.table(table);
    }
    out.blank();
    view.generator
        .iter()
        .enumerate()
        .for_each(|(i, statement)| out.statement(statement, if i == 0 { 0 } else { INDENT }));
    if !view.notes.is_empty() {
        out.blank();
        view.notes
            .iter()
            .for_each(|note| out.statement(&Statement::new(Tone::Faint, note.clone()), 0));
    }
    out.conclusion(view);
    out.text
}

/// One table as text.
pub fn console_table(table: &Table, width: usize, paint: Paint) -> String {
    let mut out = ConsoleWriter { text: String::new(), width: width.max(MIN_WIDTH), paint };
    out.table(table);
    out.text
}

struct ConsoleWriter {
    text: String,
    width: usize,
    paint: Paint,
}

// === impl ConsoleWriter ===

impl ConsoleWriter {
    fn line(&mut self, style: Style, line: &str) {
        let line = &*on_one_line(line.trim_end());
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
        let text = format!("{}: {}", view.word, view.reason.text);
        for line in wrap(&text, self.width, 0) {
            self.line(style(view.reason.tone).bold(), &line);
        }
        for line in wrap(&view.title, self.width, 0) {
            self.line(Style::new().bold(), &line);
        }
        for line in wrap(&view.subtitle, self.width, 0) {
            self.line(Style::new(), &line);
        }
    }

    /// A sentence, its further lines indented a little so that sentences are told apart without blank lines.
    fn statement(&mut self, statement: &Statement, indent: usize) {
        for (i, line) in wrap(&statement.text, self.width - indent, INDENT).into_iter().enumerate()
        {
            let hanging = if i == 0 { indent } else { indent + INDENT };
            self.line(style(statement.tone), &format!("{}{line}", " ".repeat(hanging)));
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

    /// The verdict and the objectives again, where the first lines have scrolled out of sight.
    fn conclusion(&mut self, view: &View) {
        if self.text.lines().count() <= SHORT {
            return;
        }
        self.blank();
        let objectives = view.tables.iter().find(|it| it.section == Section::Gate && it.in_sight);
        for row in objectives.iter().flat_map(|it| &it.rows) {
            let (name, figures) = row.cells.split_first().expect("an objective has a name");
            let figures: Vec<&str> =
                figures.iter().map(String::as_str).filter(|it| *it != NOTHING).collect();
            let statement = Statement::new(row.tone, format!("{name}: {}", figures.join(", ")));
            self.statement(&statement, 0);
        }
        for line in wrap(&format!("{}: {}", view.word, view.reason.text), self.width, 0) {
            self.line(style(view.reason.tone).bold(), &line);
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
        let prose: Vec<Vec<String>> =
            shown.iter().map(|(fit, width, cell)| in_cell(*fit, *width, cell)).collect();
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

/// The colour of a tone.
pub const fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Bad => AnsiColor::Red.on_default(),
        Tone::Doubtful => AnsiColor::Yellow.on_default(),
        Tone::Faint => Style::new().dimmed(),
    }
}

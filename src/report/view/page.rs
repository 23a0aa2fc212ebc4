//! What a report says, ready to print: sentences and tables that the formats lay out, each in its own way.
//!
//! Whatever is decided here (what is worth a sentence, which figure stands in which column, what is left out for want of
//! a sample) is decided once for the console, the page and the pull request.

use super::answers::{self, Answer};
use super::assets;
use super::burn;
use super::clusters;
use super::experiment;
use super::friction;
use super::gate;
use super::moments;
use super::repeats;
use super::sight;
use super::tables;
use super::words;
use crate::plan::Plan;
use crate::verdict::{Findings, RunFacts, Verdict};

/// A report without its layout.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The scenario's name.
    pub title: String,
    /// What was run where, in a line.
    pub subtitle: String,
    /// The verdict in a word.
    pub verdict: Verdict,
    /// Why.
    pub reason: Remark,
    /// What matters most, in plain sentences, the worst place for repeated failures first.
    pub headline: Vec<Remark>,
    /// What a reader asks first, answered in a few words each.
    pub answers: Vec<Answer>,
    /// The tables, in reading order; those with nothing to say are left out.
    pub tables: Vec<Table>,
    /// The generator: its soundness and figures, then each doubt with its remedy.
    pub generator: Vec<Remark>,
    /// What a reader must know to read the figures rightly.
    pub notes: Vec<String>,
}

/// A sentence and how it should strike the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How it should strike the reader.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
}

/// How something should strike the reader. Formats may colour it; nothing is said by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As text.
    #[default]
    Plain,
    /// Good news.
    Good,
    /// Something is wrong with the shop.
    Bad,
    /// Something can't be relied on.
    Doubtful,
    /// Of lesser importance.
    Faint,
}

/// Where in a report a table belongs. Reports have their parts in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Whether it passed.
    Gate,
    /// How far shoppers came.
    Funnel,
    /// What happened when.
    Time,
    /// Where failures repeat.
    Places,
    /// Steps, their failures and their times.
    Steps,
    /// What it costs.
    Loss,
    /// All else.
    #[default]
    Further,
}

/// Rows of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, as wide as the columns.
    pub rows: Vec<Row>,
    /// Whether it stays in sight where tables are folded away.
    pub in_sight: bool,
    /// Where it belongs.
    pub section: Section,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// What is done with it where the page is narrow.
    pub fit: Fit,
}

/// What is done with a column where the page is narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Words, to the left; cut short if need be.
    Name,
    /// Words, to the left; wrapped if need be.
    Prose,
    /// A figure, to the right; never left out.
    Figure,
    /// A figure, to the right; left out if need be, the highest number first.
    Optional(u8),
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How it should strike the reader.
    pub tone: Tone,
    /// Its cells.
    pub cells: Vec<String>,
}

// === impl View ===

impl View {
    /// What these findings say.
    pub fn of(plan: &Plan, facts: &RunFacts, findings: &Findings) -> View {
        let mut tables = vec![
            gate::objectives(findings).of(Section::Gate),
            burn::alarms(findings).of(Section::Gate),
            tables::funnel(plan, findings).of(Section::Funnel),
            tables::by_failures(findings).of(Section::Funnel),
            moments::windows(plan, facts, findings).of(Section::Time),
            tables::hotspots(plan, findings).of(Section::Places),
            repeats::repeats(plan, findings).of(Section::Places),
            tables::steps(plan, findings).of(Section::Steps),
            friction::friction(plan, findings).of(Section::Steps),
            tables::kinds(plan, findings).of(Section::Steps),
            assets::assets(plan, findings).of(Section::Steps),
            clusters::clusters(plan, findings).of(Section::Steps),
            clusters::examples(plan, findings).of(Section::Places),
            tables::loss(findings).of(Section::Loss),
            sight::season(findings).of(Section::Loss),
            experiment::experiment(plan, findings).of(Section::Further),
        ];
        tables.retain(|table| !table.rows.is_empty());
        tables.sort_by_key(|table| table.section);
        View {
            title: plan.name.clone(),
            subtitle: words::subtitle(plan, facts, findings),
            verdict: findings.verdict,
            reason: words::reason(facts, findings),
            headline: words::headline(plan, facts, findings),
            answers: answers::answers(plan, facts, findings),
            tables,
            generator: words::generator(findings),
            notes: words::notes(plan, findings),
        }
    }
}

// === impl Table ===

impl Table {
    /// An empty table with these columns.
    pub fn new(title: &str, columns: &[(&str, Fit)]) -> Table {
        let columns = columns.iter().map(|(title, fit)| Column { title: (*title).to_owned(), fit: *fit }).collect();
        Table { title: title.to_owned(), columns, rows: Vec::new(), in_sight: false, section: Section::default() }
    }

    /// The table, kept in sight where tables are folded away.
    pub fn in_sight(self) -> Table {
        Table { in_sight: true, ..self }
    }

    /// The table, as a part of this section.
    pub fn of(self, section: Section) -> Table {
        Table { section, ..self }
    }

    /// Adds a row.
    pub fn row(&mut self, tone: Tone, cells: impl Into<Vec<String>>) {
        let cells = cells.into();
        debug_assert_eq!(cells.len(), self.columns.len(), "{}", self.title);
        self.rows.push(Row { tone, cells });
    }
}

// === impl Remark ===

impl Remark {
    /// A sentence that should strike the reader so.
    pub fn new(tone: Tone, text: impl Into<String>) -> Remark {
        Remark { tone, text: text.into() }
    }
}

//! Statements, answers and tables of a view, as the templates take them.

use serde::Serialize;

use crate::report::json::figure;
use crate::report::view::{Answer, Fit, Section, Statement, Table, Tone, Warning};

/// The tables of a section.
#[derive(Serialize)]
pub(super) struct SectionPart {
    key: &'static str,
    tables: Vec<TablePart>,
}

#[derive(Serialize)]
pub(super) struct AnswerPart {
    question: &'static str,
    tone: &'static str,
    answer: String,
    detail: String,
    figure: Option<&'static str>,
    value: Option<f64>,
}

/// What must be known before any of it is believed.
#[derive(Serialize)]
pub(super) struct WarningPart {
    of_all: bool,
    sentence: String,
}

#[derive(Serialize)]
pub(super) struct StatementPart {
    tone: &'static str,
    text: String,
}

#[derive(Serialize)]
pub(super) struct TablePart {
    title: String,
    in_sight: bool,
    columns: Vec<(String, &'static str)>,
    rows: Vec<(&'static str, Vec<String>, Option<String>)>,
}

pub(super) fn statements(statements: &[Statement]) -> Vec<StatementPart> {
    statements
        .iter()
        .map(|statement| StatementPart { tone: word(statement.tone), text: statement.text.clone() })
        .collect()
}

pub(super) fn sections(tables: &[Table]) -> Vec<SectionPart> {
    let key = |section| match section {
        Section::Gate => "gate",
        Section::Funnel => "funnel",
        Section::Time => "time",
        Section::Places => "places",
        Section::Steps => "steps",
        Section::Loss => "loss",
        Section::Further => "further",
    };
    let by_section = tables.chunk_by(|one, other| one.section == other.section);
    by_section
        .map(|tables| SectionPart {
            key: key(tables[0].section),
            tables: tables.iter().map(TablePart::of).collect(),
        })
        .collect()
}

/// A tone as the style sheet calls it.
pub(super) fn word(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Doubtful => "doubtful",
        Tone::Faint => "faint",
    }
}

// === impl AnswerPart ===

impl From<Answer> for AnswerPart {
    fn from(answer: Answer) -> AnswerPart {
        AnswerPart {
            question: answer.question,
            tone: word(answer.tone),
            answer: answer.answer,
            detail: answer.detail,
            figure: answer.figure.map(|(path, _)| path),
            value: answer.figure.map(|(_, value)| figure(value)),
        }
    }
}

// === impl WarningPart ===

impl WarningPart {
    pub(super) fn of(warning: &Warning) -> WarningPart {
        WarningPart { of_all: warning.of_all, sentence: warning.sentence.clone() }
    }
}

// === impl TablePart ===

impl TablePart {
    pub(super) fn of(table: &Table) -> TablePart {
        let fit = |fit| match fit {
            Fit::Name | Fit::Prose => "words",
            Fit::Figure | Fit::Optional(_) => "figures",
        };
        TablePart {
            title: table.title.clone(),
            in_sight: table.in_sight,
            columns: table
                .columns
                .iter()
                .map(|column| (column.title.clone(), fit(column.fit)))
                .collect(),
            rows: table
                .rows
                .iter()
                .map(|row| (word(row.tone), row.cells.clone(), row.link.clone()))
                .collect(),
        }
    }
}

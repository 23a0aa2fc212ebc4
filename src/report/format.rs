//! The formats of a report: what each is called, and how a report is rendered in it.
//!
//! A new format is one file that renders it, and a variant with its arms here. Its command-line flag follows from this list.

use std::path::PathBuf;

use super::comparison::{comparison_document, comparison_json, comparison_suite, comparison_view};
use super::html::{comparison_page, page};
use super::inputs::{ComparisonReport, RunReport};
use super::json::{RunDocument, run_document, run_json};
use super::junit::{Suite, junit, suite};
use super::markdown::markdown;
use super::view::View;

/// A format that reports are written in. The terminal report is none of them: it depends on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `run.json`, or the comparison for programs.
    Json,
    /// JUnit XML.
    Junit,
    /// One HTML file.
    Html,
    /// Markdown for a pull request.
    Markdown,
}

/// Where a report is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// A report that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its format.
    pub format: Format,
    /// Where it goes.
    pub target: Target,
}

/// How the comparison that a run makes with its baseline gets into a file that has the run's own report already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    /// It does not: the file is one document. The comparison is in the run's folder.
    None,
    /// After the report.
    Appended,
    /// The file is written anew, with both.
    Rewritten,
}

/// What a format needs of a run, or of a comparison of two.
pub trait Report {
    /// Sentences and tables.
    fn view(&self) -> View;
    /// JSON.
    fn json(&self) -> String;
    /// One HTML file.
    fn html(&self) -> String;
    /// Test suites.
    fn suites(&self) -> Vec<Suite>;
}

// === impl Format ===

impl Format {
    /// All formats, in the order of the command line's help.
    pub const ALL: [Format; 4] = [Format::Json, Format::Junit, Format::Html, Format::Markdown];

    /// The name of its option and of its environment variable.
    pub const fn flag(self) -> (&'static str, &'static str) {
        match self {
            Format::Json => ("json", "TILLRUSH_JSON"),
            Format::Junit => ("junit", "TILLRUSH_JUNIT"),
            Format::Html => ("html", "TILLRUSH_HTML"),
            Format::Markdown => ("markdown", "TILLRUSH_MARKDOWN"),
        }
    }

    /// The option in the command line's help.
    pub const fn help(self) -> &'static str {
        match self {
            Format::Json => "Write the JSON report to this file as well; - for standard output",
            Format::Junit => {
                "Write JUnit XML to this file, one test case per objective; - for standard output"
            }
            Format::Html => "Write the HTML report to this file as well; - for standard output",
            Format::Markdown => {
                "Write Markdown for a pull request to this file; - for standard output"
            }
        }
    }

    /// The file that is written where the option names none; without one, the option needs a value.
    pub const fn default_file(self) -> Option<&'static str> {
        match self {
            Format::Html => Some("report.html"),
            Format::Json | Format::Junit | Format::Markdown => None,
        }
    }

    /// How a comparison gets into a file that has a run's report.
    pub const fn addition(self) -> Addition {
        match self {
            Format::Json | Format::Html => Addition::None,
            Format::Junit => Addition::Rewritten,
            Format::Markdown => Addition::Appended,
        }
    }

    /// The report in this format, ending with a line break.
    pub fn render(self, report: &dyn Report) -> String {
        match self {
            Format::Json => report.json(),
            Format::Junit => junit(&report.suites()),
            Format::Html => report.html(),
            Format::Markdown => markdown(&report.view()),
        }
    }
}

// === impl Target ===

impl Target {
    /// What an option's value means: `-` is standard output.
    pub fn new(value: PathBuf) -> Target {
        if value.as_os_str() == "-" { Target::Stdout } else { Target::File(value) }
    }
}

// === impl RunReport ===

impl Report for RunReport<'_> {
    fn view(&self) -> View {
        View::of(self.plan, self.facts, self.findings)
            .with_records(self.records, self.plan.currency)
    }

    fn json(&self) -> String {
        let document = run_document(self.plan, self.tally, self.facts, self.findings);
        run_json(&RunDocument { reconciliation: self.records.cloned(), ..document })
    }

    fn html(&self) -> String {
        page(self)
    }

    fn suites(&self) -> Vec<Suite> {
        let suite = suite(self.plan, self.facts, self.findings);
        vec![match self.records {
            None => suite,
            Some(records) => suite.with_records(records),
        }]
    }
}

// === impl ComparisonReport ===

impl Report for ComparisonReport<'_> {
    fn view(&self) -> View {
        comparison_view(&self.base, &self.candidate, self.found)
    }

    fn json(&self) -> String {
        comparison_json(&comparison_document(&self.base, &self.candidate, self.found))
    }

    fn html(&self) -> String {
        comparison_page(&self.base, &self.candidate, self.found)
    }

    fn suites(&self) -> Vec<Suite> {
        let own = self.own.iter().flat_map(Report::suites);
        own.chain([comparison_suite(&self.candidate, self.found)]).collect()
    }
}

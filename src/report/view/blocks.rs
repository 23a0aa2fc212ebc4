//! What reports are put together from: sentences, answers and tables, how they should strike the reader, and where they belong.

/// A sentence and how it should strike the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
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
    /// A figure, to the right; left out if need be, the highest number first, and all of a number together.
    Optional(u8),
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How it should strike the reader.
    pub tone: Tone,
    /// Its cells.
    pub cells: Vec<String>,
    /// The place on a page that has more about it, if there is one.
    pub link: Option<String>,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The question.
    pub question: &'static str,
    /// How the answer should strike the reader.
    pub tone: Tone,
    /// The answer in a word or a figure.
    pub answer: String,
    /// What it rests on.
    pub detail: String,
    /// Whether it is of the run, and not of what was found in it.
    pub of_the_run: bool,
    /// The figure of `run.json` that the answer is, by path, where it is one.
    pub figure: Option<(&'static str, f64)>,
}

// === impl Tone ===

impl Tone {
    /// The tone of a finding of no events: good news only if it rules out more than one shopper in twenty.
    pub(super) fn where_none_seen(at_most: f64) -> Tone {
        if at_most <= 0.05 { Tone::Good } else { Tone::Doubtful }
    }
}

// === impl Table ===

impl Table {
    /// An empty table with these columns.
    pub fn new(title: &str, columns: &[(&str, Fit)]) -> Table {
        let columns = columns
            .iter()
            .map(|(title, fit)| Column { title: (*title).to_owned(), fit: *fit })
            .collect();
        Table {
            title: title.to_owned(),
            columns,
            rows: Vec::new(),
            in_sight: false,
            section: Section::default(),
        }
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
        self.rows.push(Row { tone, cells, link: None });
    }

    /// Adds a row with more about it at a place on the page.
    pub fn linked_row(&mut self, link: Option<String>, tone: Tone, cells: impl Into<Vec<String>>) {
        self.row(tone, cells);
        if let Some(row) = self.rows.last_mut() {
            row.link = link;
        }
    }
}

// === impl Statement ===

impl Statement {
    /// A sentence that should strike the reader so.
    pub fn new(tone: Tone, text: impl Into<String>) -> Statement {
        Statement { tone, text: text.into() }
    }
}

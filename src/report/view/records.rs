//! Orders against the shop's records: tables and sentences.

use super::blocks::{Answer, Fit, Section, Statement, Table, Tone};
use super::format::{NOTHING, count, money, percent};
use super::page::View;
use crate::base::{Currency, Micros, count_of};
use crate::reconcile::{
    ClickWindowDocument, ExampleDocument, FindingDocument, ReconciliationDocument,
};
use crate::verdict::Verdict;

/// The question that the shop's records answer.
const BOOKS: &str = "Do the shop's books agree?";

/// The answer where there are no records.
pub fn not_compared() -> Answer {
    answer(Tone::Faint, "Not compared", "no records of the shop were read".to_owned())
}

fn answer_of(summary: &Statement) -> Answer {
    let word = match summary.tone {
        Tone::Good => "Yes",
        Tone::Bad => "No",
        Tone::Doubtful | Tone::Plain | Tone::Faint => "With caution",
    };
    answer(summary.tone, word, summary.text.clone())
}

fn answer(tone: Tone, word: &str, detail: String) -> Answer {
    Answer {
        question: BOOKS,
        tone,
        answer: word.to_owned(),
        detail,
        of_the_run: false,
        figure: None,
    }
}

// === impl View ===

impl View {
    /// The view with what the shop's records say.
    pub fn with_records(
        mut self,
        records: Option<&ReconciliationDocument>,
        currency: Option<Currency>,
    ) -> View {
        let Some(records) = records else { return self };
        if self.verdict == Verdict::NotReconciled {
            self.reason = reason(records);
        }
        let statement = summary(records);
        let books = self.answers.iter_mut().find(|answer| answer.question == BOOKS);
        if let Some(books) = books {
            *books = answer_of(&statement);
        }
        // Wrong orders are worse news than any failure; the rest is said last.
        match statement.tone {
            Tone::Bad => self.headline.insert(0, statement),
            Tone::Plain | Tone::Good | Tone::Doubtful | Tone::Faint => {
                self.headline.push(statement)
            }
        }
        self.headline.extend(records.window.map(window));
        let mut tables =
            vec![matrix(records), findings(records, currency), arms(records), stock(records)];
        tables.extend(worst(records).map(story));
        tables.retain(|table| !table.rows.is_empty());
        let gate = self.tables.partition_point(|table| table.section == Section::Gate);
        self.tables.splice(gate..gate, tables.into_iter().map(|table| table.of(Section::Gate)));
        self
    }
}

fn reason(records: &ReconciliationDocument) -> Statement {
    let errors: Vec<String> = of_severity(records, "error")
        .map(|finding| {
            let kind = finding.kind.replace('_', " ");
            match finding.units == finding.count {
                true => format!("{} {kind}", count(finding.count)),
                false => format!("{} {kind} by {}", count(finding.count), count(finding.units)),
            }
        })
        .collect();
    let text = format!("orders do not reconcile with the shop's records: {}", errors.join(", "));
    Statement::new(Tone::Bad, text)
}

/// All in a sentence.
pub fn summary(records: &ReconciliationDocument) -> Statement {
    let intents = count_of(records.intents, "intent");
    let errors = records.of_severity("error");
    let warnings = records.of_severity("warning");
    if !records.settled || records.undecided > 0 {
        let text = if records.read_at.is_empty() {
            "The shop's records could not be read, so no order was compared.".to_owned()
        } else {
            format!(
                "The shop's records do not decide on {} of {intents} yet.",
                count_of(records.undecided, "question")
            )
        };
        return Statement::new(Tone::Doubtful, text);
    }
    let (tone, found) = match (errors, warnings) {
        (0, 0) => (Tone::Good, "no finding".to_owned()),
        (0, warnings) => (Tone::Doubtful, count_of(warnings, "warning")),
        (errors, 0) => (Tone::Bad, count_of(errors, "error")),
        (errors, warnings) => (
            Tone::Bad,
            format!("{} and {}", count_of(errors, "error"), count_of(warnings, "warning")),
        ),
    };
    Statement::new(
        tone,
        format!(
            "{intents} compared with {} of the shop: {found}.",
            count_of(records.orders, "order")
        ),
    )
}

fn of_severity<'r>(
    records: &'r ReconciliationDocument,
    severity: &'r str,
) -> impl Iterator<Item = &'r FindingDocument> {
    records.findings.iter().filter(move |finding| finding.severity == severity)
}

fn matrix(records: &ReconciliationDocument) -> Table {
    let columns = [
        ("shopper saw", Fit::Name),
        ("no order", Fit::Figure),
        ("1 order", Fit::Figure),
        ("2 orders", Fit::Figure),
        ("3 or more", Fit::Figure),
    ];
    let mut table = Table::new("Intents to buy by outcome and by orders found", &columns);
    for row in &records.matrix {
        let figures = row.by_orders_found.iter().map(|n| count(*n));
        let cells: Vec<String> = std::iter::once(row.outcome.clone()).chain(figures).collect();
        table.row(Tone::Plain, cells);
    }
    table
}

/// What came of each provocation. A double click of which some make two orders shows that the shop takes longer than its delay from
/// checking to writing.
fn arms(records: &ReconciliationDocument) -> Table {
    let columns = [
        ("besides paying", Fit::Name),
        ("intents", Fit::Figure),
        ("double orders or charges", Fit::Figure),
        ("share", Fit::Figure),
        ("95 % limits", Fit::Optional(1)),
        ("wrong in any way", Fit::Optional(2)),
    ];
    let mut table = Table::new("Provocations, assigned to shoppers at random", &columns);
    for arm in &records.arms {
        let tone = if arm.wrong > 0 { Tone::Bad } else { Tone::Plain };
        let limits = arm.limits95.map_or(NOTHING.to_owned(), |[low, high]| {
            format!("{} to {}", percent(low), percent(high))
        });
        let share = arm.rate.map_or(NOTHING.to_owned(), percent);
        table.row(
            tone,
            vec![
                arm.arm.clone(),
                count(arm.intents),
                count(arm.doubled),
                share,
                limits,
                count(arm.wrong),
            ],
        );
    }
    table
}

/// How long the shop takes from checking to writing, by its double clicks.
fn window(window: ClickWindowDocument) -> Statement {
    let ClickWindowDocument { mean_ms, low95_ms, high95_ms } = window;
    let length = |ms: f64| Micros((ms * 1e3).round() as u64).to_string();
    let limits = match (low95_ms, high95_ms) {
        (Some(low), Some(high)) => format!("{} to {}", length(low), length(high)),
        (None, Some(high)) => format!("at most {}", length(high)),
        (Some(low), None) => format!("at least {}", length(low)),
        (None, None) => "any length".to_owned(),
    };
    match mean_ms {
        Some(mean) => Statement::new(
            Tone::Doubtful,
            format!(
                "Double clicks made two orders as if the shop took {} from check to write ({limits}, 95 %).",
                length(mean)
            ),
        ),
        None => Statement::new(
            Tone::Plain,
            format!("By the double clicks, the shop takes {limits} from check to write (95 %)."),
        ),
    }
}

fn findings(records: &ReconciliationDocument, currency: Option<Currency>) -> Table {
    let columns = [
        ("finding", Fit::Prose),
        ("severity", Fit::Name),
        ("count", Fit::Figure),
        ("rate at most", Fit::Optional(2)),
        ("money", Fit::Optional(1)),
    ];
    let mut table = Table::new("Orders against the shop's records", &columns).in_sight();
    for finding in &records.findings {
        let tone = if finding.severity == "error" { Tone::Bad } else { Tone::Doubtful };
        let units = finding.units != finding.count;
        let times = count(finding.count);
        table.row(
            tone,
            [
                finding.words.clone(),
                finding.severity.clone(),
                if units {
                    format!("{times} ({})", count_of(finding.units, "unit"))
                } else {
                    times
                },
                finding.rate_upper95.map_or_else(|| NOTHING.to_owned(), percent),
                finding
                    .minor
                    .map_or_else(|| NOTHING.to_owned(), |minor| money(currency, minor as f64)),
            ],
        );
    }
    table
}

fn stock(records: &ReconciliationDocument) -> Table {
    let columns = [
        ("article", Fit::Name),
        ("before", Fit::Figure),
        ("sold", Fit::Figure),
        ("after", Fit::Figure),
        ("oversold", Fit::Figure),
        ("drift", Fit::Optional(1)),
    ];
    let mut table = Table::new("Stock", &columns);
    let figure = |n: Option<i64>| n.map_or_else(|| NOTHING.to_owned(), |n| n.to_string());
    for article in records.stock.iter().filter(|article| article.sold > 0 || article.oversold > 0) {
        let tone = if article.oversold > 0 { Tone::Bad } else { Tone::Plain };
        table.row(
            tone,
            [
                article.sku.clone(),
                article.before.to_string(),
                count(article.sold),
                figure(article.after),
                count(article.oversold),
                figure(article.drift),
            ],
        );
    }
    table
}

/// The first example of the first error, else of the first warning.
fn worst(records: &ReconciliationDocument) -> Option<(&FindingDocument, &ExampleDocument)> {
    let of = |severity| {
        of_severity(records, severity).find_map(|finding| {
            let example = finding.examples.iter().find(|example| !example.timeline.is_empty())?;
            Some((finding, example))
        })
    };
    of("error").or_else(|| of("warning"))
}

fn story((finding, example): (&FindingDocument, &ExampleDocument)) -> Table {
    let columns = [("time", Fit::Figure), ("what", Fit::Name), ("particulars", Fit::Prose)];
    let intent = example.intent.as_deref().unwrap_or_default();
    let title = format!("Worst intent: {} ({intent})", finding.kind.replace('_', " "));
    let mut table = Table::new(&title, &columns);
    for event in &example.timeline {
        let time = format!("{:.3} s", event.at_ms / 1_000.0);
        let detail = event.detail.clone().unwrap_or_default();
        let detail =
            format!("key {}{}{detail}", event.key, if detail.is_empty() { "" } else { ", " });
        table.row(Tone::Plain, [time, event.what.clone(), detail]);
    }
    let records = example.records.join(", ");
    let detail = if records.is_empty() {
        example.detail.clone()
    } else {
        format!("{}: {records}", example.detail)
    };
    table.row(Tone::Bad, [NOTHING.to_owned(), "shop's records".to_owned(), detail]);
    table
}

//! `walk --records`: one marked order is placed, and looked for in everything that the shop records of it.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};

use super::exit::Exit;
use super::failure::Failure;
use super::records::{Described, RunRecords, unread};
use super::screen::Screen;
use super::source::Source;
use crate::reconcile::Intents;
use crate::records::{MarkedRow, RecordKind, RecordReader};
use crate::shopper::{PurchaseLog, PurchaseRecord};

/// How long the shop may take until its records have the order, where `wait` does not say.
const WAIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);

/// Remembers the purchases of one walk.
#[derive(Default)]
pub struct WalkLog(RefCell<Vec<String>>);

/// The chain from a shopper's order to the shop's records.
pub struct ProvedChain {
    reader: RecordReader,
    runtime: Arc<Runtime>,
}

// === impl WalkLog ===

impl WalkLog {
    /// The lines, as a purchase log has them.
    pub fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

impl PurchaseLog for WalkLog {
    fn write(&self, line: &PurchaseRecord<'_>) {
        self.0.borrow_mut().extend(serde_json::to_string(line));
    }
}

// === impl ProvedChain ===

impl ProvedChain {
    /// Before the walk: reads the stock, and so finds out whether records can be read at all.
    ///
    /// # Errors
    /// When they can't.
    pub fn begin(
        described: Described,
        source: &Source,
        target: &str,
        insecure: bool,
    ) -> Result<ProvedChain, Failure> {
        let records = RunRecords::before_run(&described, source, target, insecure)?;
        let (reader, runtime, _) = records.into_parts();
        Ok(ProvedChain { reader, runtime })
    }

    /// Looks for the walk's order in each source, and says where it carries the marker.
    ///
    /// # Errors
    /// When a source can't be read.
    pub fn prove(&mut self, lines: &[String], screen: Screen) -> Result<Exit, Failure> {
        let mut intents = Intents::new();
        for line in lines {
            intents.add_line(line.as_bytes()).map_err(anyhow::Error::from)?;
        }
        if intents.list().is_empty() {
            screen.print_line(format_args!(
                "records: the walk bought nothing, so there is nothing to look for"
            ));
            return Ok(Exit::Inconclusive);
        }
        let plan = self.reader.plan();
        let sources = [
            (RecordKind::Orders, "order", Some(&plan.orders)),
            (RecordKind::Charges, "charge", plan.charges.as_ref()),
            (RecordKind::Mails, "receipt", plan.mail.as_ref()),
        ];
        let sources: Vec<(RecordKind, &str, String)> = sources
            .into_iter()
            .filter_map(|(kind, what, source)| Some((kind, what, source?.describe())))
            .collect();
        let until = Instant::now() + plan.wait.map_or(WAIT, Duration::from).max(PAUSE);
        let runtime = Arc::clone(&self.runtime);
        let mut whole = true;
        for (kind, what, place) in sources {
            let found = runtime.block_on(self.wait_for(kind, &intents, until)).map_err(unread)?;
            let (good, text) = describe(what, &place, &found);
            whole &= good;
            screen.print_line(format_args!("  {} {text}", if good { '✓' } else { '✗' }));
        }
        Ok(if whole { Exit::Ok } else { Exit::NotReconciled })
    }

    async fn wait_for(
        &mut self,
        kind: RecordKind,
        intents: &Intents,
        until: Instant,
    ) -> Result<Vec<MarkedRow>, crate::records::RecordError> {
        loop {
            let found = self.reader.find_marked(kind, intents).await?;
            if !found.is_empty() || Instant::now() >= until {
                return Ok(found);
            }
            sleep(PAUSE).await;
        }
    }
}

/// Whether there is exactly one and it carries the marker, and that in words.
fn describe(what: &str, place: &str, found: &[MarkedRow]) -> (bool, String) {
    match found {
        [] => (false, format!("no {what} of this walk in {place}")),
        [row] if row.places.is_empty() => {
            let remedy = "send {{ shopper.email }} or {{ intent.marker }} in a field that is kept, so that an order of an unknown outcome is found too";
            // A charge may be known by its order's number; an order that is so can't be found without an answer.
            (
                what != "order",
                format!("{what} {} in {place}, known by a number only: {remedy}", row.id),
            )
        }
        [row] => {
            (true, format!("{what} {} in {place}, marked in {}", row.id, row.places.join(", ")))
        }
        many => (false, format!("{} {what}s of this walk in {place}", many.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(places: &[&str]) -> MarkedRow {
        MarkedRow { id: "T1".into(), places: places.iter().map(|&place| place.into()).collect() }
    }

    #[test]
    fn one_marked_row_is_a_whole_chain() {
        let (good, text) = describe("order", "SQL", &[row(&["email"])]);
        assert!(good && text.ends_with("order T1 in SQL, marked in email"), "{text}");
        assert!(!describe("order", "SQL", &[]).0);
        assert!(!describe("order", "SQL", &[row(&[])]).0);
        assert!(describe("charge", "SQL", &[row(&[])]).0);
        assert!(!describe("receipt", "SQL", &[row(&["to"]), row(&["to"])]).0);
    }
}

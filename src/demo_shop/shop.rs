//! The shop as a whole: what all its steps work on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::catalog::Catalogue;
use super::faults::{Draws, Faults, Pace};
use super::idempotency::IdempotencyKeys;
use super::ledger::{Ledger, LedgerSnapshot};
use super::mailer::Mailer;
use super::options::{ShopError, ShopOptions};
use super::orders::Waits;
use super::payments::Provider;
use super::session::Sessions;
use super::sharded::Sharded;

/// Questions to the help desk that are remembered.
const QUESTIONS: usize = 50_000;

/// Everything behind the counter.
pub(super) struct Shop {
    pub(super) faults: Faults,
    pub(super) pace: Pace,
    pub(super) draws: Draws,
    pub(super) nodes: Vec<String>,
    pub(super) waits: Waits,
    pub(super) help_answers_after: Duration,
    pub(super) catalogue: Catalogue,
    pub(super) sessions: Sessions,
    pub(super) ledger: Ledger,
    pub(super) intents: IdempotencyKeys,
    pub(super) provider: Provider,
    pub(super) mailer: Mailer,
    /// When each question was asked.
    pub(super) questions: Sharded<u64, Duration>,
    pub(super) asked: AtomicU64,
    /// Answers so far: each has its number.
    answers: AtomicU64,
    built: Instant,
    /// Microseconds from `built` to the opening: a reset opens the shop anew.
    opened: AtomicU64,
}

// === impl Shop ===

impl Shop {
    pub(super) fn open(options: ShopOptions) -> Result<Shop, ShopError> {
        let ShopOptions {
            faults,
            nodes,
            seed,
            mail,
            paid_after,
            refunded_after,
            help_answers_after,
            ..
        } = options;
        if nodes.is_empty() {
            return Err(ShopError::NoNodes);
        }
        for fault in &faults.faults {
            if let Some(node) = fault
                .only
                .node
                .iter()
                .find(|wanted| !wanted.contains('*') && !nodes.contains(wanted))
            {
                return Err(ShopError::UnknownNode {
                    fault: fault.name.clone(),
                    node: node.clone(),
                    known: nodes.join(", "),
                });
            }
        }
        Ok(Shop {
            catalogue: Catalogue::open(&faults.stock).map_err(ShopError::UnknownProduct)?,
            pace: Pace::new(&faults),
            ledger: Ledger::new(&faults),
            faults,
            draws: Draws { seed },
            nodes,
            waits: Waits { paid_after, refunded_after },
            help_answers_after,
            sessions: Sessions::new(),
            intents: IdempotencyKeys::new(),
            provider: Provider::default(),
            mailer: Mailer::to(mail).map_err(ShopError::Threads)?,
            questions: Sharded::bounded(QUESTIONS),
            asked: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            built: Instant::now(),
            opened: AtomicU64::new(0),
        })
    }

    /// Since the shop opened.
    pub(super) fn now(&self) -> Duration {
        self.built
            .elapsed()
            .saturating_sub(Duration::from_micros(self.opened.load(Ordering::Relaxed)))
    }

    /// The number of the next answer, from 1.
    pub(super) fn next_answer(&self) -> u64 {
        self.answers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The node of a new session: a hash of the shopper and of how many sessions the shopper opened before.
    pub(super) fn pin(&self, shopper: &str) -> usize {
        let nth = self.ledger.session_opened(shopper);
        (self.draws.bits(["node", ""], &[shopper, &nth.to_string()]) % self.nodes.len() as u64)
            as usize
    }

    pub(super) fn ledger(&self) -> LedgerSnapshot {
        self.ledger.snapshot(self.catalogue.stock())
    }

    /// Opens anew: empty books, full shelves, no sessions, and the clock of the faults at zero.
    pub(super) fn reset(&self) {
        self.sessions.clear();
        self.intents.clear();
        self.provider.clear();
        self.questions.clear();
        self.ledger.reset();
        self.catalogue.restock();
        self.pace.reset();
        self.opened.store(self.built.elapsed().as_micros() as u64, Ordering::Relaxed);
    }
}

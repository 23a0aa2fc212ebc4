//! The shop's books: what was asked, what went wrong, what was sold, and to whom.
//!
//! A load test is right only if its own counts are the shop's: so everything is counted here exactly, where
//! it happens, by step, by fault and by shopper.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::faults::Faults;
use super::operation::Operation;
use super::orders::{OrderBook, OrderRecord};
use super::sharded::Sharded;

const STEPS: usize = Operation::ALL.len();

/// The books, written to from all threads.
pub(super) struct Ledger {
    requests: [AtomicU64; STEPS],
    not_found: AtomicU64,
    /// By fault, in the order of the fault file.
    struck: Vec<(String, [AtomicU64; STEPS])>,
    shoppers: Sharded<String, Shopper>,
    pub(super) payments: Payments,
    pub(super) turned_away: TurnedAway,
    pub(super) orders: OrderBook,
}

/// What became of payments.
#[derive(Default)]
pub(super) struct Payments {
    pub(super) attempts: AtomicU64,
    pub(super) confirmed: AtomicU64,
    pub(super) declined: AtomicU64,
    pub(super) sold_out: AtomicU64,
    pub(super) replayed: AtomicU64,
    pub(super) invalid: AtomicU64,
}

/// Requests that the shop's limits turned away.
#[derive(Default)]
pub(super) struct TurnedAway {
    pub(super) rate_limited: AtomicU64,
    pub(super) queue_full: AtomicU64,
    /// Forms without the hidden token.
    pub(super) csrf: AtomicU64,
}

/// One shopper's page.
#[derive(Default)]
struct Shopper {
    /// Whether a marker named the shopper, rather than a session.
    marked: bool,
    sessions: u32,
    visits: [u32; STEPS],
    failed: [u32; STEPS],
    payments: u32,
    declines: u32,
}

/// A copy of the books.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerSnapshot {
    /// `tillrush.shop-ledger/1`.
    pub schema: &'static str,
    /// Requests by step, failed ones included; steps never asked for are left out.
    pub requests: BTreeMap<&'static str, u64>,
    /// Requests for addresses that the shop doesn't have.
    pub requests_not_found: u64,
    /// How often each fault struck, by step.
    pub faults: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// What became of payments.
    pub payments: PaymentCounts,
    /// Requests that the shop's limits turned away.
    pub turned_away: TurnedAwayCounts,
    /// Distinct markers seen in the header `x-shopper`.
    pub shoppers_seen: u64,
    /// Sessions opened.
    pub sessions_opened: u64,
    /// Shoppers who met at least one failure that the faults planted.
    pub shoppers_failed: u64,
    /// Shoppers who met two or more.
    pub shoppers_failed_repeatedly: u64,
    /// Sum of all orders, in cents.
    pub revenue: u64,
    /// Units left, by article number.
    pub stock: BTreeMap<String, u32>,
    /// By marker (or session, where there was none).
    pub shoppers: BTreeMap<String, ShopperCounts>,
    /// Payments that the books are wrong about, by fault.
    pub book_faults: BTreeMap<&'static str, u64>,
    /// In the order of their numbers.
    pub orders: Vec<OrderRecord>,
}

/// What became of payments. `attempts` counts those that reached the till; a fault may have struck before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PaymentCounts {
    pub attempts: u64,
    pub confirmed: u64,
    pub declined: u64,
    pub sold_out: u64,
    pub replayed: u64,
    pub invalid: u64,
}

/// Requests that the shop's limits turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TurnedAwayCounts {
    /// With 429.
    pub rate_limited: u64,
    /// With 503, because nobody was free and the queue was full.
    pub queue_full: u64,
    /// With 403, because the form's token was missing.
    pub csrf: u64,
}

/// One shopper's counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShopperCounts {
    /// Requests by step.
    pub requests: BTreeMap<&'static str, u32>,
    /// Failures met, by step.
    pub failed: BTreeMap<&'static str, u32>,
    /// Payments that reached the till.
    pub payment_attempts: u32,
    /// Payments declined, for want of money or stock.
    pub declines: u32,
    /// Sessions opened.
    pub sessions: u32,
}

// === impl Ledger ===

impl Ledger {
    pub(super) fn new(faults: &Faults) -> Ledger {
        Ledger {
            requests: zeros(),
            not_found: AtomicU64::new(0),
            struck: faults.faults.iter().map(|fault| (fault.name.clone(), zeros())).collect(),
            shoppers: Sharded::unbounded(),
            payments: Payments::default(),
            turned_away: TurnedAway::default(),
            orders: OrderBook::new(),
        }
    }

    /// A request arrived: the shopper's how many-th for this step, from 1.
    pub(super) fn record_arrival(&self, step: Operation, shopper: &str, marked: bool) -> u32 {
        count(&self.requests[step.index()]);
        self.shopper(shopper, |page| {
            page.marked |= marked;
            page.visits[step.index()] += 1;
            page.visits[step.index()]
        })
    }

    pub(super) fn arrived_nowhere(&self) {
        count(&self.not_found);
    }

    /// A session begins: the shopper's how many-th, from 0.
    pub(super) fn session_opened(&self, shopper: &str) -> u32 {
        self.shopper(shopper, |page| {
            page.sessions += 1;
            page.sessions - 1
        })
    }

    /// Faults struck, by their places in the fault file; `failed` if the shopper saw a failure.
    pub(super) fn struck(&self, step: Operation, shopper: &str, faults: &[usize], failed: bool) {
        for fault in faults {
            count(&self.struck[*fault].1[step.index()]);
        }
        if failed {
            self.shopper(shopper, |page| page.failed[step.index()] += 1);
        }
    }

    /// A payment reached the till.
    pub(super) fn payment_attempted(&self, shopper: &str) {
        count(&self.payments.attempts);
        self.shopper(shopper, |page| page.payments += 1);
    }

    /// A payment was declined; `counter` is one of `payments`.
    pub(super) fn payment_declined(&self, shopper: &str, counter: &AtomicU64) {
        count(counter);
        self.shopper(shopper, |page| page.declines += 1);
    }

    /// Empties the books.
    pub(super) fn reset(&self) {
        let Payments { attempts, confirmed, declined, sold_out, replayed, invalid } =
            &self.payments;
        let TurnedAway { rate_limited, queue_full, csrf } = &self.turned_away;
        let single = [
            attempts,
            confirmed,
            declined,
            sold_out,
            replayed,
            invalid,
            rate_limited,
            queue_full,
            csrf,
            &self.not_found,
        ];
        let all = self
            .requests
            .iter()
            .chain(single)
            .chain(self.struck.iter().flat_map(|(_, counts)| counts));
        all.for_each(|counter| counter.store(0, Ordering::Relaxed));
        self.shoppers.clear();
        self.orders.clear();
    }

    /// A copy of the books, with the units left. Exact while no request is under way.
    pub(super) fn snapshot(&self, stock: BTreeMap<String, u32>) -> LedgerSnapshot {
        let mut snapshot = LedgerSnapshot {
            schema: "tillrush.shop-ledger/1",
            requests: by_step(&self.requests.each_ref().map(read)),
            requests_not_found: read(&self.not_found),
            faults: self
                .struck
                .iter()
                .map(|(name, counts)| (name.clone(), by_step(&counts.each_ref().map(read))))
                .collect(),
            payments: self.payments.counts(),
            turned_away: self.turned_away.counts(),
            shoppers_seen: 0,
            sessions_opened: 0,
            shoppers_failed: 0,
            shoppers_failed_repeatedly: 0,
            revenue: 0,
            stock,
            shoppers: BTreeMap::new(),
            book_faults: BTreeMap::new(),
            orders: self.orders.records(),
        };
        for fault in self.orders.book_entries().iter().filter_map(|booked| booked.fault) {
            *snapshot.book_faults.entry(fault.name()).or_default() += 1;
        }
        self.shoppers.each(|name, page| {
            let failures: u32 = page.failed.iter().sum();
            snapshot.shoppers_seen += u64::from(page.marked);
            snapshot.sessions_opened += u64::from(page.sessions);
            snapshot.shoppers_failed += u64::from(failures >= 1);
            snapshot.shoppers_failed_repeatedly += u64::from(failures >= 2);
            snapshot.shoppers.insert(name.clone(), page.counts());
        });
        snapshot.revenue = snapshot.orders.iter().map(|order| order.total).sum();
        snapshot
    }

    fn shopper<R>(&self, shopper: &str, act: impl FnOnce(&mut Shopper) -> R) -> R {
        self.shoppers.with(shopper, Shopper::default, act)
    }
}

// === impl Payments, TurnedAway, Shopper ===

impl Payments {
    fn counts(&self) -> PaymentCounts {
        PaymentCounts {
            attempts: read(&self.attempts),
            confirmed: read(&self.confirmed),
            declined: read(&self.declined),
            sold_out: read(&self.sold_out),
            replayed: read(&self.replayed),
            invalid: read(&self.invalid),
        }
    }
}

impl TurnedAway {
    fn counts(&self) -> TurnedAwayCounts {
        TurnedAwayCounts {
            rate_limited: read(&self.rate_limited),
            queue_full: read(&self.queue_full),
            csrf: read(&self.csrf),
        }
    }
}

impl Shopper {
    fn counts(&self) -> ShopperCounts {
        ShopperCounts {
            requests: by_step(&self.visits),
            failed: by_step(&self.failed),
            payment_attempts: self.payments,
            declines: self.declines,
            sessions: self.sessions,
        }
    }
}

/// One more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn zeros() -> [AtomicU64; STEPS] {
    std::array::from_fn(|_| AtomicU64::new(0))
}

/// The counts that are not zero, by step name.
fn by_step<N: Copy + Default + PartialEq>(counts: &[N; STEPS]) -> BTreeMap<&'static str, N> {
    Operation::ALL
        .iter()
        .zip(counts)
        .filter(|(_, n)| **n != N::default())
        .map(|(step, n)| (step.name(), *n))
        .collect()
}

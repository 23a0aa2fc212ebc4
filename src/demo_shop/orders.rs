//! OrderBook: placed once, paid a little later, perhaps sent back.
//!
//! ```text
//! pending ──(the bank confirms)──► paid ──(sent back)──► returned ──(the parcel arrives)──► refunded
//! ```
//!
//! The two waits in brackets that nobody acts in (bank, parcel) pass by themselves: the state is read off
//! the clock, so that there is no timer for every order.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::catalog::Catalogue;
use super::faults::BookFaultKind;
use super::session::{CartLine, Totals};
use super::sharded::Sharded;

/// All orders.
pub(super) struct OrderBook {
    by_number: Sharded<String, Order>,
    placed: AtomicU64,
    /// What the books have of declined payments.
    phantoms: Mutex<Vec<Order>>,
    /// The ids of orders that the shop's owner cancelled.
    cancelled: Mutex<HashSet<String>>,
}

/// An order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: String,
    /// The session that placed it; none for a gift order, which came with the shop.
    pub(super) session: Option<u64>,
    pub(super) shopper: String,
    pub(super) email: String,
    pub(super) lines: Vec<CartLine>,
    pub(super) totals: Totals,
    pub(super) method: String,
    pub(super) idempotency_keys: Vec<String>,
    pub(super) run: Option<String>,
    /// Since the shop opened.
    pub(super) placed: Duration,
    pub(super) created_at: String,
    /// When it was sent back.
    pub(super) returned: Option<Duration>,
    /// How the books differ.
    pub(super) fault: Option<BookFaultKind>,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Placed; the bank has not confirmed yet.
    Pending,
    /// The bank has confirmed.
    Paid,
    /// On its way back.
    Returned,
    /// Come back, and the money with it.
    Refunded,
}

/// An order in the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct OrderRecord {
    /// Its number.
    pub id: String,
    /// The header `x-shopper`, else the session.
    pub shopper: String,
    /// Whom the confirmation goes to.
    pub email: String,
    /// What was bought.
    pub items: Vec<OrderItem>,
    /// What was charged, in cents.
    pub total: u64,
    /// The currency of `total`.
    pub currency: &'static str,
    /// `card` or `wallet`.
    pub method: String,
    /// How often `total` was charged.
    pub charges: u32,
    /// The idempotency keys that it was asked for with; more than one request may carry the same.
    pub idempotency_keys: Vec<String>,
    /// The header `x-load-test`: which run placed it.
    pub run: Option<String>,
    /// RFC 3339, in UTC.
    pub created_at: String,
    /// How the books differ from what the shopper was told.
    pub fault: Option<BookFaultKind>,
}

/// This many of a product in an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderItem {
    /// The article number.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// Of one, in cents.
    pub price: u64,
}

/// An order as the books are made from it.
#[derive(Clone, Debug)]
pub(super) struct BookedOrder {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) total: u64,
    pub(super) currency: &'static str,
    pub(super) items: Vec<OrderItem>,
    /// Whether the payment provider took the money.
    pub(super) hosted: bool,
    pub(super) created: jiff::Timestamp,
    pub(super) placed: Duration,
    pub(super) fault: Option<BookFaultKind>,
}

/// How long the bank and the parcel take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) paid_after: Duration,
    pub(super) refunded_after: Duration,
}

// === impl OrderBook ===

impl OrderBook {
    pub(super) fn new() -> OrderBook {
        OrderBook {
            by_number: Sharded::unbounded(),
            placed: AtomicU64::new(0),
            phantoms: Mutex::default(),
            cancelled: Mutex::default(),
        }
    }

    /// Files an order under a new number, which it returns.
    pub(super) fn place(&self, make: impl FnOnce(String) -> Order) -> String {
        let id = format!("T{}", 100_001 + self.placed.fetch_add(1, Ordering::Relaxed));
        self.by_number.insert(id.clone(), make(id.clone()));
        id
    }

    /// Files an order that nobody asked for.
    #[cfg(test)]
    pub(super) fn book_one(&self, catalogue: &Catalogue) {
        self.place(|id| Order { session: Some(1), ..gift(&id, 1, catalogue) });
    }

    /// Does something with the order of this number. Gift orders `G0001` to `G9999` come with the shop: last
    /// week's presents of the accounts `gift-0001@example.com` and so on, all paid for.
    pub(super) fn find<R>(
        &self,
        id: &str,
        catalogue: &Catalogue,
        act: impl FnOnce(&mut Order) -> R,
    ) -> Option<R> {
        match gift_number(id) {
            Some(number) => Some(self.by_number.with(id, || gift(id, number, catalogue), act)),
            None => self.by_number.get(id, act),
        }
    }

    pub(super) fn clear(&self) {
        self.by_number.clear();
        self.placed.store(0, Ordering::Relaxed);
        self.phantoms.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Cancels the order of this id; false where it is cancelled already.
    pub(super) fn cancel(&self, id: &str) -> bool {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
    }

    pub(super) fn is_cancelled(&self, id: &str) -> bool {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Files what is wrongly kept of a declined payment.
    pub(super) fn place_phantom(&self, make: impl FnOnce(String) -> Order) {
        let id = format!("T{}", 100_001 + self.placed.fetch_add(1, Ordering::Relaxed));
        self.phantoms.lock().unwrap_or_else(PoisonError::into_inner).push(make(id));
    }

    /// Everything that the books are made from, by number.
    pub(super) fn book_entries(&self) -> Vec<BookedOrder> {
        let mut booked: Vec<BookedOrder> = Vec::new();
        self.by_number.each(|_, order| booked.extend(order.session.map(|_| order.book_entries())));
        let phantoms = self.phantoms.lock().unwrap_or_else(PoisonError::into_inner);
        booked.extend(phantoms.iter().map(Order::book_entries));
        booked.sort_unstable_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
        booked
    }

    /// The number of some other shopper's order, if there is one.
    pub(super) fn another(&self, shopper: &str) -> Option<String> {
        let mut another = None;
        self.by_number.each(|_, order| {
            let fit = order.session.is_some() && order.shopper != shopper && order.fault.is_none();
            if fit && another.is_none() {
                another = Some(order.id.clone());
            }
        });
        another
    }

    /// The orders placed here, by number.
    pub(super) fn records(&self) -> Vec<OrderRecord> {
        let mut records = Vec::new();
        self.by_number.each(|_, order| records.extend(order.session.map(|_| order.record())));
        records.sort_unstable_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
        records
    }
}

// === impl Order ===

impl Order {
    pub(super) fn state(&self, waits: Waits, now: Duration) -> OrderState {
        match self.returned {
            Some(returned) if now >= returned + waits.refunded_after => OrderState::Refunded,
            Some(_) => OrderState::Returned,
            None if now >= self.placed + waits.paid_after || self.session.is_none() => {
                OrderState::Paid
            }
            None => OrderState::Pending,
        }
    }

    fn book_entries(&self) -> BookedOrder {
        let item = |line: &CartLine| OrderItem {
            sku: line.sku.clone(),
            quantity: line.quantity,
            price: line.price,
        };
        BookedOrder {
            id: self.id.clone(),
            email: self.email.clone(),
            total: self.totals.total,
            currency: self.totals.currency,
            items: self.lines.iter().map(item).collect(),
            hosted: self.method == "hosted",
            created: self.created_at.parse().unwrap_or_default(),
            placed: self.placed,
            fault: self.fault,
        }
    }

    fn record(&self) -> OrderRecord {
        let item = |line: &CartLine| OrderItem {
            sku: line.sku.clone(),
            quantity: line.quantity,
            price: line.price,
        };
        OrderRecord {
            id: self.id.clone(),
            shopper: self.shopper.clone(),
            email: self.email.clone(),
            items: self.lines.iter().map(item).collect(),
            total: self.totals.total,
            currency: self.totals.currency,
            method: self.method.clone(),
            charges: 1,
            idempotency_keys: self.idempotency_keys.clone(),
            run: self.run.clone(),
            created_at: self.created_at.clone(),
            fault: self.fault,
        }
    }
}

// === impl OrderState ===

impl OrderState {
    pub(super) const fn name(self) -> &'static str {
        match self {
            OrderState::Pending => "pending",
            OrderState::Paid => "paid",
            OrderState::Returned => "returned",
            OrderState::Refunded => "refunded",
        }
    }
}

fn gift_number(id: &str) -> Option<u32> {
    let digits = id.strip_prefix('G').filter(|digits| digits.len() == 4)?;
    digits.parse().ok().filter(|number| *number > 0)
}

fn gift(id: &str, number: u32, catalogue: &Catalogue) -> Order {
    let sku = format!("sku-{}", number % 24 + 1);
    let lines: Vec<CartLine> = catalogue
        .find(&sku)
        .map(|product| CartLine {
            sku,
            name: product.summary.name,
            quantity: 1,
            price: product.summary.price,
        })
        .into_iter()
        .collect();
    Order {
        id: id.to_owned(),
        session: None,
        shopper: String::new(),
        email: format!("gift-{number:04}@example.com"),
        totals: Totals::of(&lines, None, None),
        lines,
        method: "card".into(),
        idempotency_keys: Vec::new(),
        run: None,
        placed: Duration::ZERO,
        created_at: "2025-12-18T10:00:00Z".into(),
        returned: None,
        fault: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_order_moves_from_pending_to_refunded_as_time_passes() {
        let waits =
            Waits { paid_after: Duration::from_secs(1), refunded_after: Duration::from_secs(5) };
        let catalogue = Catalogue::open(&BTreeMap::new()).unwrap();
        let mut order = Order { session: Some(1), ..gift("T1", 1, &catalogue) };
        let states = |order: &Order, times: [u64; 2]| {
            times.map(|s| order.state(waits, Duration::from_secs(s)))
        };
        assert_eq!(states(&order, [0, 1]), [OrderState::Pending, OrderState::Paid]);
        order.returned = Some(Duration::from_secs(10));
        assert_eq!(states(&order, [14, 15]), [OrderState::Returned, OrderState::Refunded]);
    }

    #[test]
    fn gift_orders_are_there_from_the_start_and_are_not_sales() {
        let (orders, catalogue) = (OrderBook::new(), Catalogue::open(&BTreeMap::new()).unwrap());
        assert_eq!(
            orders.find("G0042", &catalogue, |order| order.email.clone()).as_deref(),
            Some("gift-0042@example.com")
        );
        for id in ["G0000", "G42", "T100001", ""] {
            assert!(orders.find(id, &catalogue, |_| ()).is_none(), "{id}");
        }
        assert!(orders.records().is_empty());
    }
}

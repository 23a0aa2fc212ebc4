//! Faults of the shop's records: what shoppers are told and what the books say differ.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::file::Faults;
use super::spans::{Chance, DurationText};
use super::strike::Draws;

/// One way in which the books are wrong. At most one strikes an order: the first in the file.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookFault {
    /// What is wrong.
    pub kind: BookFaultKind,
    /// The share of shoppers whom it strikes; all if not stated.
    #[serde(default = "always")]
    probability: Chance,
}

/// What is wrong in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookFaultKind {
    /// The order is in no book.
    Lost,
    /// The order is in the books twice, under two numbers.
    Duplicate,
    /// It was charged twice.
    ChargedTwice,
    /// It was charged, and is no order.
    ChargedWithoutOrder,
    /// It was never charged.
    OrderWithoutCharge,
    /// Its total is a cent more than the shopper saw.
    WrongTotal,
    /// It is cancelled, and the money given back.
    Cancelled,
    /// It is in the books later.
    Late,
    /// No receipt was sent.
    NoReceipt,
    /// Two receipts were sent.
    TwoReceipts,
    /// The shopper was told the number of somebody else's order.
    Shared,
    /// A declined payment is an order all the same.
    Phantom,
    /// A receipt was sent for a declined payment.
    ReceiptWithoutOrder,
}

/// How late a late order is, where the file does not say.
const LATE: Duration = Duration::from_secs(3);

fn always() -> Chance {
    Chance(1.0)
}

// === impl BookFaultKind ===

impl BookFaultKind {
    /// As the ledger writes it.
    pub const fn name(self) -> &'static str {
        match self {
            BookFaultKind::Lost => "lost",
            BookFaultKind::Duplicate => "duplicate",
            BookFaultKind::ChargedTwice => "charged_twice",
            BookFaultKind::ChargedWithoutOrder => "charged_without_order",
            BookFaultKind::OrderWithoutCharge => "order_without_charge",
            BookFaultKind::WrongTotal => "wrong_total",
            BookFaultKind::Cancelled => "cancelled",
            BookFaultKind::Late => "late",
            BookFaultKind::NoReceipt => "no_receipt",
            BookFaultKind::TwoReceipts => "two_receipts",
            BookFaultKind::Shared => "shared",
            BookFaultKind::Phantom => "phantom",
            BookFaultKind::ReceiptWithoutOrder => "receipt_without_order",
        }
    }

    /// Whether it is about payments that are declined.
    const fn of_declined(self) -> bool {
        matches!(self, BookFaultKind::Phantom | BookFaultKind::ReceiptWithoutOrder)
    }
}

// === impl Faults ===

impl Faults {
    /// The fault that strikes this shopper's payment, if any.
    pub(in crate::demo_shop) fn strikes_books(
        &self,
        draws: Draws,
        shopper: &str,
        declined: bool,
    ) -> Option<BookFaultKind> {
        let struck = |fault: &&BookFault| {
            fault.kind.of_declined() == declined
                && draws.uniform(["books:", fault.kind.name()], &[shopper]) < fault.probability.0
        };
        self.books.iter().find(struck).map(|fault| fault.kind)
    }

    /// From an order to its being in the books, where it is late.
    pub(in crate::demo_shop) fn late_by(&self) -> Duration {
        self.books_late_by.map_or(LATE, |DurationText(late)| late)
    }

    /// By how much the shop's clock is ahead.
    pub(in crate::demo_shop) fn clock_ahead(&self) -> Duration {
        self.clock_ahead.map_or(Duration::ZERO, |DurationText(ahead)| ahead)
    }
}

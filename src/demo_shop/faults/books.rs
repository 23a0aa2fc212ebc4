//! Faults of the shop's records: what shoppers are told and what the books say differ.

use serde::{Deserialize, Serialize};

use super::spans::Chance;

/// One way in which the books are wrong. At most one strikes an order: the first in the file.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookFault {
    /// What is wrong.
    pub kind: BookFaultKind,
    /// The share of shoppers whom it strikes; all if not stated.
    #[serde(default = "always")]
    pub(super) probability: Chance,
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
    pub(super) const fn of_declined(self) -> bool {
        matches!(self, BookFaultKind::Phantom | BookFaultKind::ReceiptWithoutOrder)
    }
}

//! What can be wrong between shoppers and records, and how grave it is.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::intents::IntentIndex;

/// What is wrong.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The shopper was told of an order, and there is none.
    Lost,
    /// One order was confirmed to two intents, or to another intent than its own.
    Shared,
    /// An intent has two orders or more.
    Duplicate,
    /// More was captured than the order costs.
    ChargedTwice,
    /// Every attempt was declined or failed, yet there is an order or a charge.
    Phantom,
    /// A charge, and no order.
    ChargedWithoutOrder,
    /// A paid order, and no charge.
    OrderWithoutCharge,
    /// The order's total or currency is not what the shopper saw, or not what was charged.
    WrongAmount,
    /// The confirmed order is in a state that does not count.
    WrongState,
    /// More units were sold than there were.
    Oversold,
    /// Stock before, less what was sold, is not the stock after.
    StockDrift,
    /// A voucher was used more often than allowed.
    VoucherOverused,
    /// Two orders have one number.
    NumberRepeated,
    /// The order was there late.
    Late,
    /// An order without a receipt.
    ReceiptMissing,
    /// More receipts than orders.
    ReceiptTwice,
    /// A receipt, and no order.
    ReceiptWithoutOrder,
    /// An order with the run's marker that the purchase log knows nothing of: a defect of the load generator.
    Stranger,
}

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Orders do not reconcile.
    Error,
    /// To be looked at; an objective may limit it.
    Warning,
    /// The load generator itself is in doubt.
    Invalid,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// With which intent; none for what concerns many.
    pub intent: Option<IntentIndex>,
    /// The ids of the records concerned.
    pub records: Vec<String>,
    /// The money concerned, in minor units, where it is known.
    pub minor: Option<i64>,
    /// Particulars, as a sentence without its full stop.
    pub detail: String,
    /// How many units of it, such as units oversold; 1 where it is one thing.
    pub units: u64,
}

// === impl FindingKind ===

impl FindingKind {
    /// How grave it is.
    pub const fn severity(self) -> Severity {
        match self {
            FindingKind::Lost
            | FindingKind::Shared
            | FindingKind::Duplicate
            | FindingKind::ChargedTwice
            | FindingKind::Phantom
            | FindingKind::ChargedWithoutOrder
            | FindingKind::OrderWithoutCharge
            | FindingKind::WrongAmount
            | FindingKind::WrongState
            | FindingKind::Oversold
            | FindingKind::StockDrift
            | FindingKind::VoucherOverused
            | FindingKind::NumberRepeated => Severity::Error,
            FindingKind::Late
            | FindingKind::ReceiptMissing
            | FindingKind::ReceiptTwice
            | FindingKind::ReceiptWithoutOrder => Severity::Warning,
            FindingKind::Stranger => Severity::Invalid,
        }
    }

    /// Whether it stays so whatever the shop does next, so that it can be told while the run goes on.
    pub const fn is_final_at_once(self) -> bool {
        match self {
            FindingKind::Shared
            | FindingKind::Duplicate
            | FindingKind::ChargedTwice
            | FindingKind::Phantom
            | FindingKind::WrongAmount
            | FindingKind::Oversold
            | FindingKind::VoucherOverused
            | FindingKind::NumberRepeated => true,
            FindingKind::Lost
            | FindingKind::ChargedWithoutOrder
            | FindingKind::OrderWithoutCharge
            | FindingKind::WrongState
            | FindingKind::StockDrift
            | FindingKind::Late
            | FindingKind::ReceiptMissing
            | FindingKind::ReceiptTwice
            | FindingKind::ReceiptWithoutOrder
            | FindingKind::Stranger => false,
        }
    }

    /// As documents write it.
    pub const fn key(self) -> &'static str {
        match self {
            FindingKind::Lost => "lost",
            FindingKind::Shared => "shared",
            FindingKind::Duplicate => "duplicate",
            FindingKind::ChargedTwice => "charged_twice",
            FindingKind::Phantom => "phantom",
            FindingKind::ChargedWithoutOrder => "charged_without_order",
            FindingKind::OrderWithoutCharge => "order_without_charge",
            FindingKind::WrongAmount => "wrong_amount",
            FindingKind::WrongState => "wrong_state",
            FindingKind::Oversold => "oversold",
            FindingKind::StockDrift => "stock_drift",
            FindingKind::VoucherOverused => "voucher_overused",
            FindingKind::NumberRepeated => "number_repeated",
            FindingKind::Late => "late",
            FindingKind::ReceiptMissing => "receipt_missing",
            FindingKind::ReceiptTwice => "receipt_twice",
            FindingKind::ReceiptWithoutOrder => "receipt_without_order",
            FindingKind::Stranger => "stranger",
        }
    }

    /// In words, for a table.
    pub const fn words(self) -> &'static str {
        match self {
            FindingKind::Lost => "lost: confirmed, and there is no order",
            FindingKind::Shared => "shared: one order confirmed to two intents",
            FindingKind::Duplicate => "duplicate: two orders for one intent",
            FindingKind::ChargedTwice => "charged twice",
            FindingKind::Phantom => "phantom: reported as failed, yet ordered or charged",
            FindingKind::ChargedWithoutOrder => "charged, and there is no order",
            FindingKind::OrderWithoutCharge => "paid order without a charge",
            FindingKind::WrongAmount => "wrong amount",
            FindingKind::WrongState => "confirmed, and the order does not count",
            FindingKind::Oversold => "oversold: more units sold than in stock",
            FindingKind::StockDrift => "stock drift",
            FindingKind::VoucherOverused => "voucher used too often",
            FindingKind::NumberRepeated => "one number for two orders",
            FindingKind::Late => "late: the order was there too late",
            FindingKind::ReceiptMissing => "receipt missing",
            FindingKind::ReceiptTwice => "more than one receipt",
            FindingKind::ReceiptWithoutOrder => "receipt without an order",
            FindingKind::Stranger => "order that the purchase log lacks",
        }
    }
}

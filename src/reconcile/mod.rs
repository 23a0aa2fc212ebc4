//! Order integrity: what shoppers were told, compared with what the shop's own records say.
//!
//! The purchase log has every intent to buy with the outcome that the shopper saw. The records have orders, charges, receipts and
//! stock. Matching them gives findings: lost orders, duplicates, charges without orders. Nothing is read from anywhere here; `records`
//! does that.
//!
//! ```text
//! purchase log ─► intents ─┐
//! rows of the shop ─► records ─► matching ─► judge ─► reconciliation ─► document
//! ```
//!
//! An outcome is `ok` (there must be an order), `failed` (there must be none) or `unknown` (either is right). An unknown outcome is
//! never accused of anything but a second order or a charge without one.

mod arms;
mod created;
mod document;
mod evidence;
mod finding;
mod intents;
mod judge;
mod judge_money;
mod judge_times;
mod limits;
mod marker;
mod matching;
mod money;
mod read_ids;
mod records;
mod settle;
mod shared;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod window;

pub use arms::ProvocationDocument;
pub use created::{CreatedOrder, created_orders};
pub use document::{
    ExampleDocument, FindingDocument, MatrixRowDocument, ReconciliationDocument,
    VisibleAfterDocument, VoucherDocument, intent_lines,
};
pub use evidence::Evidence;
pub use finding::{Finding, FindingKind, Severity};
pub use intents::{Intent, IntentIndex, Intents, LogError, LoggedArm, Told};
pub use judge::{Rules, judge};
pub use limits::{lower_limit, upper_limit};
pub use marker::{Owner, find_owner};
pub use matching::{Matched, match_records};
pub use money::minor_units;
pub use records::{
    ChargeRow, Charges, MailRow, Mails, OrderLine, OrderRow, Orders, StateRules, StockRow,
};
pub use settle::{Read, SettleRules, SettleStep};
pub use shared::{StockFinding, VoucherLimit, VoucherUse, check_stock, check_vouchers};
pub use summary::{Coverage, Reconciliation};
pub use timeline::{TimelineEvent, Timelines};
pub use window::{ClickWindowDocument, shortest_window_ms};

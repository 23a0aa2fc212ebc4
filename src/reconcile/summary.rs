//! What reconciliation came to.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::finding::{Finding, FindingKind, Severity};
use super::intents::{IntentIndex, Told};
use super::shared::{StockFinding, VoucherUse};
use crate::base::Micros;

/// How many records there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Orders read.
    pub orders: u64,
    /// Of them, orders without a marker of this run.
    pub others: u64,
    /// Charges read.
    pub charges: u64,
    /// Receipts read.
    pub mails: u64,
}

/// What reconciliation came to.
#[derive(Clone, Debug, Default)]
pub struct Reconciliation {
    /// How many records there were.
    pub coverage: Coverage,
    /// Whether the records are final.
    pub settled: bool,
    /// By how much the shop's clock is ahead.
    pub clock_offset_us: Option<i64>,
    /// Whether charges were read.
    pub has_charges: bool,
    /// Whether receipts were read.
    pub has_mails: bool,
    /// Intents by what was told (in the order of [`Told::ALL`]) and by orders found: 0, 1, 2, more.
    pub matrix: [[u64; 4]; 3],
    /// Unknown outcomes with an order.
    pub recovered: u64,
    /// Unknown outcomes without one.
    pub vanished: u64,
    /// Questions that the records don't decide yet.
    pub undecided: u64,
    /// Confirmed intents without any order: to be looked up one by one.
    pub missing: Vec<IntentIndex>,
    /// How long confirmed orders that a read lacked took to be there.
    pub visible_after: Vec<Micros>,
    /// All findings.
    pub findings: Vec<Finding>,
    /// Stock before and after.
    pub stock: Vec<StockFinding>,
    /// Uses of vouchers.
    pub vouchers: Vec<VoucherUse>,
}

// === impl Reconciliation ===

impl Reconciliation {
    pub(super) fn new(coverage: Coverage, evidence: &Evidence) -> Reconciliation {
        Reconciliation {
            coverage,
            settled: evidence.settled,
            clock_offset_us: evidence.clock_offset_us,
            has_charges: evidence.has_charges,
            has_mails: evidence.has_mails,
            ..Reconciliation::default()
        }
    }

    pub(super) fn count_intent(&mut self, told: Told, orders: usize) {
        let row = match told {
            Told::Ok => 0,
            Told::Failed => 1,
            Told::Unknown => 2,
        };
        self.matrix[row][orders.min(3)] += 1;
    }

    /// Intents that were told so.
    pub fn intents_told(&self, told: Told) -> u64 {
        let row = Told::ALL.iter().position(|known| *known == told).unwrap_or_default();
        self.matrix[row].iter().sum()
    }

    /// All intents.
    pub fn intents(&self) -> u64 {
        self.matrix.iter().flatten().sum()
    }

    /// Findings of this kind.
    pub fn count(&self, kind: FindingKind) -> u64 {
        self.findings.iter().filter(|finding| finding.kind == kind).count() as u64
    }

    /// Findings of this severity.
    pub fn of_severity(&self, severity: Severity) -> u64 {
        self.findings.iter().filter(|finding| finding.kind.severity() == severity).count() as u64
    }

    /// The findings by kind, in the order of the kinds.
    pub fn by_kind(&self) -> BTreeMap<FindingKind, Vec<&Finding>> {
        let mut by_kind: BTreeMap<FindingKind, Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            by_kind.entry(finding.kind).or_default().push(finding);
        }
        by_kind
    }

    /// Adds what the shared things came to.
    pub fn add_shared(
        &mut self,
        (stock, of_stock): (Vec<StockFinding>, Vec<Finding>),
        (vouchers, of_vouchers): (Vec<VoucherUse>, Vec<Finding>),
    ) {
        (self.stock, self.vouchers) = (stock, vouchers);
        self.findings.extend(of_stock);
        self.findings.extend(of_vouchers);
    }
}

//! What many intents share: stock and vouchers. Each check is a sum.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{Finding, FindingKind};
use super::intents::{Intents, Told};
use super::matching::Matched;
use super::records::{Orders, StockRow};

/// The books of one article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StockDocument")]
pub struct StockFinding {
    /// The article number.
    pub sku: String,
    /// Before the run.
    pub before: i64,
    /// After it; null if it was not read.
    pub after: Option<i64>,
    /// Units in the orders of this run.
    pub sold: u64,
    /// Units sold beyond what there was.
    pub oversold: u64,
    /// Stock before, less what was sold and what is left.
    pub drift: Option<i64>,
}

/// How often a voucher may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherLimit {
    /// Its code.
    pub code: String,
    /// The limit.
    pub limit: u64,
    /// Whether it holds for each shopper rather than for all.
    pub per_shopper: bool,
}

/// How often a voucher was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherUse {
    /// The limit.
    pub limit: VoucherLimit,
    /// Orders that it was used in.
    pub uses: u64,
    /// Uses beyond the limit.
    pub overused: u64,
    /// Uses that could be withdrawn as their intent has an unknown outcome.
    pub of_unknown: u64,
}

/// Compares what was sold with what there was. `exclusive` names articles that nobody but this run buys: only there is a drift a
/// finding.
pub fn check_stock(
    before: &[StockRow],
    after: Option<&[StockRow]>,
    orders: &Orders,
    matched: &Matched,
    exclusive: &dyn Fn(&str) -> bool,
) -> (Vec<StockFinding>, Vec<Finding>) {
    let mut sold: BTreeMap<&str, u64> = BTreeMap::new();
    let of_intents = matched.orders.places();
    let of_run = of_intents.chain(matched.strangers.iter().map(|place| *place as usize));
    let of_run = of_run.map(|place| &orders.list[place]).filter(|order| order.counts);
    for line in of_run.flat_map(|order| order.lines()) {
        *sold.entry(&line.sku).or_default() += line.quantity;
    }
    let mut findings = Vec::new();
    let stock = before.iter().map(|row| {
        let sold = sold.get(&*row.sku).copied().unwrap_or(0);
        let after = after
            .and_then(|after| after.iter().find(|other| other.sku == row.sku))
            .map(|row| row.on_hand);
        let units = i64::try_from(sold).unwrap_or(i64::MAX);
        let oversold = units.saturating_sub(row.on_hand.max(0)).max(0).unsigned_abs();
        let drift = after.map(|after| row.on_hand.saturating_sub(units).saturating_sub(after));
        StockFinding { sku: row.sku.clone(), before: row.on_hand, after, sold, oversold, drift }
    });
    let stock: Vec<StockFinding> = stock.collect();
    for article in &stock {
        findings.extend(article.findings(exclusive(&article.sku)));
    }
    (stock, findings)
}

// === impl StockFinding ===

impl StockFinding {
    fn findings(&self, exclusive: bool) -> Vec<Finding> {
        let StockFinding { sku, before, sold, .. } = self;
        let finding = |kind, units, detail| Finding {
            kind,
            intent: None,
            records: vec![sku.clone()],
            minor: None,
            detail,
            units,
        };
        let oversold = (self.oversold > 0).then(|| {
            let detail = format!("{sku}: {sold} sold, {before} in stock");
            finding(FindingKind::Oversold, self.oversold, detail)
        });
        // What is oversold has left the books already.
        let drift = self.drift.filter(|drift| *drift != 0 && exclusive && self.oversold == 0);
        let drift = drift.map(|drift| {
            let after = self.after.unwrap_or_default();
            let detail = format!("{sku}: {before} before, {sold} sold, {after} after");
            finding(FindingKind::StockDrift, drift.unsigned_abs(), detail)
        });
        oversold.into_iter().chain(drift).collect()
    }
}

/// Compares how often vouchers were used with how often they may be.
pub fn check_vouchers(
    limits: &[VoucherLimit],
    intents: &Intents,
    orders: &Orders,
    matched: &Matched,
) -> (Vec<VoucherUse>, Vec<Finding>) {
    let uses: Vec<VoucherUse> =
        limits.iter().map(|limit| voucher_use(limit, intents, orders, matched)).collect();
    let findings = uses.iter().filter(|voucher| voucher.overused > 0).map(|voucher| {
        let VoucherUse { limit: VoucherLimit { code, limit, per_shopper }, uses, .. } = voucher;
        let whose = if *per_shopper { " for each shopper" } else { "" };
        Finding {
            kind: FindingKind::VoucherOverused,
            intent: None,
            records: vec![code.clone()],
            minor: None,
            detail: format!("{code}: used {uses} times, and the limit is {limit}{whose}"),
            units: voucher.overused,
        }
    });
    let findings = findings.collect();
    (uses, findings)
}

fn voucher_use(
    limit: &VoucherLimit,
    intents: &Intents,
    orders: &Orders,
    matched: &Matched,
) -> VoucherUse {
    let mut by_shopper: BTreeMap<(u16, u64), u64> = BTreeMap::new();
    let (mut uses, mut of_unknown) = (0, 0);
    for (place, intent) in intents.list().iter().enumerate() {
        let of_intent = matched.orders.of_intent(super::IntentIndex(place as u32));
        let used = of_intent
            .map(|order| &orders.list[order])
            .filter(|order| order.counts)
            .filter(|order| {
                order.vouchers().iter().any(|code| code.eq_ignore_ascii_case(&limit.code))
            })
            .count() as u64;
        if used > 0 {
            uses += used;
            of_unknown += if intent.outcome_seen() == Told::Unknown { used } else { 0 };
            *by_shopper.entry((intent.run, intent.shopper)).or_default() += used;
        }
    }
    let overused = if limit.per_shopper {
        by_shopper.values().map(|uses| uses.saturating_sub(limit.limit)).sum()
    } else {
        uses.saturating_sub(limit.limit)
    };
    VoucherUse { limit: limit.clone(), uses, overused, of_unknown }
}

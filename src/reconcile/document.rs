//! Reconciliation as documents have it: `run.json: reconciliation`, and a line for each finding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::arms::ProvocationDocument;
use super::finding::{Finding, FindingKind};
use super::intents::{Intents, Told};
use super::limits::upper_limit;
use super::shared::StockFinding;
use super::summary::Reconciliation;
use super::timeline::{TimelineEvent, Timelines};
use super::window::ClickWindowDocument;
use crate::base::Micros;

/// Intents to buy, compared with the shop's records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReconciliationDocument {
    /// Whether the records were final: two complete reads alike, long enough after the last attempt.
    pub settled: bool,
    /// Where the orders were read.
    pub source: String,
    /// When they were last read, RFC 3339.
    pub read_at: String,
    /// By how much the shop's clock is ahead; null if it is unknown.
    pub clock_offset_s: Option<f64>,
    /// Orders read.
    pub orders: u64,
    /// Of them, orders of others: without a marker of this run.
    pub orders_of_others: u64,
    /// Charges read; null if there is no source of charges.
    pub charges: Option<u64>,
    /// Receipts read; null if there is no source of receipts.
    pub receipts: Option<u64>,
    /// Intents to buy.
    pub intents: u64,
    /// Confirmed: there must be an order.
    pub ok: u64,
    /// Declined or failed for certain: there must be none.
    pub failed: u64,
    /// With an unknown outcome: either is right.
    pub unknown: u64,
    /// Unknown outcomes with an order.
    pub recovered: u64,
    /// Unknown outcomes without an order.
    pub vanished: u64,
    /// Questions that the records did not decide.
    pub undecided: u64,
    /// Intents by outcome and number of orders found.
    pub matrix: Vec<MatrixRowDocument>,
    /// Findings by kind, errors first.
    pub findings: Vec<FindingDocument>,
    /// Stock before and after.
    pub stock: Vec<StockFinding>,
    /// Uses of vouchers.
    pub vouchers: Vec<VoucherDocument>,
    /// How long confirmed orders that a read lacked took to be there; null if no read lacked one.
    pub visible_after: Option<VisibleAfterDocument>,
    /// What shoppers did besides paying, and its outcome; empty without `provoke`. The first row is those who paid as usual.
    #[serde(default)]
    pub arms: Vec<ProvocationDocument>,
    /// How long the shop takes from looking whether there is an order to writing it, by the double clicks that made two; null without any.
    #[serde(default)]
    pub window: Option<ClickWindowDocument>,
}

/// Intents with one outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MatrixRowDocument {
    /// `ok`, `failed` or `unknown`.
    pub outcome: String,
    /// Intents with no order, one, two, and three or more.
    pub by_orders_found: [u64; 4],
}

/// Findings of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingDocument {
    /// What is wrong.
    pub kind: String,
    /// `error`, `warning` or `invalid`.
    pub severity: String,
    /// What is wrong, in words.
    pub words: String,
    /// How often.
    pub count: u64,
    /// How many units: of stock, of uses of a voucher; else equal to `count`.
    pub units: u64,
    /// Upper 95 % limit of its rate among all intents.
    pub rate_upper95: Option<f64>,
    /// The money concerned, in the smallest unit of the currency; null if it is unknown.
    pub minor: Option<i64>,
    /// Some of them, the costliest first.
    pub examples: Vec<ExampleDocument>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExampleDocument {
    /// The intent; null for what concerns many.
    pub intent: Option<String>,
    /// The ids of the records concerned.
    pub records: Vec<String>,
    /// Particulars.
    pub detail: String,
    /// The money concerned, in the smallest unit of the currency.
    pub minor: Option<i64>,
    /// Everything that was sent and heard of the intent.
    pub timeline: Vec<TimelineEvent>,
}

/// Uses of a voucher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VoucherDocument {
    /// Its code.
    pub code: String,
    /// How often it may be used.
    pub limit: u64,
    /// Whether the limit holds for each shopper.
    pub per_shopper: bool,
    /// How often it was used.
    pub uses: u64,
    /// Uses beyond the limit.
    pub overused: u64,
    /// Uses by intents with an unknown outcome.
    pub of_unknown: u64,
}

/// How long orders took to be in the records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VisibleAfterDocument {
    /// Confirmed orders that an earlier read lacked.
    pub orders: u64,
    /// Median.
    pub p50_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// Longest.
    pub max_ms: f64,
}

/// Examples of a kind that are shown.
const EXAMPLES: usize = 5;

// === impl ReconciliationDocument ===

impl ReconciliationDocument {
    /// The document. `timelines` may lack intents: their examples then have no story.
    pub fn of(
        result: &Reconciliation,
        intents: &Intents,
        timelines: &mut Timelines,
        source: String,
        read_at: String,
    ) -> ReconciliationDocument {
        let matrix = Told::ALL.iter().zip(&result.matrix).map(|(told, row)| MatrixRowDocument {
            outcome: told.key().to_owned(),
            by_orders_found: *row,
        });
        let findings = result.by_kind().into_iter().map(|(kind, of_kind)| {
            FindingDocument::of(kind, of_kind, result.intents(), intents, timelines)
        });
        let arms = ProvocationDocument::of(result, intents);
        ReconciliationDocument {
            settled: result.settled,
            source,
            read_at,
            clock_offset_s: result.clock_offset_us.map(|offset| offset as f64 / 1e6),
            orders: result.coverage.orders,
            orders_of_others: result.coverage.others,
            charges: result.has_charges.then_some(result.coverage.charges),
            receipts: result.has_mails.then_some(result.coverage.mails),
            intents: result.intents(),
            ok: result.intents_told(Told::Ok),
            failed: result.intents_told(Told::Failed),
            unknown: result.intents_told(Told::Unknown),
            recovered: result.recovered,
            vanished: result.vanished,
            undecided: result.undecided,
            matrix: matrix.collect(),
            findings: findings.collect(),
            stock: result.stock.clone(),
            vouchers: result.vouchers.iter().map(VoucherDocument::of).collect(),
            visible_after: VisibleAfterDocument::of(&result.visible_after),
            window: ProvocationDocument::estimate_window(&arms, intents),
            arms,
        }
    }

    /// The intents whose stories belong into the document.
    pub fn examples(result: &Reconciliation, intents: &Intents) -> Vec<String> {
        let of_kind = result.by_kind();
        let shown = of_kind.values().flat_map(|findings| costliest(findings));
        shown.filter_map(|finding| finding.intent).map(|intent| intents.name(intent)).collect()
    }

    /// Findings of this severity.
    pub fn of_severity(&self, severity: &str) -> u64 {
        let of_kind = self.findings.iter().filter(|finding| finding.severity == severity);
        of_kind.map(|finding| finding.count).sum()
    }

    /// Findings of this kind.
    pub fn count(&self, kind: FindingKind) -> u64 {
        let of_kind = self.findings.iter().find(|finding| finding.kind == kind.key());
        of_kind.map_or(0, |finding| finding.count)
    }

    /// Intents with at least one order.
    pub fn with_orders(&self) -> u64 {
        self.matrix.iter().flat_map(|row| &row.by_orders_found[1..]).sum()
    }
}

fn costliest<'f>(findings: &[&'f Finding]) -> Vec<&'f Finding> {
    let mut sorted = findings.to_vec();
    sorted.sort_by_key(|finding| std::cmp::Reverse((finding.minor.map(i64::abs), finding.units)));
    sorted.truncate(EXAMPLES);
    sorted
}

// === impl FindingDocument, VoucherDocument, VisibleAfterDocument ===

impl FindingDocument {
    fn of(
        kind: FindingKind,
        findings: Vec<&Finding>,
        of: u64,
        intents: &Intents,
        timelines: &mut Timelines,
    ) -> FindingDocument {
        let count = findings.len() as u64;
        let known: Option<i64> = findings.iter().map(|finding| finding.minor).sum();
        let examples = costliest(&findings).into_iter().map(|finding| {
            let intent = finding.intent.map(|intent| intents.name(intent));
            ExampleDocument {
                timeline: intent.as_ref().map_or(Vec::new(), |intent| timelines.take(intent)),
                intent,
                records: finding.records.clone(),
                detail: finding.detail.clone(),
                minor: finding.minor,
            }
        });
        FindingDocument {
            kind: kind.key().to_owned(),
            severity: match kind.severity() {
                super::Severity::Error => "error",
                super::Severity::Warning => "warning",
                super::Severity::Invalid => "invalid",
            }
            .to_owned(),
            words: kind.words().to_owned(),
            count,
            units: findings.iter().map(|finding| finding.units).sum(),
            rate_upper95: (of > 0 && findings.iter().all(|finding| finding.intent.is_some()))
                .then(|| (upper_limit(count) / of as f64).min(1.0)),
            minor: known,
            examples: examples.collect(),
        }
    }
}

impl VoucherDocument {
    fn of(voucher: &super::VoucherUse) -> VoucherDocument {
        let super::VoucherUse { limit, uses, overused, of_unknown } = voucher.clone();
        let super::VoucherLimit { code, limit, per_shopper } = limit;
        VoucherDocument { code, limit, per_shopper, uses, overused, of_unknown }
    }
}

impl VisibleAfterDocument {
    fn of(times: &[Micros]) -> Option<VisibleAfterDocument> {
        let mut times = times.to_vec();
        times.sort_unstable();
        let at = |share: f64| {
            let place = (share * times.len() as f64).ceil() as usize;
            times.get(place.max(1) - 1).map(|time| time.as_millis_f64())
        };
        Some(VisibleAfterDocument {
            orders: times.len() as u64,
            p50_ms: at(0.5)?,
            p95_ms: at(0.95)?,
            max_ms: at(1.0)?,
        })
    }
}

/// `reconciliation.jsonl`: a line for each finding.
pub fn intent_lines(result: &Reconciliation, intents: &Intents) -> String {
    let mut text = String::new();
    for Finding { kind, intent, records, minor, detail, units } in &result.findings {
        let told = intent.map(|intent| intents.get(intent).outcome_seen().key());
        let line = json!({
            "kind": kind, "severity": kind.severity(), "intent": intent.map(|intent| intents.name(intent)), "told": told,
            "records": records, "minor": minor, "units": units, "detail": detail,
        });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    text
}

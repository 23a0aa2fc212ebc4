//! What each intent's records say against what its shopper was told.

use std::collections::{HashMap, HashSet};

use super::evidence::Evidence;
use super::finding::{Finding, FindingKind};
use super::intents::{Intent, IntentIndex, Intents, Told};
use super::matching::{Matched, NO_ORDER};
use super::records::{Charge, Charges, Mails, Order, Orders};
use super::summary::{Coverage, Reconciliation};
use crate::base::Micros;

/// What counts as late, and what amounts are in.
#[derive(Clone, Debug)]
pub struct Rules {
    /// An order that is there later than this after its confirmation is late.
    pub late_after: Micros,
    /// A receipt is missing where there is none this long after the order.
    pub receipt_within: Micros,
    /// The currency that orders are in, if the scenario says.
    pub currency: Option<String>,
    /// The planned start, in microseconds since 1970.
    pub started_unix_us: i64,
}

/// One intent with its records.
pub(super) struct Case<'a> {
    pub(super) index: IntentIndex,
    pub(super) intent: &'a Intent,
    /// Orders that count.
    pub(super) orders: Vec<&'a Order>,
    /// Orders in other states.
    pub(super) uncounted: Vec<&'a Order>,
    pub(super) charges: Vec<&'a Charge>,
    pub(super) mails: usize,
    pub(super) shared: bool,
}

pub(super) struct Judge<'a> {
    pub(super) rules: &'a Rules,
    pub(super) evidence: &'a Evidence,
    pub(super) orders: &'a Orders,
    pub(super) result: Reconciliation,
}

/// Judges every intent.
pub fn judge(
    intents: &Intents,
    orders: &Orders,
    charges: &Charges,
    mails: &Mails,
    matched: &Matched,
    rules: &Rules,
    evidence: &Evidence,
) -> Reconciliation {
    let coverage = Coverage {
        orders: orders.len() as u64,
        others: orders.others,
        charges: charges.len() as u64,
        mails: mails.len() as u64,
    };
    let result = Reconciliation::new(coverage, evidence);
    let mut judge = Judge { rules, evidence, orders, result };
    judge.judge_shared(matched);
    let shared: HashSet<u32> =
        matched.shared.iter().flat_map(|(_, of)| of.iter().map(|intent| intent.0)).collect();
    for (place, intent) in intents.list().iter().enumerate() {
        let index = IntentIndex(place as u32);
        let of_intent = matched.orders.of_intent(index).map(|place| &orders.list[place]);
        let (counted, uncounted) = of_intent.partition(|order| order.counts);
        judge.case(&Case {
            index,
            intent,
            orders: counted,
            uncounted,
            charges: matched.charges.of_intent(index).map(|place| &charges.list[place]).collect(),
            mails: matched
                .mails
                .of_intent(index)
                .filter(|mail| judge.in_time(&mails.list[*mail], intent))
                .count(),
            shared: shared.contains(&index.0),
        });
    }
    judge.strangers(matched);
    judge.numbers(matched, intents);
    judge.result
}

// === impl Judge ===

impl Judge<'_> {
    fn case(&mut self, case: &Case<'_>) {
        let told = case.intent.outcome_seen();
        self.result.count_intent(told, case.orders.len());
        match told {
            Told::Ok => self.judge_confirmed(case),
            Told::Failed => self.judge_failed(case),
            Told::Unknown if case.orders.is_empty() => self.result.vanished += 1,
            Told::Unknown => self.result.recovered += 1,
        }
        if told != Told::Failed {
            self.duplicate(case);
            self.money(case);
        }
        if self.evidence.has_mails {
            self.receipts(case);
        }
    }

    fn judge_confirmed(&mut self, case: &Case<'_>) {
        if case.orders.is_empty() {
            if let Some(order) = case.uncounted.first() {
                // A state may still become another one.
                if !self.evidence.settled {
                    self.result.undecided += 1;
                    return;
                }
                let detail = format!("the order is '{}'", self.orders.state_of(order));
                self.report(FindingKind::WrongState, case, &case.uncounted, detail);
            } else if !case.shared {
                self.judge_lost(case);
            }
            return;
        }
        if let Some(after) = self.lateness(case) {
            let detail = format!("there {after} after it was confirmed");
            self.report(FindingKind::Late, case, &case.orders, detail);
        }
    }

    /// A miss counts only in final records, and after a look-up of its own where the list may lag.
    fn judge_lost(&mut self, case: &Case<'_>) {
        let looked_up = self
            .evidence
            .looked_up
            .as_ref()
            .is_none_or(|looked_up| looked_up.contains(&case.index));
        self.result.missing.push(case.index);
        if !self.evidence.settled || !looked_up {
            self.result.undecided += 1;
            return;
        }
        let number = case.intent.confirmed.first();
        let detail = number.map_or_else(
            || "the shop confirmed an order to the shopper".to_owned(),
            |number| format!("the shop confirmed order {number} to the shopper"),
        );
        let minor = case.intent.total_minor.and_then(|total| i64::try_from(total).ok());
        let records = case.intent.confirmed.iter().map(ToString::to_string).collect();
        self.push(FindingKind::Lost, Some(case.index), records, minor, detail);
    }

    fn judge_failed(&mut self, case: &Case<'_>) {
        if case.orders.is_empty() && case.charges.is_empty() {
            return;
        }
        let minor = total(&case.orders).or_else(|| sum_captured(&case.charges));
        let detail = match case.charges.len() {
            0 => "an order exists, though every attempt failed".to_owned(),
            _ => "money was taken, though every attempt failed".to_owned(),
        };
        let records = ids(&case.orders)
            .into_iter()
            .chain(case.charges.iter().map(|charge| charge.id.to_string()))
            .collect();
        self.push(FindingKind::Phantom, Some(case.index), records, minor, detail);
    }

    fn duplicate(&mut self, case: &Case<'_>) {
        if let [_, extra @ ..] = &case.orders[..]
            && !extra.is_empty()
        {
            let records = ids(&case.orders);
            let detail = format!("{} orders for one intent", records.len());
            self.push(FindingKind::Duplicate, Some(case.index), records, total(extra), detail);
        }
    }

    fn judge_shared(&mut self, matched: &Matched) {
        for (place, of) in &matched.shared {
            let order = (*place != NO_ORDER).then(|| &self.orders.list[*place as usize]);
            let records: Vec<String> =
                order.map(|order| order.id.to_string()).into_iter().collect();
            let minor = order.and_then(|order| order.total_minor);
            let detail = format!("the order was confirmed to {} intents", of.len());
            for other in of.iter().skip(1) {
                self.push(
                    FindingKind::Shared,
                    Some(*other),
                    records.clone(),
                    minor,
                    detail.clone(),
                );
            }
        }
    }

    fn strangers(&mut self, matched: &Matched) {
        for place in &matched.strangers {
            let order = &self.orders.list[*place as usize];
            let detail = "it carries this run's marker, and the purchase log lacks it".to_owned();
            let records = vec![order.id.to_string()];
            self.push(FindingKind::Stranger, None, records, order.total_minor, detail);
        }
    }

    /// Orders of this run that have one number.
    fn numbers(&mut self, matched: &Matched, intents: &Intents) {
        let mut known: HashMap<&str, &Order> = HashMap::new();
        let mut repeated = Vec::new();
        for place in 0..intents.list().len() {
            for order in matched.orders.of_intent(IntentIndex(place as u32)) {
                let order = &self.orders.list[order];
                let Some(number) = order.number.as_deref() else { continue };
                if let Some(other) = known.insert(number, order) {
                    repeated
                        .push((number.to_owned(), [other.id.to_string(), order.id.to_string()]));
                }
            }
        }
        for (number, records) in repeated {
            let detail = format!("two orders have the number {number}");
            self.push(FindingKind::NumberRepeated, None, records.to_vec(), None, detail);
        }
    }

    pub(super) fn report(
        &mut self,
        kind: FindingKind,
        case: &Case<'_>,
        orders: &[&Order],
        detail: String,
    ) {
        self.push(kind, Some(case.index), ids(orders), total(orders), detail);
    }

    pub(super) fn push(
        &mut self,
        kind: FindingKind,
        intent: Option<IntentIndex>,
        records: Vec<String>,
        minor: Option<i64>,
        detail: String,
    ) {
        self.result.findings.push(Finding { kind, intent, records, minor, detail, units: 1 });
    }
}

fn ids(orders: &[&Order]) -> Vec<String> {
    orders.iter().map(|order| order.id.to_string()).collect()
}

fn total(orders: &[&Order]) -> Option<i64> {
    (!orders.is_empty()).then(|| orders.iter().map(|order| order.total_minor).sum()).flatten()
}

pub(super) fn sum_captured(charges: &[&Charge]) -> Option<i64> {
    (!charges.is_empty())
        .then(|| charges.iter().map(|charge| charge.captured_minor).sum())
        .flatten()
}

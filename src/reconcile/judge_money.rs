//! What an intent's orders and charges say of money: charged twice, charged without an order, wrong amounts.

use super::finding::FindingKind;
use super::judge::{Case, Judge, sum_captured};
use super::records::Order;

impl Judge<'_> {
    pub(super) fn money(&mut self, case: &Case<'_>) {
        self.wrong_amount(case);
        if !self.evidence.has_charges {
            return;
        }
        let charged: Vec<String> =
            case.charges.iter().map(|charge| charge.id.to_string()).collect();
        if let Some(excess) = self.charged_twice(case) {
            let detail = format!("{} charges for one intent", charged.len());
            self.push(FindingKind::ChargedTwice, Some(case.index), charged.clone(), excess, detail);
        }
        let free = case.orders.iter().all(|order| order.total_minor == Some(0));
        let paid = case.orders.iter().any(|order| order.paid);
        let missing = match (case.charges.is_empty(), case.orders.is_empty()) {
            (false, true) => Some(FindingKind::ChargedWithoutOrder),
            (true, false) if paid && !free => Some(FindingKind::OrderWithoutCharge),
            _ => None,
        };
        match missing {
            None => {}
            Some(_) if !self.evidence.settled => self.result.undecided += 1,
            Some(FindingKind::ChargedWithoutOrder) => {
                let minor = sum_captured(&case.charges);
                let detail = "money was taken, and there is no order".to_owned();
                self.push(
                    FindingKind::ChargedWithoutOrder,
                    Some(case.index),
                    charged,
                    minor,
                    detail,
                );
            }
            Some(kind) => {
                let detail = "the order is paid, and there is no charge".to_owned();
                self.report(kind, case, &case.orders, detail);
            }
        }
    }

    /// What was captured beyond the order's total, where it is more than one charge; the inner none is an unknown amount.
    fn charged_twice(&self, case: &Case<'_>) -> Option<Option<i64>> {
        if case.charges.len() < 2 {
            return None;
        }
        let seen = case.intent.total_minor.and_then(|total| i64::try_from(total).ok());
        let due = case.orders.first().and_then(|order| order.total_minor).or(seen);
        match (due, sum_captured(&case.charges)) {
            // Captures in parts, as parcels leave, come to the total.
            (Some(due), Some(captured)) => (captured > due).then_some(Some(captured - due)),
            _ => Some(None),
        }
    }

    fn wrong_amount(&mut self, case: &Case<'_>) {
        let wrong = case.orders.iter().find_map(|order| {
            let seen = case.intent.total_minor.and_then(|total| i64::try_from(total).ok());
            let total = order.total_minor?;
            let confirmed = case.intent.confirmed.is_empty()
                || case.intent.confirmed.iter().any(|number| order.is_called(number));
            if let Some(seen) = seen.filter(|seen| *seen != total && confirmed) {
                return Some((
                    *order,
                    total - seen,
                    format!("the shopper saw {seen}, the order says {total} in the smallest unit of the currency"),
                ));
            }
            if let ([charge], [_]) = (&case.charges[..], &case.orders[..])
                && let Some(captured) = charge.captured_minor.filter(|captured| *captured != total)
            {
                return Some((
                    *order,
                    captured - total,
                    format!("the order says {total}, {captured} was charged in the smallest unit of the currency"),
                ));
            }
            None
        });
        let wrong = wrong.or_else(|| self.wrong_currency(case));
        if let Some((order, difference, detail)) = wrong {
            let records = vec![order.id.to_string()];
            self.push(
                FindingKind::WrongAmount,
                Some(case.index),
                records,
                Some(difference),
                detail,
            );
        }
    }

    fn wrong_currency<'o>(&self, case: &Case<'o>) -> Option<(&'o Order, i64, String)> {
        let planned = self.rules.currency.as_deref();
        case.orders.iter().find_map(|order| {
            let code = order.currency?;
            let currency = String::from_utf8_lossy(&code).into_owned();
            let other = case
                .charges
                .iter()
                .filter_map(|charge| charge.currency)
                .find(|other| *other != code);
            let expected = match (other, planned) {
                (Some(other), _) => Some(String::from_utf8_lossy(&other).into_owned()),
                (None, Some(planned)) if planned != currency => Some(planned.to_owned()),
                (None, _) => None,
            }?;
            Some((*order, 0, format!("the order is in {currency}, not in {expected}")))
        })
    }
}

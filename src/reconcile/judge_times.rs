//! What came late or not at all: orders that were there too late, and receipts.

use super::finding::FindingKind;
use super::intents::{Intent, Told};
use super::judge::{Case, Judge};
use super::records::Mail;
use crate::base::Micros;

/// A clock that is further off says nothing about lateness.
const CLOCK_TOLERANCE_US: i64 = 2_000_000;

impl Judge<'_> {
    pub(super) fn receipts(&mut self, case: &Case<'_>) {
        let orders = case.orders.len();
        let kind = match (orders, case.mails) {
            (0, 0) => return,
            (0, _) if case.shared => return,
            // The order itself is what is wrong.
            (_, 0) if case.intent.outcome_seen() == Told::Failed => return,
            (0, _) => FindingKind::ReceiptWithoutOrder,
            (_, 0) => FindingKind::ReceiptMissing,
            (orders, mails) if mails > orders => FindingKind::ReceiptTwice,
            _ => return,
        };
        if !self.evidence.settled && kind != FindingKind::ReceiptTwice {
            self.result.undecided += 1;
            return;
        }
        let detail = format!("{orders} orders, {} receipts", case.mails);
        self.report(kind, case, &case.orders, detail);
    }

    /// Whether a receipt came in time. One that came too late is as none.
    pub(super) fn in_time(&self, mail: &Mail, intent: &Intent) -> bool {
        let trusts = is_near(self.evidence.mail_clock_offset_us);
        let (Some(created), Some(ok_at), true) = (mail.created_unix_us, intent.ok_at, trusts)
        else {
            return true;
        };
        let after = created - self.rules.started_unix_us - signed_micros(ok_at);
        after <= signed_micros(self.rules.receipt_within) + CLOCK_TOLERANCE_US
    }

    /// How long after its confirmation an order was there, if that is late.
    pub(super) fn lateness(&mut self, case: &Case<'_>) -> Option<Micros> {
        let ok_at = case.intent.ok_at?;
        let order = case.orders.iter().min_by_key(|order| order.first_read)?;
        let first = order.first_read as usize;
        let absent = first.checked_sub(1).and_then(|before| self.evidence.reads.get(before));
        if let Some(absent) = absent.filter(|absent| absent.began_at > ok_at) {
            let seen = self.evidence.reads.get(first).map_or(absent.ended_at, |read| read.ended_at);
            self.result.visible_after.push(seen.since(ok_at));
            if absent.began_at.since(ok_at) > self.rules.late_after {
                return Some(seen.since(ok_at));
            }
        }
        let created = order.created_unix_us.filter(|_| self.trusts_clock())?;
        let offset = self.evidence.clock_offset_us.unwrap_or_default();
        let after = created - offset - self.rules.started_unix_us - signed_micros(ok_at);
        let after = Micros(u64::try_from(after).ok()?);
        (after > self.rules.late_after).then_some(after)
    }

    fn trusts_clock(&self) -> bool {
        is_near(self.evidence.clock_offset_us)
    }
}

fn signed_micros(micros: Micros) -> i64 {
    i64::try_from(micros.0).unwrap_or(i64::MAX)
}

/// Whether a clock is right enough to say what was late.
fn is_near(offset_us: Option<i64>) -> bool {
    offset_us.is_some_and(|offset| offset.abs() <= CLOCK_TOLERANCE_US)
}

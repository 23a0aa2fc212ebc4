//! Orders as shoppers know of them: confirmed, declined, failed, unknown, and still in flight.

use super::blocks::{Answer, Fit, Table, Tone};
use super::format::{NOTHING, count, count_of, figure};
use crate::verdict::{Findings, OrderSummary};

/// The question that orders answer.
const QUESTION: &str = "How many orders?";

/// The number of orders, in a few words.
pub fn answer(findings: &Findings) -> Option<Answer> {
    let orders = findings.orders.as_ref()?;
    let total = &orders.total;
    let answer = |tone, answer: String, figure| Answer {
        question: QUESTION,
        tone,
        answer,
        detail: detail(orders),
        of_the_run: false,
        figure,
    };
    Some(if total.sent == 0 {
        Answer {
            detail: "no purchase request was sent".to_owned(),
            ..answer(Tone::Plain, NOTHING.to_owned(), None)
        }
    } else {
        let tone = if total.confirmed == 0 || total.unknown > 0 || total.failed > 0 {
            Tone::Bad
        } else {
            Tone::Good
        };
        let figure = Some(("orders.confirmed", total.confirmed as f64));
        answer(tone, format!("{} confirmed", count(total.confirmed)), figure)
    })
}

fn detail(orders: &OrderSummary) -> String {
    let total = &orders.total;
    let others = [
        (total.declined, "declined"),
        (total.failed, "failed without an order"),
        (total.unknown, "unknown"),
        (total.in_flight(), "in flight"),
    ];
    let others: Vec<String> = others
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number)))
        .collect();
    let rate = orders
        .confirmed_per_minute()
        .map_or_else(String::new, |rate| format!("{} per minute; ", figure(rate)));
    let others = if others.is_empty() { "none failed".to_owned() } else { others.join(", ") };
    format!("{rate}of {}: {others}", count_of(total.sent, "purchase request"))
}

/// Purchase requests by what happened to them.
pub fn table(findings: &Findings) -> Table {
    let columns = [
        ("purchase requests", Fit::Figure),
        ("confirmed", Fit::Figure),
        ("declined", Fit::Figure),
        ("failed, no order", Fit::Figure),
        ("unknown", Fit::Figure),
        ("in flight", Fit::Figure),
        ("confirmed/min", Fit::Optional(1)),
    ];
    let mut table = Table::new("Orders", &columns).in_sight();
    let Some(orders) = findings.orders.as_ref().filter(|orders| orders.total.sent > 0) else {
        return table;
    };
    let total = &orders.total;
    let numbers = [
        total.sent,
        total.confirmed,
        total.declined,
        total.failed,
        total.unknown,
        total.in_flight(),
    ];
    let rate = orders.confirmed_per_minute().map_or_else(|| NOTHING.to_owned(), figure);
    table.row(
        if total.unknown > 0 { Tone::Bad } else { Tone::Plain },
        numbers.map(count).into_iter().chain([rate]).collect::<Vec<_>>(),
    );
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::{Outcome, PurchaseStage};
    use crate::verdict::simulation::SimulatedRun;

    #[test]
    fn an_order_that_no_shopper_knows_of_is_told_apart_from_a_failure() {
        let mut simulated = SimulatedRun::run(200, 60, |_| Outcome::Ok);
        let bought = simulated.findings().orders.unwrap().total.confirmed;
        let good = answer(&simulated.findings()).unwrap();
        assert_eq!((good.tone, good.answer), (Tone::Good, format!("{bought} confirmed")));
        let at = crate::base::Micros::from_secs(30);
        for stage in [PurchaseStage::Unknown, PurchaseStage::Declined, PurchaseStage::Failed] {
            simulated.tally.purchase(at, PurchaseStage::Sent);
            simulated.tally.purchase(at, stage);
        }
        simulated.tally.purchase(at, PurchaseStage::Sent);
        let found = simulated.findings();
        let told = answer(&found).unwrap();
        assert_eq!(told.tone, Tone::Bad);
        assert!(
            told.detail.ends_with(&format!(
                "of {} purchase requests: 1 declined, 1 failed without an order, 1 unknown, 1 in flight",
                bought + 4
            )),
            "{}",
            told.detail
        );
        let row = &table(&found).rows[0].cells;
        assert_eq!(row[1..6], [count(bought), "1".into(), "1".into(), "1".into(), "1".into()]);
    }
}

//! After the sale: an order's state, its receipt, and sending it back.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;

use crate::demo_shop::answer::{Answer, Refusal};
use crate::demo_shop::orders::{Order, OrderState};
use crate::demo_shop::pages::{self, Money, Text};
use crate::demo_shop::session::Line;
use crate::demo_shop::visit::Visit;

#[derive(Serialize)]
struct OrderView<'a> {
    order_id: &'a str,
    state: OrderState,
    total: u64,
    currency: &'static str,
    email: &'a str,
    items: &'a [Line],
    created_at: &'a str,
}

pub(in crate::demo_shop) fn order(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    let (order, state) = find(visit, |order, state| (order.clone(), state))?;
    visit.show(&view(&order, state), "Thank you", |visit| {
        // A browser waits for the bank by loading the page again.
        let wait = if state == OrderState::Pending { "<meta http-equiv=\"refresh\" content=\"1\">\n" } else { "" };
        let id = &order.id;
        let back = match state {
            OrderState::Paid => {
                pages::form(&visit.session.csrf, "return", &format!("/orders/{id}/returns"), &pages::input("reason", "Reason", ""), "Send back")
            }
            _ => String::new(),
        };
        format!(
            "{wait}<p>Your order number is <strong id=\"order-number\">{id}</strong>; a confirmation goes to {}.</p>\n\
             <p>State: <span id=\"order-state\">{}</span></p>\n{}{back}<p><a href=\"/orders/{id}/receipt\">Receipt</a></p>\n",
            Text(&order.email),
            state.name(),
            pages::lines(&order.lines, &order.totals)
        )
    })
}

pub(in crate::demo_shop) fn receipt(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    let (order, state) = find(visit, |order, state| (order.clone(), state))?;
    if state == OrderState::Pending {
        return Err(not_paid("There is no receipt before the payment is confirmed."));
    }
    let number = format!("R-{}", order.id);
    let data = json!({
        "receipt": number,
        "order_id": order.id,
        "items": order.lines,
        "subtotal": order.totals.subtotal,
        "discount": order.totals.discount,
        "shipping": order.totals.shipping,
        "total": order.totals.total,
        "currency": order.totals.currency,
        "method": order.method,
    });
    visit.show(&data, "Receipt", |_| {
        let (method, day) = (Text(&order.method), order.created_at.get(..10).unwrap_or_default());
        format!(
            "<p>Receipt <strong id=\"receipt\">{number}</strong>, {day}, paid by {method}.</p>\n{}",
            pages::lines(&order.lines, &order.totals)
        )
    })
}

pub(in crate::demo_shop) fn send_back(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    let reason = visit.need("reason", "")?.to_owned();
    let now = visit.now;
    let result = find(visit, |order, state| match state {
        OrderState::Pending => Err(not_paid("An order can be sent back once it is paid.")),
        OrderState::Paid => {
            order.returned = Some(now);
            Ok((order.id.clone(), order.totals))
        }
        // Asked twice, it is still one parcel.
        OrderState::Returned | OrderState::Refunded => Ok((order.id.clone(), order.totals)),
    })?;
    let (id, totals) = result?;
    let data = json!({
        "order_id": id,
        "state": "returned",
        "reason": reason,
        "refund": totals.total - totals.shipping,
        "currency": totals.currency,
        "label": format!("/orders/{id}/refund"),
    });
    visit.done(StatusCode::CREATED, &data, format!("/orders/{id}/refund"))
}

pub(in crate::demo_shop) fn refund(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    let (id, totals, state) = find(visit, |order, state| (order.id.clone(), order.totals, state))?;
    if !matches!(state, OrderState::Returned | OrderState::Refunded) {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Nothing of this order was sent back.",
            "",
        ));
    }
    // What it cost to send is not given back.
    let amount = totals.total - totals.shipping;
    let data =
        json!({ "order_id": id, "state": state, "amount": amount, "currency": totals.currency });
    visit.show(&data, "Refund", |_| {
        format!("<p>Order {id}: <span id=\"refund-state\">{}</span>, <span id=\"refund\">{}</span></p>\n", state.name(), Money(amount))
    })
}

/// The order that the visit names, if it is this visitor's. Others' orders don't exist for a visitor.
fn find<R>(visit: &Visit<'_>, act: impl FnOnce(&mut Order, OrderState) -> R) -> Result<R, Refusal> {
    let id = visit.fields.get("id").unwrap_or_default();
    let session = &visit.session;
    let found = visit.shop.ledger.orders.find(id, &visit.shop.catalogue, |order| {
        let own =
            order.session == Some(session.id) || session.account.as_ref() == Some(&order.email);
        own.then(|| {
            let state = order.state(visit.shop.waits, visit.now);
            act(order, state)
        })
    });
    found.flatten().ok_or_else(|| Refusal::not_found("such order of yours"))
}

fn view(order: &Order, state: OrderState) -> OrderView<'_> {
    let Order { id: order_id, lines: items, email, created_at, totals, .. } = order;
    OrderView {
        order_id,
        state,
        total: totals.total,
        currency: totals.currency,
        email,
        items,
        created_at,
    }
}

fn not_paid(message: &str) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "not_paid", message, "")
}

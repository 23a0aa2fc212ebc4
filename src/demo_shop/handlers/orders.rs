//! After the sale: an order's state, its receipt, and sending it back.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;

use crate::demo_shop::answer::{Answer, Rejection};
use crate::demo_shop::orders::{Order, OrderState};
use crate::demo_shop::pages::{self, HtmlText, PriceText};
use crate::demo_shop::request::ShopRequest;
use crate::demo_shop::session::CartLine;

#[derive(Serialize)]
struct OrderView<'a> {
    order_id: &'a str,
    state: OrderState,
    total: u64,
    currency: &'static str,
    email: &'a str,
    items: &'a [CartLine],
    created_at: &'a str,
}

pub(in crate::demo_shop) fn order(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let (order, state) = find(request, |order, state| (order.clone(), state))?;
    request.show(&view(&order, state), "Thank you", |request| {
        // A browser waits for the bank by loading the page again.
        let wait = if state == OrderState::Pending { "<meta http-equiv=\"refresh\" content=\"1\">\n" } else { "" };
        let id = &order.id;
        let back = match state {
            OrderState::Paid => {
                pages::form(&request.session.csrf, "return", &format!("/orders/{id}/returns"), &pages::input("reason", "Reason", ""), "Send back")
            }
            OrderState::Pending | OrderState::Returned | OrderState::Refunded => String::new(),
        };
        format!(
            "{wait}<p>Your order number is <strong id=\"order-number\">{id}</strong>; a confirmation goes to {}.</p>\n\
             <p>State: <span id=\"order-state\">{}</span></p>\n{}{back}<p><a href=\"/orders/{id}/receipt\">Receipt</a></p>\n",
            HtmlText(&order.email),
            state.name(),
            pages::lines(&order.lines, &order.totals)
        )
    })
}

pub(in crate::demo_shop) fn receipt(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let (order, state) = find(request, |order, state| (order.clone(), state))?;
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
    request.show(&data, "Receipt", |_| {
        let (method, day) =
            (HtmlText(&order.method), order.created_at.get(..10).unwrap_or_default());
        format!(
            "<p>Receipt <strong id=\"receipt\">{number}</strong>, {day}, paid by {method}.</p>\n{}",
            pages::lines(&order.lines, &order.totals)
        )
    })
}

pub(in crate::demo_shop) fn send_back(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let reason = request.need("reason", "")?.to_owned();
    let now = request.now;
    let result = find(request, |order, state| match state {
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
    request.answer_done(StatusCode::CREATED, &data, format!("/orders/{id}/refund"))
}

pub(in crate::demo_shop) fn refund(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let (id, totals, state) =
        find(request, |order, state| (order.id.clone(), order.totals, state))?;
    if !matches!(state, OrderState::Returned | OrderState::Refunded) {
        return Err(Rejection::new(
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
    request.show(&data, "Refund", |_| {
        format!("<p>Order {id}: <span id=\"refund-state\">{}</span>, <span id=\"refund\">{}</span></p>\n", state.name(), PriceText(amount))
    })
}

/// The order that the request names, if it is this visitor's. Others' orders don't exist for a visitor.
fn find<R>(
    request: &ShopRequest<'_>,
    act: impl FnOnce(&mut Order, OrderState) -> R,
) -> Result<R, Rejection> {
    let id = request.fields.get("id").unwrap_or_default();
    let session = &request.session;
    let found = request.shop.ledger.orders.find(id, &request.shop.catalogue, |order| {
        let own =
            order.session == Some(session.id) || session.account.as_ref() == Some(&order.email);
        own.then(|| {
            let state = order.state(request.shop.waits, request.now);
            act(order, state)
        })
    });
    found.flatten().ok_or_else(|| Rejection::not_found("such order of yours"))
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

fn not_paid(message: &str) -> Rejection {
    Rejection::new(StatusCode::CONFLICT, "not_paid", message, "")
}

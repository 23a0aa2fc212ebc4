//! The shop's books as its owner reads them: lists of orders, charges, receipts and stock, in the manner of real shops.
//!
//! A list is read page by page by any of `page`, `offset`, `after` (a cursor), `after_id`, or the header `link`. All of them may be
//! used at once with none getting in another's way.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Json, Path, Query, State};
use axum::http::header::{DATE, LINK};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::faults::BookFaultKind;
use super::orders::{BookedOrder, OrderState};
use super::shop::Shop;

type Parameters = Query<BTreeMap<String, String>>;

/// Rows of a page where nobody says.
const PAGE: usize = 50;

/// The orders: `sort=desc` gives the newest first.
pub(super) async fn orders(State(shop): State<Arc<Shop>>, Query(query): Parameters) -> Response {
    let mut rows = Vec::new();
    for booked in shop.ledger.orders.book_entries() {
        let numbers: &[&str] = match booked.fault {
            Some(
                BookFaultKind::Lost
                | BookFaultKind::ChargedWithoutOrder
                | BookFaultKind::ReceiptWithoutOrder,
            ) => &[],
            Some(BookFaultKind::Late) if shop.now() < booked.placed + shop.faults.late_by() => &[],
            Some(BookFaultKind::Duplicate) => &["", "D"],
            None
            | Some(
                BookFaultKind::Late
                | BookFaultKind::ChargedTwice
                | BookFaultKind::OrderWithoutCharge
                | BookFaultKind::WrongTotal
                | BookFaultKind::Cancelled
                | BookFaultKind::NoReceipt
                | BookFaultKind::TwoReceipts
                | BookFaultKind::Shared
                | BookFaultKind::Phantom,
            ) => &[""],
        };
        rows.extend(numbers.iter().map(|suffix| order(&shop, &booked, suffix)));
    }
    if let Some(wanted) = query.get("search") {
        rows.retain(|row| row.to_string().contains(wanted.as_str()));
    }
    page(&shop, "/admin/records/orders", "orders", "id", rows, &query)
}

fn order(shop: &Shop, booked: &BookedOrder, suffix: &str) -> Value {
    let BookedOrder { id, email, total, currency, items, created, fault, placed, .. } = booked;
    let total = total + u64::from(*fault == Some(BookFaultKind::WrongTotal));
    let number = format!("{id}{suffix}");
    let cancelled =
        *fault == Some(BookFaultKind::Cancelled) || shop.ledger.orders.is_cancelled(&number);
    let state = if cancelled {
        "cancelled"
    } else if shop.now() >= *placed + shop.waits.paid_after {
        OrderState::Paid.name()
    } else {
        OrderState::Pending.name()
    };
    json!({
        "id": number, "email": email, "state": state, "total": total, "currency": currency, "items": items,
        "created_at": at(shop, *created),
    })
}

/// The charges, the newest first, as Stripe lists payment intents.
pub(super) async fn charges(State(shop): State<Arc<Shop>>, Query(query): Parameters) -> Response {
    let mut rows = Vec::new();
    for booked in shop.ledger.orders.book_entries() {
        let charges = match booked.fault {
            Some(
                BookFaultKind::Lost
                | BookFaultKind::OrderWithoutCharge
                | BookFaultKind::ReceiptWithoutOrder
                | BookFaultKind::Phantom,
            ) => 0,
            Some(BookFaultKind::ChargedTwice) => 2,
            // The provider has its own list.
            _ if booked.hosted => 0,
            None
            | Some(
                BookFaultKind::ChargedWithoutOrder
                | BookFaultKind::Duplicate
                | BookFaultKind::WrongTotal
                | BookFaultKind::Cancelled
                | BookFaultKind::Late
                | BookFaultKind::NoReceipt
                | BookFaultKind::TwoReceipts
                | BookFaultKind::Shared,
            ) => 1,
        };
        let refunded = booked.fault == Some(BookFaultKind::Cancelled);
        for nth in 0..charges {
            let BookedOrder { id, email, total, currency, .. } = &booked;
            rows.push(json!({
                "id": format!("pi_{id}_{nth}"), "object": "payment_intent", "status": "succeeded",
                "amount_received": if refunded { 0 } else { *total }, "currency": currency.to_lowercase(),
                "metadata": { "order_id": id, "email": email },
            }));
        }
    }
    rows.reverse();
    let limit = limit(&query);
    let start = query.get("starting_after").map_or(0, |last| {
        rows.iter().position(|row| row["id"] == last.as_str()).map_or(rows.len(), |place| place + 1)
    });
    let page: Vec<Value> = rows.iter().skip(start).take(limit).cloned().collect();
    let more = start + page.len() < rows.len();
    dated_response(&shop, json!({ "object": "list", "data": page, "has_more": more }), None)
}

/// The receipts, as Mailpit lists messages.
pub(super) async fn mails(State(shop): State<Arc<Shop>>, Query(query): Parameters) -> Response {
    let mut rows = Vec::new();
    for booked in shop.ledger.orders.book_entries() {
        let receipts = match booked.fault {
            Some(
                BookFaultKind::Lost
                | BookFaultKind::ChargedWithoutOrder
                | BookFaultKind::Cancelled
                | BookFaultKind::NoReceipt
                | BookFaultKind::Phantom,
            ) => 0,
            Some(BookFaultKind::Duplicate | BookFaultKind::TwoReceipts) => 2,
            None
            | Some(
                BookFaultKind::ChargedTwice
                | BookFaultKind::OrderWithoutCharge
                | BookFaultKind::WrongTotal
                | BookFaultKind::Late
                | BookFaultKind::Shared
                | BookFaultKind::ReceiptWithoutOrder,
            ) => 1,
        };
        for nth in 0..receipts {
            let BookedOrder { id, email, created, .. } = &booked;
            rows.push(json!({
                "ID": format!("m-{id}-{nth}"), "To": [{ "Address": email }], "Subject": format!("Your order {id}"),
                "Created": at(&shop, *created),
            }));
        }
    }
    page(&shop, "/admin/records/mails", "messages", "ID", rows, &query)
}

/// Cancels an order, by the id that the list has. What it took goes back on the shelf once, and the money with it.
pub(super) async fn cancel(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> StatusCode {
    let own = id.trim_end_matches('D');
    let booked = shop.ledger.orders.book_entries();
    let Some(order) = booked.iter().find(|order| order.id == own) else {
        return StatusCode::NOT_FOUND;
    };
    let first = shop.ledger.orders.cancel(&id);
    if first && id == own {
        let lines = order.items.iter().map(|item| (item.sku.as_str(), item.quantity));
        shop.catalogue.put_back(lines);
    }
    StatusCode::NO_CONTENT
}

/// The stock of all articles.
pub(super) async fn stock(State(shop): State<Arc<Shop>>) -> Response {
    let stock = shop.catalogue.stock();
    let rows: Vec<Value> =
        stock.iter().map(|(sku, units)| json!({ "sku": sku, "on_hand": units })).collect();
    dated_response(&shop, Value::Array(rows), None)
}

fn limit(query: &BTreeMap<String, String>) -> usize {
    query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(PAGE).clamp(1, 1_000)
}

fn page(
    shop: &Shop,
    path: &str,
    key: &str,
    id: &str,
    mut rows: Vec<Value>,
    query: &BTreeMap<String, String>,
) -> Response {
    if query.get("sort").is_some_and(|sort| sort == "desc") {
        rows.reverse();
    }
    let limit = limit(query);
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let after = |last: &String| {
        rows.iter().position(|row| row[id] == last.as_str()).map_or(rows.len(), |place| place + 1)
    };
    let start = None
        .or_else(|| number("page").map(|page| page.saturating_sub(1) * limit))
        .or_else(|| number("offset"))
        .or_else(|| number("start"))
        .or_else(|| query.get("after").map(after))
        .or_else(|| query.get("after_id").map(after))
        .unwrap_or(0);
    let shown: Vec<Value> = rows.iter().skip(start).take(limit).cloned().collect();
    let more = start + shown.len() < rows.len();
    let cursor = shown.last().map(|row| row[id].clone());
    let next = (start / limit) + 2;
    let kept = query.iter().filter(|(name, _)| *name != "page");
    let kept: String = kept.map(|(name, value)| format!("&{name}={value}")).collect();
    let link = more.then(|| format!("<{path}?page={next}{kept}>; rel=\"next\""));
    let body = json!({ key: shown, "count": rows.len(), "page_info": { "end_cursor": cursor, "has_next_page": more } });
    dated_response(shop, body, link)
}

/// The answer by the shop's own clock.
fn dated_response(shop: &Shop, body: Value, link: Option<String>) -> Response {
    let mut headers = HeaderMap::new();
    let now = jiff::Timestamp::now() + shop.faults.clock_offset();
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    headers.extend(date.parse().ok().map(|date| (DATE, date)));
    headers.extend(link.and_then(|link| link.parse().ok()).map(|link| (LINK, link)));
    (headers, Json(body)).into_response()
}

fn at(shop: &Shop, created: jiff::Timestamp) -> String {
    (created + shop.faults.clock_offset()).to_string()
}

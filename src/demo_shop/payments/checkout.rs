//! The shop's side: sends the customer to the provider, and places the order when it hears that the payment succeeded.

use std::sync::Arc;

use axum::extract::{Json, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::provider::PaymentStatus;
use crate::demo_shop::answer::{Answer, Rejection, Representation};
use crate::demo_shop::ledger::count;
use crate::demo_shop::orders::Order;
use crate::demo_shop::request::ShopRequest;
use crate::demo_shop::shop::Shop;

const CHECKOUT: &str = "/checkout/payment";

/// Sends the customer to the provider's page.
pub(in crate::demo_shop) fn begin(
    request: &ShopRequest<'_>,
    draft: Order,
) -> Result<Answer, Rejection> {
    let Some(address) = request.shop.provider.begin(draft) else {
        let message = "This shop has no payment provider: start it with --payments.";
        return Err(Rejection::invalid(message, CHECKOUT));
    };
    match request.representation {
        Representation::Html => Ok(Answer::Moved(address)),
        Representation::Json => Answer::json(
            StatusCode::OK,
            &json!({ "status": "requires_action", "redirect": address }),
        ),
    }
}

/// `GET /checkout/return`: the customer comes back from the provider.
pub(in crate::demo_shop) fn come_back(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let id: Option<u64> = request.fields.get("session").and_then(|id| id.parse().ok());
    let placed = id.and_then(|id| finish(request.shop, id));
    match placed {
        Some(order_id) => {
            request.session.last_cart = std::mem::take(&mut request.session.cart);
            let to = format!("/orders/{order_id}");
            request.answer_done(
                StatusCode::CREATED,
                &json!({ "status": "confirmed", "order_id": order_id }),
                to,
            )
        }
        None => {
            let ledger = &request.shop.ledger;
            ledger.payment_declined(request.shopper, &ledger.payments.declined);
            let message = "Your payment did not succeed.";
            Err(Rejection::new(StatusCode::PAYMENT_REQUIRED, "payment_failed", message, CHECKOUT))
        }
    }
}

/// `POST /webhooks/payments`.
pub(in crate::demo_shop) async fn receive_webhook(
    State(shop): State<Arc<Shop>>,
    Json(event): Json<Value>,
) -> StatusCode {
    let succeeded = event["type"] == "payment_intent.succeeded";
    let session = event["data"]["object"]["session"].as_u64();
    if let Some(id) = session.filter(|_| succeeded && !shop.faults.payments.ignore_webhooks) {
        finish(&shop, id);
    }
    StatusCode::OK
}

/// Places the order of a session that is paid; its number. Whoever comes second finds it placed.
fn finish(shop: &Shop, id: u64) -> Option<String> {
    let per_message = shop.faults.payments.order_per_message;
    shop.provider.with(id, |session| {
        if session.status != PaymentStatus::Succeeded {
            return None;
        }
        if let Some(placed) = session.placed.clone().filter(|_| !per_message) {
            return Some(placed);
        }
        let again = session.placed.is_some();
        let draft = session.draft.clone();
        let lines = draft.lines.iter().map(|line| (line.sku.as_str(), line.quantity));
        // What is paid is sold, whether it is there or not: the money is taken.
        let _ = shop.catalogue.take(lines);
        let email = draft.email.clone();
        let number = shop.ledger.orders.place(|number| Order { id: number, ..draft });
        count(&shop.ledger.payments.confirmed);
        shop.mailer.receipt(&number, &email);
        if !again {
            session.placed = Some(number.clone());
        }
        Some(number)
    })?
}

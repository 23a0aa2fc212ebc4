//! The provider's pages, 3-D Secure, and the list of charges.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Json, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::pages;
use super::provider::{PaymentAddresses, PaymentStatus};
use super::webhooks::announce;
use crate::demo_shop::shop::Shop;

type Fields = Form<BTreeMap<String, String>>;
type Parameters = Query<BTreeMap<String, String>>;
const PAID: &str = "4242424242424242";
const WITH_CHALLENGE: &str = "4000000000003220";

/// The pages and the list of charges.
pub(in crate::demo_shop) fn router(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/pay/{id}", get(page).post(pay))
        .route("/3ds/{id}", get(challenge).post(answer_challenge))
        .route("/v1/payment_intents", get(list))
        .with_state(shop)
}

async fn page(State(shop): State<Arc<Shop>>, Path(id): Path<u64>) -> Response {
    match shop.provider.with(id, |session| session.draft.totals.total) {
        Some(total) => Html(pages::card(id, total, None)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn pay(State(shop): State<Arc<Shop>>, Path(id): Path<u64>, Form(fields): Fields) -> Response {
    let number = fields.get("card_number").map(|number| number.replace([' ', '-'], ""));
    let Some(total) = shop.provider.with(id, |session| session.draft.totals.total) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match number.as_deref() {
        Some(PAID) => {
            take_money(&shop, id);
            back_to_shop(&shop, id)
        }
        Some(WITH_CHALLENGE) => {
            shop.provider.with(id, |session| session.status = PaymentStatus::RequiresAction);
            redirect(format!("/3ds/{id}"))
        }
        _ => {
            let page = pages::card(id, total, Some("Your card was declined."));
            (StatusCode::PAYMENT_REQUIRED, Html(page)).into_response()
        }
    }
}

async fn challenge(State(shop): State<Arc<Shop>>, Path(id): Path<u64>) -> Response {
    match shop.provider.with(id, |session| session.status) {
        Some(PaymentStatus::RequiresAction) => Html(pages::challenge(id)).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn answer_challenge(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<u64>,
    Form(fields): Fields,
) -> Response {
    let waits = shop.provider.with(id, |session| session.status);
    if waits != Some(PaymentStatus::RequiresAction) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if fields.get("code").is_some_and(|code| code == pages::CODE) {
        take_money(&shop, id);
    } else {
        shop.provider.with(id, |session| session.status = PaymentStatus::Canceled);
    }
    back_to_shop(&shop, id)
}

/// Takes the money, once, and tells the shop.
fn take_money(shop: &Arc<Shop>, id: u64) {
    let faults = shop.faults.payments;
    let taken = shop.provider.with(id, |session| {
        let first = session.status != PaymentStatus::Succeeded;
        session.status = PaymentStatus::Succeeded;
        if first {
            let twice = shop.draws.uniform(["charge_twice", ""], &[&session.draft.shopper])
                < faults.charge_twice.0;
            session.charges = if twice { 2 } else { 1 };
        }
        first
    });
    if taken == Some(true) {
        tokio::spawn(announce(Arc::clone(shop), id));
    }
}

fn back_to_shop(shop: &Shop, id: u64) -> Response {
    match shop.provider.addresses() {
        Some(PaymentAddresses { shop, .. }) => {
            redirect(format!("http://{shop}/checkout/return?session={id}"))
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn redirect(to: String) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

async fn list(State(shop): State<Arc<Shop>>, Query(query): Parameters) -> Json<Value> {
    let since = query.get("created[gte]").and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let mut rows = shop.provider.intents();
    rows.retain(|row| row["created"].as_i64().is_some_and(|created| created >= since));
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(10_usize);
    let start = query.get("starting_after").map_or(0, |last| {
        rows.iter().position(|row| row["id"] == last.as_str()).map_or(rows.len(), |at| at + 1)
    });
    let page: Vec<&Value> = rows.iter().skip(start).take(limit.clamp(1, 100)).collect();
    let more = start + page.len() < rows.len();
    Json(json!({ "object": "list", "data": page, "has_more": more }))
}

//! The provider: payment sessions, its pages, and the charges as Stripe lists them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::Router;
use axum::extract::{Form, Json, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::pages;
use super::webhooks::announce;
use crate::demo_shop::orders::Order;
use crate::demo_shop::shop::Shop;

/// What is to be paid for.
#[derive(Clone, Debug)]
pub(in crate::demo_shop) struct PaymentSession {
    pub(in crate::demo_shop) status: PaymentStatus,
    /// The order as it is to be placed; its number comes with placing it.
    pub(in crate::demo_shop) draft: Order,
    /// The number of the order, once it is placed.
    pub(in crate::demo_shop) placed: Option<String>,
    charges: u32,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::demo_shop) enum PaymentStatus {
    /// The customer is to give a card.
    RequiresPaymentMethod,
    /// The customer's bank wants to be sure who it is.
    RequiresAction,
    /// Paid.
    Succeeded,
    /// Refused for good.
    Canceled,
}

/// The provider's books.
#[derive(Default)]
pub(in crate::demo_shop) struct Provider {
    sessions: Mutex<BTreeMap<u64, PaymentSession>>,
    next: AtomicU64,
    addresses: OnceLock<PaymentAddresses>,
}

/// Where provider and shop are.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo_shop) struct PaymentAddresses {
    pub(in crate::demo_shop) provider: SocketAddr,
    pub(in crate::demo_shop) shop: SocketAddr,
}

type Fields = Form<BTreeMap<String, String>>;
type Parameters = Query<BTreeMap<String, String>>;

const PAID: &str = "4242424242424242";
const WITH_CHALLENGE: &str = "4000000000003220";

// === impl PaymentStatus ===

impl PaymentStatus {
    pub(in crate::demo_shop) const fn name(self) -> &'static str {
        match self {
            PaymentStatus::RequiresPaymentMethod => "requires_payment_method",
            PaymentStatus::RequiresAction => "requires_action",
            PaymentStatus::Succeeded => "succeeded",
            PaymentStatus::Canceled => "canceled",
        }
    }
}

// === impl Provider ===

impl Provider {
    /// Says where it is; before that, nobody can pay there.
    pub(in crate::demo_shop) fn open(&self, addresses: PaymentAddresses) {
        let _ = self.addresses.set(addresses);
    }

    pub(in crate::demo_shop) fn addresses(&self) -> Option<PaymentAddresses> {
        self.addresses.get().copied()
    }

    /// A new session for an order; the address of its page.
    pub(in crate::demo_shop) fn begin(&self, draft: Order) -> Option<String> {
        let at = self.addresses()?.provider;
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let status = PaymentStatus::RequiresPaymentMethod;
        let session = PaymentSession { status, draft, placed: None, charges: 0 };
        self.sessions().insert(id, session);
        Some(format!("http://{at}/pay/{id}"))
    }

    /// Does something with a session.
    pub(in crate::demo_shop) fn with<R>(
        &self,
        id: u64,
        act: impl FnOnce(&mut PaymentSession) -> R,
    ) -> Option<R> {
        self.sessions().get_mut(&id).map(act)
    }

    pub(in crate::demo_shop) fn clear(&self) {
        self.sessions().clear();
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, PaymentSession>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Payment intents, the newest first.
    fn intents(&self) -> Vec<Value> {
        let sessions = self.sessions();
        let of_session = sessions.iter().flat_map(|(id, session)| {
            (0..session.charges.max(1)).map(move |nth| intent(*id, nth, session))
        });
        let mut intents: Vec<Value> = of_session.collect();
        intents.reverse();
        intents
    }
}

fn intent(id: u64, nth: u32, session: &PaymentSession) -> Value {
    let PaymentSession { status, draft, placed, .. } = session;
    let paid = *status == PaymentStatus::Succeeded;
    let created: jiff::Timestamp = draft.created_at.parse().unwrap_or_default();
    json!({
        "id": format!("pi_{id}_{nth}"), "object": "payment_intent", "status": status.name(),
        "amount": draft.totals.total, "amount_received": if paid { draft.totals.total } else { 0 },
        "currency": draft.totals.currency.to_lowercase(), "created": created.as_second(),
        "metadata": { "email": draft.email, "order_id": placed },
    })
}

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

//! Middleware: what happens to every request before and after the shop does its work.
//!
//! In this order: the books, a standstill, the rate limit, the queue for a worker, the planted faults, the
//! form token, the work, and the faults that come after it.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderName, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::answer::{Answer, Fields, Rejection, Representation, respond, text};
use super::connection::Cut;
use super::faults::{Circumstances, Fault, FaultKind, TurnedAwayBy, inject};
use super::ledger::count;
use super::operation::Operation;
use super::request::ShopRequest;
use super::routes::Route;
use super::session::SessionCookie;
use super::shop::Shop;

/// The largest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

const X_NODE: HeaderName = HeaderName::from_static("x-node");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request, read.
struct Call {
    representation: Representation,
    fields: Fields,
    headers: HeaderMap,
    /// Whether the body is a form.
    form: bool,
    body_digest: u64,
    /// What is wrong with it, if it can't be understood.
    rejection: Option<Rejection>,
}

/// Whose request it is.
struct Client<'a> {
    cookie: &'a SessionCookie,
    shopper: &'a str,
    node: &'a str,
}

/// Serves a request for `route`.
pub(super) async fn serve(
    State(shop): State<Arc<Shop>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    params: RawPathParams,
    route: &'static Route,
    request: Request,
) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let (parts, body) = request.into_parts();
    let call = Call::read(parts, to_bytes(body, BODY_LIMIT).await.ok(), &params, api);

    let marker = text(&call.headers, "x-shopper");
    let session =
        shop.sessions.enter(cookie(&call.headers, "sid"), |id| shop.pin(&shopper_name(marker, id)));
    let shopper = shopper_name(marker, session.id);
    let nth = shop.ledger.record_arrival(route.step, &shopper, marker.is_some());
    let client = Client { cookie: &session, shopper: &shopper, node: &shop.nodes[session.node] };

    let mut response = answer(&shop, &cut, route, &call, &client, nth).await;
    stamp(&mut response, &client, shop.next_answer());
    response
}

/// Addresses that the shop doesn't have.
pub(super) async fn nowhere(State(shop): State<Arc<Shop>>) -> Response {
    shop.ledger.arrived_nowhere();
    respond(Rejection::not_found("such page").json())
}

async fn answer(
    shop: &Shop,
    cut: &Cut,
    route: &Route,
    call: &Call,
    client: &Client<'_>,
    nth: u32,
) -> Response {
    let step = route.step;
    wait(shop.pace.standstill(shop.now())).await;
    let _worker = match shop.pace.enter(step, client.shopper).await {
        Ok(worker) => worker,
        Err(refused) => return turn_away(shop, refused),
    };
    let nth_text = nth.to_string();
    let busy = shop.pace.service_time(|| {
        shop.draws.uniform(["service time", ""], &[client.shopper, step.name(), &nth_text])
    });

    let payment = if step == Operation::Pay {
        call.fields.get("method")
    } else {
        client.cookie.payment.as_deref()
    };
    let Client { shopper, node, .. } = *client;
    let now = shop.now();
    let circumstances = Circumstances {
        step,
        nth,
        shopper,
        node,
        payment,
        headers: &call.headers,
        fields: &call.fields,
        now,
    };
    let outcome = shop.faults.meet(shop.draws, &circumstances);
    if !outcome.triggered.is_empty() {
        shop.ledger.struck(
            step,
            shopper,
            &outcome.triggered,
            outcome.decisive.is_some_and(|fault| fault.kind.fails()),
        );
    }
    wait(busy + outcome.delay).await;
    let Some(fault) = outcome.decisive else { return respond(work(shop, route, call, client)) };
    if let FaultKind::Stall(length) = &fault.kind {
        shop.pace.stall(*outcome.triggered.last().unwrap_or(&0), now, length.0);
        wait(shop.pace.standstill(shop.now())).await;
        return respond(work(shop, route, call, client));
    }
    strike(cut, fault, || work(shop, route, call, client)).await
}

/// What a struck shopper gets, with or without the work being done.
async fn strike(cut: &Cut, fault: &Fault, work: impl FnOnce() -> Answer) -> Response {
    if let FaultKind::Truncated = fault.kind {
        return inject::truncate(work());
    }
    if fault.work_done {
        work();
    }
    match &fault.kind {
        FaultKind::Status(status) => inject::error_answer(status),
        FaultKind::WrongContent(content) => inject::wrong_content(content),
        FaultKind::Hang(length) => {
            wait(length.0).await;
            reset(cut)
        }
        FaultKind::Reset | FaultKind::Truncated | FaultKind::Slow(_) | FaultKind::Stall(_) => {
            reset(cut)
        }
    }
}

/// Cuts the connection. The answer is never written, but the attempt to write it is what ends the connection.
fn reset(cut: &Cut) -> Response {
    cut.pull();
    Response::default()
}

/// The shop's own work.
fn work(shop: &Shop, route: &Route, call: &Call, client: &Client<'_>) -> Answer {
    shop.sessions.with(client.cookie, |session| {
        let token = call.fields.get("csrf").or_else(|| text(&call.headers, "x-csrf-token"));
        let forged = call.form && token != Some(session.csrf.as_str());
        let mut request = ShopRequest {
            shop,
            representation: call.representation,
            fields: &call.fields,
            session,
            shopper: client.shopper,
            headers: &call.headers,
            body_digest: call.body_digest,
            now: shop.now(),
        };
        let result = if let Some(rejection) = &call.rejection {
            Err(rejection.clone())
        } else if forged {
            count(&shop.ledger.turned_away.csrf);
            Err(Rejection::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "The form's hidden field 'csrf' is missing or not from this session.",
                "",
            ))
        } else {
            (route.handle)(&mut request)
        };
        result.unwrap_or_else(|rejection| request.refuse(&rejection))
    })
}

fn turn_away(shop: &Shop, refused: TurnedAwayBy) -> Response {
    let (counter, status, reason) = match refused {
        TurnedAwayBy::RateLimited => {
            (&shop.ledger.turned_away.rate_limited, StatusCode::TOO_MANY_REQUESTS, "rate_limited")
        }
        TurnedAwayBy::QueueFull => {
            (&shop.ledger.turned_away.queue_full, StatusCode::SERVICE_UNAVAILABLE, "overloaded")
        }
    };
    count(counter);
    let mut response = respond(
        Rejection::new(status, reason, "The shop is busy. Try again in a second.", "").json(),
    );
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// What every answer carries: its number, the node, and for a new session its cookie.
fn stamp(response: &mut Response, client: &Client<'_>, number: u64) {
    let headers = response.headers_mut();
    headers.insert(X_REQUEST_ID, HeaderValue::from(number));
    if let Ok(node) = HeaderValue::from_str(client.node) {
        headers.insert(X_NODE, node);
    }
    if client.cookie.new
        && let Ok(cookie) = HeaderValue::try_from(format!(
            "sid={:016x}; Path=/; HttpOnly; SameSite=Lax",
            client.cookie.id
        ))
    {
        headers.append(SET_COOKIE, cookie);
    }
}

fn shopper_name(marker: Option<&str>, session: u64) -> Cow<'_, str> {
    marker.map_or_else(|| format!("session-{session:016x}").into(), Cow::from)
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<u64> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let value = all
        .flat_map(|pairs| pairs.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))?;
    u64::from_str_radix(value, 16).ok()
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

// === impl Call ===

impl Call {
    /// Reads a request; a body of `None` was too large.
    fn read(parts: Parts, body: Option<Bytes>, params: &RawPathParams, api: bool) -> Call {
        let has = |name: HeaderName, text: &str| {
            parts.headers.get_all(name).iter().any(|value| contains(value.as_bytes(), text))
        };
        let json = has(CONTENT_TYPE, "json");
        let form = has(CONTENT_TYPE, "x-www-form-urlencoded");
        let representation = if api || json || has(ACCEPT, "application/json") {
            Representation::Json
        } else {
            Representation::Html
        };
        let mut rejection = None;
        if body.is_none() {
            rejection = Some(Rejection::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "The body is larger than 64 KiB.",
                "",
            ));
        }
        let body = body.unwrap_or_default();
        let mut fields = Fields::default();
        params.iter().for_each(|(name, value)| fields.push(name, value));
        if let Some(query) = parts.uri.query() {
            fields.push_form(query.as_bytes());
        }
        if form {
            fields.push_form(&body);
        } else if json
            && !body.is_empty()
            && let Err(error) = fields.push_json(&body)
        {
            rejection = Some(Rejection::new(StatusCode::BAD_REQUEST, "malformed_json", error, ""));
        }
        let mut digest = DefaultHasher::new();
        body.hash(&mut digest);
        Call {
            representation,
            fields,
            headers: parts.headers,
            form,
            body_digest: digest.finish(),
            rejection,
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

//! The till: takes the stock and the money, and files the order.
//!
//! A payment may carry an `idempotency-key`. The first result under a key is kept, and given again to the
//! same request; another body under the same key is refused, since it can only be a mistake. A request that
//! was invalid is not kept: nothing was tried.

use std::time::Duration;

use axum::http::StatusCode;

use super::basket::sold_out;
use super::checkout::{email, redirect_skipped, summary};
use crate::demo_shop::answer::{Answer, Rejection};
use crate::demo_shop::faults::{BookFaultKind, DurationText};
use crate::demo_shop::idempotency::{Confirmed, First};
use crate::demo_shop::ledger::count;
use crate::demo_shop::orders::Order;
use crate::demo_shop::pages::{self};
use crate::demo_shop::payments;
use crate::demo_shop::request::ShopRequest;
use crate::demo_shop::session::{CartLine, Totals};

const HERE: &str = "/checkout/payment";

pub(in crate::demo_shop) fn page(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    if let Some(skipped) = redirect_skipped(request, HERE) {
        return Ok(skipped);
    }
    summary(request, "Payment", |request| {
        let fields = format!(
            "<label><input type=\"radio\" name=\"method\" value=\"card\" checked> Card</label>\n{}{}{}\
             <label><input type=\"radio\" name=\"method\" value=\"wallet\"> Wallet</label>\n\
             <label><input type=\"radio\" name=\"method\" value=\"hosted\"> At our payment provider</label>\n",
            pages::input("card_number", "Number", ""),
            pages::input("card_expiry", "Expires", ""),
            pages::input("card_cvc", "Security code", "")
        );
        let total = pages::lines(&request.session.cart, &request.session.totals());
        format!(
            "{total}{}",
            pages::form(&request.session.csrf, "payment", "/checkout/pay", &fields, "Pay now")
        )
    })
}

pub(in crate::demo_shop) fn pay(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    request.shop.ledger.payment_attempted(request.shopper);
    if request.fields.get("method") == Some("hosted") {
        return to_provider(request);
    }
    let intents = &request.shop.intents;
    let outcome = match request.header("idempotency-key").map(str::to_owned) {
        None => charge(request),
        // The key's shard stays locked while the money is taken: of two requests at once, one waits.
        Some(key) => intents.with(&key, |first| charge_once(request, &key, first)),
    };
    let confirmed = outcome?;
    let on_to = format!("/orders/{}", confirmed.order_id);
    request.answer_done(StatusCode::CREATED, &confirmed, on_to)
}

/// Sends the customer to the payment provider, with the order that is to be placed when it is paid.
fn to_provider(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let email = whom(request)?;
    let lines = lines_to_pay(request)?;
    let draft = order(request, String::new(), &lines, "hosted".to_owned(), email, None);
    payments::begin(request, draft)
}

/// Whom the receipt goes to.
fn whom(request: &ShopRequest<'_>) -> Result<String, Rejection> {
    match (request.fields.get("email"), &request.session.email) {
        (Some(given), _) => email(given, HERE),
        (None, Some(known)) => Ok(known.clone()),
        (None, None) => {
            Err(Rejection::invalid("Whom may we write to? 'email' is missing.", "/checkout"))
        }
    }
}

/// Charges for the first request under a key; a repetition gets the first result.
fn charge_once(
    request: &mut ShopRequest<'_>,
    key: &str,
    first: &mut Option<First>,
) -> Result<Confirmed, Rejection> {
    let (keys, now) = (request.shop.faults.keys, request.now);
    let is_within = |limit: Option<Duration>, first: &First| {
        limit.is_some_and(|limit| now.saturating_sub(first.at) < limit)
    };
    let lifetime = keys.lifetime.map(|DurationText(lifetime)| lifetime);
    *first = first.take().filter(|first| lifetime.is_none() || is_within(lifetime, first));
    match first {
        Some(First { body_digest, .. }) if *body_digest != request.body_digest => {
            count(&request.shop.ledger.payments.invalid);
            let message = "This idempotency key was used with another body: send the first body again, or a new key.";
            return Err(Rejection::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                message,
                HERE,
            ));
        }
        Some(known) if is_within(keys.under_way.map(|DurationText(length)| length), known) => {
            let message = "Your first request is under way: ask again in a moment.";
            return Err(Rejection::new(StatusCode::CONFLICT, "under_way", message, HERE));
        }
        // Whoever comes before the key is written is charged as the first was.
        Some(known) if is_within(delay_of_writing(request, key), known) => {}
        Some(First { outcome, .. }) if !request.shop.faults.duplicate_orders_on_retry => {
            count(&request.shop.ledger.payments.replayed);
            return outcome.clone();
        }
        Some(_) | None => {}
    }
    let outcome = charge(request);
    if outcome
        .as_ref()
        .err()
        .is_none_or(|rejection| rejection.status != StatusCode::UNPROCESSABLE_ENTITY)
    {
        let at = first.as_ref().map_or(now, |first| first.at);
        *first = Some(First { body_digest: request.body_digest, outcome: outcome.clone(), at });
    }
    outcome
}

/// How long after its first request this key is written, with that bug.
fn delay_of_writing(request: &ShopRequest<'_>, key: &str) -> Option<Duration> {
    let DurationText(mean) = request.shop.faults.keys.window?;
    let draw = request.shop.draws.uniform(["key window", ""], &[key]);
    Some(mean.mul_f64(-(-draw).ln_1p()))
}

/// Takes the stock and the money, and counts what came of it.
fn charge(request: &mut ShopRequest<'_>) -> Result<Confirmed, Rejection> {
    let outcome = take(request);
    let ledger = &request.shop.ledger;
    match outcome.as_ref().map_err(|rejection| rejection.status) {
        Ok(_) => count(&ledger.payments.confirmed),
        Err(StatusCode::PAYMENT_REQUIRED) => {
            ledger.payment_declined(request.shopper, &ledger.payments.declined)
        }
        Err(StatusCode::CONFLICT) => {
            ledger.payment_declined(request.shopper, &ledger.payments.sold_out)
        }
        Err(_) => count(&ledger.payments.invalid),
    }
    outcome
}

fn take(request: &mut ShopRequest<'_>) -> Result<Confirmed, Rejection> {
    let method = request.need("method", HERE)?.to_owned();
    request.session.payment = Some(method.clone());
    let email = whom(request)?;
    let lines = lines_to_pay(request)?;
    if let Err(declined) = authorise(request, &method) {
        let lines =
            if declined.status == StatusCode::PAYMENT_REQUIRED { lines } else { Vec::new() };
        book_declined(request, lines, method, email);
        return Err(declined);
    }
    let units = || lines.iter().map(|line| (line.sku.as_str(), line.quantity));
    if let Err(product) = request.shop.catalogue.take(units())
        && !request.shop.faults.oversell
    {
        return Err(sold_out(product.summary.name, "/cart"));
    }
    Ok(place(request, lines, method, email))
}

/// What is paid for: the cart; or, with the planted bug, once more what was paid for before.
fn lines_to_pay(request: &ShopRequest<'_>) -> Result<Vec<CartLine>, Rejection> {
    let faults = &request.shop.faults;
    let forgets_keys = faults.keys.window.is_some() || faults.keys.lifetime.is_some();
    let again =
        (faults.duplicate_orders_on_retry || forgets_keys) && request.session.cart.is_empty();
    let lines = if again { &request.session.last_cart } else { &request.session.cart };
    if lines.is_empty() {
        return Err(Rejection::invalid(
            "Your cart is empty: you need to add some items first.",
            "/cart",
        ));
    }
    Ok(lines.clone())
}

/// Asks the bank. Only well-known test numbers are cards here; without a number the card on file is used.
fn authorise(request: &ShopRequest<'_>, method: &str) -> Result<(), Rejection> {
    let declined =
        |reason, message| Err(Rejection::new(StatusCode::PAYMENT_REQUIRED, reason, message, HERE));
    if method == "wallet" {
        return Ok(());
    }
    if method != "card" {
        return Err(Rejection::invalid("Pay by 'card' or by 'wallet'.", HERE));
    }
    let Some(number) =
        request.fields.get("card_number").or_else(|| request.fields.get("card.number"))
    else {
        return Ok(());
    };
    match number.replace([' ', '-'], "").as_str() {
        "4242424242424242" => Ok(()),
        "4000000000000002" => declined("card_declined", "Your card was declined."),
        "4000000000009995" => {
            declined("insufficient_funds", "Your card was declined: insufficient funds.")
        }
        _ => Err(Rejection::invalid(
            "That is none of our test cards: use 4242 4242 4242 4242.",
            HERE,
        )),
    }
}

/// Keeps an order or a receipt of a declined payment, where that fault is planted.
fn book_declined(
    request: &mut ShopRequest<'_>,
    lines: Vec<CartLine>,
    method: String,
    email: String,
) {
    let shop = request.shop;
    let fault = shop.faults.strikes_books(shop.draws, request.shopper, true);
    if let (Some(fault), false) = (fault, lines.is_empty()) {
        shop.ledger
            .orders
            .place_phantom(|id| order(request, id, &lines, method, email, Some(fault)));
    }
}

fn order(
    request: &ShopRequest<'_>,
    id: String,
    lines: &[CartLine],
    method: String,
    email: String,
    fault: Option<BookFaultKind>,
) -> Order {
    let header = |name| request.header(name).map(str::to_owned);
    let session = &*request.session;
    Order {
        id,
        session: Some(session.id),
        shopper: request.shopper.to_owned(),
        email,
        lines: lines.to_vec(),
        totals: Totals::of(lines, session.voucher, session.shipping),
        method,
        idempotency_keys: header("idempotency-key").into_iter().collect(),
        run: header("x-load-test"),
        placed: request.now,
        created_at: jiff::Timestamp::now().to_string(),
        returned: None,
        fault,
    }
}

fn place(
    request: &mut ShopRequest<'_>,
    lines: Vec<CartLine>,
    method: String,
    email: String,
) -> Confirmed {
    let shop = request.shop;
    let fault = shop.faults.strikes_books(shop.draws, request.shopper, false);
    let another = (fault == Some(BookFaultKind::Shared))
        .then(|| shop.ledger.orders.another(request.shopper))
        .flatten();
    // Nothing can be shared with the first shopper.
    let fault = fault.filter(|fault| *fault != BookFaultKind::Shared || another.is_some());
    let totals = Totals::of(&lines, request.session.voucher, request.session.shipping);
    let receipts = match fault {
        Some(
            BookFaultKind::Lost
            | BookFaultKind::ChargedWithoutOrder
            | BookFaultKind::Cancelled
            | BookFaultKind::NoReceipt,
        ) => 0,
        Some(BookFaultKind::Duplicate | BookFaultKind::TwoReceipts) => 2,
        _ => 1,
    };
    let whom = email.clone();
    let own = shop.ledger.orders.place(|id| order(request, id, &lines, method, email, fault));
    (0..receipts).for_each(|_| shop.mailer.receipt(&own, &whom));
    let order_id = another.unwrap_or(own);
    let session = &mut *request.session;
    session.cart.clear();
    session.last_cart = lines;
    Confirmed { status: "confirmed", order_id, total: totals.total, currency: totals.currency }
}

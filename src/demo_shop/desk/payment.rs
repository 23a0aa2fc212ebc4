//! The till: takes the stock and the money, and files the order.
//!
//! A payment may carry an `idempotency-key`. The first result under a key is kept, and given again to the
//! same request; another body under the same key is refused, since it can only be a mistake. A request that
//! was invalid is not kept: nothing was tried.

use axum::http::StatusCode;

use super::basket::sold_out;
use super::checkout::{email, skipped, summary};
use crate::demo_shop::answer::{Answer, Refusal};
use crate::demo_shop::idempotency::{Confirmed, First};
use crate::demo_shop::ledger::count;
use crate::demo_shop::orders::Order;
use crate::demo_shop::pages::{self};
use crate::demo_shop::session::{Line, Totals};
use crate::demo_shop::visit::Visit;

const HERE: &str = "/checkout/payment";

pub(in crate::demo_shop) fn page(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    if let Some(skipped) = skipped(visit, HERE) {
        return Ok(skipped);
    }
    summary(visit, "Payment", |visit| {
        let fields = format!(
            "<label><input type=\"radio\" name=\"method\" value=\"card\" checked> Card</label>\n{}{}{}\
             <label><input type=\"radio\" name=\"method\" value=\"wallet\"> Wallet</label>\n",
            pages::input("card_number", "Number", ""),
            pages::input("card_expiry", "Expires", ""),
            pages::input("card_cvc", "Security code", "")
        );
        let total = pages::lines(&visit.session.cart, &visit.session.totals());
        format!(
            "{total}{}",
            pages::form(&visit.session.csrf, "payment", "/checkout/pay", &fields, "Pay now")
        )
    })
}

pub(in crate::demo_shop) fn pay(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    visit.shop.ledger.payment_attempted(visit.shopper);
    let intents = &visit.shop.intents;
    let outcome = match visit.header("idempotency-key").map(str::to_owned) {
        None => charge(visit),
        // The key's shard stays locked while the money is taken: of two requests at once, one waits.
        Some(key) => intents.with(&key, |first| charge_once(visit, first)),
    };
    let confirmed = outcome?;
    let on_to = format!("/orders/{}", confirmed.order_id);
    visit.done(StatusCode::CREATED, &confirmed, on_to)
}

/// Charges for the first request under a key; a repetition gets the first result.
fn charge_once(visit: &mut Visit<'_>, first: &mut Option<First>) -> Result<Confirmed, Refusal> {
    match first {
        Some(First { body_digest, .. }) if *body_digest != visit.body_digest => {
            count(&visit.shop.ledger.payments.invalid);
            let message = "This idempotency key was used with another body: send the first body again, or a new key.";
            return Err(Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                message,
                HERE,
            ));
        }
        Some(First { outcome, .. }) if !visit.shop.faults.duplicate_orders_on_retry => {
            count(&visit.shop.ledger.payments.replayed);
            return outcome.clone();
        }
        _ => {}
    }
    let outcome = charge(visit);
    if outcome
        .as_ref()
        .err()
        .is_none_or(|refusal| refusal.status != StatusCode::UNPROCESSABLE_ENTITY)
    {
        *first = Some(First { body_digest: visit.body_digest, outcome: outcome.clone() });
    }
    outcome
}

/// Takes the stock and the money, and counts what came of it.
fn charge(visit: &mut Visit<'_>) -> Result<Confirmed, Refusal> {
    let outcome = take(visit);
    let ledger = &visit.shop.ledger;
    match outcome.as_ref().map_err(|refusal| refusal.status) {
        Ok(_) => count(&ledger.payments.confirmed),
        Err(StatusCode::PAYMENT_REQUIRED) => {
            ledger.payment_declined(visit.shopper, &ledger.payments.declined)
        }
        Err(StatusCode::CONFLICT) => {
            ledger.payment_declined(visit.shopper, &ledger.payments.sold_out)
        }
        Err(_) => count(&ledger.payments.invalid),
    }
    outcome
}

fn take(visit: &mut Visit<'_>) -> Result<Confirmed, Refusal> {
    let method = visit.need("method", HERE)?.to_owned();
    visit.session.payment = Some(method.clone());
    let email = match (visit.fields.get("email"), &visit.session.email) {
        (Some(given), _) => email(given, HERE)?,
        (None, Some(known)) => known.clone(),
        (None, None) => {
            return Err(Refusal::invalid("Whom may we write to? 'email' is missing.", "/checkout"));
        }
    };
    let lines = lines_to_pay(visit)?;
    authorise(visit, &method)?;
    let units = || lines.iter().map(|line| (line.sku.as_str(), line.quantity));
    if let Err(product) = visit.shop.catalogue.take(units()) {
        return Err(sold_out(product.summary.name, "/cart"));
    }
    Ok(place(visit, lines, method, email))
}

/// What is paid for: the cart; or, with the planted bug, once more what was paid for before.
fn lines_to_pay(visit: &Visit<'_>) -> Result<Vec<Line>, Refusal> {
    let again = visit.shop.faults.duplicate_orders_on_retry && visit.session.cart.is_empty();
    let lines = if again { &visit.session.last_cart } else { &visit.session.cart };
    if lines.is_empty() {
        return Err(Refusal::invalid(
            "Your cart is empty: you need to add some items first.",
            "/cart",
        ));
    }
    Ok(lines.clone())
}

/// Asks the bank. Only well-known test numbers are cards here; without a number the card on file is used.
fn authorise(visit: &Visit<'_>, method: &str) -> Result<(), Refusal> {
    let declined =
        |reason, message| Err(Refusal::new(StatusCode::PAYMENT_REQUIRED, reason, message, HERE));
    if method == "wallet" {
        return Ok(());
    }
    if method != "card" {
        return Err(Refusal::invalid("Pay by 'card' or by 'wallet'.", HERE));
    }
    let Some(number) = visit.fields.get("card_number").or_else(|| visit.fields.get("card.number"))
    else {
        return Ok(());
    };
    match number.replace([' ', '-'], "").as_str() {
        "4242424242424242" => Ok(()),
        "4000000000000002" => declined("card_declined", "Your card was declined."),
        "4000000000009995" => {
            declined("insufficient_funds", "Your card was declined: insufficient funds.")
        }
        _ => {
            Err(Refusal::invalid("That is none of our test cards: use 4242 4242 4242 4242.", HERE))
        }
    }
}

fn place(visit: &mut Visit<'_>, lines: Vec<Line>, method: String, email: String) -> Confirmed {
    let header = |name| visit.header(name).map(str::to_owned);
    let (run, idempotency_keys) =
        (header("x-load-test"), header("idempotency-key").into_iter().collect());
    let session = &mut *visit.session;
    let totals = Totals::of(&lines, session.voucher, session.shipping);
    let order_id = visit.shop.ledger.orders.place(|id| Order {
        id,
        session: Some(session.id),
        shopper: visit.shopper.to_owned(),
        email,
        lines: lines.clone(),
        totals,
        method,
        idempotency_keys,
        run,
        placed: visit.now,
        created_at: jiff::Timestamp::now().to_string(),
        returned: None,
    });
    session.cart.clear();
    session.last_cart = lines;
    Confirmed { status: "confirmed", order_id, total: totals.total, currency: totals.currency }
}

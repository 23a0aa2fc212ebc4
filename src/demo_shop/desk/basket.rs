//! The cart: looked at, filled, emptied, made cheaper.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::browse::find;
use crate::demo_shop::answer::{Answer, Refusal};
use crate::demo_shop::pages::{self, Text};
use crate::demo_shop::session::{Line, Totals, VOUCHERS};
use crate::demo_shop::visit::Visit;

/// The most of one product in a cart.
const MOST: u32 = 20;

#[derive(Serialize)]
struct CartView<'a> {
    items: &'a [Line],
    voucher: Option<&'a str>,
    #[serde(flatten)]
    totals: Totals,
}

pub(in crate::demo_shop) fn cart(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    let (items, totals) = (visit.session.cart.clone(), visit.session.totals());
    let voucher = visit.session.voucher.map(|voucher| voucher.code);
    visit.show(&CartView { items: &items, voucher, totals }, "Your cart", |visit| {
        if items.is_empty() {
            return "<p id=\"empty\">Your cart is empty.</p>\n".to_owned();
        }
        let remove = |line: &Line| {
            let id = format!("remove-{}", line.sku);
            let fields = format!("<input type=\"hidden\" name=\"sku\" value=\"{}\">", line.sku);
            pages::form(
                &visit.session.csrf,
                &id,
                "/cart/remove",
                &fields,
                &format!("Remove {}", Text(line.name)),
            )
        };
        let voucher = pages::form(
            &visit.session.csrf,
            "voucher",
            "/cart/voucher",
            &pages::input("code", "Voucher", voucher.unwrap_or_default()),
            "Redeem",
        );
        let removals: String = items.iter().map(remove).collect();
        format!(
            "{}{removals}{voucher}<p><a id=\"to-checkout\" href=\"/checkout\">Check out</a></p>\n",
            pages::lines(&items, &totals)
        )
    })
}

pub(in crate::demo_shop) fn add(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    let product = find(visit)?;
    let sku = product.summary.sku.as_str();
    let quantity = match visit.fields.get("quantity") {
        None => 1,
        Some(text) => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
            Refusal::invalid(format!("'{}' is not a quantity", Text(text)), "/cart")
        })?,
    };
    let wanted = visit.session.units(sku).saturating_add(quantity);
    if wanted > MOST {
        return Err(Refusal::invalid(format!("A maximum of {MOST} can be bought."), "/cart"));
    }
    if wanted > product.units_left() {
        return Err(sold_out(product.summary.name, "/cart"));
    }
    visit.session.put(&visit.shop.catalogue, sku, quantity);
    summary(visit, StatusCode::CREATED)
}

pub(in crate::demo_shop) fn remove(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    let sku = visit.need("sku", "/cart")?.to_owned();
    let before = visit.session.cart.len();
    visit.session.cart.retain(|line| line.sku != sku);
    if visit.session.cart.len() == before {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "That is not in your cart.",
            "/cart",
        ));
    }
    summary(visit, StatusCode::OK)
}

pub(in crate::demo_shop) fn voucher(visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
    let code = visit.need("code", "/cart")?.to_uppercase();
    let refuse = |reason, message: String| {
        Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, reason, message, "/cart"))
    };
    match VOUCHERS.iter().find(|voucher| voucher.code == code) {
        None => refuse("voucher_unknown", format!("There is no voucher '{code}'.")),
        Some(voucher) if voucher.expired => {
            refuse("voucher_expired", format!("The voucher '{code}' has expired."))
        }
        Some(voucher) => {
            visit.session.voucher = Some(voucher);
            summary(visit, StatusCode::OK)
        }
    }
}

/// The refusal where there is not enough of a product.
pub(super) fn sold_out(name: &str, back: &'static str) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "sold_out", format!("{name} is sold out."), back)
}

fn summary(visit: &Visit<'_>, status: StatusCode) -> Result<Answer, Refusal> {
    let units: u32 = visit.session.cart.iter().map(|line| line.quantity).sum();
    let Totals { subtotal, total, currency, .. } = visit.session.totals();
    visit.done(
        status,
        &json!({ "units": units, "subtotal": subtotal, "total": total, "currency": currency }),
        "/cart",
    )
}

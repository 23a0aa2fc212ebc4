//! The cart: looked at, filled, emptied, made cheaper.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::browse::find;
use crate::demo_shop::answer::{Answer, Rejection};
use crate::demo_shop::pages::{self, HtmlText};
use crate::demo_shop::request::ShopRequest;
use crate::demo_shop::session::{CartLine, Totals, VOUCHERS};

/// The most of one product in a cart.
const MOST: u32 = 20;

#[derive(Serialize)]
struct CartView<'a> {
    items: &'a [CartLine],
    voucher: Option<&'a str>,
    #[serde(flatten)]
    totals: Totals,
}

pub(in crate::demo_shop) fn cart(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let (items, totals) = (request.session.cart.clone(), request.session.totals());
    let voucher = request.session.voucher.map(|voucher| voucher.code);
    request.show(&CartView { items: &items, voucher, totals }, "Your cart", |request| {
        if items.is_empty() {
            return "<p id=\"empty\">Your cart is empty.</p>\n".to_owned();
        }
        let remove = |line: &CartLine| {
            let id = format!("remove-{}", line.sku);
            let fields = format!("<input type=\"hidden\" name=\"sku\" value=\"{}\">", line.sku);
            pages::form(
                &request.session.csrf,
                &id,
                "/cart/remove",
                &fields,
                &format!("Remove {}", HtmlText(line.name)),
            )
        };
        let voucher = pages::form(
            &request.session.csrf,
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

pub(in crate::demo_shop) fn add(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let product = find(request)?;
    let sku = product.summary.sku.as_str();
    let quantity = match request.fields.get("quantity") {
        None => 1,
        Some(text) => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
            Rejection::invalid(format!("'{}' is not a quantity", HtmlText(text)), "/cart")
        })?,
    };
    let wanted = request.session.units(sku).saturating_add(quantity);
    if wanted > MOST {
        return Err(Rejection::invalid(format!("A maximum of {MOST} can be bought."), "/cart"));
    }
    if wanted > product.units_left() {
        return Err(sold_out(product.summary.name, "/cart"));
    }
    request.session.put(&request.shop.catalogue, sku, quantity);
    summary(request, StatusCode::CREATED)
}

pub(in crate::demo_shop) fn remove(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let sku = request.need("sku", "/cart")?.to_owned();
    let before = request.session.cart.len();
    request.session.cart.retain(|line| line.sku != sku);
    if request.session.cart.len() == before {
        return Err(Rejection::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "That is not in your cart.",
            "/cart",
        ));
    }
    summary(request, StatusCode::OK)
}

pub(in crate::demo_shop) fn voucher(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let code = request.need("code", "/cart")?.to_uppercase();
    let refuse = |reason, message: String| {
        Err(Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, reason, message, "/cart"))
    };
    match VOUCHERS.iter().find(|voucher| voucher.code == code) {
        None => refuse("voucher_unknown", format!("There is no voucher '{code}'.")),
        Some(voucher) if voucher.expired => {
            refuse("voucher_expired", format!("The voucher '{code}' has expired."))
        }
        Some(voucher) => {
            request.session.voucher = Some(voucher);
            summary(request, StatusCode::OK)
        }
    }
}

/// The rejection where there is not enough of a product.
pub(super) fn sold_out(name: &str, back: &'static str) -> Rejection {
    Rejection::new(StatusCode::CONFLICT, "sold_out", format!("{name} is sold out."), back)
}

fn summary(request: &ShopRequest<'_>, status: StatusCode) -> Result<Answer, Rejection> {
    let units: u32 = request.session.cart.iter().map(|line| line.quantity).sum();
    let Totals { subtotal, total, currency, .. } = request.session.totals();
    request.answer_done(
        status,
        &json!({ "units": units, "subtotal": subtotal, "total": total, "currency": currency }),
        "/cart",
    )
}

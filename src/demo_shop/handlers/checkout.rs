//! From the cart to the till: who, where to, how.
//!
//! A browser is led through guest or login, address, shipping and payment, and sent back to whatever it
//! skipped. A program may skip all but the e-mail address, as an express checkout does.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;

use crate::demo_shop::answer::{Answer, Rejection, Representation};
use crate::demo_shop::catalog::STORES;
use crate::demo_shop::pages::{self, HtmlText, PriceText};
use crate::demo_shop::request::ShopRequest;
use crate::demo_shop::session::{SHIPPING, Session, Totals};

#[derive(Serialize)]
struct Overview<'a> {
    email: Option<&'a str>,
    account: Option<&'a str>,
    address: Option<&'a str>,
    shipping: Option<&'a str>,
    store: Option<&'a str>,
    #[serde(flatten)]
    totals: Totals,
}

pub(in crate::demo_shop) fn overview(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    if request.representation == Representation::Html && request.session.email.is_some() {
        return Ok(Answer::Moved(next(request.session).to_owned()));
    }
    summary(request, "Checkout", |request| {
        let guest = pages::form(
            &request.session.csrf,
            "guest",
            "/checkout/guest",
            &pages::input("email", "E-mail", ""),
            "Continue as guest",
        );
        format!(
            "<h2>Without an account</h2>\n{guest}<h2>With an account</h2>\n{}",
            login_form(request)
        )
    })
}

pub(in crate::demo_shop) fn guest(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let email = email(request.need("email", "/checkout")?, "/checkout")?;
    request.session.email = Some(email.clone());
    request.answer_done(StatusCode::OK, &json!({ "email": email }), "/checkout/address")
}

pub(in crate::demo_shop) fn login_page(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let account = request.session.account.clone();
    request.show(&json!({ "account": account }), "Log in", login_form)
}

/// Accounts are `shopper-0001@example.com` to `-9999` and `gift-0001@example.com` to `-9999`; the password
/// is `winter-` and the same four digits.
pub(in crate::demo_shop) fn login(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let email = request.need("email", "/login")?.to_lowercase();
    let password = request.need("password", "/login")?;
    let number = ["shopper-", "gift-"]
        .iter()
        .find_map(|kind| email.strip_prefix(kind)?.strip_suffix("@example.com"));
    let known = number.is_some_and(|number| {
        number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()) && number != "0000"
    });
    if !known || password.strip_prefix("winter-") != number {
        let message = "This e-mail address and this password don't belong together.";
        return Err(Rejection::new(StatusCode::UNAUTHORIZED, "wrong_password", message, "/login"));
    }
    request.session.email = Some(email.clone());
    request.session.account = Some(email.clone());
    let on_to = if request.session.cart.is_empty() { "/" } else { "/checkout/address" };
    request.answer_done(StatusCode::OK, &json!({ "account": email }), on_to)
}

pub(in crate::demo_shop) fn address_page(
    request: &mut ShopRequest<'_>,
) -> Result<Answer, Rejection> {
    if let Some(skipped) = redirect_skipped(request, "/checkout/address") {
        return Ok(skipped);
    }
    summary(request, "Address", |request| {
        let fields = ADDRESS
            .map(|(name, label, _)| {
                pages::input(name, label, if name == "country" { "NL" } else { "" })
            })
            .concat();
        pages::form(&request.session.csrf, "address", "/checkout/address", &fields, "Continue")
    })
}

pub(in crate::demo_shop) fn address(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    const HERE: &str = "/checkout/address";
    let missing: Vec<&str> = ADDRESS
        .iter()
        .filter(|(name, _, required)| *required && request.fields.get(name).is_none())
        .map(|(name, ..)| *name)
        .collect();
    if !missing.is_empty() {
        return Err(Rejection::invalid(format!("Please fill in: {}.", missing.join(", ")), HERE));
    }
    let country = request.need("country", HERE)?;
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(Rejection::invalid(
            "The country is written with two letters, such as NL.",
            HERE,
        ));
    }
    let lines: Vec<&str> =
        ADDRESS.iter().filter_map(|(name, ..)| request.fields.get(name)).collect();
    request.session.address = Some(lines.join(", "));
    request.answer_done(
        StatusCode::OK,
        &json!({ "address": request.session.address }),
        "/checkout/shipping",
    )
}

pub(in crate::demo_shop) fn shipping_methods(
    request: &mut ShopRequest<'_>,
) -> Result<Answer, Rejection> {
    if let Some(skipped) = redirect_skipped(request, "/checkout/shipping") {
        return Ok(skipped);
    }
    let data = json!({ "methods": SHIPPING });
    request.show(&data, "Shipping", |request| {
        let choice = |(i, way): (usize, &crate::demo_shop::session::Shipping)| {
            let checked = if i == 0 { " checked" } else { "" };
            let (id, name, price) = (way.id, way.name, PriceText(way.price));
            format!("<label><input type=\"radio\" name=\"method\" value=\"{id}\"{checked}> {name}: {price}</label>\n")
        };
        let stores: String = STORES.iter().map(|store| format!("<option value=\"{}\">{}</option>", store.id, store.city)).collect();
        let ways: String = SHIPPING.iter().enumerate().map(choice).collect();
        let fields = format!("{ways}<label>Store <select name=\"store\"><option value=\"\"></option>{stores}</select></label>");
        pages::form(&request.session.csrf, "shipping", "/checkout/shipping", &fields, "Continue")
    })
}

pub(in crate::demo_shop) fn shipping(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    const HERE: &str = "/checkout/shipping";
    let wanted = request.need("method", HERE)?;
    let Some(way) = SHIPPING.iter().find(|way| way.id == wanted) else {
        return Err(Rejection::invalid(
            format!("There is no shipping method '{}'.", HtmlText(wanted)),
            HERE,
        ));
    };
    let store = request
        .fields
        .get("store")
        .and_then(|id| STORES.iter().find(|store| store.id == id))
        .map(|store| store.id);
    if way.id == "collect" && store.is_none() {
        return Err(Rejection::invalid("Choose the store to collect it from.", HERE));
    }
    request.session.shipping = Some(way);
    request.session.store = store.filter(|_| way.id == "collect");
    let Totals { total, currency, .. } = request.session.totals();
    request.answer_done(
        StatusCode::OK,
        &json!({ "method": way.id, "store": request.session.store, "total": total, "currency": currency }),
        "/checkout/payment",
    )
}

/// Where a browser goes that asks for a page of the checkout before its turn.
pub(super) fn redirect_skipped(request: &mut ShopRequest<'_>, page: &str) -> Option<Answer> {
    if request.representation == Representation::Json {
        return None;
    }
    if request.session.cart.is_empty() {
        request.session.alert = Some("You need to add some items to your cart first.".into());
        return Some(Answer::Moved("/cart".into()));
    }
    let pages = ["/checkout", "/checkout/address", "/checkout/shipping", "/checkout/payment"];
    let place = |wanted: &str| pages.iter().position(|page| *page == wanted);
    let next = next(request.session);
    (place(next) < place(page)).then(|| Answer::Moved(next.into()))
}

/// The summary of the checkout for a program, a page for a browser.
pub(super) fn summary(
    request: &mut ShopRequest<'_>,
    title: &str,
    page: impl FnOnce(&ShopRequest<'_>) -> String,
) -> Result<Answer, Rejection> {
    let session = request.session.clone();
    let data = Overview {
        email: session.email.as_deref(),
        account: session.account.as_deref(),
        address: session.address.as_deref(),
        shipping: session.shipping.map(|way| way.id),
        store: session.store,
        totals: session.totals(),
    };
    request.show(&data, title, page)
}

/// Something that can be an e-mail address.
pub(super) fn email(text: &str, back: &'static str) -> Result<String, Rejection> {
    match text.split_once('@') {
        Some((name, host))
            if !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(Rejection::invalid(format!("'{text}' is not an e-mail address."), back)),
    }
}

/// The address form: field, label, whether it is required.
const ADDRESS: [(&str, &str, bool); 6] = [
    ("name", "Name", true),
    ("line1", "Street and number", true),
    ("line2", "More", false),
    ("postcode", "Postcode", true),
    ("city", "City", true),
    ("country", "Country", true),
];

fn next(session: &Session) -> &'static str {
    match session {
        Session { email: None, .. } => "/checkout",
        Session { address: None, .. } => "/checkout/address",
        Session { shipping: None, .. } => "/checkout/shipping",
        _ => "/checkout/payment",
    }
}

fn login_form(request: &ShopRequest<'_>) -> String {
    let fields = pages::input("email", "E-mail", "")
        + "<label>Password <input type=\"password\" name=\"password\"></label>\n";
    pages::form(&request.session.csrf, "login", "/login", &fields, "Log in")
}

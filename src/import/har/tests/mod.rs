//! Recordings as browsers and proxies write them.

mod dialects;

use serde_json::{Value, json};

use super::{HarError, Recording, har_scenario};
use crate::plan::{Inputs, Plan};

/// An entry; `seconds` after the first.
fn entry(
    seconds: u64,
    method: &str,
    url: &str,
    answer: (u16, &str, &str),
    body: Option<(&str, &str)>,
) -> Value {
    let stamp = jiff::Timestamp::from_second(1_764_327_600 + seconds as i64).unwrap().to_string();
    let (status, kind, text) = answer;
    let mut entry = json!({
        "startedDateTime": stamp,
        "time": 120.5,
        "request": { "method": method, "url": url, "headers": [{ "name": ":path", "value": "/" }] },
        "response": { "status": status, "headers": [], "content": { "mimeType": kind, "text": text } },
    });
    if let Some((kind, text)) = body {
        entry["request"]["postData"] = json!({ "mimeType": kind, "text": text });
    }
    entry
}

fn with_header(mut entry: Value, side: &str, name: &str, value: &str) -> Value {
    entry[side]["headers"] = json!([{ "name": name, "value": value }]);
    entry
}

fn scenario(entries: Vec<Value>) -> (String, String, Plan) {
    let har = json!({ "log": { "entries": entries } }).to_string();
    let recording = Recording::read(&format!("\u{feff}{har}")).unwrap();
    let (text, report) = har_scenario(&[recording], "Recorded", None).unwrap();
    let plan = Plan::from_text("recorded", &text, &Inputs::default())
        .unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false)));
    (text, report, plan)
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[test]
fn forms_are_submitted_and_what_is_a_person_s_own_is_replaced() {
    let shop = "http://127.0.0.1:8080";
    let product = r#"<form id="buy" action="/cart" method="post"><input type="hidden" name="csrf" value="a1b2c3d4e5f6"><input name="quantity" value="1"></form>"#;
    let checkout = r#"<form action="/checkout/pay" method="post"><input type="hidden" name="csrf" value="a1b2c3d4e5f6"><input name="email"><input name="card_number"><input name="first_name"></form>"#;
    let paid = "<h1>Thank you</h1><p>Your order number is 10042.</p>";
    let at = |path: &str| format!("{shop}{path}");
    let (text, report, plan) = scenario(vec![
        entry(0, "GET", &at("/"), (200, "text/html", "<h1>Shop</h1>"), None),
        entry(0, "GET", &at("/style.css"), (200, "text/css", ""), None),
        entry(1, "GET", "https://tracker.example/hit", (200, "text/plain", ""), None),
        entry(5, "GET", &at("/products/sku-7"), (200, "text/html", product), None),
        with_header(
            entry(
                12,
                "POST",
                &at("/cart"),
                (302, "text/html", ""),
                Some((FORM, "csrf=a1b2c3d4e5f6&quantity=3")),
            ),
            "response",
            "Location",
            "/checkout",
        ),
        entry(12, "GET", &at("/checkout"), (200, "text/html", checkout), None),
        with_header(
            entry(
                40,
                "POST",
                &at("/checkout/pay"),
                (303, "text/html", ""),
                Some((
                    FORM,
                    "csrf=a1b2c3d4e5f6&email=anna.smith%40mail.test&card_number=4539148803436467&first_name=Annabel",
                )),
            ),
            "response",
            "Location",
            &at("/orders/10042"),
        ),
        entry(41, "GET", &at("/orders/10042"), (200, "text/html", paid), None),
    ]);
    for secret in ["anna.smith", "4539148803436467", "Annabel", "a1b2c3d4e5f6", "10042", "tracker"]
    {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    for part in [
        r#"submit: { id: "buy", fields: { "quantity": "3" } }"#,
        r#"submit: { action: "/checkout/pay", containing: "email", fields: {"#,
        r#""email": "{{ shopper.email }}""#,
        "assets: true",
        "purchase: pay",
        "order: { id: { regex:",
        "think: 3440ms..10s",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(
        report.contains("8 requests became 4 steps") && report.contains("1 to tracker.example"),
        "{report}"
    );
    assert_eq!((plan.steps.len(), plan.units.iter().filter(|unit| unit.purchase).count()), (4, 1));
    assert_eq!(plan.blanks.len(), 1, "{:?}", plan.blanks);
}

#[test]
fn values_of_earlier_answers_become_captures() {
    let at = |path: &str| format!("http://127.0.0.1:8080{path}");
    let login = r#"{"access_token":"tok-8f14e45fceea167a","user":{"id":77231}}"#;
    let list = r#"{"products":[{"sku":"sku-93411","price":1299}]}"#;
    let cart = r#"{"cart_id":"c-551200","total":1299}"#;
    let pay = r#"{"order_id":"o-99812","total":1299,"status":"confirmed"}"#;
    let secret = "Bearer tok-8f14e45fceea167a";
    let (text, _, plan) = scenario(vec![
        entry(0, "POST", &at("/api/guest"), (201, JSON, login), Some((JSON, "{}"))),
        entry(2, "GET", &at("/api/products?q=lamp"), (200, JSON, list), None),
        entry(
            4,
            "POST",
            &at("/api/cart"),
            (201, JSON, cart),
            Some((JSON, r#"{"sku":"sku-93411","quantity":1}"#)),
        ),
        with_header(
            entry(
                9,
                "POST",
                &at("/api/cart/c-551200/payment"),
                (201, JSON, pay),
                Some((JSON, r#"{"card_number":"4111111111111111","amount":1299}"#)),
            ),
            "request",
            "Authorization",
            secret,
        ),
        entry(12, "GET", &at("/api/orders/o-99812"), (200, JSON, pay), None),
    ]);
    for part in [
        r#"access_token: { json: "$.access_token" }"#,
        r#"sku: { json: "$.products[0].sku" }"#,
        r#"authorization: "Bearer {{ access_token }}""#,
        r#"post: "/api/cart/{{ cart_id }}/payment""#,
        r#"order: { id: { json: "$.order_id" }, total: { json: "$.total" } }"#,
        r#"get: "/api/orders/{{ order_id }}""#,
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("tok-8f14e45fceea167a"));
    assert_eq!(plan.blanks.len(), 1, "{:?}", plan.blanks);
}

#[test]
fn broken_recordings_are_told_and_incomplete_entries_left_out() {
    assert!(matches!(Recording::read("no"), Err(HarError::Json(_))));
    assert_eq!(Recording::read(r#"{"log":{"entries":[]}}"#).unwrap_err(), HarError::Empty);
    let good = entry(0, "GET", "http://127.0.0.1/", (200, "text/html", ""), None);
    let har =
        json!({ "log": { "entries": [good, { "request": null }, { "startedDateTime": "?" }] } });
    let recording = Recording::read(&har.to_string()).unwrap();
    assert_eq!((recording.entries.len(), recording.broken), (1, 2));
    let mut nothing = entry(0, "GET", "http://127.0.0.1/", (200, "text/html", ""), None);
    nothing.as_object_mut().unwrap().remove("response");
    let recording =
        Recording::read(&json!({ "log": { "entries": [nothing] } }).to_string()).unwrap();
    assert_eq!(har_scenario(&[recording], "x", None).unwrap_err(), HarError::NoPage);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = Recording::read(&text);
        let _ = super::forms::forms(&text);
    }
}

#[test]
fn a_call_that_asks_until_an_answer_differs_is_a_poll() {
    let shop = "http://127.0.0.1:8080";
    let order = |state: &str| format!(r#"{{"number":"A-1","state":"{state}","at":"2026-11-20"}}"#);
    let ask = |seconds, state: &str| {
        entry(seconds, "GET", &format!("{shop}/api/order"), (200, JSON, &order(state)), None)
    };
    let pay = || {
        let url = format!("{shop}/api/pay");
        entry(0, "POST", &url, (200, JSON, "{}"), Some((JSON, r#"{"method":"card"}"#)))
    };
    let (text, _, plan) = scenario(vec![
        pay(),
        ask(1, "pending"),
        ask(3, "pending"),
        ask(5, "paid"),
        entry(9, "GET", &format!("{shop}/thanks"), (200, "text/html", "<p>Thanks</p>"), None),
    ]);
    let poll = r#"poll: { every: 2s, until: { json: { "$.state": "paid" } }, for: 30s }"#;
    assert!(text.contains(poll), "{text}");
    assert_eq!(plan.steps.len(), 3, "{text}");
    // The same answer twice is what scripts of pages ask for, and no poll.
    let (text, _, plan) = scenario(vec![pay(), ask(1, "paid"), ask(3, "paid")]);
    assert!(!text.contains("poll:") && plan.steps.len() == 3, "{text}");
}

//! The same purchase as each browser and proxy writes it, and what two recordings tell.

use serde_json::{Value, json};

use crate::import::har::{HarError, Recording, har_scenario};
use crate::plan::{Inputs, Plan};

/// What a person does in a shop, before a browser writes it down.
struct Recorded {
    method: &'static str,
    path: String,
    body: Option<String>,
    status: u16,
    location: Option<String>,
    kind: &'static str,
    answer: String,
}

fn page(path: &str, answer: String) -> Recorded {
    let (method, body, location) = ("GET", None, None);
    Recorded {
        method,
        path: path.to_owned(),
        body,
        status: 200,
        location,
        kind: "text/html",
        answer,
    }
}

fn form_post(path: &str, body: String, location: &str) -> Recorded {
    let (path, body) = (path.to_owned(), Some(body));
    let location = Some(location.to_owned());
    Recorded {
        method: "POST",
        path,
        body,
        status: 302,
        location,
        kind: "text/html",
        answer: String::new(),
    }
}

/// A visit with its own token and order number.
fn purchase(product: &str, token: &str, order: &str) -> Vec<Recorded> {
    let form = |action: &str, fields: &str| {
        format!(
            "<form action=\"{action}\" method=\"post\"><input type=\"hidden\" name=\"csrf\" value=\"{token}\">{fields}</form>"
        )
    };
    let script = format!("<script>window.shop = {{ visit: \"{token}x\" }};</script>");
    let call = Recorded {
        method: "POST",
        path: "/api/hint".to_owned(),
        body: Some(json!({ "visit": format!("{token}x"), "shelf": "north-4411" }).to_string()),
        status: 200,
        location: None,
        kind: "application/json",
        answer: "{}".to_owned(),
    };
    vec![
        page("/", format!("<a href=\"/products/{product}\">lamp</a>{script}")),
        call,
        page(
            &format!("/products/{product}"),
            form("/cart", "<input name=\"quantity\" value=\"1\">"),
        ),
        form_post("/cart", format!("csrf={token}&quantity=2"), "/checkout"),
        page(
            "/checkout",
            form("/checkout/pay", "<input name=\"email\"><input name=\"card_number\">"),
        ),
        form_post(
            "/checkout/pay",
            format!("csrf={token}&email=nora%40mail.test&card_number=4242424242424242"),
            "/thanks",
        ),
        page(
            "/thanks",
            format!("<p>Your order number is <b>{order}</b>.</p><td>Total</td><td>12.50</td>"),
        ),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Dialect {
    Chrome,
    Firefox,
    Safari,
    Charles,
    Mitmproxy,
}

fn write_har(visit: &[Recorded], dialect: Dialect) -> String {
    use base64::Engine;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let host = "http://127.0.0.1:8080";
    let entries = visit.iter().enumerate().map(|(nth, it)| {
        let second = 1_764_327_600 + nth as i64 * 4;
        let stamp = jiff::Timestamp::from_second(second).unwrap();
        let kind = "application/x-www-form-urlencoded";
        let kind = if it.kind.contains("json") { it.kind } else { kind };
        let header = |name: &str, value: &str| json!({ "name": name, "value": value });
        let mut entry = json!({
            "startedDateTime": stamp.to_string(), "time": 80.0,
            "request": { "method": it.method, "url": format!("{host}{}", it.path), "headers": [header("Accept", "*/*")] },
            "response": { "status": it.status, "headers": [], "content": { "mimeType": it.kind, "text": it.answer } },
        });
        if let Some(body) = &it.body {
            entry["request"]["postData"] = json!({ "mimeType": kind, "text": body });
        }
        if let Some(location) = &it.location {
            entry["response"]["headers"] = json!([header("Location", location)]);
            entry["response"]["redirectURL"] = location.as_str().into();
        }
        match dialect {
            Dialect::Chrome => {
                entry["_resourceType"] = if it.kind.contains("json") { "fetch" } else { "document" }.into();
                entry["request"]["headers"] = json!([header(":method", it.method), header(":path", &it.path)]);
                entry["connection"] = json!(443);
            }
            Dialect::Firefox => {
                entry["startedDateTime"] = format!("{}+00:00", stamp.strftime("%Y-%m-%dT%H:%M:%S.000")).into();
                entry["response"]["content"]["text"] = encode(&it.answer).into();
                entry["response"]["content"]["encoding"] = "base64".into();
                if it.body.is_some() && !it.kind.contains("json") {
                    let body = it.body.as_deref().unwrap_or_default();
                    let params = url::form_urlencoded::parse(body.as_bytes()).map(|(name, value)| header(&name, &value));
                    entry["request"]["postData"]["params"] = params.collect::<Vec<_>>().into();
                }
            }
            Dialect::Safari => {
                entry["time"] = Value::Null;
                entry["timings"] = json!({ "blocked": -1, "wait": null });
                entry["response"]["headers"] = json!([]);
            }
            Dialect::Charles => {
                entry["response"]["content"]["mimeType"] = format!("{}; charset=utf-8", it.kind).into();
                entry["response"].as_object_mut().unwrap().remove("redirectURL");
            }
            Dialect::Mitmproxy => {
                entry["request"]["postData"]["params"] = json!([]);
                entry["request"]["cookies"] = Value::Null;
                entry["response"]["redirectURL"] = "".into();
                if it.status == 302 {
                    entry["response"]["content"]["mimeType"] = Value::Null;
                }
            }
        }
        entry
    });
    json!({ "log": { "entries": entries.collect::<Vec<_>>() } }).to_string()
}

fn import(texts: &[String]) -> (String, String, Plan) {
    let recordings: Vec<Recording> =
        texts.iter().map(|text| Recording::read(text).unwrap()).collect();
    let (text, report) = har_scenario(&recordings, "Recorded", None).unwrap();
    let plan = Plan::from_text("recorded", &text, &Inputs::default())
        .unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false)));
    (text, report, plan)
}

#[test]
fn every_dialect_gives_the_same_scenario() {
    let visit = purchase("sku-7", "f81d4fae7dec11d0a765", "10042");
    let dialects =
        [Dialect::Chrome, Dialect::Firefox, Dialect::Charles, Dialect::Mitmproxy, Dialect::Safari];
    let texts: Vec<String> =
        dialects.iter().map(|dialect| import(&[write_har(&visit, *dialect)]).0).collect();
    let first = texts[0].replace("3920ms", "4s").replace("1960ms..5880ms", "2s..6s");
    for part in [
        r#"visit: { regex: "#,
        r#""visit":"{{ visit }}""#,
        r#"submit: { action: "/cart", containing: "quantity", fields: { "quantity": "2" } }"#,
        r#""email": "{{ shopper.email }}""#,
        "order: { id: { regex: ",
        "pick: last",
    ] {
        assert!(first.contains(part), "{part} is not in\n{first}");
    }
    assert!(!first.contains("f81d4fae") && !first.contains("10042"), "{first}");
    for (text, dialect) in texts.iter().zip(dialects) {
        // Without durations a pause is longer by the answer's time.
        let text = text.replace("1960ms..5880ms", "2s..6s");
        assert_eq!(text, first, "{dialect:?}");
    }
}

#[test]
fn two_recordings_tell_constants_from_what_varies() {
    let one = write_har(&purchase("sku-7", "f81d4fae7dec11d0a765", "10042"), Dialect::Chrome);
    let other = write_har(&purchase("sku-9", "0b6f9c2c51a34d99bb01", "10077"), Dialect::Chrome);
    let (text, report, plan) = import(&[one.clone(), other]);
    // The shelf looks like an identifier and is the same in both; the product differs and is drawn.
    for part in [
        r#""shelf":"north-4411""#,
        "/products/{{ pick(['sku-7', 'sku-9']) }}",
        r#""visit":"{{ visit }}""#,
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(report.contains("5 of them are in other recordings too"), "{report}");
    assert_eq!(plan.blanks.len(), 1, "{:?}", plan.blanks);
    let mut odd = purchase("sku-7", "f81d4fae7dec11d0a765", "10042");
    odd[1].body = Some(
        json!({ "visit": "f81d4fae7dec11d0a765x", "shelf": "{never seen \\ before}" }).to_string(),
    );
    let (text, _, plan) = import(&[one, write_har(&odd, Dialect::Chrome)]);
    let told = "'shelf', which differs from recording to recording and no answer has";
    assert!(plan.blanks.iter().any(|blank| blank.contains(told)), "{:?}\n{text}", plan.blanks);
}

#[test]
fn graphql_calls_become_operations() {
    let query = "query Find($term: String!) { search(term: $term) { slug } }";
    let pay = "mutation Pay($order: ID!) {\n  addPaymentToOrder(order: $order) { __typename ... on Order { code total } }\n}";
    let call = |query: &str, variables: Value, answer: Value| Recorded {
        method: "POST",
        path: "/shop-api".to_owned(),
        body: Some(json!({ "query": query, "variables": variables }).to_string()),
        status: 200,
        location: None,
        kind: "application/json",
        answer: answer.to_string(),
    };
    let visit = [
        call(
            query,
            json!({ "term": "lamp" }),
            json!({ "data": { "search": [{ "slug": "lamp-77120" }] } }),
        ),
        call(
            pay,
            json!({ "order": "lamp-77120" }),
            json!({ "data": { "addPaymentToOrder": { "code": "XK200413", "total": 990 } } }),
        ),
    ];
    let (text, _, plan) = import(&[write_har(&visit, Dialect::Chrome)]);
    for part in [
        "graphql:",
        "endpoint: \"/shop-api\"",
        r#"slug: { json: "$.data.search[0].slug" }"#,
        r#"variables: {"order":"{{ slug }}"}"#,
        r#"order: { id: { json: "$.data.addPaymentToOrder.code" }, total: { json: "$.data.addPaymentToOrder.total" } }"#,
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(plan.units.iter().filter(|unit| unit.purchase).count(), 1);
}

#[test]
fn a_recording_of_other_hosts_only_is_told() {
    let empty = json!({ "log": { "entries": [{ "startedDateTime": "2025-11-28T11:00:00Z", "request": { "method": "OPTIONS", "url": "http://127.0.0.1/" }, "response": { "status": 204 } }] } });
    let recording = Recording::read(&empty.to_string()).unwrap();
    assert_eq!(har_scenario(&[recording], "x", None).unwrap_err(), HarError::NoPage);
}

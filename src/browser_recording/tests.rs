//! What a browser tells becomes a HAR.

use std::ffi::OsString;

use serde_json::{Value, json};

use super::chromium::find_browser;
use super::exchanges::BrowserExchanges;
use super::har::har;

fn request(id: &str, at: f64, method: &str, url: &str) -> Value {
    json!({ "requestId": id, "timestamp": at, "wallTime": 1_764_327_600.0 + at, "type": "Document",
        "request": { "method": method, "url": url, "headers": { "Accept": "text/html" } } })
}

#[test]
fn a_redirect_has_an_entry_of_its_own_with_its_own_headers() {
    let mut exchanges = BrowserExchanges::default();
    let mut post = request("1", 1.0, "POST", "http://127.0.0.1/pay");
    post["request"]["postData"] = "card=4242".into();
    post["request"]["headers"]["Content-Type"] = "application/x-www-form-urlencoded".into();
    exchanges.take("Network.requestWillBeSent", post);
    for cookie in ["sid=1", "sid=2"] {
        let headers = json!({ "requestId": "1", "headers": { "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded" } });
        exchanges.take("Network.requestWillBeSentExtraInfo", headers);
    }
    exchanges.take("Network.responseReceivedExtraInfo", json!({ "requestId": "1", "headers": { "Location": "/orders/7", "Set-Cookie": "sid=2\na=b" } }));
    exchanges.take(
        "Network.responseReceivedExtraInfo",
        json!({ "requestId": "1", "headers": { "Content-Type": "text/html" } }),
    );
    let mut next = request("1", 1.2, "GET", "http://127.0.0.1/orders/7#top");
    next["redirectResponse"] = json!({ "status": 303, "headers": { "Location": "/orders/7" } });
    exchanges.take("Network.requestWillBeSent", next);
    exchanges.take("Network.responseReceived", json!({ "requestId": "1", "response": { "status": 200, "mimeType": "text/html", "headers": {} } }));
    exchanges.take_response_body("1", &json!({ "body": "PGgxPg==", "base64Encoded": true }));
    exchanges.take("Network.loadingFinished", json!({ "requestId": "1", "timestamp": 1.5 }));
    let har = har(&exchanges.finish());
    let at = |pointer: &str| har.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(at("/log/entries/0/request/postData/text"), "card=4242");
    assert_eq!(at("/log/entries/0/response/redirectURL"), "/orders/7");
    assert_eq!(at("/log/entries/0/response/headers/2/value"), "a=b");
    assert_eq!(at("/log/entries/1/request/headers/0/value"), "sid=2");
    assert_eq!(at("/log/entries/1/request/url"), "http://127.0.0.1/orders/7");
    assert_eq!(at("/log/entries/1/response/content/encoding"), "base64");
    assert_eq!(at("/log/entries/1/startedDateTime"), "2025-11-28T11:00:01.2Z");
    assert!((at("/log/entries/1/time").as_f64().unwrap_or_default() - 300.0).abs() < 1.0);
}

#[test]
fn a_body_that_the_event_lacks_is_asked_for() {
    let mut exchanges = BrowserExchanges::default();
    let mut post = request("9", 0.0, "POST", "http://127.0.0.1/api");
    post["request"]["hasPostData"] = true.into();
    exchanges.take("Network.requestWillBeSent", post);
    assert_eq!(exchanges.lacks_body("9"), Some(0));
    exchanges.take_request_body(0, "{}");
    let har = har(&exchanges.finish());
    assert_eq!(har.pointer("/log/entries/0/request/postData/text"), Some(&"{}".into()));
}

#[test]
fn without_a_browser_none_is_found() {
    assert_eq!(
        find_browser(&OsString::from("/nowhere")).filter(|path| path.starts_with("/nowhere")),
        None
    );
}

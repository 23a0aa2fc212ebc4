//! BrowserExchanges as a HAR, version 1.2.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::exchanges::BrowserExchange;

/// The HAR of these exchanges.
pub(super) fn har(exchanges: &[BrowserExchange]) -> Value {
    let entries: Vec<Value> = exchanges.iter().map(entry).collect();
    let creator = json!({ "name": "tillrush", "version": env!("CARGO_PKG_VERSION") });
    json!({ "log": { "version": "1.2", "creator": creator, "entries": entries } })
}

fn entry(exchange: &BrowserExchange) -> Value {
    let text = |key: &str| exchange.request.get(key).and_then(Value::as_str).unwrap_or_default();
    let taken = exchange.ended.map_or(0.0, |ended| ((ended - exchange.began) * 1e3).max(0.0));
    let start = Timestamp::from_microsecond((exchange.wall * 1e6) as i64).unwrap_or_default();
    let sent = exchange.sent_headers.as_ref().or_else(|| exchange.request.get("headers"));
    let headers = header_list(sent);
    let address = text("url").split('#').next().unwrap_or_default();
    let query: Vec<Value> = url::Url::parse(address)
        .map(|url| {
            url.query_pairs().map(|(name, value)| json!({ "name": name, "value": value })).collect()
        })
        .unwrap_or_default();
    let mut request = json!({
        "method": text("method"), "url": address, "httpVersion": "HTTP/1.1", "cookies": [],
        "headers": headers, "queryString": query, "headersSize": -1, "bodySize": -1,
    });
    if let Some(posted) =
        exchange.posted.as_deref().or(exchange.request.get("postData").and_then(Value::as_str))
    {
        request["postData"] = json!({ "mimeType": content_type(&headers), "text": posted });
    }
    json!({
        "startedDateTime": start.to_string(), "time": taken, "request": request, "response": response(exchange),
        "cache": {}, "timings": { "send": 0, "wait": taken, "receive": 0 }, "_resourceType": exchange.resource,
    })
}

fn response(exchange: &BrowserExchange) -> Value {
    let said = exchange.response.as_ref();
    let of = |key: &str| said.and_then(|said| said.get(key)).cloned().unwrap_or_default();
    let came = exchange.came_headers.as_ref().or_else(|| said.and_then(|said| said.get("headers")));
    let headers = header_list(came);
    let mut content =
        json!({ "size": -1, "mimeType": of("mimeType").as_str().unwrap_or_default() });
    if let Some((text, coded)) = &exchange.body {
        content["text"] = text.as_str().into();
        if *coded {
            content["encoding"] = "base64".into();
        }
    }
    let location = headers
        .iter()
        .find(|header| has_name(header, "location"))
        .and_then(|header| header["value"].as_str());
    json!({
        "status": of("status").as_u64().unwrap_or(0), "statusText": of("statusText").as_str().unwrap_or_default(),
        "httpVersion": "HTTP/1.1", "cookies": [], "headers": headers, "content": content,
        "redirectURL": location.unwrap_or_default(), "headersSize": -1, "bodySize": -1,
    })
}

/// Headers as a list; of several with one name the browser makes one with a value on each line.
fn header_list(headers: Option<&Value>) -> Vec<Value> {
    let pairs = headers.and_then(Value::as_object).into_iter().flatten();
    pairs
        .filter(|(name, _)| !name.starts_with(':'))
        .flat_map(|(name, value)| {
            let text = value.as_str().unwrap_or_default();
            text.split('\n').map(move |line| json!({ "name": name, "value": line }))
        })
        .collect()
}

fn has_name(header: &Value, name: &str) -> bool {
    header["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
}

fn content_type(headers: &[Value]) -> String {
    let found = headers.iter().find(|header| has_name(header, "content-type"));
    found.and_then(|header| header["value"].as_str()).unwrap_or_default().to_owned()
}

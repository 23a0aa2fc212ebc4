//! The export of Google Analytics 4 (a JSON object for each event): funnel, shape and returning visitors, but no requests.

use std::borrow::Cow;

use serde_json::Value;

use super::field::{Field, LineBuilder};

/// Where events without an address are put: the scenario's blanks are found by this prefix.
pub const BLANK_PREFIX: &str = "/todo/";

/// Events that are steps of a purchase, beside page views.
const STEPS: [&str; 10] = [
    "view_item_list",
    "view_item",
    "view_search_results",
    "add_to_cart",
    "view_cart",
    "remove_from_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "purchase",
];

/// Whether an object is such an event.
pub fn is_event(object: &Value) -> bool {
    object.get("event_name").is_some() && object.get("event_timestamp").is_some()
}

/// Gives an event's fields to a builder; false for events that are no step.
pub fn read(event: &Value, builder: &mut LineBuilder<'_>) -> bool {
    let text = |key: &str| event.get(key).map(plain).unwrap_or_default();
    let name = text("event_name");
    let page = parameter(event, "page_location");
    let path = match (name.as_str(), page) {
        ("page_view", Some(page)) => page,
        (step, _) if STEPS.contains(&step) => format!("{BLANK_PREFIX}{step}"),
        _ => return false,
    };
    let visit = parameter(event, "ga_session_id").unwrap_or_default();
    let device = match event.pointer("/device/category").and_then(Value::as_str) {
        Some("mobile" | "tablet") => "Mozilla/5.0 Mobile",
        Some(_) | None => "Mozilla/5.0",
    };
    let method = if matches!(
        name.as_str(),
        "add_to_cart" | "add_shipping_info" | "add_payment_info" | "purchase"
    ) {
        "POST"
    } else {
        "GET"
    };
    let session = format!("{}.{visit}", text("user_pseudo_id"));
    for (field, value) in [
        (Field::Start, text("event_timestamp")),
        (Field::Path, path),
        (Field::Session, session),
        (Field::UserAgent, device.to_owned()),
        (Field::VisitMethod, method.to_owned()),
        (Field::Status, "200".to_owned()),
    ] {
        builder.set(&field, Cow::Owned(value), None);
    }
    true
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A parameter of the event, in whichever type it has.
fn parameter(event: &Value, key: &str) -> Option<String> {
    let parameters = event.get("event_params")?.as_array()?;
    let found =
        parameters.iter().find(|one| one.get("key").and_then(Value::as_str) == Some(key))?;
    let value = found.get("value")?.as_object()?;
    value.values().find(|value| !value.is_null()).map(plain)
}

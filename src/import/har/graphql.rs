//! GraphQL operations among recorded requests.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::entry::HarEntry;

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:query|mutation)\s+(\w+)").expect("the pattern is fixed, and tested")
});
static PAYS: LazyLock<Regex> = LazyLock::new(|| {
    let words = "addPayment|placeOrder|checkoutComplete|completeCheckout|completeCart|submitOrder|createOrder|createPayment|processPayment";
    Regex::new(&format!(r"(?i)\bmutation\b[^}}]*?\b(?:{words})"))
        .expect("the pattern is fixed, and tested")
});

/// An operation.
#[derive(Clone, Debug)]
pub struct GraphqlOperation {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub operation: Option<String>,
    /// The variables.
    pub variables: Option<Value>,
}

// === impl GraphqlOperation ===

impl GraphqlOperation {
    /// The operation of a request, if it is one.
    pub fn of(entry: &HarEntry) -> Option<GraphqlOperation> {
        if entry.method != "POST" || !entry.body_type.contains("json") {
            return None;
        }
        let mut body: Value = serde_json::from_str(&entry.body).ok()?;
        let query = body.get("query")?.as_str()?.trim().to_owned();
        let begins = ["query", "mutation", "{", "fragment", "#"];
        if !begins.iter().any(|word| query.starts_with(word)) {
            return None;
        }
        let operation = body.get("operationName").and_then(Value::as_str).map(str::to_owned);
        let variables = body.get_mut("variables").map(Value::take);
        let variables =
            variables.filter(|variables| variables.as_object().is_some_and(|it| !it.is_empty()));
        Some(GraphqlOperation { query, operation, variables })
    }

    /// The operation's name.
    pub fn name(&self) -> Option<&str> {
        let in_document =
            || NAME.captures(&self.query).and_then(|found| found.get(1)).map(|name| name.as_str());
        self.operation.as_deref().or_else(in_document)
    }

    /// Whether it makes the payment or the order.
    pub fn pays(&self) -> bool {
        PAYS.is_match(&self.query)
    }

    /// Whether the document has several operations.
    pub fn is_one_of_several(&self) -> bool {
        NAME.find_iter(&self.query).count() > 1
    }
}

/// The name of a request's operation, if it is one.
pub fn operation_of(entry: &HarEntry) -> Option<String> {
    GraphqlOperation::of(entry)?.name().map(str::to_owned)
}

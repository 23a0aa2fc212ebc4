//! The steps that pay, and where the order's number and total stand.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::entry::HarEntry;
use super::graphql::GraphqlOperation;
use super::recorded::Recorded;
use super::sources::{context, member};
use crate::import::write::yaml::quote;

/// The acts that buy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPurchase {
    /// Where what pays is filled in.
    pub begin: usize,
    /// The act whose answer has the order.
    pub end: usize,
    /// Where its number and its total stand; nothing: not found.
    pub order: Option<String>,
}

static ORDER_ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?i)<(\w+)[^>]*\b(id|class)=["']([^"']*order[-_]?(?:number|id|no|ref)[^"']*)["'][^>]*>\s*#?([\w-]*\d[\w-]*)\s*<"#;
    Regex::new(pattern).expect("the pattern is fixed, and tested")
});
static ORDER_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?is)\b(?:order|bestell\w*|confirmation|reference|commande|pedido|ordine)\b[^<>]{0,40}(?:</?[a-z][^<>]*>[\s:#]*)*#?\b([A-Z]{0,6}[-_]?\d{3,}[\w-]*)";
    Regex::new(pattern).expect("the pattern is fixed, and tested")
});
const TOTAL_TEXT: &str =
    r"(?is)\btotal\b[^<0-9]{0,40}(?:<[^>]*>[^<0-9]{0,20}){0,8}([0-9][0-9.,]*[0-9])";
static TOTAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(TOTAL_TEXT).expect("the pattern is fixed, and tested"));

/// The purchase of a recording, if there is one.
pub fn purchase(acts: &[Recorded]) -> Option<RecordedPurchase> {
    let last = acts.iter().rposition(pays)?;
    let pays_first = acts.iter().position(pays)?;
    let found = (pays_first..acts.len()).find_map(|place| {
        // An answer to what pays, or the page or call after it.
        let near = place <= last + 2;
        near.then(|| order(&acts[place])).flatten().map(|order| (place, order))
    });
    let (end, order) = match found {
        Some((end, order)) => (end, Some(order)),
        None => (last, None),
    };
    let begin = (0..=end)
        .rev()
        .take_while(|place| {
            pays(&acts[*place]) || acts[*place].entry.method == "GET" || *place == end
        })
        .filter(|place| pays(&acts[*place]))
        .last()
        .unwrap_or(end);
    Some(RecordedPurchase { begin, end, order })
}

/// Whether an act fills in what pays, or places the order.
pub fn pays(act: &Recorded) -> bool {
    const PATHS: [&str; 8] = [
        "pay",
        "payment",
        "payments",
        "place-order",
        "place_order",
        "placeorder",
        "purchase",
        "complete",
    ];
    const FIELDS: [&str; 7] = ["card", "cvc", "cvv", "iban", "place_order", "stripe", "paypal"];
    if act.entry.method == "GET" {
        return false;
    }
    if let Some(operation) = GraphqlOperation::of(&act.entry) {
        return operation.pays();
    }
    let path = act.entry.url.path().to_ascii_lowercase();
    let by_path = path.split('/').any(|part| PATHS.contains(&part));
    let body = act.entry.body.to_ascii_lowercase();
    let by_field = FIELDS.iter().any(|field| {
        body.contains(&format!("\"{field}"))
            || act.entry.fields.iter().any(|(name, value)| {
                let name = name.to_ascii_lowercase();
                name.contains(field) && !name.contains("discard") && !name.contains("gift")
                    || value == "place_order"
            })
    });
    by_path || by_field
}

/// Where an answer has the order's number, and its total.
fn order(act: &Recorded) -> Option<String> {
    let answer = &act.last;
    if answer.is_json() {
        return in_json(&answer.answer, act.entry.method != "GET");
    }
    answer.is_page().then(|| in_page(answer)).flatten()
}

fn in_json(text: &str, made: bool) -> Option<String> {
    const NUMBERS: [&str; 8] = [
        "order_id",
        "orderid",
        "order_number",
        "ordernumber",
        "order_no",
        "order_code",
        "ordercode",
        "reference",
    ];
    const OF_ORDERS: [&str; 3] = ["number", "code", "id"];
    const TOTALS: [&str; 8] = [
        "total",
        "grand_total",
        "grandtotal",
        "totalwithtax",
        "total_price",
        "totalprice",
        "amount_total",
        "amount",
    ];
    let document: Value = serde_json::from_str(text).ok()?;
    let id = key_path(&document, "$", &NUMBERS, false)
        .or_else(|| made.then(|| key_path(&document, "$", &OF_ORDERS, true)).flatten())?;
    // The total beside the number, if it is there.
    let beside = id.rsplit_once('.').map_or("$", |(parent, _)| parent).to_owned();
    let total = at(&document, &beside).and_then(|parent| key_path(parent, &beside, &TOTALS, false));
    let total =
        total.map_or(String::new(), |path| format!(", total: {{ json: {} }}", quote(&path)));
    Some(format!("id: {{ json: {} }}{total}", quote(&id)))
}

/// What stands at a path of plain names.
fn at<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').skip(1).try_fold(document, |value, key| value.get(key))
}

/// The path of the first member with one of these names, in the order of the names; where asked for, only below a member that an order is in.
fn key_path(value: &Value, path: &str, names: &[&str], of_orders: bool) -> Option<String> {
    let Value::Object(members) = value else { return None };
    let here = !of_orders || path.to_ascii_lowercase().contains("order");
    let own = names.iter().filter(|_| here).find_map(|name| {
        members
            .iter()
            .find(|(key, value)| {
                key.eq_ignore_ascii_case(name) && (value.is_string() || value.is_number())
            })
            .map(|(key, _)| member(path, key))
    });
    own.or_else(|| {
        members
            .iter()
            .find_map(|(key, value)| key_path(value, &member(path, key), names, of_orders))
    })
}

fn in_page(answer: &HarEntry) -> Option<String> {
    let text = &answer.answer;
    let id = by_element(text).or_else(|| by_address(answer)).or_else(|| by_words(text))?;
    let total = TOTAL
        .is_match(text)
        .then(|| format!(", total: {{ regex: {}, pick: last }}", quote(TOTAL_TEXT)));
    Some(format!("id: {id}{}", total.unwrap_or_default()))
}

/// An element that is named after the order's number.
fn by_element(text: &str) -> Option<String> {
    let found = ORDER_ELEMENT.captures(text)?;
    let word =
        found[3].split_whitespace().find(|word| word.to_ascii_lowercase().contains("order"))?;
    let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let sign = if found[2].eq_ignore_ascii_case("id") { '#' } else { '.' };
    plain.then(|| format!("{{ css: {} }}", quote(&format!("{sign}{word}"))))
}

/// The number at the end of the page's address, where the page says it.
fn by_address(answer: &HarEntry) -> Option<String> {
    let number = answer.url.path_segments()?.rev().find(|part| !part.is_empty())?;
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if digits < 3 {
        return None;
    }
    context(&answer.answer, number).map(|pattern| format!("{{ regex: {} }}", quote(&pattern)))
}

/// A number after words such as "your order number is".
fn by_words(text: &str) -> Option<String> {
    let found = ORDER_TEXT.captures_iter(text).find(|found| {
        let words = found[0].to_ascii_lowercase();
        ["number", "no", "nummer", "nr", "#", "reference", "numéro", "número"]
            .iter()
            .any(|word| words.contains(word))
    })?;
    let whole = found.get(0)?.as_str();
    let number = found.get(1)?.as_str();
    let before = whole.strip_suffix(number)?;
    let spaced: Vec<String> = before.split_whitespace().map(regex::escape).collect();
    let gap = if before.ends_with(char::is_whitespace) { r"\s*" } else { "" };
    let pattern = format!("{}{gap}([A-Za-z0-9_-]+)", spaced.join(r"\s+"));
    let first = Regex::new(&pattern).ok()?.captures(text).map(|found| found[1].to_owned());
    (first.as_deref() == Some(number)).then(|| format!("{{ regex: {} }}", quote(&pattern)))
}

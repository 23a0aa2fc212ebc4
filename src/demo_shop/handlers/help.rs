//! Help: common questions, stores, and a help desk that takes a while.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use serde_json::json;

use super::browse::find;
use crate::demo_shop::answer::{Answer, Rejection};
use crate::demo_shop::catalog::{FAQ, STORES, units_in_store};
use crate::demo_shop::pages::{self, HtmlText};
use crate::demo_shop::request::ShopRequest;

const ANSWER: &str = "Thank you for waiting. Your order is safe with us: open it under its number to see where it stands.";

pub(in crate::demo_shop) fn faq(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let entry = |(topic, question, answer): &(&str, &str, &str)| json!({ "topic": topic, "question": question, "answer": answer });
    let Some(topic) = request.fields.get("topic") else {
        let topics: Vec<_> = FAQ.iter().map(entry).collect();
        return request.show(&json!({ "topics": topics }), "Questions", |_| {
            FAQ.iter()
                .map(|(topic, question, _)| {
                    format!("<p><a href=\"/faq/{topic}\">{question}</a></p>\n")
                })
                .collect()
        });
    };
    let found = FAQ
        .iter()
        .find(|(known, ..)| *known == topic)
        .ok_or_else(|| Rejection::not_found("such question"))?;
    request.show(&entry(found), found.1, |_| {
        format!("<p id=\"faq-answer\">{}</p>\n", HtmlText(found.2))
    })
}

/// All stores, those whose postcode begins like the one that is asked for first.
pub(in crate::demo_shop) fn stores(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let near = request.fields.get("postcode").and_then(|code| code.get(..1)).unwrap_or_default();
    let mut stores = STORES.to_vec();
    stores.sort_by_key(|store| !store.postcode.starts_with(near));
    request.show(&json!({ "stores": stores }), "Stores", |_| {
        let link = |store: &crate::demo_shop::catalog::Store| {
            format!("<li data-store=\"{}\">{}, {}</li>\n", store.id, store.city, store.postcode)
        };
        format!("<ul class=\"stores\">\n{}</ul>\n", stores.iter().map(link).collect::<String>())
    })
}

pub(in crate::demo_shop) fn availability(
    request: &mut ShopRequest<'_>,
) -> Result<Answer, Rejection> {
    let store =
        request.fields.get("store").and_then(|id| STORES.iter().find(|store| store.id == id));
    let store = store.ok_or_else(|| Rejection::not_found("such store"))?;
    let product = find(request)?;
    let units = units_in_store(store, &product.summary.sku).min(product.units_left());
    let data = json!({
        "store": store.id,
        "sku": product.summary.sku,
        "available": units > 0,
        "units": units,
        "ready_in_hours": if units > 0 { Some(2) } else { None },
    });
    request.show(&data, "Availability", |_| {
        let (name, city) = (product.summary.name, store.city);
        match units {
            0 => format!("<p id=\"unavailable\">{name} is not available in {city}.</p>\n"),
            _ => format!("<p id=\"available\">{name}: {units} in {city}, ready in 2 hours.</p>\n"),
        }
    })
}

pub(in crate::demo_shop) fn page(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let seconds = request.shop.help_answers_after.as_secs_f64();
    request.show(&json!({ "open": true, "answers_after_s": seconds }), "Help", |request| {
        pages::form(
            &request.session.csrf,
            "ask",
            "/help/questions",
            &pages::input("question", "What can we do for you?", ""),
            "Ask",
        )
    })
}

pub(in crate::demo_shop) fn ask(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    request.need("question", "/help")?;
    let id = request.shop.asked.fetch_add(1, Ordering::Relaxed) + 1;
    request.shop.questions.insert(id, request.now);
    let answer_at = format!("/help/questions/{id}");
    request.answer_done(
        StatusCode::ACCEPTED,
        &json!({ "question_id": id, "state": "waiting", "answer_at": answer_at }),
        answer_at.clone(),
    )
}

pub(in crate::demo_shop) fn answer(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let id: Option<u64> = request.fields.get("id").and_then(|id| id.parse().ok());
    let asked = id
        .and_then(|id| request.shop.questions.get(&id, |asked| *asked))
        .ok_or_else(|| Rejection::not_found("such question"))?;
    let answered = request.now >= asked + request.shop.help_answers_after;
    let state = if answered { "answered" } else { "waiting" };
    let answer = answered.then_some(ANSWER);
    request.show(&json!({ "question_id": id, "state": state, "answer": answer }), "Your question", |_| match answer {
        Some(answer) => format!("<p id=\"help-answer\">{}</p>\n", HtmlText(answer)),
        None => "<meta http-equiv=\"refresh\" content=\"2\">\n<p id=\"help-waiting\">Somebody is with you shortly.</p>\n".to_owned(),
    })
}

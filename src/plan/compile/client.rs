//! What the requests of a step are to a browser.

use crate::capture::{BodyKind, check};
use crate::plan::{Body, Check, Conditions, Extract, Method, Step};

/// Marks on a journey's steps what follows from all of them.
pub(super) fn mark(steps: &mut [Step]) {
    let on_pages = steps.iter().any(is_of_pages);
    for step in steps {
        step.on_pages = on_pages;
        step.scripted = is_scripted(step);
    }
}

/// Whether a step has to do with a page.
fn is_of_pages(step: &Step) -> bool {
    let of_page = |check: &dyn check::Check| check.reads() == BodyKind::Page;
    matches!(step.request.body, Body::Submit(_))
        || step.assets.is_some()
        || step.captures.iter().any(|capture| is_css(&capture.from))
        || conditions(step).any(|conditions| any(conditions, &of_page))
}

/// Whether a page would ask for this by a script: pages and forms are got and posted, and read and written as neither JSON nor
/// plain text.
fn is_scripted(step: &Step) -> bool {
    let of_json = |check: &dyn check::Check| check.reads() == BodyKind::Json;
    let sends = match step.request.body {
        Body::Json(_) | Body::Text(_) => true,
        Body::Submit(_) | Body::Form(_) | Body::Multipart(_) => return false,
        Body::Empty => false,
    };
    sends
        || !matches!(step.request.method, Method::Get | Method::Post)
        || step.captures.iter().any(|capture| is_json(&capture.from))
        || step.basket.as_ref().is_some_and(|basket| is_json(&basket.at))
        || step.order.as_ref().is_some_and(|order| is_json(&order.id))
        || conditions(step).any(|conditions| any(conditions, &of_json))
}

fn conditions(step: &Step) -> impl Iterator<Item = &Conditions> {
    [&step.expect, &step.declined].into_iter().chain(step.poll.as_ref().map(|poll| &poll.until))
}

fn any(conditions: &Conditions, wanted: &dyn Fn(&dyn check::Check) -> bool) -> bool {
    conditions.checks.iter().any(|check| match check {
        Check::AnyOf(sets) => sets.iter().any(|set| any(set, wanted)),
        Check::One(check, _) => wanted(&**check),
    })
}

fn is_css(place: &Extract) -> bool {
    place.capture.reads() == BodyKind::Page
}

fn is_json(place: &Extract) -> bool {
    place.capture.reads() == BodyKind::Json
}

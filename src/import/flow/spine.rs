//! The spine of buying: the steps that most buyers make, in their order.

use std::collections::HashMap;

use super::path_part::PathPart;
use super::template::{KindId, PathTemplate, PathTemplates};
use super::trip::Trip;
use crate::import::collect::VisitMethod;

/// A template is on the spine if at least this share of buyers was there.
const SHARE: f64 = 0.4;

/// The steps that most buyers make.
#[derive(Clone, Debug)]
pub struct Spine {
    /// The steps in order.
    pub kinds: Vec<KindId>,
    /// The place of the step that pays.
    pub purchase: usize,
    /// Where a shopper has shown that buying is meant: the first step that changes something.
    pub commitment: usize,
}

/// A trip along a spine.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// The place that was reached, if any.
    pub reached: Option<usize>,
    /// For each act: the spine's place that it is, or the place after which it is an extra.
    pub places: Vec<Place>,
    /// Extras after the place that was reached last.
    pub wandering: usize,
}

/// What an act is to a spine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// This step, for the first time.
    Step(usize),
    /// Something else, with this many steps of the spine behind.
    Extra(usize),
}

/// The template that pays: as the user says, or by the words in its path.
pub fn purchase_among(templates: &PathTemplates, said: Option<&str>) -> Option<KindId> {
    if let Some(said) = said {
        let place = templates.list.iter().position(|template| describe(template) == *said.trim());
        return place.map(|place| place as KindId);
    }
    let scored = templates.list.iter().enumerate().filter_map(|(place, template)| {
        let score = score(template)?;
        Some((score, template.visits, place as KindId))
    });
    scored.max_by_key(|(score, visits, _)| (*score, *visits)).map(|(.., place)| place)
}

/// `POST /checkout/pay`, `POST /orders/{id}/pay`.
pub fn describe(template: &PathTemplate) -> String {
    let path = template.parts.iter().fold(String::new(), |text, part| match part {
        PathPart::Fixed(word) => format!("{text}/{word}"),
        PathPart::Values(_) => format!("{text}/{{id}}"),
    });
    let path = if path.is_empty() { "/" } else { &path };
    format!("{} {path}", template.method.word().to_ascii_uppercase())
}

/// How much a request looks like a payment.
fn score(template: &PathTemplate) -> Option<u32> {
    const PAYING: [&str; 7] =
        ["pay", "payment", "placeorder", "purchase", "payments", "payorder", "checkoutpayment"];
    const ORDERING: [&str; 6] = ["order", "orders", "confirm", "complete", "finish", "submit"];
    const THANKING: [&str; 7] =
        ["thankyou", "thanks", "thank", "success", "confirmation", "receipt", "orderreceived"];
    const OTHER: [&str; 7] =
        ["return", "returns", "refund", "cancel", "login", "address", "methods"];
    let words: Vec<String> = template
        .parts
        .iter()
        .filter_map(|part| match part {
            PathPart::Fixed(word) => {
                Some(word.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), ""))
            }
            PathPart::Values(_) => None,
        })
        .collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    if has(&OTHER) {
        return None;
    }
    let changes = template.method != VisitMethod::Get;
    if changes && has(&PAYING) {
        Some(5)
    } else if changes && has(&ORDERING) {
        Some(4)
    } else if changes && has(&["checkout", "buy"]) {
        Some(3)
    } else if has(&THANKING) {
        Some(2)
    } else {
        None
    }
}

// === impl Spine ===

impl Spine {
    /// The spine of those who bought; none if nobody did.
    pub fn new(trips: &[Trip], templates: &PathTemplates, purchase: KindId) -> Option<Spine> {
        let mut firsts: HashMap<KindId, Vec<f64>> = HashMap::new();
        let mut buyers = 0_usize;
        for trip in trips.iter().filter(|trip| trip.did(purchase)) {
            buyers += 1;
            let mut seen: Vec<KindId> = Vec::new();
            for (place, act) in trip.acts.iter().enumerate() {
                if !seen.contains(&act.kind) {
                    seen.push(act.kind);
                    firsts.entry(act.kind).or_default().push(place as f64);
                }
            }
        }
        let enough = buyers as f64 * SHARE;
        let mut order: Vec<(f64, f64, KindId)> = firsts
            .into_iter()
            .filter(|(kind, places)| *kind == purchase || places.len() as f64 >= enough)
            .map(|(kind, mut places)| {
                places.sort_by(f64::total_cmp);
                let mean = places.iter().sum::<f64>() / places.len() as f64;
                (places[places.len() / 2], mean, kind)
            })
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let kinds: Vec<KindId> = order.into_iter().map(|(.., kind)| kind).collect();
        let purchase = kinds.iter().position(|kind| *kind == purchase)?;
        let changes = |kind: &KindId| templates.get(*kind).method != VisitMethod::Get;
        let commitment = kinds.iter().position(changes).unwrap_or(purchase).min(purchase);
        Some(Spine { kinds, purchase, commitment })
    }

    /// How a trip goes along it.
    pub fn walk(&self, trip: &Trip) -> Walk {
        let mut walk = Walk::default();
        let mut behind = 0;
        for act in &trip.acts {
            let ahead = self.kinds[behind..].iter().position(|kind| *kind == act.kind);
            match ahead {
                Some(ahead) => {
                    let place = behind + ahead;
                    behind = place + 1;
                    walk.reached = Some(place);
                    walk.wandering = 0;
                    walk.places.push(Place::Step(place));
                }
                None => {
                    walk.wandering += 1;
                    walk.places.push(Place::Extra(behind));
                }
            }
        }
        walk
    }
}

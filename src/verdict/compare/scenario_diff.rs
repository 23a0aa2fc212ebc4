//! A plan in the scenario's own words, place by place, so that two of them can be held against each other.
//!
//! What follows from other places (numbers of steps, of units, of variables) is left out: it would only repeat the difference.

use serde_json::Value;

use crate::base::{Delay, StepId};
use crate::plan::{ArrivalModel, Body, Canonical, JourneyItem, Plan};

/// What stands where.
pub(super) type Places = Vec<(String, String)>;

/// All that a scenario says of what is run, as `place: what stands there`.
pub(super) fn in_words(plan: &Plan) -> Places {
    let mut said = vec![("name".to_owned(), plan.name.clone())];
    load(plan, &mut said);
    shoppers(plan, &mut said);
    for journey in &plan.journeys {
        let place = format!("journey {}", journey.name);
        said.push((format!("{place}: weight"), journey.weight.to_string()));
        said.push((format!("{place}: steps"), way(plan, &journey.route)));
    }
    (0..plan.steps.len()).for_each(|number| step(plan, StepId(number as u16), &mut said));
    said.extend(
        plan.limits.requests.map(|limit| ("limits.requests".to_owned(), format!("{limit}/s"))),
    );
    said.extend(
        plan.limits
            .hosts
            .iter()
            .map(|(host, limit)| (format!("limits.hosts.{host}"), format!("{limit}/s"))),
    );
    said.push(("defaults.trace".to_owned(), if plan.trace { "w3c" } else { "none" }.to_owned()));
    said
}

fn load(plan: &Plan, said: &mut Places) {
    let mut say = |place: &str, value: String| said.push((format!("load.{place}"), value));
    match &plan.load.arrivals {
        ArrivalModel::Closed { users, length } => {
            say("closed", users.to_string());
            say("for", length.to_string());
        }
        ArrivalModel::Poisson(profile) | ArrivalModel::Paced(profile) => {
            say(
                "arrivals",
                if matches!(plan.load.arrivals, ArrivalModel::Paced(_)) {
                    "paced"
                } else {
                    "poisson"
                }
                .to_owned(),
            );
            let stages = profile.stages.iter().map(|stage| match (stage.from, stage.to) {
                (from, to) if from == to => format!("{to}/s for {}", stage.length),
                (from, to) => format!("{from}/s to {to}/s in {}", stage.length),
            });
            match &profile.shape {
                // Its stages are many, and follow from its height and length.
                Some(shape) => {
                    let peak = profile
                        .stages
                        .iter()
                        .map(|stage| stage.from.max(stage.to))
                        .fold(0.0, f64::max);
                    say(
                        "shape",
                        format!("{shape}, {peak:.3}/s at the peak, for {}", plan.load.length()),
                    );
                }
                None => say("stages", stages.collect::<Vec<_>>().join(", then ")),
            }
        }
    }
    say("connections", plan.load.connections.word().to_owned());
}

fn shoppers(plan: &Plan, said: &mut Places) {
    let shoppers = &plan.shoppers;
    for attribute in &shoppers.attributes {
        for (place, (value, weight)) in attribute.values.iter().enumerate() {
            let brings = u8::try_from(place).ok().and_then(|place| attribute.brings.get(&place));
            let brings = brings.map(|equipment| format!(", {equipment}")).unwrap_or_default();
            said.push((
                format!("shoppers.attributes.{}.{value}", attribute.name),
                format!("{weight}{brings}"),
            ));
        }
    }
    let mut say = |place: &str, value: String| said.push((format!("shoppers.{place}"), value));
    let patience = &shoppers.patience;
    say(
        "patience",
        if patience.name == "custom" {
            format!("{:?}", patience.hazards)
        } else {
            patience.name.clone()
        },
    );
    say("behaviour", shoppers.behaviour.word().to_owned());
    say(
        "max_attempts",
        shoppers.max_attempts.map_or_else(|| "unlimited".to_owned(), |most| most.to_string()),
    );
    say("retry.after", delay(shoppers.retry_after));
    let arms: Vec<&str> = shoppers.arms.iter().map(|arm| arm.label.as_str()).collect();
    say("retry.arms", arms.join(", "));
    for data in &shoppers.data {
        say(&format!("data.{}.each", data.name), data.assignment.word().to_owned());
        say(&format!("data.{}, the file's SHA-256", data.name), data.sha256.clone());
    }
}

/// The units in their order, with what is repeated and what is one of several.
fn way(plan: &Plan, parts: &[JourneyItem]) -> String {
    let one = |part: &JourneyItem| match part {
        JourneyItem::Unit(unit) => {
            let unit = plan.unit(*unit);
            if unit.purchase { format!("purchase {}", unit.name) } else { unit.name.clone() }
        }
        JourneyItem::Repeat { times: (least, most), parts } => {
            format!("{least}..{most} times ({})", way(plan, parts))
        }
        JourneyItem::Choose(ways) => {
            let ways: Vec<String> = ways
                .iter()
                .map(|(weight, parts)| format!("{weight}: {}", way(plan, parts)))
                .collect();
            format!("one of ({})", ways.join("; "))
        }
    };
    parts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn step(plan: &Plan, id: StepId, said: &mut Places) {
    let step = plan.step(id);
    let place = format!("step {}", plan.step_label(id));
    let mut say = |key: &str, value: Value| spread(plan, &value, format!("{place}: {key}"), said);
    say(&text_of(&step.request.method).to_lowercase(), json(&step.request.url));
    step.request
        .headers
        .iter()
        .for_each(|(name, value)| say(&format!("headers.{name}"), json(value)));
    say("auth", json(&step.request.auth));
    if !matches!(step.request.body, Body::Empty) {
        // Its kind is the key.
        json(&step.request.body)
            .as_object()
            .into_iter()
            .flatten()
            .for_each(|(kind, body)| say(&snake(kind), body.clone()));
    }
    say("expect", json(&step.expect.checks));
    say("declined", json(&step.declined.checks));
    for capture in &step.captures {
        let name = variable(plan, capture.var.0.into());
        say(&format!("capture.{name}"), json(&capture.from));
        say(&format!("observe.{name}"), json(&capture.observed.map(|_| "yes".to_owned())));
    }
    say("basket.total", json(&step.basket));
    say("order", json(&step.order));
    if let Some(poll) = &step.poll {
        say("poll.every", json(&poll.every.map(|every| every.to_string())));
        say("poll.until", json(&poll.until.checks));
        say("poll.for", poll.within.to_string().into());
    }
    say(
        "together",
        json(
            &step
                .rendezvous
                .map(|together| format!("{} within {}", together.shoppers, together.within)),
        ),
    );
    say(
        "assets",
        json(
            &step
                .assets
                .map(|assets| if assets.expect_all { "expect: all" } else { "true" }.to_owned()),
        ),
    );
    say("think", delay(step.think).into());
    say("gives_up_after", step.gives_up_after.to_string().into());
    say("continue", format!("{}%", (step.continues * 1e5).round() / 1e3).into());
}

/// A part of a plan, as the scenario would say it. Its kinds are written as keys, texts with their placeholders, statuses as codes.
fn spread(plan: &Plan, value: &Value, place: String, said: &mut Places) {
    match value {
        Value::Null => {}
        Value::Array(parts)
            if !parts.is_empty() && parts.iter().all(|part| piece(plan, part).is_some()) =>
        {
            said.push((place, parts.iter().filter_map(|part| piece(plan, part)).collect()));
        }
        Value::Array(parts) => match &parts[..] {
            [only] => spread(plan, only, place, said),
            parts => parts.iter().enumerate().for_each(|(n, part)| {
                let alone = kind(part).is_some()
                    && parts.iter().filter(|other| kind(other) == kind(part)).count() == 1;
                spread(
                    plan,
                    part,
                    if alone { place.clone() } else { format!("{place}[{n}]") },
                    said,
                );
            }),
        },
        Value::Object(fields) => match (
            fields.get("low").and_then(Value::as_u64),
            fields.get("high").and_then(Value::as_u64),
        ) {
            (Some(low), Some(high)) if low == high => said.push((place, low.to_string())),
            (Some(low), Some(high)) if low % 100 == 0 && high == low + 99 => {
                said.push((place, format!("{}xx", low / 100)))
            }
            (Some(low), Some(high)) => said.push((place, format!("{low}..{high}"))),
            _ => match fields.get("expression") {
                Some(expression) => spread(plan, expression, place, said),
                None => fields.iter().for_each(|(key, value)| {
                    let place = if key == "checks" {
                        place.clone()
                    } else {
                        format!("{place}.{}", snake(key))
                    };
                    spread(plan, value, place, said);
                }),
            },
        },
        Value::String(text) => said.push((place, text.clone())),
        other => said.push((place, other.to_string())),
    }
}

/// What a part is, where it is one of several kinds.
fn kind(part: &Value) -> Option<&String> {
    part.as_object().filter(|part| part.len() == 1)?.keys().next()
}

/// A piece of a text with placeholders, or of a JSON body.
fn piece(plan: &Plan, part: &Value) -> Option<String> {
    let (kind, value) = part.as_object().filter(|part| part.len() == 1)?.iter().next()?;
    match (kind.as_str(), value) {
        ("text" | "Text" | "Raw" | "Computed", Value::String(text)) => Some(text.clone()),
        ("text" | "Text" | "Raw" | "Computed", Value::Array(parts)) => {
            parts.iter().map(|part| piece(plan, part)).collect()
        }
        ("text" | "Text" | "Raw" | "Computed", Value::Object(template)) => {
            template.get("expression")?.as_str().map(str::to_owned)
        }
        ("variable" | "Value", Value::Number(id)) => {
            Some(format!("{{{{ {} }}}}", variable(plan, id.as_u64()? as usize)))
        }
        _ => None,
    }
}

fn variable(plan: &Plan, id: usize) -> String {
    plan.variables.get(id).cloned().unwrap_or_default()
}

fn json(part: &impl Canonical) -> Value {
    part.canonical()
}

fn text_of(part: &impl Canonical) -> String {
    json(part).as_str().unwrap_or_default().to_owned()
}

fn delay(delay: Delay) -> String {
    if delay.low == delay.high {
        delay.low.to_string()
    } else {
        format!("{}..{}", delay.low, delay.high)
    }
}

/// `AnyOf` as the scenario writes it: `any_of`.
fn snake(kind: &str) -> String {
    let mut out = String::new();
    for sign in kind.chars() {
        if sign.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(sign.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Inputs;

    const BASE: &str = r#"
name: Shop
load: { arrivals: poisson, stages: [{ ramp: 10/s, for: 1s }, { hold: 10/s, for: 1m }] }
shoppers:
  attributes: { payment: { card: 50, wallet: 50 } }
  patience: applause-2024
  retry: { after: 2s..20s }
defaults: { think: 1s..4s, headers: { accept: text/html } }
journeys:
  - name: buy
    steps:
      - name: home
        get: /
        continue: 90%
      - name: cart
        post: "/cart/{{ shopper.id }}"
        json: { sku: sku-1, buyer: "{{ shopper.email }}", quantity: 1 }
        expect: { status: 2xx, no_text: sorry }
        capture: { total: { json: $.total } }
        declined: { status: 402 }
limits: { requests: 2000/s }
"#;

    fn said(text: &str) -> Places {
        in_words(&Plan::from_text("shop.yaml", text, &Inputs::default()).unwrap())
    }

    #[test]
    fn a_difference_is_told_in_the_scenarios_words() {
        let changes = [
            ("poisson", "paced"),
            ("hold: 10/s, for: 1m", "hold: 10/s, for: 2m"),
            ("card: 50", "card: 70"),
            ("applause-2024", "[0.1, 0.2]"),
            ("2s..20s", "2s..30s"),
            ("1s..4s", "2s"),
            ("text/html", "text/*"),
            ("90%", "80%"),
            ("/cart/", "/basket/"),
            ("quantity: 1", "quantity: 2"),
            ("2xx, no_text: sorry", "201..204, no_text: sorry"),
            ("no_text: sorry", "any_of: [{ no_text: sorry }, { css: .full }]"),
            ("$.total", "$.sum"),
            ("capture: { total: { json: $.total } }", "gives_up_after: 5s"),
            ("limits: { requests: 2000/s }", "limits: { requests: 1000/s }"),
            (
                "      - name: home",
                "      - repeat: 2..3\n        steps: [{ name: again, get: / }]\n      - name: home",
            ),
        ];
        let base = said(BASE);
        let told = |(from, to): (&str, &str)| {
            let other = said(&BASE.replace(from, to));
            assert_ne!(base, other, "{from} became {to}");
            let here = base
                .iter()
                .filter(|place| !other.contains(place))
                .map(|(place, value)| format!("- {place}: {value}"));
            let there = other
                .iter()
                .filter(|place| !base.contains(place))
                .map(|(place, value)| format!("+ {place}: {value}"));
            here.chain(there).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(changes.map(told).join("\n"), @r#"
        - load.arrivals: poisson
        + load.arrivals: paced
        - load.stages: 0/s to 10/s in 1s, then 10/s for 1m
        + load.stages: 0/s to 10/s in 1s, then 10/s for 2m
        - shoppers.attributes.payment.card: 50
        + shoppers.attributes.payment.card: 70
        - shoppers.patience: applause-2024
        + shoppers.patience: [0.1, 0.2]
        - shoppers.retry.after: 2s..20s
        + shoppers.retry.after: 2s..30s
        - step cart: think: 1s..4s
        + step cart: think: 2s
        - step home: headers.accept: text/html
        - step cart: headers.accept: text/html
        + step home: headers.accept: text/*
        + step cart: headers.accept: text/*
        - step home: continue: 90%
        + step home: continue: 80%
        - step cart: post: /cart/{{ shopper.id }}
        + step cart: post: /basket/{{ shopper.id }}
        - step cart: json: {"sku":"sku-1","buyer":{{ shopper.email }},"quantity":1}
        + step cart: json: {"sku":"sku-1","buyer":{{ shopper.email }},"quantity":2}
        - step cart: expect.status: 2xx
        + step cart: expect.status: 201..204
        - step cart: expect.no_text: sorry
        + step cart: expect.any_of[0].no_text: sorry
        + step cart: expect.any_of[1].css: .full
        - step cart: capture.total.json: $.total
        + step cart: capture.total.json: $.sum
        - step cart: capture.total.json: $.total
        - step cart: gives_up_after: 10s
        + step cart: gives_up_after: 5s
        - limits.requests: 2000/s
        + limits.requests: 1000/s
        - journey buy: steps: home, cart
        - step home: think: 0
        + journey buy: steps: 2..3 times (again), home, cart
        + step again: get: /
        + step again: headers.accept: text/html
        + step again: expect.status: 2xx
        + step again: think: 1s..4s
        + step again: gives_up_after: 10s
        + step again: continue: 100%
        + step home: think: 1s..4s
        "#);
    }
}

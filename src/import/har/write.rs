//! The journey of a recording, as a scenario.

use std::collections::BTreeMap;

use serde_json::Value;

use super::correlate::Sources;
use super::entry::{HarError, Recording};
use super::forms::{RecordedForm, forms};
use super::recorded::{LeftOut, Recorded, acts};
use super::replace::{Replacement, replacement};
use crate::import::collect::VisitMethod;
use crate::import::flow::{PathPart, looks_like_a_value, name_of};
use crate::import::write::yaml::{Yaml, duration, quote};

/// Longer pauses of the person who records say nothing.
const LONGEST_THINK: f64 = 30.0;

/// A step in the making.
#[derive(Debug, Default)]
struct StepText {
    name: String,
    lines: Vec<String>,
    captures: BTreeMap<String, String>,
    think: Option<f64>,
    pays: bool,
    /// It has what is filled in to pay.
    payment: bool,
}

/// Turns the acts of a recording into steps.
struct Writer {
    sources: Sources,
    blanks: Vec<String>,
    steps: Vec<StepText>,
    names: BTreeMap<String, u32>,
}

/// The scenario of a recording, and what was left out, as a report.
///
/// # Errors
/// When the recording has no act of a shopper.
pub fn har_scenario(
    recording: &Recording,
    name: &str,
    target: Option<&str>,
) -> Result<(String, String), HarError> {
    let (acts, left_out) = acts(recording);
    let Some(first) = acts.first() else { return Err(HarError::NoPage) };
    let origin = first.entry.url.origin().ascii_serialization();
    let mut writer = Writer {
        sources: Sources::default(),
        blanks: vec![
            "load: a recording does not tell how many come; write your own, or import a log"
                .to_owned(),
        ],
        steps: Vec::new(),
        names: BTreeMap::new(),
    };
    for place in 0..acts.len() {
        writer.act(&acts, place);
    }
    let orders = orders(&acts, &mut writer);
    let text = writer.scenario(name, target.unwrap_or(&origin), orders);
    Ok((text, report(recording, &acts, &left_out)))
}

// === impl Writer ===

impl Writer {
    fn act(&mut self, acts: &[Recorded], place: usize) {
        let act = &acts[place];
        let step_name = self.name(act);
        let mut step = StepText { name: step_name, ..StepText::default() };
        step.think = place.checked_sub(1).map(|before| {
            ((act.entry.start - acts[before].end) as f64 / 1e6).clamp(0.0, LONGEST_THINK)
        });
        let form = self.form(acts, place);
        match form {
            Some(form) => self.submit(&form, act, &mut step),
            None => self.request(acts, act, &mut step),
        }
        if act.assets > 0 && act.entry.method == "GET" {
            step.lines.push("assets: true".to_owned());
        }
        step.payment = pays(act);
        self.steps.push(step);
        self.sources.learn(place, &act.last);
    }

    fn name(&mut self, act: &Recorded) -> String {
        let method = VisitMethod::of(&act.entry.method).unwrap_or(VisitMethod::Get);
        let parts = act.entry.url.path().split('/').filter(|part| !part.is_empty()).map(|part| {
            if looks_like_a_value(part) {
                PathPart::Values(Vec::new())
            } else {
                PathPart::Fixed(part.to_owned())
            }
        });
        let name = name_of(method, &parts.collect::<Vec<_>>());
        let times = self.names.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name} / {times}") }
    }

    /// The form of the last page that was sent here, if there is one.
    fn form(&self, acts: &[Recorded], place: usize) -> Option<RecordedForm> {
        let act = &acts[place];
        if act.entry.method != "POST" || act.entry.fields.is_empty() {
            return None;
        }
        let page = acts[..place].iter().rev().find(|earlier| earlier.last.is_page())?;
        let sent = |form: &RecordedForm| {
            act.entry
                .fields
                .iter()
                .filter(|(name, _)| form.fields.iter().any(|(known, _)| known == name))
                .count()
        };
        let here = |form: &RecordedForm| {
            let action = if form.action.is_empty() {
                Ok(page.last.url.clone())
            } else {
                page.last.url.join(&form.action)
            };
            form.method == "post"
                && action.is_ok_and(|action| action.path() == act.entry.url.path())
        };
        let same = |form: &RecordedForm| {
            form.fields.iter().filter(|field| act.entry.fields.contains(field)).count()
        };
        let fitting = forms(&page.last.answer).into_iter().filter(|form| here(form));
        fitting.filter(|form| sent(form) > 0).max_by_key(|form| (same(form), sent(form)))
    }

    fn submit(&mut self, form: &RecordedForm, act: &Recorded, step: &mut StepText) {
        let found = match &form.id {
            Some(id) => format!("id: {}", quote(id)),
            None => format!("action: {}", quote(act.entry.url.path())),
        };
        let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut extra: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &act.entry.fields {
            match form.fields.iter().find(|(known, _)| known == name) {
                Some((_, known)) if known == value => {}
                Some(_) => fields.entry(name).or_default().push(value),
                None => extra.entry(name).or_default().push(value),
            }
        }
        let mut parts = vec![found];
        for (key, values) in [("fields", fields), ("extra", extra)] {
            if !values.is_empty() {
                parts.push(format!("{key}: {{ {} }}", self.pairs(values, step)));
            }
        }
        step.lines.push(format!("submit: {{ {} }}", parts.join(", ")));
    }

    fn pairs(&mut self, values: BTreeMap<&str, Vec<&str>>, step: &mut StepText) -> String {
        let pairs = values.into_iter().map(|(name, values)| {
            let values: Vec<String> =
                values.into_iter().map(|value| quote(&self.value(name, value, step))).collect();
            match values.as_slice() {
                [only] => format!("{}: {only}", quote(name)),
                many => format!("{}: [{}]", quote(name), many.join(", ")),
            }
        });
        pairs.collect::<Vec<_>>().join(", ")
    }

    fn request(&mut self, acts: &[Recorded], act: &Recorded, step: &mut StepText) {
        let address = self.address(acts, act, step);
        let method = act.entry.method.to_ascii_lowercase();
        step.lines.push(format!("{method}: {}", quote(&address)));
        let entry = &act.entry;
        if method == "get" {
        } else if entry.body_type.contains("json") {
            match serde_json::from_str::<Value>(&entry.body) {
                Ok(mut body) => {
                    self.leaves("", &mut body, step);
                    step.lines.push(format!("json: {body}"));
                }
                Err(_) => self.blank(step, "its JSON body, which the recording does not have"),
            }
        } else if !entry.fields.is_empty() {
            let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            entry
                .fields
                .iter()
                .for_each(|(name, value)| fields.entry(name).or_default().push(value));
            let pairs = self.pairs(fields, step);
            step.lines.push(format!("form: {{ {pairs} }}"));
        } else if !entry.body.is_empty() {
            self.blank(step, "its body, of a type that is not read: body or multipart");
        }
        self.headers(act, step);
    }

    /// Headers by which scripts show tokens.
    fn headers(&mut self, act: &Recorded, step: &mut StepText) {
        let mut headers = Vec::new();
        let html = act
            .entry
            .headers
            .iter()
            .any(|(name, value)| name == "accept" && value.contains("html"));
        if act.last.is_json() && !html {
            headers.push("accept: application/json".to_owned());
        }
        for (name, value) in &act.entry.headers {
            let token = ["csrf", "xsrf"].iter().any(|word| name.contains(word));
            if name == "idempotency-key" {
                headers.push(format!("{name}: \"{{{{ uuid() }}}}\""));
            } else if name == "authorization" || token {
                let (scheme, secret) = value.split_once(' ').unwrap_or(("", value));
                let text = match self.sources.variable("token", secret) {
                    Some((variable, source)) => {
                        self.steps[source.act].captures.insert(variable.clone(), source.capture);
                        format!("{scheme} {{{{ {variable} }}}}").trim().to_owned()
                    }
                    None => {
                        self.blank(
                            step,
                            "a token in a header, whose origin is not in the recording",
                        );
                        continue;
                    }
                };
                headers.push(format!("{name}: {}", quote(&text)));
            }
        }
        if !headers.is_empty() {
            step.lines.push(format!("headers: {{ {} }}", headers.join(", ")));
        }
    }

    /// The address below the target; a whole one for another host of the shop.
    fn address(&mut self, acts: &[Recorded], act: &Recorded, step: &mut StepText) -> String {
        let url = &act.entry.url;
        let mut text = String::new();
        if acts.first().is_some_and(|first| first.entry.url.origin() != url.origin()) {
            text = url.origin().ascii_serialization();
        }
        for part in url.path().split('/').skip(1) {
            text.push('/');
            text.push_str(&self.value("id", part, step));
        }
        let pairs: Vec<String> = url
            .query_pairs()
            .map(|(name, value)| {
                format!("{name}={}", self.value(&name, &value, step).replace(' ', "+"))
            })
            .collect();
        if pairs.is_empty() { text } else { format!("{text}?{}", pairs.join("&")) }
    }

    /// A value as the scenario has it: a replacement, a variable, or as it was.
    fn value(&mut self, name: &str, value: &str, step: &mut StepText) -> String {
        match replacement(name, value) {
            Some(Replacement::With(text)) => return text,
            Some(Replacement::Blank(text, what)) => {
                self.blank(step, &format!("'{name}', {what}"));
                return text;
            }
            None => {}
        }
        if let Some((variable, source)) = self.sources.variable(name, value) {
            let captures = &mut self.steps[source.act].captures;
            captures.insert(variable.clone(), source.capture);
            return format!("{{{{ {variable} }}}}");
        }
        self.sources.record_sent(value);
        value.replace("{{", "{ {").replace("{%", "{ %")
    }

    /// The leaves of a JSON body.
    fn leaves(&mut self, name: &str, value: &mut Value, step: &mut StepText) {
        match value {
            Value::Object(members) => {
                members.iter_mut().for_each(|(key, value)| self.leaves(&key.clone(), value, step));
            }
            Value::Array(items) => {
                items.iter_mut().for_each(|value| self.leaves(name, value, step));
            }
            Value::String(text) => *text = self.value(name, &text.clone(), step),
            Value::Number(number) => {
                let text = number.to_string();
                let found = self.value(name, &text, step);
                if found != text {
                    *value = Value::String(found);
                }
            }
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn blank(&mut self, step: &StepText, what: &str) {
        let text = format!("buy / {}: {what}", step.name);
        if !self.blanks.contains(&text) {
            self.blanks.push(text);
        }
    }

    fn scenario(mut self, name: &str, target: &str, pays: Option<usize>) -> String {
        if pays.is_none() {
            self.blanks.push(
                "buy: no order number was found; group the steps that pay under `purchase:`"
                    .to_owned(),
            );
        }
        let mut yaml = Yaml::default();
        yaml.line(0, "# Made by `tillrush import` from a recording. What it does not tell is listed under x-todo.");
        yaml.line(0, format!("name: {}", quote(name)));
        yaml.line(0, format!("target: {}", quote(target)));
        yaml.line(0, "x-todo:");
        self.blanks.iter().for_each(|blank| yaml.line(1, format!("- {}", quote(blank))));
        yaml.line(0, "load:");
        yaml.line(1, "stages:");
        yaml.line(2, "- { ramp: 1/s, for: 30s }");
        yaml.line(2, "- { hold: 1/s, for: 2m }");
        yaml.line(0, "journeys:");
        yaml.line(1, "- name: buy");
        yaml.line(2, "steps:");
        let begin = pays.map(|pays| {
            // From the step where what pays is filled in.
            (0..=pays)
                .rev()
                .take_while(|place| self.steps[*place].payment || *place == pays)
                .last()
                .unwrap_or(pays)
        });
        for (place, step) in self.steps.iter().enumerate() {
            let inside =
                begin.zip(pays).is_some_and(|(begin, pays)| (begin..=pays).contains(&place));
            if begin == Some(place) {
                yaml.line(3, "- purchase: pay");
                yaml.line(4, "steps:");
            }
            step.write(&mut yaml, if inside { 5 } else { 3 }, place == 0);
        }
        yaml.gap();
        yaml.line(0, "objectives:");
        yaml.line(1, "- repeated_failures < 0.1%");
        yaml.finish()
    }
}

// === impl StepText ===

impl StepText {
    fn write(&self, yaml: &mut Yaml, depth: usize, first: bool) {
        yaml.line(depth, format!("- name: {}", quote(&self.name)));
        self.lines.iter().for_each(|line| yaml.line(depth + 1, line));
        if let Some(think) = self.think.filter(|think| !first && *think > 0.05) {
            yaml.line(
                depth + 1,
                format!("think: {}..{}", duration(think / 2.0), duration(think * 1.5)),
            );
        }
        if !self.captures.is_empty() {
            yaml.line(depth + 1, "capture:");
            for (name, capture) in &self.captures {
                yaml.line(depth + 2, format!("{name}: {capture}"));
            }
        }
    }
}

/// Whether an act fills in what pays.
fn pays(act: &Recorded) -> bool {
    const PATHS: [&str; 6] =
        ["pay", "payment", "place-order", "place_order", "placeorder", "purchase"];
    const FIELDS: [&str; 8] =
        ["card", "cvc", "cvv", "iban", "place_order", "payment_method", "paymentmethod", "stripe"];
    let path = act.entry.url.path().to_ascii_lowercase();
    let by_path = path.split('/').any(|part| PATHS.contains(&part));
    let body = act.entry.body.to_ascii_lowercase();
    let by_field = FIELDS.iter().any(|field| {
        body.contains(&format!("\"{field}"))
            || act.entry.fields.iter().any(|(name, _)| name.to_ascii_lowercase().contains(field))
    });
    act.entry.method != "GET" && (by_path || by_field)
}

/// The step that makes the order: the last of those that pay. Its order number and total are marked where they are found.
fn orders(acts: &[Recorded], writer: &mut Writer) -> Option<usize> {
    let pays = acts.iter().rposition(pays)?;
    writer.steps[pays].pays = true;
    let answer = &acts[pays].last;
    let found = if answer.is_json() { in_json(&answer.answer) } else { in_page(answer) };
    match found {
        Some(places) => writer.steps[pays].lines.push(format!("order: {{ {places} }}")),
        None => {
            let name = writer.steps[pays].name.clone();
            writer.blanks.push(format!("buy / {name}: `order: {{ id: ... }}`, where the order's number stands in its answer"));
        }
    }
    Some(pays)
}

fn in_json(text: &str) -> Option<String> {
    const NUMBERS: [&str; 7] =
        ["order_id", "orderid", "order_number", "ordernumber", "order_no", "reference", "number"];
    const TOTALS: [&str; 5] = ["total", "grand_total", "grandtotal", "amount", "total_price"];
    let document: Value = serde_json::from_str(text).ok()?;
    let id = key_path(&document, "$", &NUMBERS).or_else(|| {
        let order = document.get("order")?;
        order.get("id").map(|_| "$.order.id".to_owned())
    })?;
    let total = key_path(&document, "$", &TOTALS);
    let total =
        total.map_or(String::new(), |path| format!(", total: {{ json: {} }}", quote(&path)));
    Some(format!("id: {{ json: {} }}{total}", quote(&id)))
}

/// The path of the first member with one of these names, in the order of the names.
fn key_path(value: &Value, path: &str, names: &[&str]) -> Option<String> {
    let Value::Object(members) = value else { return None };
    let plain = |key: &String| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let own = names.iter().find_map(|name| {
        let (key, _) = members.iter().find(|(key, value)| {
            key.eq_ignore_ascii_case(name) && !value.is_object() && !value.is_array()
        })?;
        plain(key).then(|| format!("{path}.{key}"))
    });
    own.or_else(|| {
        members
            .iter()
            .filter(|(key, _)| plain(key))
            .find_map(|(key, value)| key_path(value, &format!("{path}.{key}"), names))
    })
}

/// The number at the end of the page's address, where the page says it; found again by the text before it.
fn in_page(answer: &super::entry::HarEntry) -> Option<String> {
    let number = answer
        .url
        .path_segments()?
        .rev()
        .find(|part| !part.is_empty())
        .filter(|part| looks_like_a_value(part));
    let (number, text) = (number?, &answer.answer);
    let at = text.find(number)?;
    let before: String =
        text[..at].chars().rev().take(16).collect::<Vec<_>>().into_iter().rev().collect();
    let pattern = format!("{}([A-Za-z0-9-]+)", regex::escape(before.trim_start()));
    (text.find(before.trim_start()).is_some() && !before.contains('\n'))
        .then(|| format!("id: {{ regex: {} }}", quote(&pattern)))
}

fn report(recording: &Recording, acts: &[Recorded], left_out: &LeftOut) -> String {
    let mut lines = vec![format!(
        "recording\n  {} requests became {} steps",
        recording.entries.len(),
        acts.len()
    )];
    if left_out.assets > 0 {
        lines.push(format!("  {} files were folded into their pages", left_out.assets));
    }
    for (host, count) in &left_out.others {
        lines.push(format!("  left out: {count} to {host}"));
    }
    if left_out.noise > 0 {
        lines.push(format!(
            "  left out: {} preflights and requests without an answer",
            left_out.noise
        ));
    }
    if recording.broken > 0 {
        lines
            .push(format!("  not read: {} entries without a time or an address", recording.broken));
    }
    lines.join("\n") + "\n"
}

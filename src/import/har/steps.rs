//! Steps from acts: forms are submitted, values that come from earlier answers captured, and what is a person's own replaced.

use std::collections::BTreeMap;

use serde_json::Value;

use super::forms::{RecordedForm, forms};
use super::graphql::GraphqlOperation;
use super::plain_text::plain;
use super::polls::RecordedPoll;
use super::recorded::Recorded;
use super::sources::{Sources, is_token_name};
use super::varying::{OtherRecordings, ValuePlace};
use crate::import::collect::VisitMethod;
use crate::import::flow::{PathPart, looks_like_a_value, name_of};
use crate::import::write::yaml::quote;

/// Longer pauses of the person who records say nothing.
const LONGEST_THINK: f64 = 30.0;

/// A step in the making.
#[derive(Debug, Default)]
pub struct StepText {
    /// Its name.
    pub name: String,
    /// Its keys, each a line or more.
    pub lines: Vec<String>,
    /// Captures for later steps.
    pub captures: BTreeMap<String, String>,
    /// The pause before it, in seconds.
    pub think: Option<f64>,
}

/// Turns the acts of a recording into steps.
pub struct Writer<'a> {
    pub(super) acts: &'a [Recorded],
    pub(super) others: OtherRecordings,
    pub(super) sources: Sources,
    names: BTreeMap<String, u32>,
    /// The steps so far.
    pub steps: Vec<StepText>,
    /// What is left to fill in.
    pub blanks: Vec<String>,
    /// What was put in the place of recorded values.
    pub replaced: BTreeMap<String, usize>,
}

// === impl Writer ===

impl<'a> Writer<'a> {
    /// The steps of these acts.
    pub fn write(acts: &'a [Recorded], others: OtherRecordings) -> Writer<'a> {
        let mut writer = Writer {
            acts,
            others,
            sources: Sources::default(),
            names: BTreeMap::new(),
            steps: Vec::new(),
            blanks: Vec::new(),
            replaced: BTreeMap::new(),
        };
        for place in 0..acts.len() {
            writer.act(place);
        }
        writer
    }

    /// How many acts other recordings have too.
    pub fn shared_acts(&self) -> usize {
        self.others.shared_acts()
    }

    fn act(&mut self, place: usize) {
        let act = &self.acts[place];
        let mut step = StepText { name: self.name(act), ..StepText::default() };
        step.think = place.checked_sub(1).map(|before| {
            ((act.entry.start - self.acts[before].end) as f64 / 1e6).clamp(0.0, LONGEST_THINK)
        });
        match (self.form(place), GraphqlOperation::of(&act.entry)) {
            (Some(form), _) => self.submit(&form, place, &mut step),
            (None, Some(operation)) => self.operation(&operation, place, &mut step),
            (None, None) => self.request(place, &mut step),
        }
        step.lines.extend(act.poll.as_ref().map(RecordedPoll::line));
        if act.assets > 0 && act.entry.method == "GET" {
            step.lines.push("assets: true".to_owned());
        }
        self.steps.push(step);
        let answers: Vec<_> = act.hops.iter().chain([&act.last]).collect();
        self.sources.learn(place, &answers, act.entry.method != "GET");
    }

    fn name(&mut self, act: &Recorded) -> String {
        let operation = GraphqlOperation::of(&act.entry);
        let name = match operation.as_ref().and_then(GraphqlOperation::name) {
            Some(name) => name.to_owned(),
            None => path_name(act),
        };
        let times = self.names.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name} / {times}") }
    }

    /// The form of the last page that was sent here, if there is one.
    fn form(&self, place: usize) -> Option<RecordedForm> {
        let act = &self.acts[place];
        let sent_fields: Vec<(String, String)> = match act.entry.method.as_str() {
            "POST" => act.entry.fields.clone(),
            _ => return None,
        };
        let page = self.acts[..place].iter().rev().find(|earlier| earlier.last.is_page())?;
        let sent = |form: &RecordedForm| {
            let known = |name: &String| form.fields.iter().any(|(known, _)| known == name);
            sent_fields.iter().filter(|(name, _)| known(name)).count()
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
            form.fields.iter().filter(|field| sent_fields.contains(field)).count()
        };
        let fitting = forms(&page.last.answer).into_iter().filter(|form| here(form));
        // A form without any field is sent too.
        let fitting = fitting
            .filter(|form| sent(form) > 0 || sent_fields.is_empty() && form.fields.is_empty());
        fitting.max_by_key(|form| (same(form), sent(form)))
    }

    fn submit(&mut self, form: &RecordedForm, place: usize, step: &mut StepText) {
        let act = &self.acts[place];
        let mut parts = vec![match &form.id {
            Some(id) if !looks_like_a_value(id) => format!("id: {}", quote(id)),
            Some(_) | None => {
                let action: Vec<String> =
                    act.entry
                        .url
                        .path()
                        .split('/')
                        .map(|part| {
                            if looks_like_a_value(part) { "*".to_owned() } else { part.to_owned() }
                        })
                        .collect();
                format!("action: {}", quote(&action.join("/")))
            }
        }];
        let typed = |name: &str| form.fields.iter().find(|(known, _)| known == name);
        let containing = act
            .entry
            .fields
            .iter()
            .map(|(name, _)| name)
            .find(|name| typed(name).is_some() && !is_token_name(name));
        if form.id.is_none()
            && let Some(name) = containing
        {
            parts.push(format!("containing: {}", quote(name)));
        }
        let (mut fields, mut extra) = (Vec::new(), Vec::new());
        for (name, value) in &act.entry.fields {
            match typed(name) {
                Some((_, known)) if known == value => {}
                Some(_) => fields.push((name.as_str(), value.as_str())),
                None => extra.push((name.as_str(), value.as_str())),
            }
        }
        for (key, values) in [("fields", fields), ("extra", extra)] {
            if !values.is_empty() {
                parts.push(format!("{key}: {{ {} }}", self.pairs(place, &values, step)));
            }
        }
        step.lines.push(format!("submit: {{ {} }}", parts.join(", ")));
    }

    fn pairs(&mut self, place: usize, pairs: &[(&str, &str)], step: &mut StepText) -> String {
        let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        pairs.iter().for_each(|(name, value)| values.entry(name).or_default().push(value));
        let texts = values.into_iter().map(|(name, values)| {
            let at = ValuePlace::Field(name.to_owned());
            let texts: Vec<String> = values
                .into_iter()
                .map(|value| quote(&self.value(place, &at, name, value, step)))
                .collect();
            match texts.as_slice() {
                [only] => format!("{}: {only}", quote(name)),
                many => format!("{}: [{}]", quote(name), many.join(", ")),
            }
        });
        texts.collect::<Vec<_>>().join(", ")
    }

    fn operation(&mut self, operation: &GraphqlOperation, place: usize, step: &mut StepText) {
        step.lines.push("graphql:".to_owned());
        step.lines.push("  query: |".to_owned());
        step.lines.extend(operation.query.lines().map(|line| format!("    {}", line.trim_end())));
        if operation.is_one_of_several()
            && let Some(name) = operation.name()
        {
            step.lines.push(format!("  operation: {}", quote(name)));
        }
        if let Some(mut variables) = operation.variables.clone() {
            self.leaves(place, "/variables", "", &mut variables, step);
            step.lines.push(format!("  variables: {variables}"));
        }
        let address = self.address(place, step);
        step.lines.push(format!("  endpoint: {}", quote(&address)));
        self.headers(place, step);
    }

    fn request(&mut self, place: usize, step: &mut StepText) {
        let address = self.address(place, step);
        let entry = &self.acts[place].entry;
        let method = entry.method.to_ascii_lowercase();
        step.lines.push(format!("{method}: {}", quote(&address)));
        if method == "get" {
            // A body of a GET has no meaning.
        } else if entry.body_type.contains("json") {
            match serde_json::from_str::<Value>(&entry.body) {
                Ok(mut body) => {
                    self.leaves(place, "", "", &mut body, step);
                    step.lines.push(format!("json: {body}"));
                }
                Err(_) if entry.body.is_empty() => {}
                Err(_) => {
                    self.blank(&step.name, "its JSON body, which the recording does not have")
                }
            }
        } else if !entry.fields.is_empty() {
            let fields: Vec<(&str, &str)> =
                entry.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let pairs = self.pairs(place, &fields, step);
            let kind = if entry.body_type.contains("multipart") { "multipart" } else { "form" };
            step.lines.push(format!("{kind}: {{ {pairs} }}"));
        } else if !entry.body.is_empty() {
            self.blank(&step.name, "its body, of a type that is not read: body or multipart");
        }
        for file in &self.acts[place].entry.files {
            self.blank(&step.name, &format!("the file '{file}' of its multipart body"));
        }
        self.headers(place, step);
    }

    /// The address below the target; a whole one for another host of the shop.
    fn address(&mut self, place: usize, step: &mut StepText) -> String {
        let act = &self.acts[place];
        let url = &act.entry.url;
        let mut text = String::new();
        if self.acts.first().is_some_and(|first| first.entry.url.origin() != url.origin()) {
            text = url.origin().ascii_serialization();
        }
        for (nth, part) in url.path().split('/').skip(1).enumerate() {
            text.push('/');
            text.push_str(&self.value(place, &ValuePlace::Path(nth), "id", part, step));
        }
        let pairs: Vec<String> = url
            .query_pairs()
            .map(|(name, value)| {
                let at = ValuePlace::Query(name.to_string());
                let text = self.value(place, &at, &name, &value, step);
                let text = if text == value { encode_query_value(&text) } else { text };
                format!("{}={text}", encode_query_value(&name))
            })
            .collect();
        if pairs.is_empty() { text } else { format!("{text}?{}", pairs.join("&")) }
    }

    /// Lists what is left to fill in at a step.
    pub fn blank(&mut self, step: &str, what: &str) {
        let text = format!("buy / {step}: {what}");
        if !self.blanks.contains(&text) {
            self.blanks.push(text);
        }
    }
}

/// A name by the path; where that says nothing, by the page's title.
fn path_name(act: &Recorded) -> String {
    let method = VisitMethod::of(&act.entry.method).unwrap_or(VisitMethod::Get);
    let parts = act.entry.url.path().split('/').filter(|part| !part.is_empty()).map(|part| {
        if looks_like_a_value(part) {
            PathPart::Values(Vec::new())
        } else {
            PathPart::Fixed(part.to_owned())
        }
    });
    let name = name_of(method, &parts.collect::<Vec<_>>());
    if name != "page" {
        return name;
    }
    let title = regex::Regex::new(r"(?is)<title[^>]*>([^<]+)</title>").ok();
    let title =
        title.and_then(|title| title.captures(&act.last.answer).map(|found| found[1].to_owned()));
    let words = title.map(|title| html_escape::decode_html_entities(&title).trim().to_owned());
    let ends = |words: &str| [" - ", " | ", " – "].iter().filter_map(|sign| words.find(sign)).min();
    let short = words.as_deref().map(|words| &words[..ends(words).unwrap_or(words.len())]);
    match short.map(str::trim).filter(|title| !title.is_empty()) {
        Some(title) => title
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .filter(|c| !"<>".contains(*c))
            .take(60)
            .collect(),
        None => name,
    }
}

/// A value of a query as addresses have it.
fn encode_query_value(value: &str) -> String {
    let text: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    plain(&text)
}

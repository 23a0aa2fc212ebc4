//! Values of requests: replaced, captured, drawn, or left as a blank.

use serde_json::Value;

use super::graphql::GraphqlOperation;
use super::plain_text::plain;
use super::replace::{Replacement, replacement};
use super::sources::is_token_name;
use super::steps::{StepText, Writer};
use super::tokens::{is_token, may_change};
use super::varying::{ValuePlace, Variation};
use crate::import::privacy::is_uuid;
use crate::import::write::yaml::quote;

// === impl Writer ===

impl Writer<'_> {
    /// Headers that the shop's scripts add.
    pub(super) fn headers(&mut self, place: usize, step: &mut StepText) {
        let act = &self.acts[place];
        let by_script = act.is_by_script();
        let mut headers = Vec::new();
        if by_script && act.last.is_json() && GraphqlOperation::of(&act.entry).is_none() {
            headers.push("accept: application/json".to_owned());
        }
        for (name, value) in &act.entry.headers {
            let at = ValuePlace::Header(name.clone());
            if name == "idempotency-key" {
                headers.push(format!("{name}: \"{{{{ uuid() }}}}\""));
            } else if name == "authorization" || (by_script && is_token_name(name)) {
                let (scheme, secret) = value.split_once(' ').unwrap_or(("", value));
                match self.capture("token", secret) {
                    Some(text) => headers
                        .push(format!("{name}: {}", quote(format!("{scheme} {text}").trim()))),
                    None if self.others.of(place, &at, value) == Variation::Constant => {
                        headers.push(format!("{name}: {}", quote(value)));
                    }
                    None => self.blank(
                        &step.name,
                        &format!("the header '{name}', whose origin is not in the recording"),
                    ),
                }
            } else if by_script && is_custom(name) {
                let text = self.value(place, &at, name, value, step);
                headers.push(format!("{name}: {}", quote(&text)));
            }
        }
        if !headers.is_empty() {
            step.lines.push(format!("headers: {{ {} }}", headers.join(", ")));
        }
    }

    /// A value as the scenario has it: a replacement, a variable, a draw, or as it was.
    pub(super) fn value(
        &mut self,
        place: usize,
        at: &ValuePlace,
        name: &str,
        value: &str,
        step: &mut StepText,
    ) -> String {
        let in_path = matches!(at, ValuePlace::Path(_));
        let personal = if in_path { None } else { replacement(name, value) };
        match personal {
            Some(Replacement::With(text)) => {
                *self.replaced.entry(name.to_owned()).or_default() += 1;
                return text;
            }
            Some(Replacement::Blank(text, what)) => {
                self.blank(&step.name, &format!("'{name}', {what}"));
                return text;
            }
            None => {}
        }
        let variation = self.others.of(place, at, value);
        let token = is_token(name, value);
        let asks = match &variation {
            // Recordings of one session have one token.
            Variation::Constant => token,
            Variation::Varies(_) => true,
            Variation::Unknown => may_change(name, value),
        };
        if asks && let Some(text) = self.capture(name, value) {
            return text;
        }
        if let Variation::Varies(others) = &variation {
            return self.draw_or_blank(&step.name, name, value, others, token);
        }
        if variation == Variation::Unknown && is_uuid(value) {
            return "{{ uuid() }}".to_owned();
        }
        if variation == Variation::Unknown && token && is_token_name(name) {
            self.blank(
                &step.name,
                &format!("'{name}', a token whose origin is not in the recording"),
            );
            return "todo".to_owned();
        }
        self.sources.note_sent(value);
        plain(value)
    }

    /// A value that differs, and that no answer had: drawn, or a blank.
    fn draw_or_blank(
        &mut self,
        step: &str,
        name: &str,
        value: &str,
        others: &[String],
        token: bool,
    ) -> String {
        if is_uuid(value) {
            return "{{ uuid() }}".to_owned();
        }
        let drawn = |text: &str| text.len() <= 60 && !text.contains(['\'', '\\', '{', '}']);
        if !token && drawn(value) && others.iter().all(|other| drawn(other)) {
            let list: Vec<String> = [value]
                .into_iter()
                .chain(others.iter().map(String::as_str))
                .map(|text| format!("'{text}'"))
                .collect();
            return format!("{{{{ pick([{}]) }}}}", list.join(", "));
        }
        self.blank(
            step,
            &format!("'{name}', which differs from recording to recording and no answer has"),
        );
        "todo".to_owned()
    }

    /// The variable of a value that an earlier answer had; the answer's step captures it.
    fn capture(&mut self, name: &str, value: &str) -> Option<String> {
        let (variable, source) = self.sources.variable(name, value)?;
        self.steps[source.act].captures.insert(variable.clone(), source.capture);
        Some(format!("{{{{ {variable} }}}}"))
    }

    /// The leaves of a JSON body.
    pub(super) fn leaves(
        &mut self,
        place: usize,
        pointer: &str,
        name: &str,
        value: &mut Value,
        step: &mut StepText,
    ) {
        let at = ValuePlace::Member(pointer.to_owned());
        match value {
            Value::Object(members) => {
                for (key, value) in members.iter_mut() {
                    let pointer =
                        format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                    self.leaves(place, &pointer, key, value, step);
                }
            }
            Value::Array(items) => {
                for (nth, value) in items.iter_mut().enumerate() {
                    self.leaves(place, &format!("{pointer}/{nth}"), name, value, step);
                }
            }
            Value::String(text) => *text = self.value(place, &at, name, &text.clone(), step),
            Value::Number(number) => {
                let text = number.to_string();
                let found = self.value(place, &at, name, &text, step);
                if found != text {
                    *value = Value::String(found);
                }
            }
            Value::Bool(_) | Value::Null => {}
        }
    }
}

/// Whether a header is none that browsers add.
fn is_custom(name: &str) -> bool {
    const OTHERS: [&str; 14] = [
        "x-client-data",
        "x-load-test",
        "x-shopper",
        "x-real-ip",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-datadog-trace-id",
        "x-datadog-parent-id",
        "x-datadog-origin",
        "x-datadog-sampling-priority",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-sampled",
    ];
    let own = name.starts_with("x-")
        || ["-token", "-key", "-channel", "-version"].iter().any(|end| name.ends_with(end));
    own && !name.starts_with("sec-") && !OTHERS.contains(&name)
}

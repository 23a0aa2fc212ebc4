//! Passwords, tokens and keys that are written out in a scenario, and a copy of it that has none.

use std::collections::HashSet;
use std::ops::Range;

use super::Problems;
use super::source::{LocatedText, SourceText, Span};
use super::tree::{NodeKind, YamlNode};
use super::yaml;
use crate::base::Redactor;
use crate::base::redact::{self, MASK};

/// What a request sends: where a value of a telling name is a credential, and not a condition or a place to look at.
const SENT: [&str; 7] = ["auth", "headers", "json", "form", "fields", "multipart", "variables"];
/// What answers are held against, whatever stands in it.
const EXPECTED: [&str; 4] = ["expect", "declined", "capture", "until"];
/// How test methods of payment providers begin: published, and good for nothing else.
const TEST_TOKENS: [&str; 4] = ["pm_card_", "tok_", "src_card_", "fake-"];

/// What a value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It is sent to the shop.
    Sent,
    /// Answers are held against it.
    Expected,
    /// Something else.
    Other,
}

/// A password, token or key that is written out.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its key, such as `password`.
    pub key: String,
    /// The value, and where it was written.
    pub value: LocatedText,
}

/// All credentials in the tree of a scenario.
pub(super) fn find(tree: &YamlNode) -> Vec<Credential> {
    let mut found = Vec::new();
    collect(tree, "", Use::Other, &mut found);
    found
}

fn collect(node: &YamlNode, key: &str, used: Use, found: &mut Vec<Credential>) {
    match &node.kind {
        NodeKind::Null => {}
        NodeKind::Scalar { text, .. } => {
            let telling = redact::is_credential_name(key) || key.eq_ignore_ascii_case("bearer");
            if used == Use::Sent && telling && is_written_out(text) {
                let value = LocatedText::new(text.clone(), node.span);
                found.push(Credential { key: key.to_owned(), value });
            }
        }
        NodeKind::List(items) => items.iter().for_each(|item| collect(item, key, used, found)),
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                let name = key.value.as_str();
                let used = match used {
                    Use::Expected => Use::Expected,
                    Use::Other | Use::Sent if EXPECTED.contains(&name) => Use::Expected,
                    Use::Other if SENT.contains(&name) => Use::Sent,
                    Use::Other | Use::Sent => used,
                };
                collect(value, name, used, found);
            }
        }
    }
}

/// Whether a value is a credential itself, and not a placeholder for one.
fn is_written_out(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty()
        && !text.contains(MASK)
        && !text.contains("{{")
        && !text.contains("{%")
        && !TEST_TOKENS.iter().any(|start| text.starts_with(start))
}

/// A copy of a scenario without secrets: credentials that are written out are masked as a whole, known secrets wherever
/// they stand in a value or a comment. A text that is no YAML is masked as any other.
pub fn copy_without_secrets(name: &str, text: &str, secrets: &Redactor) -> String {
    let source = SourceText::new(name, text);
    let text = source.text();
    let Some(tree) = yaml::parse(&mut Problems::new(source.clone())) else {
        return secrets.text(text).into_owned();
    };
    let mut values = Vec::new();
    scalars(&tree, &mut values);
    let credentials: HashSet<Span> =
        find(&tree).into_iter().map(|found| found.value.span).collect();
    let mut masks: Vec<(Range<usize>, String)> = Vec::new();
    for (span, value) in values {
        let written = source.slice(span);
        let block =
            !written.starts_with(['"', '\'']) && (written.contains('\n') || value.ends_with('\n'));
        if credentials.contains(&span) {
            let mask = if block { MASK.to_owned() } else { quote(MASK) };
            masks.push((span.range(), mask));
        } else if block {
            masks.push((span.range(), secrets.mask_known(written).into_owned()));
        } else {
            let shown = secrets.mask_known(value);
            if shown != value {
                masks.push((span.range(), quote(&shown)));
            }
        }
    }
    masks.sort_by_key(|(range, _)| range.start);
    // What an alias repeats was written once.
    masks.dedup_by_key(|(range, _)| range.start);
    let mut copy = String::with_capacity(text.len());
    let mut from = 0;
    for (range, mask) in masks.into_iter().filter(|(range, _)| !range.is_empty()) {
        if range.start >= from {
            copy.push_str(&text[from..range.start]);
            copy.push_str(&mask);
            from = range.end;
        }
    }
    copy.push_str(&text[from..]);
    copy.split_inclusive('\n').map(|line| comment_masked(line, secrets)).collect()
}

/// All values that are texts, and where they were written.
fn scalars<'t>(node: &'t YamlNode, found: &mut Vec<(Span, &'t str)>) {
    match &node.kind {
        NodeKind::Null => {}
        NodeKind::Scalar { text, .. } => found.push((node.span, text)),
        NodeKind::List(items) => items.iter().for_each(|item| scalars(item, found)),
        NodeKind::Map(entries) => entries.iter().for_each(|(_, value)| scalars(value, found)),
    }
}

/// A text in double quotes, as YAML and JSON write it.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The line with the secrets of its comment masked; a comment changes no meaning, so what only looks like one does no harm.
fn comment_masked(line: &str, secrets: &Redactor) -> String {
    let comment = line.starts_with('#').then_some(0).or_else(|| line.find(" #"));
    match comment {
        Some(at) => format!("{}{}", &line[..at], secrets.text(&line[at..])),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
name: buy
# the old one was hunter22 # password=abc
defaults: { headers: { Authorization: Bearer abc, x-api-key: "{{ env.KEY }}" } }
journeys:
  - name: buy
    steps:
      - name: login
        post: /login?user=hunter22
        auth: { basic: { user: joe, password: 'it''s' } }
        json:
          password: |
            two
            lines
          note: say hunter22
          token: tok_visa
          cvc: 123
        expect: { json: { $.token: abc } }
        capture: { token: { json: $.token } }
"#;

    fn found(text: &str) -> Vec<(String, String)> {
        let tree = yaml::parse(&mut Problems::new(SourceText::new("s.yaml", text))).unwrap();
        find(&tree).into_iter().map(|found| (found.key, found.value.value)).collect()
    }

    #[test]
    fn credentials_are_what_is_sent_under_a_telling_name_and_no_placeholder() {
        assert_eq!(
            found(TEXT),
            [
                ("Authorization".to_owned(), "Bearer abc".to_owned()),
                ("password".to_owned(), "it's".to_owned()),
                ("password".to_owned(), "two\nlines\n".to_owned()),
            ]
        );
    }

    #[test]
    fn a_copy_has_no_secret_and_is_read_as_the_same_scenario() {
        let copy = copy_without_secrets("s.yaml", TEXT, &Redactor::new(["hunter22"]));
        for secret in ["hunter22", "Bearer abc", "it''s", "two", "=abc"] {
            assert!(!copy.contains(secret), "{secret}: {copy}");
        }
        for kept in ["{{ env.KEY }}", "tok_visa", "$.token: abc", "user: joe"] {
            assert!(copy.contains(kept), "{kept}: {copy}");
        }
        assert_eq!(found(&copy), []);
        let read = |text: &str| {
            yaml::parse(&mut Problems::new(SourceText::new("s.yaml", text))).unwrap().to_json()
        };
        let (mut before, after) = (read(TEXT), read(&copy));
        let step = |json: &serde_json::Value| json["journeys"][0]["steps"][0]["json"].clone();
        assert_eq!(step(&after)["password"].as_str().map(str::trim), Some(MASK));
        assert_eq!(step(&after)["note"], "say [redacted]");
        before["defaults"]["headers"]["Authorization"] = MASK.into();
        assert_eq!(before["defaults"], after["defaults"]);
    }

    #[test]
    fn a_scenario_without_secrets_is_copied_word_by_word() {
        let text = "name: buy # a comment\njourneys: []\n";
        assert_eq!(copy_without_secrets("s.yaml", text, &Redactor::new(["hunter22"])), text);
    }
}

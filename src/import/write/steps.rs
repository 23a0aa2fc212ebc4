//! Steps from templates. What a log does not tell stays a blank, which is listed.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::yaml::{Yaml, quote};
use crate::import::collect::VisitMethod;
use crate::import::flow::{KindId, PathPart, PathTemplate};
use crate::import::result::Import;

/// The most entries of a list to pick from; commoner values stand in it more often.
const SLOTS: u64 = 40;

/// What stands for a value that the log does not tell.
pub const TODO: &str = "todo";

/// Writes the steps of one journey.
pub struct StepWriter<'i> {
    import: &'i Import,
    journey: &'i str,
    names: HashMap<&'i str, u32>,
}

// === impl StepWriter ===

impl<'i> StepWriter<'i> {
    /// A writer for the journey of this name.
    pub fn new(import: &'i Import, journey: &'i str) -> StepWriter<'i> {
        StepWriter { import, journey, names: HashMap::new() }
    }

    /// Writes a step with more keys, each a line.
    pub fn write(
        &mut self,
        yaml: &mut Yaml,
        depth: usize,
        kind: KindId,
        keys: &[String],
        blanks: &mut Vec<String>,
    ) {
        let template = self.import.templates.get(kind);
        let times = self.names.entry(&template.name).or_default();
        *times += 1;
        let name = match times {
            1 => template.name.clone(),
            times => format!("{} / {times}", template.name),
        };
        let mut missing = Vec::new();
        let address = address(template, self.import.options.hash_values, &mut missing);
        yaml.line(depth, format!("- name: {}", quote(&name)));
        yaml.line(depth + 1, format!("{}: {}", template.method.word(), quote(&address)));
        if matches!(template.method, VisitMethod::Post | VisitMethod::Put | VisitMethod::Patch) {
            missing.push("its body, which no log has: json, form, or submit instead".to_owned());
        }
        keys.iter().for_each(|key| yaml.line(depth + 1, key));
        blanks.extend(missing.into_iter().map(|what| format!("{} / {name}: {what}", self.journey)));
    }
}

/// The address of a template, with values to pick from.
fn address(template: &PathTemplate, hashed: bool, missing: &mut Vec<String>) -> String {
    let mut text = String::new();
    for part in &template.parts {
        text.push('/');
        match part {
            PathPart::Fixed(word) => text.push_str(&word.replace('{', "%7B").replace('}', "%7D")),
            PathPart::Values(values) => {
                text.push_str(&choice(values, hashed).unwrap_or_else(|| {
                    missing.push(format!(
                        "'{TODO}' in its path, for values that too few visitors had"
                    ));
                    TODO.to_owned()
                }))
            }
        }
    }
    if text.is_empty() {
        text.push('/');
    }
    for (place, (key, values)) in template.queries.iter().enumerate() {
        text.push(if place == 0 { '?' } else { '&' });
        let value = choice(values, hashed).unwrap_or_else(|| {
            missing.push(format!("the value of '{key}' in its query"));
            TODO.to_owned()
        });
        text.push_str(&format!("{}={value}", key.replace(['{', '}'], "")));
    }
    text
}

/// A value, or a draw among several, each as often as it was asked for.
fn choice(values: &[(String, u64)], hashed: bool) -> Option<String> {
    let plain = |value: &str| !value.is_empty() && !value.contains(['{', '}', '\'', '"', '\\']);
    let usable: Vec<(String, u64)> = values
        .iter()
        .filter(|(value, _)| plain(value))
        .map(|(value, times)| (if hashed { hash(value) } else { value.clone() }, *times))
        .collect();
    let all: u64 = usable.iter().map(|(_, times)| times).sum();
    match usable.as_slice() {
        [] => None,
        [(only, _)] => Some(only.clone()),
        many => {
            let slots = many.iter().flat_map(|(value, times)| {
                let slots = (times * SLOTS).div_ceil(all.max(1)).max(1) as usize;
                std::iter::repeat_n(format!("'{value}'"), slots)
            });
            Some(format!("{{{{ pick([{}]) }}}}", slots.collect::<Vec<_>>().join(", ")))
        }
    }
}

fn hash(value: &str) -> String {
    Sha256::digest(value.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

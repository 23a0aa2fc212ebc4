//! Requests that ask again until something has happened: the same call several times in a row, whose answers differ in a word at last.

use serde_json::Value;

use super::recorded::Recorded;
use crate::import::write::yaml::{duration, quote};

/// Calls farther apart than this are no poll, in microseconds.
const LONGEST_GAP: i64 = 15_000_000;
/// A shopper waits at least so long, in seconds, however quick the recorded shop was.
const SHORTEST_WAIT: f64 = 30.0;
/// Keys that say how far something is; they win over others.
const STATES: [&str; 8] =
    ["state", "status", "ready", "done", "paid", "complete", "finished", "phase"];

/// How a call is repeated, as a scenario says it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedPoll {
    /// Seconds between two calls, in the median.
    pub every: f64,
    /// How long to wait for it in all, in seconds.
    pub within: f64,
    /// Where the answer says that it is over, as a JSONPath, and what it says.
    pub until: (String, Value),
    /// Calls of the recording.
    pub calls: usize,
}

/// Puts calls together that ask until an answer differs. The last answer stays.
pub fn fold_polls(acts: Vec<Recorded>) -> Vec<Recorded> {
    let mut out: Vec<Recorded> = Vec::with_capacity(acts.len());
    let mut rest = acts.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut calls = vec![first];
        while let Some(next) =
            rest.next_if(|next| calls.last().is_some_and(|call| asks_again(call, next)))
        {
            calls.push(next);
        }
        match poll(&calls) {
            Some(poll) => {
                let (start, assets) = (calls[0].entry.clone(), calls[0].assets);
                out.extend(calls.pop().map(|last| Recorded {
                    entry: start,
                    assets,
                    poll: Some(poll),
                    ..last
                }));
            }
            None => out.extend(calls),
        }
    }
    out
}

fn asks_again(call: &Recorded, next: &Recorded) -> bool {
    call.entry.method == "GET"
        && next.entry.method == "GET"
        && call.entry.url == next.entry.url
        && call.hops.is_empty()
        && next.hops.is_empty()
        && call.last.is_json()
        && next.last.is_json()
        && next.entry.start - call.entry.start <= LONGEST_GAP
}

/// The poll that these calls are; none where no word of the last answer tells it from those before.
fn poll(calls: &[Recorded]) -> Option<RecordedPoll> {
    let (last, before) = calls.split_last()?;
    if before.is_empty() {
        return None;
    }
    let read = |call: &Recorded| serde_json::from_str::<Value>(&call.last.answer).ok();
    let (last_answer, before_answers) =
        (read(last)?, before.iter().map(read).collect::<Option<Vec<_>>>()?);
    let mut words = Vec::new();
    collect_words(&last_answer, "", "$", &mut words);
    let new = words.into_iter().filter(|(pointer, _, word)| {
        before_answers.iter().all(|answer| answer.pointer(pointer) != Some(word))
    });
    let state = |pointer: &str| {
        let key = pointer.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        STATES.iter().any(|state| key.contains(state))
    };
    let (_, path, word) = new.min_by_key(|(pointer, _, _)| (!state(pointer), pointer.len()))?;
    let mut gaps: Vec<i64> =
        calls.windows(2).map(|pair| pair[1].entry.start - pair[0].entry.start).collect();
    gaps.sort_unstable();
    let took = (last.end - calls[0].entry.start) as f64 / 1e6;
    Some(RecordedPoll {
        every: (gaps[gaps.len() / 2] as f64 / 1e6).max(0.1),
        within: (4.0 * took).max(SHORTEST_WAIT).ceil(),
        until: (path, word),
        calls: calls.len(),
    })
}

/// Truth values and single words: places as pointers and as paths. Numbers, identifiers and sentences differ by chance.
fn collect_words(value: &Value, pointer: &str, path: &str, out: &mut Vec<(String, String, Value)>) {
    let plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-".contains(&byte));
    match value {
        Value::Bool(_) => out.push((pointer.to_owned(), path.to_owned(), value.clone())),
        Value::String(word) if (2..=30).contains(&word.len()) && plain(word) => {
            out.push((pointer.to_owned(), path.to_owned(), value.clone()));
        }
        Value::Object(members) => {
            for (key, member) in members.iter().filter(|(key, _)| plain(key)) {
                let path = if key.contains('-') {
                    format!("{path}['{key}']")
                } else {
                    format!("{path}.{key}")
                };
                collect_words(member, &format!("{pointer}/{key}"), &path, out);
            }
        }
        Value::Array(items) => {
            for (nth, item) in items.iter().enumerate().take(20) {
                collect_words(item, &format!("{pointer}/{nth}"), &format!("{path}[{nth}]"), out);
            }
        }
        Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

// === impl RecordedPoll ===

impl RecordedPoll {
    /// The key of a step.
    pub fn line(&self) -> String {
        let (path, word) = &self.until;
        let (every, within) = (duration(self.every), duration(self.within));
        format!(
            "poll: {{ every: {every}, until: {{ json: {{ {}: {word} }} }}, for: {within} }}",
            quote(path)
        )
    }
}

//! What several recordings of one flow have in common: what is equal in all is constant, what differs was made for the visit.

use serde_json::Value;

use super::recorded::Recorded;
use crate::import::flow::looks_like_a_value;

/// Where a value stands in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValuePlace {
    /// A part of the path, from 0.
    Path(usize),
    /// The value of a key of the query.
    Query(String),
    /// A field of a form.
    Field(String),
    /// A member of a JSON body, as a JSON pointer.
    Member(String),
    /// A header.
    Header(String),
}

/// What other recordings say of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variation {
    /// No other recording has it.
    Unknown,
    /// All have the same.
    Constant,
    /// They differ; the other values.
    Varies(Vec<String>),
}

/// The acts of other recordings beside those of the first.
#[derive(Debug, Default)]
pub struct OtherRecordings {
    /// For each act of the first recording the act of each other one that is the same.
    same: Vec<Vec<Recorded>>,
}

// === impl OtherRecordings ===

impl OtherRecordings {
    /// Puts the acts of recordings beside those of the first.
    pub fn new(first: &[Recorded], others: &[Vec<Recorded>]) -> OtherRecordings {
        let mut same: Vec<Vec<Recorded>> = vec![Vec::new(); first.len()];
        for other in others {
            for (here, there) in align_acts(first, other) {
                same[here].push(other[there].clone());
            }
        }
        OtherRecordings { same }
    }

    /// What the others say of a value of this act.
    pub fn of(&self, act: usize, place: &ValuePlace, value: &str) -> Variation {
        let acts = self.same.get(act).map_or(&[][..], Vec::as_slice);
        let mut others: Vec<String> = acts.iter().filter_map(|act| value_at(act, place)).collect();
        if others.is_empty() {
            return Variation::Unknown;
        }
        others.retain(|other| other != value);
        others.sort();
        others.dedup();
        if others.is_empty() { Variation::Constant } else { Variation::Varies(others) }
    }

    /// How many acts of the first recording others have.
    pub fn shared_acts(&self) -> usize {
        self.same.iter().filter(|acts| !acts.is_empty()).count()
    }
}

fn value_at(act: &Recorded, place: &ValuePlace) -> Option<String> {
    let entry = &act.entry;
    match place {
        ValuePlace::Path(nth) => entry.url.path().split('/').skip(1).nth(*nth).map(str::to_owned),
        ValuePlace::Query(key) => entry
            .url
            .query_pairs()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.into_owned()),
        ValuePlace::Field(name) => {
            entry.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        }
        ValuePlace::Member(pointer) => {
            let body: Value = serde_json::from_str(&entry.body).ok()?;
            match body.pointer(pointer)? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
            }
        }
        ValuePlace::Header(name) => {
            entry.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        }
    }
}

/// The longest common sequence of acts.
fn align_acts(a: &[Recorded], b: &[Recorded]) -> Vec<(usize, usize)> {
    let mut best = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let both = if alike(&a[i], &b[j]) { best[i + 1][j + 1] + 1 } else { 0 };
            best[i][j] = both.max(best[i + 1][j]).max(best[i][j + 1]);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if alike(&a[i], &b[j]) && best[i][j] == best[i + 1][j + 1] + 1 {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[i + 1][j] >= best[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Whether two acts are the same but for values: the method, the length of the path, and all parts that look like pages but one.
fn alike(a: &Recorded, b: &Recorded) -> bool {
    let parts = |act: &Recorded| -> Vec<String> {
        act.entry.url.path().split('/').map(str::to_owned).collect()
    };
    let (here, there) = (parts(a), parts(b));
    let differ = here
        .iter()
        .zip(&there)
        .filter(|(x, y)| x != y && !(looks_like_a_value(x) && looks_like_a_value(y)))
        .count();
    a.entry.method == b.entry.method
        && here.len() == there.len()
        && (differ == 0 || (differ == 1 && here.len() > 2 && here.get(1) == there.get(1)))
        && super::graphql::operation_of(&a.entry) == super::graphql::operation_of(&b.entry)
}

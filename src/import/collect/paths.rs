//! All paths of a log as a tree of their parts. It is bounded: a place with too many children gets one for all the others.

use std::borrow::Cow;
use std::collections::HashMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::import::privacy::{FewVisitors, Personal, personal};

/// A place in the tree.
pub type PathId = u32;

/// Stands for a part that is a person's own.
pub const REDACTED: &str = "{redacted}";
/// Stands for the parts beyond those that are told apart.
pub const OTHERS: &str = "{others}";

const MOST_CHILDREN: usize = 2_000;
const MOST_NODES: usize = 400_000;
const MOST_QUERY_KEYS: usize = 20;
/// A query key with more values has no fixed set of them.
pub const MOST_QUERY_VALUES: usize = 20;

/// The tree of all paths.
#[derive(Debug)]
pub struct Paths {
    nodes: Vec<PathNode>,
    /// Parts that were not kept because they are a person's own.
    pub redacted: u64,
    /// Those of them that may be card numbers.
    pub cards: u64,
}

/// A part of paths.
#[derive(Debug, Default)]
pub struct PathNode {
    /// The part.
    pub segment: Box<str>,
    /// What follows it.
    pub children: HashMap<Box<str>, PathId>,
    /// Requests that end here.
    pub visits: u64,
    /// Who came here or further.
    pub visitors: FewVisitors,
    /// Query keys with their values.
    pub queries: Vec<QueryKey>,
}

/// A key of queries at one path.
#[derive(Debug)]
pub struct QueryKey {
    /// The key.
    pub name: Box<str>,
    /// Requests with it.
    pub seen: u64,
    /// Its values, with how often and by whom each was asked for.
    pub values: Vec<(Box<str>, u64, FewVisitors)>,
    /// Whether there are more values than are kept.
    pub open: bool,
}

// === impl Paths ===

impl Paths {
    /// A tree with a root only.
    pub fn new() -> Paths {
        Paths { nodes: vec![PathNode::default()], redacted: 0, cards: 0 }
    }

    /// A place.
    pub fn node(&self, id: PathId) -> &PathNode {
        &self.nodes[id as usize]
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The place of a path, which a visitor asked for.
    pub fn place(&mut self, path: &str, query: &str, visitor: u64) -> PathId {
        let mut at = 0;
        for segment in path.split('/').filter(|part| !part.is_empty()) {
            let kept = match personal(segment) {
                None => encode(segment),
                Some(kind) => {
                    self.redacted += 1;
                    self.cards += u64::from(kind == Personal::Card);
                    Cow::Borrowed(REDACTED)
                }
            };
            at = self.child(at, &kept);
            self.nodes[at as usize].visitors.add(visitor);
        }
        let node = &mut self.nodes[at as usize];
        node.visits += 1;
        query.split('&').filter(|pair| !pair.is_empty()).for_each(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            note(&mut node.queries, &encode(name), &encode(value), visitor);
        });
        at
    }

    fn child(&mut self, parent: PathId, segment: &str) -> PathId {
        let node = &self.nodes[parent as usize];
        if let Some(child) = node.children.get(segment) {
            return *child;
        }
        let full = node.children.len() >= MOST_CHILDREN || self.nodes.len() >= MOST_NODES;
        let segment = if full { OTHERS } else { segment };
        if let Some(child) = node.children.get(segment) {
            return *child;
        }
        let id = self.nodes.len() as PathId;
        self.nodes.push(PathNode { segment: segment.into(), ..PathNode::default() });
        self.nodes[parent as usize].children.insert(segment.into(), id);
        id
    }
}

/// A part of an address as a browser sends it, where a log has its white space and controls as they are.
fn encode(segment: &str) -> Cow<'_, str> {
    const UNSENDABLE: &AsciiSet = &CONTROLS.add(b' ');
    utf8_percent_encode(segment, UNSENDABLE).into()
}

/// Counts a key and its value; a personal value counts as one that is not kept.
fn note(keys: &mut Vec<QueryKey>, name: &str, value: &str, visitor: u64) {
    let key = match keys.iter_mut().position(|key| *key.name == *name) {
        Some(place) => &mut keys[place],
        None if keys.len() < MOST_QUERY_KEYS && personal(name).is_none() => {
            keys.push(QueryKey { name: name.into(), seen: 0, values: Vec::new(), open: false });
            let last = keys.len() - 1;
            &mut keys[last]
        }
        None => return,
    };
    key.seen += 1;
    if let Some((_, times, visitors)) = key.values.iter_mut().find(|(known, ..)| **known == *value)
    {
        *times += 1;
        visitors.add(visitor);
    } else if key.values.len() < MOST_QUERY_VALUES && personal(value).is_none() {
        let mut visitors = FewVisitors::default();
        visitors.add(visitor);
        key.values.push((value.into(), 1, visitors));
    } else {
        key.open = true;
    }
}

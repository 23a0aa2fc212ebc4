//! A page's tree, as the HTML standard builds it.
//!
//! Which form a control belongs to depends on how the page was parsed, not only on what the tree looks like in the end:
//! a form that begins in a table ends at once, and yet owns the fields of the table. So this tree keeps what the parser says
//! of forms, which the ready-made trees drop.

mod parse;

use std::collections::{HashMap, HashSet};

use html5ever::tendril::StrTendril;
use html5ever::{Attribute, QualName, ns};

/// A node of a tree. Nodes are numbered in the order in which the parser made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(usize);

/// A page's tree.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The forms of controls, where the parser says them.
    owners: HashMap<NodeId, NodeId>,
    /// What templates hold, apart from the page.
    templates: HashMap<NodeId, NodeId>,
    /// Forms that Chromium closes although their own end tag is still to come: what follows stands behind them.
    left: HashSet<NodeId>,
    /// The one of them that was closed last.
    just_left: Option<NodeId>,
}

#[derive(Debug)]
pub(super) struct Node {
    content: NodeContent,
    parent: Option<NodeId>,
    previous: Option<NodeId>,
    next: Option<NodeId>,
    first: Option<NodeId>,
    last: Option<NodeId>,
}

#[derive(Debug)]
enum NodeContent {
    /// A document, or what a template holds.
    Root,
    Element(Element),
    Text(StrTendril),
    /// Comments and what else nobody sees.
    Unseen,
}

#[derive(Debug)]
struct Element {
    name: QualName,
    attributes: Vec<Attribute>,
}

const ROOT: NodeId = NodeId(0);

// === impl Tree ===

impl Tree {
    /// All nodes below the root, in the order of the page.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.below(ROOT)
    }

    /// All nodes below one, in the order of the page.
    pub(super) fn below(&self, top: NodeId) -> impl Iterator<Item = NodeId> {
        self.below_except(top, |_| false)
    }

    /// All nodes below one, without those below `closed` ones.
    pub(super) fn below_except(
        &self,
        top: NodeId,
        closed: impl Fn(NodeId) -> bool,
    ) -> impl Iterator<Item = NodeId> {
        let mut at = self[top].first;
        std::iter::from_fn(move || {
            let here = at?;
            let inside = self[here].first.filter(|_| !closed(here));
            at = inside.or_else(|| {
                let mut up = Some(here);
                loop {
                    let node = up.filter(|node| *node != top)?;
                    if let Some(next) = self[node].next {
                        return Some(next);
                    }
                    up = self[node].parent;
                }
            });
            Some(here)
        })
    }

    /// The nodes right below one.
    pub(super) fn children(&self, of: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self[of].first, |node| self[*node].next)
    }

    /// The node's parent, and so on.
    pub(super) fn ancestors(&self, of: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self[of].parent, |node| self[*node].parent)
    }

    /// The name of an HTML element; empty for any other node.
    pub(super) fn name(&self, of: NodeId) -> &str {
        match &self[of].content {
            NodeContent::Element(element) if element.name.ns == ns!(html) => &element.name.local,
            NodeContent::Element(_)
            | NodeContent::Root
            | NodeContent::Text(_)
            | NodeContent::Unseen => "",
        }
    }

    /// An attribute of an element.
    pub(super) fn attribute(&self, of: NodeId, name: &str) -> Option<&str> {
        let NodeContent::Element(element) = &self[of].content else { return None };
        let named =
            |attribute: &&Attribute| attribute.name.ns == ns!() && *attribute.name.local == *name;
        element.attributes.iter().find(named).map(|attribute| &*attribute.value)
    }

    /// Whether an element has an attribute.
    pub(super) fn has(&self, of: NodeId, name: &str) -> bool {
        self.attribute(of, name).is_some()
    }

    /// The text of a text node.
    pub(super) fn text(&self, of: NodeId) -> Option<&str> {
        match &self[of].content {
            NodeContent::Text(text) => Some(text),
            NodeContent::Root | NodeContent::Element(_) | NodeContent::Unseen => None,
        }
    }

    /// Whether the element is one whose text is code, as in HTML and as in SVG.
    pub(super) fn is_script(&self, of: NodeId) -> bool {
        matches!(&self[of].content, NodeContent::Element(element)
            if &*element.name.local == "script" && (element.name.ns == ns!(html) || element.name.ns == ns!(svg)))
    }

    /// The form that the parser gave a control to.
    pub(super) fn owner(&self, of: NodeId) -> Option<NodeId> {
        self.owners.get(&of).copied()
    }
}

impl std::ops::Index<NodeId> for Tree {
    type Output = Node;

    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }
}

//! Builds a page's tree as the parser of HTML says.

use std::borrow::Cow;
use std::cell::{Ref, RefCell};
use std::collections::{HashMap, HashSet};

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, parse_document};

use super::{Element, Node, NodeContent, NodeId, ROOT, Tree};

/// Builds a tree while the page is parsed.
struct Builder(RefCell<Tree>);

/// What the parser says of a form's end tag that comes while something in the form is open.
const UNCLOSED_IN_FORM: &str = "Bad open element on </form>";

// === impl Tree ===

impl Tree {
    /// The tree of a page, as a browser with scripts turned on has it.
    pub(in crate::shopper::request::form) fn parse(html: &str) -> Tree {
        let builder = Builder(RefCell::new(Tree::new()));
        parse_document(builder, ParseOpts::default()).one(html)
    }

    fn new() -> Tree {
        let mut tree = Tree {
            nodes: Vec::new(),
            owners: HashMap::new(),
            templates: HashMap::new(),
            left: HashSet::new(),
            just_left: None,
        };
        tree.add(NodeContent::Root);
        tree
    }

    fn add(&mut self, content: NodeContent) -> NodeId {
        self.nodes.push(Node {
            content,
            parent: None,
            previous: None,
            next: None,
            first: None,
            last: None,
        });
        NodeId(self.nodes.len() - 1)
    }

    fn node(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    /// Puts a node before another below its parent, or at the end.
    fn put(&mut self, child: NodeId, parent: NodeId, before: Option<NodeId>) {
        self.detach(child);
        let previous = match before {
            Some(next) => self[next].previous,
            None => self[parent].last,
        };
        let node = self.node(child);
        (node.parent, node.previous, node.next) = (Some(parent), previous, before);
        match previous {
            Some(previous) => self.node(previous).next = Some(child),
            None => self.node(parent).first = Some(child),
        }
        match before {
            Some(next) => self.node(next).previous = Some(child),
            None => self.node(parent).last = Some(child),
        }
    }

    /// Takes a node out. Controls in it forget a form that stays behind, as the standard's removing steps say.
    fn detach(&mut self, child: NodeId) {
        let node = self.node(child);
        let (Some(parent), previous, next) =
            (node.parent.take(), node.previous.take(), node.next.take())
        else {
            return;
        };
        match previous {
            Some(previous) => self.node(previous).next = next,
            None => self.node(parent).first = next,
        }
        match next {
            Some(next) => self.node(next).previous = previous,
            None => self.node(parent).last = previous,
        }
        if self.owners.is_empty() {
            return;
        }
        let inside: Vec<NodeId> = std::iter::once(child).chain(self.below(child)).collect();
        for node in &inside {
            if self.owners.get(node).is_some_and(|form| !inside.contains(form)) {
                self.owners.remove(node);
            }
        }
    }

    /// A form's end tag also ends a form that it stands right in, as Chromium has it. The standard does not say so.
    fn close(&mut self, node: NodeId) {
        let outer = self[node].parent.filter(|outer| self.name(*outer) == "form");
        self.just_left = outer.filter(|_| self.name(node) == "form");
        self.left.extend(self.just_left);
    }

    /// The form's end tag came while something in it was open: then it is the only one that ends.
    fn reopen(&mut self) {
        if let Some(outer) = self.just_left.take() {
            self.left.remove(&outer);
        }
    }

    fn put_new(&mut self, child: NodeOrText<NodeId>, parent: NodeId, before: Option<NodeId>) {
        let child = match child {
            NodeOrText::AppendNode(node) => node,
            NodeOrText::AppendText(text) => {
                let neighbour = match before {
                    Some(next) => self[next].previous,
                    None => self[parent].last,
                };
                if let Some(neighbour) = neighbour
                    && let NodeContent::Text(before) = &mut self.node(neighbour).content
                {
                    before.push_tendril(&text);
                    return;
                }
                self.add(NodeContent::Text(text))
            }
        };
        self.put(child, parent, before);
    }
}

// === impl Builder ===

impl TreeSink for Builder {
    type Handle = NodeId;
    type Output = Tree;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Tree {
        self.0.into_inner()
    }

    /// The parser does not tell otherwise whether a form's end tag comes while something in the form is open.
    fn parse_error(&self, error: Cow<'static, str>) {
        if error == UNCLOSED_IN_FORM {
            self.0.borrow_mut().reopen();
        }
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn get_document(&self) -> NodeId {
        ROOT
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        one == other
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        Ref::map(self.0.borrow(), |tree| match &tree[*target].content {
            NodeContent::Element(element) => &element.name,
            NodeContent::Root | NodeContent::Text(_) | NodeContent::Unseen => {
                unreachable!("the parser asks for the names of elements only")
            }
        })
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> NodeId {
        let mut tree = self.0.borrow_mut();
        let id = tree.add(NodeContent::Element(Element { name, attributes }));
        if flags.template {
            let inside = tree.add(NodeContent::Root);
            tree.templates.insert(id, inside);
        }
        id
    }

    fn create_comment(&self, _: StrTendril) -> NodeId {
        self.0.borrow_mut().add(NodeContent::Unseen)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        self.0.borrow_mut().add(NodeContent::Unseen)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        let mut tree = self.0.borrow_mut();
        let mut parent = *parent;
        while tree.left.contains(&parent)
            && let Some(outer) = tree[parent].parent
        {
            parent = outer;
        }
        tree.put_new(child, parent, None);
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        let mut tree = self.0.borrow_mut();
        if let Some(parent) = tree[*sibling].parent {
            tree.put_new(child, parent, Some(*sibling));
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &NodeId,
        previous: &NodeId,
        child: NodeOrText<NodeId>,
    ) {
        let has_parent = self.0.borrow()[*element].parent.is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn pop(&self, node: &NodeId) {
        self.0.borrow_mut().close(*node);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.0.borrow().templates[target]
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        let mut tree = self.0.borrow_mut();
        if let NodeContent::Element(element) = &mut tree.node(*target).content {
            for attribute in attributes {
                if element.attributes.iter().all(|known| known.name != attribute.name) {
                    element.attributes.push(attribute);
                }
            }
        }
    }

    fn associate_with_form(&self, target: &NodeId, form: &NodeId, _: (&NodeId, Option<&NodeId>)) {
        self.0.borrow_mut().owners.insert(*target, *form);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.0.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        let mut tree = self.0.borrow_mut();
        while let Some(child) = tree[*node].first {
            tree.put(child, *new_parent, None);
        }
    }
}

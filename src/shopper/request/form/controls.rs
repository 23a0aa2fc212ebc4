//! The forms of a page and their controls, as the page left them.

use std::collections::HashMap;

use super::choices::Choices;
use super::direction::direction;
use super::marked::mark_forms;
use super::tree::{NodeId, Tree};
use super::value::Typing;

/// The forms of a page.
#[derive(Debug, Default)]
pub(super) struct Forms {
    /// What the page's own addresses are relative to, if it says so.
    pub(super) base: Option<String>,
    /// The forms, in the order of the page.
    pub(super) forms: Vec<Form>,
}

/// A form, as the page has it.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) id: Option<String>,
    pub(super) action: Option<String>,
    pub(super) method: Option<String>,
    pub(super) enctype: Option<String>,
    pub(super) accept_charset: Option<String>,
    /// Whether the selector that was looked for matches it.
    pub(super) selected: bool,
    /// Its controls with a name, and its buttons, in the order of the page. Disabled ones are left out.
    pub(super) controls: Vec<Control>,
}

/// Something in a form that may have a value.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The field that says in which direction the text runs (`dirname`), and the direction.
    pub(super) direction: Option<(String, &'static str)>,
}

/// How a control has its value.
#[derive(Debug)]
pub(super) enum Kind {
    /// The shopper types it.
    Typed { value: String, typing: Typing },
    /// The page says it, and nobody sees it.
    Hidden { value: String },
    /// A box to check.
    Checkbox { value: String, checked: bool },
    /// One of the radio buttons of its name.
    Radio { value: String, checked: bool },
    /// A list to choose from.
    List(Choices),
    /// A button that submits.
    Button(Button),
    /// A file.
    File,
}

/// A button that submits.
#[derive(Debug)]
pub(super) struct Button {
    pub(super) value: String,
    /// Whether it is an image, which sends the place where it was clicked.
    pub(super) image: bool,
    pub(super) action: Option<String>,
    pub(super) method: Option<String>,
    pub(super) enctype: Option<String>,
}

/// Reads controls of a page.
struct ControlReader<'t> {
    tree: &'t Tree,
    /// The first element of each id.
    ids: HashMap<&'t str, NodeId>,
    /// The radio button that is checked, of each form and name: the one that was made last.
    checked: HashMap<(NodeId, &'t str), NodeId>,
}

// === impl Form ===

impl Form {
    /// Whether the form itself says that it is posted, whatever its button says.
    pub(super) fn posts(&self) -> bool {
        self.method.as_ref().is_some_and(|method| method.eq_ignore_ascii_case("post"))
    }
}

// === impl Control ===

impl Control {
    /// Whether this is the control of that name and, where one is asked for, value.
    pub(super) fn is(&self, name: &str, value: Option<&str>) -> bool {
        let has = |wanted: &str| match &self.kind {
            Kind::Typed { value, .. }
            | Kind::Hidden { value }
            | Kind::Checkbox { value, .. }
            | Kind::Radio { value, .. } => value == wanted,
            Kind::Button(button) => button.value == wanted,
            Kind::List(choices) => choices.offer(wanted),
            Kind::File => wanted.is_empty(),
        };
        self.name == name && value.is_none_or(has)
    }
}

/// Reads the forms; `css` marks those that it matches.
pub(super) fn forms(html: &str, css: Option<&str>) -> Forms {
    let html = mark_forms(html, css);
    let tree = &Tree::parse(&html.page);
    let mut reader = ControlReader { tree, ids: HashMap::new(), checked: HashMap::new() };
    let mut read = Forms::default();
    let mut places = HashMap::new();
    for node in tree.nodes() {
        if let Some(id) = tree.attribute(node, "id") {
            reader.ids.entry(id).or_insert(node);
        }
        match tree.name(node) {
            "base" if read.base.is_none() => {
                read.base = tree.attribute(node, "href").map(str::to_owned);
            }
            "form" => {
                places.insert(node, read.forms.len());
                read.forms.push(form(tree, node, html.mark.as_deref()));
            }
            _ => {}
        }
    }
    reader.find_checked();
    for node in tree.nodes() {
        let form = reader.owner(node).and_then(|form| places.get(&form));
        if let Some(form) = form
            && let Some(control) = reader.control(node)
        {
            read.forms[*form].controls.push(control);
        }
    }
    read
}

fn form(tree: &Tree, node: NodeId, mark: Option<&str>) -> Form {
    let attribute = |name| tree.attribute(node, name).map(str::to_owned);
    Form {
        id: attribute("id"),
        action: attribute("action"),
        method: attribute("method"),
        enctype: attribute("enctype"),
        accept_charset: attribute("accept-charset"),
        selected: mark.is_some_and(|mark| tree.has(node, mark)),
        controls: Vec::new(),
    }
}

// === impl ControlReader ===

impl<'t> ControlReader<'t> {
    /// The form of a control (WHATWG HTML, 4.10.17.3).
    fn owner(&self, node: NodeId) -> Option<NodeId> {
        if !matches!(self.tree.name(node), "input" | "button" | "select" | "textarea") {
            return None;
        }
        let is_form = |node: &NodeId| self.tree.name(*node) == "form";
        match self.tree.attribute(node, "form") {
            Some(id) => self.ids.get(id).copied().filter(is_form),
            None => self.tree.owner(node).or_else(|| self.tree.ancestors(node).find(is_form)),
        }
    }

    fn input_type(&self, node: NodeId) -> String {
        self.tree.attribute(node, "type").unwrap_or_default().to_ascii_lowercase()
    }

    /// Of the radio buttons of one name and form, the last one that the page checks stays so.
    fn find_checked(&mut self) {
        for node in self.tree.nodes() {
            let name = self.tree.attribute(node, "name").unwrap_or_default();
            if self.tree.name(node) == "input"
                && self.tree.has(node, "checked")
                && self.input_type(node) == "radio"
                && let Some(form) = self.owner(node)
            {
                let last = self.checked.entry((form, name)).or_insert(node);
                *last = node.max(*last);
            }
        }
    }

    /// Whether it is disabled, by itself or by a fieldset around it (WHATWG HTML, 4.10.18.5).
    fn is_disabled(&self, node: NodeId) -> bool {
        let mut inner = node;
        let by_fieldset = |outer: NodeId| {
            let from = std::mem::replace(&mut inner, outer);
            let legend =
                || self.tree.children(outer).find(|node| self.tree.name(*node) == "legend");
            self.tree.name(outer) == "fieldset"
                && self.tree.has(outer, "disabled")
                && legend() != Some(from)
        };
        self.tree.has(node, "disabled") || self.tree.ancestors(node).any(by_fieldset)
    }

    /// The control at a node, if it can have a part in what is sent.
    fn control(&self, node: NodeId) -> Option<Control> {
        let attribute = |name| self.tree.attribute(node, name).map(str::to_owned);
        if self.is_disabled(node) {
            return None;
        }
        let kind = match self.tree.name(node) {
            "input" => self.input(node)?,
            "button" => match self.input_type(node).as_str() {
                "button" | "reset" => return None,
                _ if self.opens_list(node) => return None,
                _ => Kind::Button(self.button(node, String::new(), false)),
            },
            "select" => Kind::List(Choices::of(self.tree, node)),
            "textarea" => {
                let text: String =
                    self.tree.children(node).filter_map(|child| self.tree.text(child)).collect();
                Kind::Typed { value: Typing::Lines.clean(&text), typing: Typing::Lines }
            }
            _ => return None,
        };
        let name = attribute("name").unwrap_or_default();
        if name.is_empty() && !matches!(kind, Kind::Button(_)) {
            return None;
        }
        let direction = attribute("dirname").filter(|_| !name.is_empty()).and_then(|field| {
            Some((field, direction(self.tree, node, self.directed_text(node, &kind)?)))
        });
        Some(Control { name, kind, direction })
    }

    /// The text whose direction a field sends along; none where fields of its kind don't.
    fn directed_text<'k>(&self, node: NodeId, kind: &'k Kind) -> Option<&'k str> {
        match kind {
            Kind::Typed { value, typing } if typing.is_text() => Some(value),
            Kind::Hidden { value } => Some(value),
            Kind::Button(button) if self.tree.name(node) == "input" && !button.image => {
                Some(&button.value)
            }
            Kind::Typed { .. }
            | Kind::Button(_)
            | Kind::Checkbox { .. }
            | Kind::Radio { .. }
            | Kind::List(_)
            | Kind::File => None,
        }
    }

    /// Whether the button is what a list shows when it is closed: pressed, it opens the list.
    fn opens_list(&self, node: NodeId) -> bool {
        let mut parents = self.tree.ancestors(node);
        parents.next().is_some_and(|list| {
            let first = self.tree.children(list).find(|child| !self.tree.name(*child).is_empty());
            self.tree.name(list) == "select" && first == Some(node)
        })
    }

    fn input(&self, node: NodeId) -> Option<Kind> {
        let value = self.tree.attribute(node, "value");
        let checked = self.tree.has(node, "checked");
        let or_on = || value.unwrap_or("on").to_owned();
        let or_empty = || value.unwrap_or_default().to_owned();
        Some(match self.input_type(node).as_str() {
            "button" | "reset" => return None,
            "hidden" => Kind::Hidden { value: or_empty() },
            "checkbox" => Kind::Checkbox { value: or_on(), checked },
            "radio" => Kind::Radio { value: or_on(), checked: checked && self.stays_checked(node) },
            "file" => Kind::File,
            // What Chromium writes on such a button, and sends.
            "submit" => Kind::Button(self.button(node, "Submit".to_owned(), false)),
            "image" => Kind::Button(self.button(node, String::new(), true)),
            named => {
                let typing = Typing::of(named, |name| self.tree.attribute(node, name));
                Kind::Typed { value: typing.clean(value.unwrap_or_default()), typing }
            }
        })
    }

    fn stays_checked(&self, node: NodeId) -> bool {
        let name = self.tree.attribute(node, "name").unwrap_or_default();
        self.owner(node).and_then(|form| self.checked.get(&(form, name))) == Some(&node)
    }

    fn button(&self, node: NodeId, unnamed: String, image: bool) -> Button {
        let attribute = |name| self.tree.attribute(node, name).map(str::to_owned);
        Button {
            value: attribute("value").unwrap_or(unnamed),
            image,
            action: attribute("formaction"),
            method: attribute("formmethod"),
            enctype: attribute("formenctype"),
        }
    }
}

//! The forms of a page, read as it streams by.
//!
//! A full parse would cost as much as dozens of requests. The tests hold this reader to a full parser's opinion
//! where shops are known to be careless. The two part where a form is cut off by the end of what it stands in:
//! a parser then takes the next form for a part of it, and this reader for a form of its own.

use std::cell::RefCell;
use std::rc::Rc;

use lol_html::html_content::Element;
use lol_html::{HtmlRewriter, Settings, element, end_tag, text};

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
    pub(super) encoding: Option<String>,
    /// Whether the selector that was looked for matches it.
    pub(super) selected: bool,
    /// Its controls with a name, and its buttons, in the order of the page. Disabled ones are left out.
    pub(super) controls: Vec<Control>,
    /// Where its tag begins.
    place: usize,
}

/// Something in a form that may have a value.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) kind: Kind,
    /// Whether the value is text of the page, still to be decoded.
    raw: bool,
    /// What a button says instead of its form: formaction, formmethod, formenctype.
    overrides: Vec<(&'static str, String)>,
}

/// How a control has its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is typed, or hidden.
    Typed,
    /// A box to check.
    Box { checked: bool },
    /// One of the radio buttons of its name.
    Radio { checked: bool },
    /// An option of the page's n-th list, of which one is always chosen, or any number.
    Option { list: usize, one: bool, selected: bool },
    /// A button that submits.
    Button,
    /// A file.
    File,
}

/// What is being read.
#[derive(Default)]
struct Reader {
    base: Option<String>,
    forms: Vec<Form>,
    /// Controls with their owners: the place of the form that they stand in, or the id of the form they name.
    controls: Vec<(Owner, Control)>,
    current: Option<usize>,
    /// Fieldsets that are open, and how many of them are disabled.
    disabled: usize,
    lists: usize,
    list: Option<List>,
    /// Whether the text that follows is the last control's value.
    in_value: bool,
}

enum Owner {
    Form(usize),
    Id(String),
    Nobody,
}

struct List {
    name: Option<String>,
    owner_id: Option<String>,
    disabled: bool,
    one: bool,
}

// === impl Control ===

impl Control {
    /// Page text as the value that it means.
    fn decode(&mut self) {
        if !self.raw {
            return;
        }
        let text = html_escape::decode_html_entities(&self.value);
        self.value = match self.kind {
            Kind::Option { .. } => text.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
            _ => text
                .strip_prefix("\r\n")
                .or_else(|| text.strip_prefix('\n'))
                .unwrap_or(&text)
                .to_owned(),
        };
    }

    /// What the button says in place of the form.
    pub(super) fn says(&self, name: &str) -> Option<&str> {
        self.overrides.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the forms; `css` marks those that it matches.
pub(super) fn forms(html: &[u8], css: Option<&str>) -> Forms {
    let reader = Rc::new(RefCell::new(Reader::default()));
    let mut selected: Vec<usize> = Vec::new();
    let on = |handle: fn(&mut Reader, &mut Element<'_, '_>)| {
        let reader = Rc::clone(&reader);
        move |element: &mut Element<'_, '_>| {
            handle(&mut reader.borrow_mut(), element);
            Ok(())
        }
    };
    let closing = |handle: fn(&mut Reader, &mut Element<'_, '_>), end: fn(&mut Reader)| {
        let reader = Rc::clone(&reader);
        move |element: &mut Element<'_, '_>| {
            handle(&mut reader.borrow_mut(), element);
            let reader = Rc::clone(&reader);
            // An element without an end tag has nothing to end.
            let _ = element.on_end_tag(end_tag!(move |_| {
                end(&mut reader.borrow_mut());
                Ok(())
            }));
            Ok(())
        }
    };
    let mut settings = Settings::new()
        .append_element_content_handler(element!("base[href]", on(Reader::base)))
        .append_element_content_handler(element!(
            "form",
            closing(Reader::form, |reader| reader.current = None)
        ))
        .append_element_content_handler(element!("form form", on(Reader::inner_form)))
        .append_element_content_handler(element!(
            "fieldset[disabled]",
            closing(|reader, _| reader.disabled += 1, |reader| reader.disabled -= 1)
        ))
        .append_element_content_handler(element!("input", on(Reader::input)))
        .append_element_content_handler(element!("button", on(Reader::button)))
        .append_element_content_handler(element!(
            "textarea",
            closing(Reader::textarea, |reader| reader.in_value = false)
        ))
        .append_element_content_handler(element!(
            "select",
            closing(Reader::select, Reader::end_of_list)
        ))
        .append_element_content_handler(element!("select option", on(Reader::option)));
    for holder in ["textarea", "select option"] {
        let reader = Rc::clone(&reader);
        settings = settings.append_element_content_handler(text!(holder, move |chunk| {
            reader.borrow_mut().text(chunk.as_str());
            Ok(())
        }));
    }
    if let Some(css) = css {
        settings = settings.append_element_content_handler(element!(css, |element| {
            selected.push(element.source_location().bytes().start);
            Ok(())
        }));
    }
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    if rewriter.write(html).is_ok() {
        // A page that is cut short has the forms that it has.
        drop(rewriter.end());
    } else {
        drop(rewriter);
    }
    let mut forms = reader.take().finish();
    forms.forms.iter_mut().for_each(|form| form.selected = selected.contains(&form.place));
    forms
}

// === impl Reader ===

impl Reader {
    fn base(&mut self, element: &mut Element<'_, '_>) {
        let base = attribute(element, "href");
        self.base = self.base.take().or(base);
    }

    fn form(&mut self, element: &mut Element<'_, '_>) {
        self.forms.push(Form {
            id: attribute(element, "id"),
            action: attribute(element, "action"),
            method: attribute(element, "method"),
            encoding: attribute(element, "enctype"),
            place: element.source_location().bytes().start,
            ..Form::default()
        });
        self.current = Some(self.forms.len() - 1);
    }

    /// A form inside a form is none: a parser leaves its tag out.
    fn inner_form(&mut self, _: &mut Element<'_, '_>) {
        if self.current.is_some() && self.forms.len() > 1 {
            self.forms.pop();
            self.current = Some(self.forms.len() - 1);
        }
    }

    fn input(&mut self, element: &mut Element<'_, '_>) {
        let kind = attribute(element, "type").unwrap_or_default().to_ascii_lowercase();
        let checked = element.has_attribute("checked");
        let kind = match kind.as_str() {
            "checkbox" => Kind::Box { checked },
            "radio" => Kind::Radio { checked },
            "file" => Kind::File,
            "submit" | "image" => Kind::Button,
            "button" | "reset" => return,
            _ => Kind::Typed,
        };
        let unsaid = if matches!(kind, Kind::Box { .. } | Kind::Radio { .. }) { "on" } else { "" };
        let value = attribute(element, "value").unwrap_or_else(|| unsaid.to_owned());
        self.control(element, kind, value);
    }

    fn button(&mut self, element: &mut Element<'_, '_>) {
        let kind = attribute(element, "type").unwrap_or_default().to_ascii_lowercase();
        if !matches!(kind.as_str(), "button" | "reset") {
            let value = attribute(element, "value").unwrap_or_default();
            self.control(element, Kind::Button, value);
        }
    }

    fn textarea(&mut self, element: &mut Element<'_, '_>) {
        self.in_value = self.control(element, Kind::Typed, String::new());
        if let (true, Some((_, control))) = (self.in_value, self.controls.last_mut()) {
            control.raw = true;
        }
    }

    fn select(&mut self, element: &mut Element<'_, '_>) {
        self.lists += 1;
        let disabled = self.disabled > 0 || element.has_attribute("disabled");
        let one = !element.has_attribute("multiple");
        self.list = Some(List {
            name: attribute(element, "name"),
            owner_id: attribute(element, "form"),
            disabled,
            one,
        });
    }

    fn end_of_list(&mut self) {
        self.list = None;
        self.in_value = false;
    }

    fn option(&mut self, element: &mut Element<'_, '_>) {
        self.in_value = false;
        let Some(List { name: Some(name), owner_id, disabled: false, one }) = &self.list else {
            return;
        };
        if element.has_attribute("disabled") {
            return;
        }
        let kind = Kind::Option {
            list: self.lists,
            one: *one,
            selected: element.has_attribute("selected"),
        };
        let value = attribute(element, "value");
        let (name, raw, owner) = (name.clone(), value.is_none(), self.owner(owner_id.clone()));
        let control =
            Control { name, value: value.unwrap_or_default(), kind, raw, overrides: Vec::new() };
        self.in_value = raw;
        self.controls.push((owner, control));
    }

    /// The text of a control that has its value there.
    fn text(&mut self, text: &str) {
        if let (true, Some((_, control))) = (self.in_value, self.controls.last_mut()) {
            control.value.push_str(text);
        }
    }

    fn owner(&self, id: Option<String>) -> Owner {
        match (id, self.current) {
            (Some(id), _) => Owner::Id(id),
            (None, Some(form)) => Owner::Form(form),
            (None, None) => Owner::Nobody,
        }
    }

    /// Whether the control counts: it may be disabled, or have no name to be sent by.
    fn control(&mut self, element: &mut Element<'_, '_>, kind: Kind, value: String) -> bool {
        let name = attribute(element, "name").unwrap_or_default();
        if self.disabled > 0
            || element.has_attribute("disabled")
            || (name.is_empty() && kind != Kind::Button)
        {
            return false;
        }
        let mut overrides = Vec::new();
        if kind == Kind::Button {
            for name in ["formaction", "formmethod", "formenctype"] {
                overrides.extend(attribute(element, name).map(|value| (name, value)));
            }
        }
        let owner = self.owner(attribute(element, "form"));
        self.controls.push((owner, Control { name, value, kind, raw: false, overrides }));
        true
    }

    fn finish(mut self) -> Forms {
        let mut controls = Vec::with_capacity(self.controls.len());
        for (owner, mut control) in self.controls {
            let form = match owner {
                Owner::Form(form) => Some(form),
                Owner::Id(id) => {
                    self.forms.iter().position(|form| form.id.as_deref() == Some(&*id))
                }
                Owner::Nobody => None,
            };
            if let Some(form) = form {
                control.decode();
                controls.push((form, control));
            }
        }
        for (form, control) in controls {
            self.forms[form].controls.push(control);
        }
        self.forms.iter_mut().for_each(|form| choose_firsts(&mut form.controls));
        Forms { base: self.base, forms: self.forms }
    }
}

/// Of a list of which one is chosen, the last marked one is; the first where none is marked.
fn choose_firsts(controls: &mut [Control]) {
    let mut at = 0;
    while at < controls.len() {
        let Kind::Option { list, one, .. } = controls[at].kind else {
            at += 1;
            continue;
        };
        let of_list = |control: &Control| matches!(control.kind, Kind::Option { list: its, .. } if its == list);
        let end = at + controls[at..].iter().take_while(|control| of_list(control)).count();
        if one {
            let marked =
                |control: &Control| matches!(control.kind, Kind::Option { selected: true, .. });
            let chosen = controls[at..end].iter().rposition(marked).unwrap_or(0);
            for (place, control) in controls[at..end].iter_mut().enumerate() {
                control.kind = Kind::Option { list, one, selected: place == chosen };
            }
        }
        at = end;
    }
}

/// An attribute, decoded.
fn attribute(element: &Element<'_, '_>, name: &str) -> Option<String> {
    element.get_attribute(name).map(|value| html_escape::decode_html_entities(&value).into_owned())
}

//! What a form sends: the page's own values, under what the shopper fills in.

use super::read::{Control, Form, Kind};
use super::select::has;
use super::submit::SubmitError;
use crate::plan::{RenderError, Scope, Submit, Template, Templates};
use crate::shopper::request::build::FillError;

/// What a form sends.
#[derive(Debug)]
pub(super) struct Filled<'f> {
    /// Names and values, in the order of the form.
    pub(super) pairs: Vec<(String, String)>,
    /// What the scenario says of it.
    pub(super) meant: Vec<(String, String)>,
    /// The button that was pressed; none where the form has none.
    pub(super) button: Option<&'f Control>,
}

/// A field that is filled in, and which of its values have found their place.
struct Entry {
    name: String,
    values: Vec<(String, bool)>,
}

/// Fills the form. Its path is for who reads what went wrong.
pub(super) fn fill<'f>(
    form: &'f Form,
    page: &str,
    wanted: &Submit,
    templates: &Templates,
    scope: &dyn Scope,
) -> Result<Filled<'f>, SubmitError> {
    let unfilled = |error: RenderError| SubmitError::Fill(FillError::Render(error));
    let render =
        |template: &Template| template.render(templates, scope).map(String::from).map_err(unfilled);
    let mut entries = Vec::with_capacity(wanted.fields.len());
    for (name, values) in &wanted.fields {
        let values = values
            .iter()
            .map(|value| Ok((render(value)?, false)))
            .collect::<Result<_, SubmitError>>()?;
        entries.push(Entry { name: render(name)?, values });
    }
    let button = pressed(form, page, wanted, &render)?;
    let mut pairs = Vec::with_capacity(form.controls.len() + wanted.extra.len());
    for control in &form.controls {
        if control.kind == Kind::File {
            return Err(SubmitError::File { name: control.name.clone(), page: page.to_owned() });
        }
        let value = match entries.iter_mut().find(|entry| entry.name == control.name) {
            _ if control.kind == Kind::Button => {
                button.filter(|pressed| std::ptr::eq(*pressed, control)).map(|_| &*control.value)
            }
            Some(entry) => entry.value_of(control),
            None => own_value(control),
        };
        if let (Some(value), false) = (value, control.name.is_empty()) {
            pairs.push((lines(&control.name), lines(value)));
        }
    }
    let mut meant: Vec<(String, String)> = Vec::with_capacity(entries.len() + wanted.extra.len());
    for entry in entries {
        entry.check(form, page)?;
        meant.extend(entry.values.into_iter().map(|(value, _)| (entry.name.clone(), value)));
    }
    for (name, value) in &wanted.extra {
        let pair = (render(name)?, render(value)?);
        pairs.push((lines(&pair.0), lines(&pair.1)));
        meant.push(pair);
    }
    Ok(Filled { pairs, meant, button })
}

/// The button of that name, or the form's first, as Enter in a field presses it.
fn pressed<'f>(
    form: &'f Form,
    page: &str,
    wanted: &Submit,
    render: &dyn Fn(&Template) -> Result<String, SubmitError>,
) -> Result<Option<&'f Control>, SubmitError> {
    let mut buttons = form.controls.iter().filter(|control| control.kind == Kind::Button);
    let Some(wanted) = &wanted.button else { return Ok(buttons.next()) };
    let value = wanted.value.as_ref().map(render).transpose()?;
    let found = buttons.find(|button| has(button, &wanted.name, value.as_deref()));
    found.map(Some).ok_or_else(|| no_field(&wanted.name, form, page))
}

/// What a control sends that nobody touched.
fn own_value(control: &Control) -> Option<&str> {
    let sent = match control.kind {
        Kind::Typed => true,
        Kind::Box { checked } | Kind::Radio { checked } => checked,
        Kind::Option { selected, .. } => selected,
        Kind::Button | Kind::File => false,
    };
    sent.then_some(&control.value)
}

fn no_field(name: &str, form: &Form, page: &str) -> SubmitError {
    let mut fields: Vec<&str> = form
        .controls
        .iter()
        .map(|control| control.name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    fields.dedup();
    let fields = if fields.is_empty() { "none".to_owned() } else { fields.join(", ") };
    SubmitError::NoField { name: name.to_owned(), page: page.to_owned(), fields }
}

// === impl Entry ===

impl Entry {
    /// What the control sends of what was filled in.
    fn value_of<'a>(&'a mut self, control: &'a Control) -> Option<&'a str> {
        match control.kind {
            // Fields of one name take the values in their order; those beyond keep their own.
            Kind::Typed => match self.values.iter_mut().find(|(_, used)| !used) {
                Some((value, used)) => {
                    *used = true;
                    Some(value)
                }
                None => Some(&control.value),
            },
            _ => {
                let is_box = matches!(control.kind, Kind::Box { .. });
                let chosen = self
                    .values
                    .iter_mut()
                    .find(|(value, _)| *value == control.value || (is_box && value == "true"));
                if let Some((_, used)) = chosen {
                    *used = true;
                    return Some(&control.value);
                }
                if is_box {
                    self.values
                        .iter_mut()
                        .filter(|(value, _)| value == "false")
                        .for_each(|(_, used)| *used = true);
                }
                None
            }
        }
    }

    /// What was filled in has found its place.
    fn check(&self, form: &Form, page: &str) -> Result<(), SubmitError> {
        let known = |control: &Control| control.name == self.name && control.kind != Kind::Button;
        match self.values.iter().find(|(_, used)| !used) {
            Some(_) if !form.controls.iter().any(known) => Err(no_field(&self.name, form, page)),
            Some((value, _)) => Err(SubmitError::NoChoice {
                name: self.name.clone(),
                value: value.clone(),
                page: page.to_owned(),
            }),
            None => Ok(()),
        }
    }
}

/// Line breaks as forms send them (WHATWG HTML, 4.10.21.4): each a carriage return and a line feed.
fn lines(text: &str) -> String {
    if text.contains(['\r', '\n']) {
        text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
    } else {
        text.to_owned()
    }
}

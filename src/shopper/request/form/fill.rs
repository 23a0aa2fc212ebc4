//! What a form sends: the page's own values, under what the shopper fills in.

use super::controls::{Button, Control, Form, Kind};
use super::error::SubmitError;
use crate::plan::{RenderError, Submit, Template, TemplateScope, Templates};
use crate::shopper::request::build::FillError;

/// What a form sends.
#[derive(Debug)]
pub(super) struct Filled<'f> {
    /// What is sent, in the order of the form.
    pub(super) entries: Vec<Entry>,
    /// What the scenario says of it.
    pub(super) meant: Vec<(String, String)>,
    /// The button that was pressed; none where the form has none.
    pub(super) button: Option<&'f Button>,
}

/// A pair of what is sent.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: Sent,
}

/// The value of a pair.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Text(String),
    /// The name of the encoding that the form is sent in.
    Encoding,
    /// A file that nobody chose.
    NoFile,
}

/// A field that is filled in, and which of its values have found their place.
struct Wish {
    name: String,
    values: Vec<(String, bool)>,
}

/// Fills the form. The page's path is for who reads what went wrong.
pub(super) fn fill<'f>(
    form: &'f Form,
    page: &str,
    wanted: &Submit,
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<Filled<'f>, SubmitError> {
    let unfilled = |error: RenderError| SubmitError::Fill(FillError::Render(error));
    let render =
        |template: &Template| template.render(templates, scope).map(String::from).map_err(unfilled);
    let mut wishes = Vec::with_capacity(wanted.fields.len());
    for (name, values) in &wanted.fields {
        let values = values
            .iter()
            .map(|value| Ok((render(value)?, false)))
            .collect::<Result<_, SubmitError>>()?;
        wishes.push(Wish { name: render(name)?, values });
    }
    let pressed = find_button(form, page, wanted, &render)?;
    let mut entries = Vec::with_capacity(form.controls.len() + wanted.extra.len());
    for control in &form.controls {
        if let Kind::Button(button) = &control.kind {
            // Chromium sends the direction of buttons that were not pressed as well.
            entries.extend(direction_of(control));
            if pressed.is_some_and(|pressed| std::ptr::eq(pressed, button)) {
                press(control, button, &mut entries);
            }
            continue;
        }
        let wish = wishes.iter_mut().find(|wish| wish.name == control.name);
        if wish.is_some() && matches!(control.kind, Kind::File) {
            return Err(SubmitError::File { name: control.name.clone(), page: page.to_owned() });
        }
        let wish = wish.filter(|_| !form.leaves_alone(control));
        let values = match wish {
            Some(wish) => wish.values_of(control),
            None => own_values(control),
        };
        let named = |value| Entry { name: control.name.clone(), value };
        entries.extend(values.into_iter().map(named));
        entries.extend(direction_of(control));
    }
    let mut meant: Vec<(String, String)> = Vec::with_capacity(wishes.len() + wanted.extra.len());
    for mut wish in wishes {
        wish.check(form, page)?;
        meant.extend(wish.values.into_iter().map(|(value, _)| (wish.name.clone(), value)));
    }
    for (name, value) in &wanted.extra {
        let (name, value) = (render(name)?, render(value)?);
        entries.push(Entry { name: name.clone(), value: Sent::Text(value.clone()) });
        meant.push((name, value));
    }
    Ok(Filled { entries, meant, button: pressed })
}

/// The button of that name, or the form's first that can be pressed.
fn find_button<'f>(
    form: &'f Form,
    page: &str,
    wanted: &Submit,
    render: &dyn Fn(&Template) -> Result<String, SubmitError>,
) -> Result<Option<&'f Button>, SubmitError> {
    let mut buttons = form.controls.iter().filter_map(|control| match &control.kind {
        Kind::Button(button) => Some((control, button)),
        Kind::Typed { .. }
        | Kind::Hidden { .. }
        | Kind::Checkbox { .. }
        | Kind::Radio { .. }
        | Kind::List(_)
        | Kind::File => None,
    });
    let Some(wanted) = &wanted.button else { return Ok(buttons.next().map(|(_, button)| button)) };
    let value = wanted.value.as_ref().map(render).transpose()?;
    let found = buttons.find(|(control, _)| control.is(&wanted.name, value.as_deref()));
    found.map(|(_, button)| Some(button)).ok_or_else(|| no_field(&wanted.name, form, page))
}

/// What the pressed button adds. An image is clicked at its corner, as a keyboard and a script do.
fn press(control: &Control, button: &Button, entries: &mut Vec<Entry>) {
    let sent = |name: String, value: &str| Entry { name, value: Sent::Text(value.to_owned()) };
    if button.image {
        let prefix =
            if control.name.is_empty() { String::new() } else { format!("{}.", control.name) };
        entries.extend(["x", "y"].map(|axis| sent(format!("{prefix}{axis}"), "0")));
        return;
    }
    if !control.name.is_empty() {
        entries.push(sent(control.name.clone(), &button.value));
    }
}

fn direction_of(control: &Control) -> Option<Entry> {
    let (name, direction) = control.direction.as_ref()?;
    Some(Entry { name: name.clone(), value: Sent::Text((*direction).to_owned()) })
}

/// What a control sends that nobody touched.
fn own_values(control: &Control) -> Vec<Sent> {
    let text = |value: &String| vec![Sent::Text(value.clone())];
    match &control.kind {
        Kind::Typed { value, .. } => text(value),
        Kind::Hidden { .. } if control.name.eq_ignore_ascii_case("_charset_") => {
            vec![Sent::Encoding]
        }
        Kind::Hidden { value } => text(value),
        Kind::Checkbox { value, checked } | Kind::Radio { value, checked } if *checked => {
            text(value)
        }
        Kind::List(choices) => {
            let sent = choices.options.iter().filter(|option| option.chosen && !option.disabled);
            sent.map(|option| Sent::Text(option.value.clone())).collect()
        }
        Kind::File => vec![Sent::NoFile],
        Kind::Checkbox { .. } | Kind::Radio { .. } | Kind::Button(_) => Vec::new(),
    }
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

// === impl Form ===

impl Form {
    /// Whether a hidden field keeps its own value because shoppers fill in another field of its name: the hidden one says
    /// what a box sends that is not checked.
    fn leaves_alone(&self, control: &Control) -> bool {
        let seen = |other: &Control| {
            other.name == control.name
                && !matches!(other.kind, Kind::Hidden { .. } | Kind::Button(_))
        };
        matches!(control.kind, Kind::Hidden { .. }) && self.controls.iter().any(seen)
    }
}

// === impl Wish ===

impl Wish {
    /// What the control sends of what was filled in.
    fn values_of(&mut self, control: &Control) -> Vec<Sent> {
        match &control.kind {
            // Fields of one name take the values in their order; those beyond keep their own.
            Kind::Typed { value, typing } => {
                let filled = self.next_unused().map(|value| typing.fill(&value));
                vec![Sent::Text(filled.unwrap_or_else(|| value.clone()))]
            }
            Kind::Hidden { .. } => match self.next_unused() {
                Some(value) => vec![Sent::Text(value)],
                None => own_values(control),
            },
            Kind::Checkbox { value, .. } => {
                let checked = self.take(value, true) || self.take("true", false);
                if !checked {
                    self.take("false", false);
                }
                checked.then(|| Sent::Text(value.clone())).into_iter().collect()
            }
            Kind::Radio { value, .. } => {
                let chosen = self.values.iter().all(|(_, used)| !used) && self.take(value, false);
                chosen.then(|| Sent::Text(value.clone())).into_iter().collect()
            }
            Kind::List(choices) => {
                let most = if choices.several { usize::MAX } else { 1 };
                let mut chosen: Vec<usize> = Vec::new();
                for (value, used) in &mut self.values {
                    if let Some(place) =
                        choices.find(value).filter(|_| !*used && chosen.len() < most)
                    {
                        *used = true;
                        chosen.push(place);
                    }
                }
                chosen.sort_unstable();
                chosen.dedup();
                chosen
                    .iter()
                    .map(|place| Sent::Text(choices.options[*place].value.clone()))
                    .collect()
            }
            Kind::Button(_) | Kind::File => Vec::new(),
        }
    }

    fn next_unused(&mut self) -> Option<String> {
        let (value, used) = self.values.iter_mut().find(|(_, used)| !used)?;
        *used = true;
        Some(value.clone())
    }

    /// Whether this value is among those filled in; an unused one first, a used one only where `again`.
    fn take(&mut self, wanted: &str, again: bool) -> bool {
        let of = |(value, _): &(String, bool)| value == wanted;
        let unused = self.values.iter().position(|pair| of(pair) && !pair.1);
        let place = unused
            .or_else(|| self.values.iter().position(of).filter(|_| again || wanted == "true"));
        if let Some(place) = place {
            self.values[place].1 = true;
        }
        place.is_some()
    }

    /// What was filled in has found its place. What a hidden field says of an unchecked box has one already.
    fn check(&mut self, form: &Form, page: &str) -> Result<(), SubmitError> {
        let named = || form.controls.iter().filter(|control| control.name == self.name);
        let hidden = |wanted: &str| {
            named()
                .any(|control| matches!(&control.kind, Kind::Hidden { value } if value == wanted))
        };
        match self.values.iter().find(|(value, used)| !used && !hidden(value)) {
            Some(_) if named().all(|control| matches!(control.kind, Kind::Button(_))) => {
                Err(no_field(&self.name, form, page))
            }
            Some((value, _)) => Err(SubmitError::NoChoice {
                name: self.name.clone(),
                value: value.clone(),
                page: page.to_owned(),
            }),
            None => Ok(()),
        }
    }
}

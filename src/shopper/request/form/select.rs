//! Which form of a page is meant.

use super::controls::{Control, Form};
use super::error::SubmitError;
use super::form_page::FormPage;
use crate::capture::check::address::is_like;
use crate::plan::{FieldMatch, Pick, RenderError, Submit, Template, TemplateScope, Templates};
use crate::shopper::request::build::FillError;

/// What a form is recognised by, with its placeholders filled.
struct Wanted<'w> {
    id: Option<String>,
    css: Option<&'w str>,
    action: Option<String>,
    containing: Vec<(&'w str, Option<String>)>,
}

/// The form of the page of which all is true that is said; of several, the first, unless the scenario says otherwise.
pub(super) fn pick<'f>(
    page: &'f FormPage,
    wanted: &Submit,
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<&'f Form, SubmitError> {
    let (read, pick) = (&page.forms, wanted.pick);
    let wanted = Wanted::of(wanted, templates, scope)
        .map_err(|error| SubmitError::Fill(FillError::Render(error)))?;
    let found = || {
        read.forms
            .iter()
            .filter(|form| wanted.is(form, &|action| page.goal(read.base.as_deref(), action)))
    };
    let nth =
        if pick == Pick::First { 0 } else { pick.among(found().count(), || scope.next_bits()) };
    found().nth(nth).ok_or_else(|| SubmitError::NoForm {
        wanted: wanted.in_words(),
        page: page.url().path().to_owned(),
        forms: match read.forms.as_slice() {
            [] => "which has no form at all".to_owned(),
            forms => {
                format!("which has {}", forms.iter().map(in_words).collect::<Vec<_>>().join(", "))
            }
        },
    })
}

// === impl Wanted ===

impl<'w> Wanted<'w> {
    fn of(
        wanted: &'w Submit,
        templates: &Templates,
        scope: &dyn TemplateScope,
    ) -> Result<Wanted<'w>, RenderError> {
        let filled = |template: &Option<Template>| {
            template.as_ref().map(|t| t.render(templates, scope).map(String::from)).transpose()
        };
        let field = |field: &'w FieldMatch| Ok((field.name.as_str(), filled(&field.value)?));
        Ok(Wanted {
            id: filled(&wanted.id)?,
            css: wanted.css.as_deref(),
            action: filled(&wanted.action)?,
            containing: wanted.containing.iter().map(field).collect::<Result<_, _>>()?,
        })
    }

    fn is(&self, form: &Form, goal: &dyn Fn(&str) -> Option<url::Url>) -> bool {
        let holds = |(name, value): &(&str, Option<String>)| {
            form.controls.iter().any(|control| control.is(name, value.as_deref()))
        };
        self.id.as_ref().is_none_or(|id| form.id.as_ref() == Some(id))
            && (self.css.is_none() || form.selected)
            && self.action.as_ref().is_none_or(|action| {
                goal(form.action.as_deref().unwrap_or_default())
                    .is_some_and(|goal| is_like(action, &goal))
            })
            && self.containing.iter().all(holds)
    }

    fn in_words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.id.as_ref().map(|id| format!("with the id '{id}'")));
        words.extend(self.css.map(|css| format!("that matches '{css}'")));
        words.extend(self.action.as_ref().map(|action| format!("with the action '{action}'")));
        words.extend(self.containing.iter().map(|(name, value)| match value {
            Some(value) => format!("containing '{name}' with the value '{value}'"),
            None => format!("containing '{name}'"),
        }));
        words.join(" and ")
    }
}

/// A form as people tell it from others.
fn in_words(form: &Form) -> String {
    let name = match (&form.id, &form.action) {
        (Some(id), _) => format!("#{id}"),
        (None, Some(action)) => format!("a form to {action}"),
        (None, None) => "a form to the page itself".to_owned(),
    };
    let shown = |control: &&Control| !control.name.is_empty();
    let fields: Vec<&str> =
        form.controls.iter().filter(shown).map(|control| control.name.as_str()).take(5).collect();
    format!("{name} ({})", fields.join(" "))
}

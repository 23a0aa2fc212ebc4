//! Forms to submit: how the form is recognised, and what is filled in.

use super::Compiler;
use super::names::{Spot, twice};
use crate::plan::{FieldMatch, Submit, Template};
use crate::scenario::{self, LocatedText, Named, OneOrMany, join_words};

/// What a form is recognised by.
const MARKS: [&str; 4] = ["id", "css", "action", "containing"];

impl Compiler<'_> {
    pub(super) fn submit(&mut self, written: &scenario::Submit, spot: &Spot) -> Submit {
        if written.keys.among(&MARKS).is_empty() {
            let remedy =
                format!("add one of {}, such as `id: checkout-form`", join_words(MARKS, "or"));
            self.problem(written.keys.span, "nothing says which form", remedy);
        }
        let mut fields = Vec::new();
        for (name, values) in self.unique(written.fields.as_ref()) {
            let name = self.text(name, spot);
            let values = values.0.iter().filter_map(|value| self.text(value, spot)).collect();
            fields.extend(name.map(|name| (name, values)));
        }
        Submit {
            id: written.id.as_ref().and_then(|id| self.form_id(id, spot)),
            css: written.css.as_ref().and_then(|css| self.selector(css)),
            action: written.action.as_ref().and_then(|action| self.likeness(action, spot)),
            containing: written
                .containing
                .as_ref()
                .map(|holding| self.holding(holding, spot))
                .unwrap_or_default(),
            fields,
            extra: written.extra.as_ref().map(|extra| self.form(extra, spot)).unwrap_or_default(),
            pick: written.pick.as_ref().map(|pick| pick.value).unwrap_or_default(),
            button: written.button.as_ref().and_then(|button| self.button(button, spot)),
        }
    }

    fn form_id(&mut self, written: &LocatedText, spot: &Spot) -> Option<Template> {
        if let Some(plain) = written.value.strip_prefix('#') {
            self.problem(
                written.span,
                "an id is written without its #",
                format!("write {plain}, or use `css` for selectors"),
            );
            return None;
        }
        self.text(written, spot)
    }

    fn unique<'w>(
        &mut self,
        written: Option<&'w Named<OneOrMany<LocatedText>>>,
    ) -> Vec<(&'w LocatedText, &'w OneOrMany<LocatedText>)> {
        let named = written.map(|named| named.0.as_slice()).unwrap_or_default();
        for name in twice(named.iter().map(|(name, _)| name)) {
            self.problem(
                name.span,
                format!("the field `{}` is filled twice", name.value),
                "give the field a list of values",
            );
        }
        named.iter().filter_map(|(name, values)| Some((name, values.as_ref()?))).collect()
    }

    fn holding(&mut self, written: &scenario::FieldMatch, spot: &Spot) -> Vec<FieldMatch> {
        match written {
            scenario::FieldMatch::Name(name) => {
                vec![FieldMatch { name: name.value.clone(), value: None }]
            }
            scenario::FieldMatch::Valued(named) => {
                let field = |(name, value): &(LocatedText, Option<LocatedText>)| {
                    Some(FieldMatch {
                        name: name.value.clone(),
                        value: Some(self.text(value.as_ref()?, spot)?),
                    })
                };
                named.0.iter().filter_map(field).collect()
            }
        }
    }

    fn button(&mut self, written: &scenario::FieldMatch, spot: &Spot) -> Option<FieldMatch> {
        if let scenario::FieldMatch::Valued(named) = written
            && let [_, (second, _), ..] = named.0.as_slice()
        {
            self.problem(second.span, "two buttons are pressed", "press one of them");
        }
        self.holding(written, spot).into_iter().next()
    }
}

//! The forms of a page.

use std::cell::RefCell;
use std::rc::Rc;

use lol_html::html_content::Element;
use lol_html::{HtmlRewriter, Settings, element};

/// A form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedForm {
    /// Its id.
    pub id: Option<String>,
    /// Where it is sent; nothing: to the page itself.
    pub action: String,
    /// Its method in small letters.
    pub method: String,
    /// Names and values of its fields, hidden ones as well.
    pub fields: Vec<(String, String)>,
}

/// The forms of a page, in order.
pub fn forms(html: &str) -> Vec<RecordedForm> {
    let found: Rc<RefCell<Vec<RecordedForm>>> = Rc::default();
    let on = |handle: fn(&mut Vec<RecordedForm>, &Element<'_, '_>)| {
        let found = Rc::clone(&found);
        move |element: &mut Element<'_, '_>| {
            handle(&mut found.borrow_mut(), element);
            Ok(())
        }
    };
    let settings = Settings::new()
        .append_element_content_handler(element!("form", on(begin)))
        .append_element_content_handler(element!(
            "form input[name], form select[name], form textarea[name], form button[name]",
            on(|found, element| field(found, element))
        ))
        .append_element_content_handler(element!(
            "form option[selected]",
            on(|found, element| option(found, element))
        ));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    // What can't be parsed has no more forms.
    if rewriter.write(html.as_bytes()).is_ok() {
        let _ = rewriter.end();
    }
    found.take()
}

fn begin(found: &mut Vec<RecordedForm>, element: &Element<'_, '_>) {
    found.push(RecordedForm {
        id: attribute(element, "id"),
        action: attribute(element, "action").unwrap_or_default(),
        method: attribute(element, "method").unwrap_or("get".to_owned()).to_ascii_lowercase(),
        fields: Vec::new(),
    });
}

fn field(found: &mut [RecordedForm], element: &Element<'_, '_>) {
    let (Some(form), Some(name)) = (found.last_mut(), attribute(element, "name")) else { return };
    let kind = attribute(element, "type").unwrap_or_default().to_ascii_lowercase();
    let choice = matches!(kind.as_str(), "radio" | "checkbox");
    let checked = element.has_attribute("checked");
    if choice && !checked {
        // A choice that is not made is a field that can be filled.
        if !form.fields.iter().any(|(known, _)| *known == name) {
            form.fields.push((name, String::new()));
        }
        return;
    }
    let value = attribute(element, "value").unwrap_or_default();
    match form.fields.iter_mut().find(|(known, _)| choice && *known == name) {
        Some((_, known)) => *known = value,
        None => form.fields.push((name, value)),
    }
}

fn option(found: &mut [RecordedForm], element: &Element<'_, '_>) {
    if let Some((_, value)) = found.last_mut().and_then(|form| form.fields.last_mut()) {
        *value = attribute(element, "value").unwrap_or_default();
    }
}

fn attribute(element: &Element<'_, '_>, name: &str) -> Option<String> {
    element.get_attribute(name).map(|raw| html_escape::decode_html_entities(&raw).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_belong_to_their_form() {
        let page = r#"<form id="a" action="/cart" method="POST"><input type=hidden name=csrf value="x&amp;y">
            <input type=radio name=r value=1><input type=radio name=r value=2 checked></form><form><input name=q></form>"#;
        let forms = forms(page);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(forms[0].fields, [pair("csrf", "x&y"), pair("r", "2")]);
        assert_eq!((forms[0].id.as_deref(), forms[0].method.as_str()), (Some("a"), "post"));
        assert_eq!(forms[1].fields, [pair("q", "")]);
    }
}

//! Elements of a page, found by CSS selectors while the page is read; no tree of it is made.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::read_html;
use lol_html::{Settings, element, end_tag, text};

/// Whether the page has an element for the selector.
pub(crate) fn has_element(html: &str, selector: &str) -> bool {
    let mut found = false;
    let handler = element!(selector, |_| {
        found = true;
        Err("found".into())
    });
    read_html(html.as_bytes(), Settings::new().append_element_content_handler(handler));
    found
}

/// What `select` finds, of all elements that match.
pub(crate) fn select_all(html: &str, selector: &str, attribute: Option<&str>) -> Vec<String> {
    let found: RefCell<Vec<String>> = RefCell::new(Vec::new());
    // The elements that are open now, each collecting the text inside.
    let open: Rc<RefCell<Vec<usize>>> = Rc::default();
    let begin = element!(selector, |element| {
        let mut found = found.borrow_mut();
        match attribute {
            Some(attribute) => found.extend(element.get_attribute(attribute)),
            None => {
                found.push(String::new());
                let closing = Rc::clone(&open);
                open.borrow_mut().push(found.len() - 1);
                let ends = element.on_end_tag(end_tag!(move |_| {
                    closing.borrow_mut().pop();
                    Ok(())
                }));
                if ends.is_err() {
                    open.borrow_mut().pop();
                }
            }
        }
        Ok(())
    });
    let collect = text!(selector, |chunk| {
        for place in open.borrow().iter() {
            found.borrow_mut()[*place].push_str(chunk.as_str());
        }
        Ok(())
    });
    read_html(
        html.as_bytes(),
        Settings::new()
            .append_element_content_handler(begin)
            .append_element_content_handler(collect),
    );
    found
        .into_inner()
        .iter()
        .map(|raw| html_escape::decode_html_entities(raw.trim()).trim().to_owned())
        .collect()
}

/// The first element that `selector` matches: an attribute of it, or its text without the white space around it.
/// Entities are decoded. Reading stops once it is found.
pub(crate) fn select(html: &str, selector: &str, attribute: Option<&str>) -> Option<String> {
    // A handler that fails ends the parse: that is how reading stops once all is found.
    let mut value: Option<String> = None;
    if let Some(attribute) = attribute {
        let handler = element!(selector, |element| {
            value = element.get_attribute(attribute);
            if value.is_some() { Err("found".into()) } else { Ok(()) }
        });
        read_html(html.as_bytes(), Settings::new().append_element_content_handler(handler));
    } else {
        let content: RefCell<Option<String>> = RefCell::new(None);
        let begin = element!(selector, |element| {
            if content.borrow().is_none() {
                content.replace(Some(String::new()));
                element.on_end_tag(end_tag!(|_| Err("found".into())))?;
            }
            Ok(())
        });
        let collect = text!(selector, |chunk| {
            content.borrow_mut().get_or_insert_default().push_str(chunk.as_str());
            Ok(())
        });
        read_html(
            html.as_bytes(),
            Settings::new()
                .append_element_content_handler(begin)
                .append_element_content_handler(collect),
        );
        value = content.into_inner();
    }
    value.map(|raw| html_escape::decode_html_entities(raw.trim()).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::{Html, Selector};

    const PAGE: &str = r#"<!doctype html><html><body>
        <form action="/a"><input name=csrf value="x&amp;y"><input name=qty value=1></form>
        <p class="price">  <b>12</b>,50 &euro; </p><p class=price>99</p>
        <section>a<section>b</section>c</section><section>d</section><div class="empty"></div><a href="/p/1">one</a><a href="/p/2">two</a></body></html>"#;

    fn css(selector: &str, attribute: Option<&str>) -> Option<String> {
        select(PAGE, selector, attribute)
    }

    #[test]
    fn a_selector_takes_the_first_match_as_a_full_parser_does() {
        let page = Html::parse_document(PAGE);
        for (selector, attribute) in [
            ("input[name=csrf]", Some("value")),
            ("form > input:nth-child(2)", Some("value")),
            ("p.price", None),
            ("a[href^='/p/']", Some("href")),
            ("a[href^='/p/']", None),
            ("div.empty", None),
            ("div.absent", None),
            ("section", None),
        ] {
            let oracle =
                page.select(&Selector::parse(selector).unwrap()).next().and_then(|element| {
                    match attribute {
                        Some(name) => element.value().attr(name).map(str::to_owned),
                        None => Some(element.text().collect::<String>().trim().to_owned()),
                    }
                });
            assert_eq!(css(selector, attribute), oracle, "{selector} {attribute:?}");
        }
    }

    #[test]
    fn text_inside_of_elements_in_each_other_belongs_to_all_of_them() {
        // Text inside of elements in each other belongs to all of them, as a full parser has it.
        let oracle: Vec<String> = Html::parse_document(PAGE)
            .select(&Selector::parse("section").unwrap())
            .map(|element| element.text().collect::<String>().trim().to_owned())
            .collect();
        assert_eq!(select_all(PAGE, "section", None), oracle);
    }
}

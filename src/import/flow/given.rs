//! Templates that the user names: which parts of paths are values, and what steps are called.

use std::fmt::Write;

use super::path_part::PathPart;
use super::template::PathTemplates;
use crate::import::collect::VisitMethod;

/// Templates that the user names, the first that fits wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenTemplates {
    list: Vec<GivenTemplate>,
}

/// A path, `{}` for each value in it, and the name of what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GivenTemplate {
    /// None is a value.
    parts: Vec<Option<String>>,
    name: String,
}

/// A line that is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line}: '{text}' is no template: write a path and a name, such as /products/{{}} product"
)]
pub struct TemplateError {
    line: usize,
    text: String,
}

// === impl GivenTemplates ===

impl GivenTemplates {
    /// Reads a line for each template: its path, and the name of the step. Empty lines and those from `#` on are left out.
    ///
    /// # Errors
    /// When a line has no path or no name.
    pub fn parse(text: &str) -> Result<GivenTemplates, TemplateError> {
        let lines = text.lines().zip(1..).map(|(line, number)| (line.trim(), number));
        let written = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let read = |(line, number): (&str, usize)| {
            let wrong = || TemplateError { line: number, text: line.to_owned() };
            let (path, name) = line.split_once(char::is_whitespace).ok_or_else(wrong)?;
            let path = path.strip_prefix('/').ok_or_else(wrong)?;
            let value = |part: &str| part.starts_with('{') && part.ends_with('}');
            let parts = path.split('/').filter(|part| !part.is_empty());
            let parts = parts.map(|part| (!value(part)).then(|| part.to_owned())).collect();
            Ok(GivenTemplate { parts, name: name.trim().to_owned() })
        };
        Ok(GivenTemplates { list: written.map(read).collect::<Result<_, _>>()? })
    }

    /// Whether the next part is a value (true) or fixed (false) below these parts; none where no template says it.
    pub(super) fn is_value(&self, above: &[PathPart], next: &str) -> Option<bool> {
        let below = self.list.iter().filter(|given| given.begins_with(above));
        below.filter_map(|given| given.parts.get(above.len())).find_map(|part| match part {
            Some(word) => (word == next).then_some(false),
            None => Some(true),
        })
    }

    /// What the path shows, if a template says it.
    pub(super) fn name_of(&self, parts: &[PathPart]) -> Option<&str> {
        let whole =
            |given: &&GivenTemplate| given.parts.len() == parts.len() && given.begins_with(parts);
        self.list.iter().find(whole).map(|given| given.name.as_str())
    }
}

// === impl GivenTemplate ===

impl GivenTemplate {
    fn begins_with(&self, parts: &[PathPart]) -> bool {
        self.parts.len() >= parts.len()
            && self.parts.iter().zip(parts).all(|(given, part)| match (given, part) {
                (Some(word), PathPart::Fixed(known)) => word == known,
                (None, PathPart::Values(_)) => true,
                (Some(_), PathPart::Values(_)) | (None, PathPart::Fixed(_)) => false,
            })
    }
}

/// The templates as text that [`GivenTemplates::parse`] reads: those of pages, and of paths that have no page.
pub fn templates_text(templates: &PathTemplates) -> String {
    let mut text = "# The path of each kind of page, {} for values, and the name of its step. Of two that fit, the first counts.\n\
        # Edit it, and import again with --templates.\n"
        .to_owned();
    let mut known: Vec<String> = Vec::new();
    for template in templates.list.iter().filter(|template| template.enough_visitors) {
        let path = template.parts.iter().fold(String::new(), |path, part| match part {
            PathPart::Fixed(word) => path + "/" + word,
            PathPart::Values(_) => path + "/{}",
        });
        let path = if path.is_empty() { "/".to_owned() } else { path };
        if known.contains(&path) || path.contains(char::is_whitespace) {
            continue;
        }
        let noun = super::names::name_of(VisitMethod::Get, &template.parts);
        let name = if template.method == VisitMethod::Get { &template.name } else { &noun };
        let _ = writeln!(text, "{path}  {name}");
        known.push(path);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_the_first_that_fits_counts() {
        let given =
            GivenTemplates::parse("# mine\n\n/p/new  new page\n/p/{}   product page\n/ home\n")
                .unwrap();
        let above = [PathPart::Fixed("p".into())];
        assert_eq!(given.is_value(&above, "new"), Some(false));
        assert_eq!(given.is_value(&above, "lamp"), Some(true));
        assert_eq!(given.is_value(&[], "p"), Some(false));
        assert_eq!(given.is_value(&[], "q"), None);
        let product = [PathPart::Fixed("p".into()), PathPart::Values(vec![])];
        assert_eq!(
            (given.name_of(&product), given.name_of(&[])),
            (Some("product page"), Some("home"))
        );
        let wrong = GivenTemplates::parse("/p/{} product\nproduct\n").unwrap_err();
        assert!(wrong.to_string().starts_with("line 2: 'product' is no template"), "{wrong}");
    }
}

//! GraphQL documents, as far as a scenario must understand them: which operations there are.

use super::document::Document;
use super::problem::Problems;
use super::source::Located;
use super::steps::{JourneyItem, Step};

/// The names of the operations in a GraphQL document, in their order; an operation without a name is an empty one.
pub(crate) fn operations(document: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut words: Vec<&str> = Vec::new();
    for word in words_of(document) {
        match word {
            "{" | "(" => {
                if depth == 0 {
                    match words.as_slice() {
                        // A selection alone is a query.
                        [] if word == "{" => names.push(String::new()),
                        ["query" | "mutation" | "subscription", name, ..] if *name != "@" => {
                            names.push((*name).to_owned())
                        }
                        ["query" | "mutation" | "subscription", ..] => names.push(String::new()),
                        _ => {}
                    }
                    // What comes between an operation's variables and its selection begins no other.
                    words = if word == "(" { vec!["("] } else { Vec::new() };
                }
                depth += 1;
            }
            "}" | ")" => {
                depth = depth.saturating_sub(1);
                if word == "}" && depth == 0 {
                    words.clear();
                }
            }
            _ if depth == 0 => words.push(word),
            _ => {}
        }
    }
    names
}

/// Names, braces and parentheses; without comments, texts and what else there is.
fn words_of(document: &str) -> impl Iterator<Item = &str> {
    let mut rest = document;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            let length = match first {
                '#' => rest.find('\n').unwrap_or(rest.len()),
                '"' if rest.starts_with("\"\"\"") => {
                    rest[3..].find("\"\"\"").map_or(rest.len(), |end| end + 6)
                }
                '"' => end_of_text(rest),
                _ if first.is_alphanumeric() || first == '_' => {
                    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
                }
                _ => first.len_utf8(),
            };
            let (word, after) = rest.split_at(length);
            rest = after;
            if !word.starts_with(['#', '"']) {
                return Some(word);
            }
        }
    })
}

fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    let end = text[1..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Calls steps without a name by their operation, and reports those that have none either.
pub(super) fn name_steps(document: &mut Document, problems: &mut Problems) {
    let journeys = document.journeys.iter_mut().flatten();
    let others = document.before.iter_mut().chain(&mut document.after);
    for steps in journeys.flat_map(|journey| &mut journey.steps).chain(others) {
        name_items(steps, problems);
    }
}

fn name_items(items: &mut [JourneyItem], problems: &mut Problems) {
    for item in items {
        match item {
            JourneyItem::Step(step) => name_step(step, problems),
            JourneyItem::Purchase(purchase) => {
                purchase.steps.iter_mut().for_each(|steps| name_items(steps, problems))
            }
            JourneyItem::Repeat(repeat) => {
                repeat.steps.iter_mut().for_each(|steps| name_items(steps, problems))
            }
            JourneyItem::Each(each) => {
                each.steps.iter_mut().for_each(|steps| name_items(steps, problems))
            }
            JourneyItem::Choose(choose) => {
                let branches = choose.branches.iter_mut().flatten();
                branches
                    .flat_map(|branch| branch.steps.iter_mut().chain(&mut branch.otherwise))
                    .for_each(|steps| name_items(steps, problems));
            }
            JourneyItem::Include(_) => {}
        }
    }
}

fn name_step(step: &mut Step, problems: &mut Problems) {
    if step.keys.has("name") {
        return;
    }
    step.name = step.graphql.as_ref().and_then(|graphql| {
        let stem = |file: &str| {
            file.rsplit('/')
                .next()
                .and_then(|name| name.split('.').next())
                .unwrap_or_default()
                .to_owned()
        };
        let of_query = |query: &Located<String>| {
            operations(&query.value).into_iter().next().map(|name| Located::new(name, query.span))
        };
        let named = graphql.operation.clone().or_else(|| graphql.query.as_ref().and_then(of_query));
        let named = named.or_else(|| {
            graphql.file.as_ref().map(|file| Located::new(stem(&file.value), file.span))
        });
        named.filter(|name| !name.value.is_empty())
    });
    if step.name.is_none() {
        problems.add(step.keys.span, "a step needs `name`", "`name` is missing", "add `name:`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_among_fragments_comments_and_texts() {
        for (document, expected) in [
            ("{ shop { name } }", &[""][..]),
            (
                "query Search($t: String = \"{ x\") @live { search(term: $t) { items { id } } }",
                &["Search"],
            ),
            (
                "# query No { a }\nmutation Add { add { ...O } } fragment O on Order { code } query Get { get }",
                &["Add", "Get"],
            ),
            ("query @cached { a }", &[""]),
            ("mutation($id: ID!) { a(id: $id) }", &[""]),
            ("fragment F on T { a }", &[]),
            ("", &[]),
        ] {
            assert_eq!(operations(document), expected, "{document}");
        }
    }
}

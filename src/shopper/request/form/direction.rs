//! In which direction a field's text runs, for fields that send it along (`dirname`).

use super::tree::{NodeId, Tree};

/// The direction of a field's text.
pub(super) fn direction(tree: &Tree, node: NodeId, value: &str) -> &'static str {
    // A telephone number runs as numbers do, whatever is around it.
    let is_telephone =
        tree.attribute(node, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("tel"));
    for outer in std::iter::once(node).chain(tree.ancestors(node)) {
        match tree.attribute(outer, "dir").map(str::to_ascii_lowercase).as_deref() {
            Some("rtl") => return "rtl",
            Some("ltr") => return "ltr",
            Some("auto") if outer == node => return of_text(value).unwrap_or("ltr"),
            Some("auto") => return of_content(tree, outer).unwrap_or("ltr"),
            _ if outer == node && is_telephone => return "ltr",
            _ => {}
        }
    }
    "ltr"
}

/// The direction of the first letters inside an element that have one.
fn of_content(tree: &Tree, outer: NodeId) -> Option<&'static str> {
    let apart = |node: NodeId| {
        matches!(tree.name(node), "bdi" | "script" | "style" | "textarea" | "input")
            || tree.has(node, "dir")
    };
    tree.below_except(outer, apart).filter_map(|node| tree.text(node)).find_map(of_text)
}

fn of_text(text: &str) -> Option<&'static str> {
    text.chars().find_map(|c| match c {
        '\u{590}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}'
            if c.is_alphabetic() =>
        {
            Some("rtl")
        }
        _ => c.is_alphabetic().then_some("ltr"),
    })
}

//! Lists to choose from (`select`), and what of them is chosen when nobody touched them.

use super::tree::{NodeId, Tree};

/// The options of a list.
#[derive(Debug)]
pub(super) struct Choices {
    pub(super) options: Vec<Choice>,
    /// Whether any number of them may be chosen.
    pub(super) several: bool,
}

/// An option of a list.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    /// What the shopper reads.
    pub(super) label: String,
    pub(super) chosen: bool,
    pub(super) disabled: bool,
}

// === impl Choices ===

impl Choices {
    /// The options of a `select`, chosen as when the page is new (WHATWG HTML, 4.10.7).
    pub(super) fn of(tree: &Tree, list: NodeId) -> Choices {
        let several = tree.has(list, "multiple");
        let nodes: Vec<NodeId> = options(tree, list).collect();
        let mut options: Vec<Choice> = nodes.iter().map(|node| choice(tree, list, *node)).collect();
        if !several {
            let marked = options.iter().rposition(|option| option.chosen);
            let shows_one = matches!(size(tree.attribute(list, "size")), None | Some(0 | 1));
            let first = || options.iter().position(|option| !option.disabled).filter(|_| shows_one);
            let chosen = marked.or_else(first);
            for (place, option) in options.iter_mut().enumerate() {
                option.chosen = Some(place) == chosen;
            }
        }
        Choices { options, several }
    }

    /// Whether a shopper could choose it, by its value or by what it says.
    pub(super) fn offer(&self, wanted: &str) -> bool {
        self.find(wanted).is_some()
    }

    /// The place of the option with this value, else of the one that says so.
    pub(super) fn find(&self, wanted: &str) -> Option<usize> {
        let place = |is: &dyn Fn(&Choice) -> bool| {
            self.options.iter().position(|option| !option.disabled && is(option))
        };
        place(&|option| option.value == wanted).or_else(|| {
            let wanted = one_line(wanted);
            place(&|option| option.label == wanted)
        })
    }
}

/// The options that belong to a list: not those of a list in it.
fn options(tree: &Tree, list: NodeId) -> impl Iterator<Item = NodeId> {
    tree.below_except(list, |node| matches!(tree.name(node), "select" | "option" | "datalist"))
        .filter(|node| tree.name(*node) == "option")
}

fn choice(tree: &Tree, list: NodeId, node: NodeId) -> Choice {
    let text = one_line(
        &tree
            .below_except(node, |inside| tree.is_script(inside))
            .filter_map(|inside| tree.text(inside))
            .collect::<String>(),
    );
    let said = |name| tree.attribute(node, name).map(str::to_owned);
    let group = tree
        .ancestors(node)
        .take_while(|outer| *outer != list)
        .find(|outer| tree.name(*outer) == "optgroup");
    Choice {
        chosen: tree.has(node, "selected"),
        disabled: tree.has(node, "disabled")
            || group.is_some_and(|group| tree.has(group, "disabled")),
        label: said("label").filter(|label| !label.is_empty()).unwrap_or_else(|| text.clone()),
        value: said("value").unwrap_or(text),
    }
}

/// White space folded to single spaces, none around.
fn one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// A number of rows, read as leniently as the standard reads whole numbers.
fn size(written: Option<&str>) -> Option<u32> {
    let written = written?.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let digits = written.strip_prefix('+').unwrap_or(written);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

//! Templates of paths: parts that many paths have in common stay, parts that tell things apart become places for values.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use super::given::GivenTemplates;
use super::names::{name_for, name_of};
use super::path_part::PathPart;
use crate::import::collect::{OTHERS, PathId, Paths, REDACTED, VisitMethod};
use crate::import::privacy::is_uuid;

/// The place of a template in the list.
pub type KindId = u16;

/// The most templates that are told apart.
const MOST: usize = 200;
/// The most values of a place that are kept.
const MOST_VALUES: usize = 50;
/// This many different parts under one parent are values whatever they look like.
const MANY: usize = 30;
/// Parts of paths that name a page of its own, also where other things are told apart.
const OWN_PAGES: [&str; 16] = [
    "new", "edit", "search", "index", "cart", "checkout", "login", "logout", "register", "list",
    "all", "sale", "return", "confirm", "pay", "shipping",
];

static IDENTIFIER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)^(?:\d+|[0-9a-f]{12,}|\d{4}-\d{2}-\d{2}|[a-z0-9_.-]*[-_]\d+(?:\.html?)?|\d+[-_][a-z0-9_.-]+)$";
    Regex::new(pattern).expect("the pattern is fixed, and tested")
});

/// Requests of one kind.
#[derive(Clone, Debug)]
pub struct PathTemplate {
    /// The step's name.
    pub name: String,
    /// The method.
    pub method: VisitMethod,
    /// The parts of its path.
    pub parts: Vec<PathPart>,
    /// Query keys that most of its requests have, with the values that may be written.
    pub queries: Vec<(String, Vec<(String, u64)>)>,
    /// Its requests.
    pub visits: u64,
    /// Whether so many visitors came that its path is nobody's own.
    pub enough_visitors: bool,
}

/// All templates.
#[derive(Debug, Default)]
pub struct PathTemplates {
    /// The templates, the commonest first.
    pub list: Vec<PathTemplate>,
    of: HashMap<(PathId, VisitMethod), KindId>,
    /// Requests that belong to none of them.
    pub others: u64,
}

/// Paths of one form, whatever the method.
struct PathGroup {
    parts: Vec<PathPart>,
    nodes: Vec<PathId>,
}

// === impl Templates ===

impl PathTemplates {
    /// The templates of these paths; `visits` are the requests that sessions have of each.
    pub fn new(
        paths: &Paths,
        visits: &HashMap<(PathId, VisitMethod), u64>,
        keep: &[String],
        given: &GivenTemplates,
    ) -> PathTemplates {
        let mut groups = Vec::new();
        group_nodes(paths, given, (vec![0], Vec::new()), &mut groups);
        let mut found: Vec<(PathTemplate, Vec<PathId>)> = Vec::new();
        for group in &groups {
            for method in [
                VisitMethod::Get,
                VisitMethod::Post,
                VisitMethod::Put,
                VisitMethod::Patch,
                VisitMethod::Delete,
            ] {
                let of_node = |node: &PathId| visits.get(&(*node, method)).copied().unwrap_or(0);
                let visits: u64 = group.nodes.iter().map(of_node).sum();
                if visits > 0 {
                    let template = PathTemplate {
                        name: match given.name_of(&group.parts) {
                            Some(noun) => name_for(method, noun.to_owned()),
                            None => name_of(method, &group.parts),
                        },
                        method,
                        parts: group.parts.clone(),
                        queries: queries(paths, &group.nodes, method, keep),
                        visits,
                        enough_visitors: group.nodes == [0]
                            || group.nodes.iter().any(|node| paths.node(*node).visitors.enough()),
                    };
                    found.push((template, group.nodes.clone()));
                }
            }
        }
        found.sort_by(|a, b| b.0.visits.cmp(&a.0.visits).then_with(|| a.0.name.cmp(&b.0.name)));
        let mut templates = PathTemplates::default();
        for (place, (template, nodes)) in found.into_iter().enumerate() {
            if place >= MOST {
                templates.others += template.visits;
                continue;
            }
            nodes.iter().for_each(|node| {
                templates.of.insert((*node, template.method), place as KindId);
            });
            templates.list.push(template);
        }
        templates.name_apart();
        templates
    }

    /// The template of a request.
    pub fn kind(&self, node: PathId, method: VisitMethod) -> Option<KindId> {
        let method = if method == VisitMethod::Head { VisitMethod::Get } else { method };
        self.of.get(&(node, method)).copied()
    }

    /// A template.
    pub fn get(&self, kind: KindId) -> &PathTemplate {
        &self.list[usize::from(kind)]
    }

    /// Two templates of one name get numbers.
    fn name_apart(&mut self) {
        let mut taken: HashMap<String, u32> = HashMap::new();
        for template in &mut self.list {
            let times = taken.entry(template.name.clone()).or_default();
            *times += 1;
            if *times > 1 {
                template.name = format!("{} ({times})", template.name);
            }
        }
    }
}

/// Puts nodes of one form together, from a group downwards.
fn group_nodes(
    paths: &Paths,
    given: &GivenTemplates,
    (nodes, parts): (Vec<PathId>, Vec<PathPart>),
    groups: &mut Vec<PathGroup>,
) {
    let mut children: BTreeMap<&str, Vec<PathId>> = BTreeMap::new();
    for node in &nodes {
        for (segment, child) in &paths.node(*node).children {
            children.entry(segment).or_default().push(*child);
        }
    }
    if nodes.iter().any(|node| paths.node(*node).visits > 0) {
        groups.push(PathGroup { parts: parts.clone(), nodes });
    }
    let said = |segment: &str| given.is_value(&parts, segment);
    let (said_of, children): (Children<'_>, Children<'_>) =
        children.into_iter().partition(|(segment, _)| said(segment).is_some());
    let (mut values, mut fixed) = told_apart(children, parts.last());
    let (said_values, said_fixed): (Children<'_>, Children<'_>) =
        said_of.into_iter().partition(|(segment, _)| said(segment) == Some(true));
    values.extend(said_values);
    fixed.extend(said_fixed);
    if !values.is_empty() {
        let mut part = parts.clone();
        part.push(PathPart::Values(writable(paths, &values)));
        group_nodes(paths, given, (values.into_values().flatten().collect(), part), groups);
    }
    for (segment, nodes) in fixed {
        let mut part = parts.clone();
        part.push(PathPart::Fixed(segment.to_owned()));
        group_nodes(paths, given, (nodes, part), groups);
    }
}

type Children<'p> = BTreeMap<&'p str, Vec<PathId>>;

/// Whether a part of a path looks like an identifier or a number, and not like a page.
pub fn looks_like_a_value(segment: &str) -> bool {
    is_uuid(segment) || IDENTIFIER.is_match(segment)
}

/// Children that are values of one place, and children that are pages of their own.
fn told_apart<'p>(
    children: Children<'p>,
    parent: Option<&PathPart>,
) -> (Children<'p>, Children<'p>) {
    let certain = |segment: &str| {
        segment == OTHERS
            || segment == REDACTED
            || is_uuid(segment)
            || segment.bytes().all(|b| b.is_ascii_digit())
    };
    let identifiers = children.keys().filter(|segment| IDENTIFIER.is_match(segment)).count();
    let words = children.len() - identifiers;
    let plural = matches!(parent, Some(PathPart::Fixed(word)) if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss"));
    let open = words >= MANY || (plural && words + identifiers >= 3);
    children.into_iter().partition(|(segment, _)| {
        certain(segment)
            || (identifiers >= 3 && IDENTIFIER.is_match(segment))
            || (open && !OWN_PAGES.contains(segment))
    })
}

/// The commonest values that enough visitors had.
fn writable(paths: &Paths, values: &Children<'_>) -> Vec<(String, u64)> {
    let mut out: Vec<(String, u64)> = values
        .iter()
        .filter(|(segment, nodes)| {
            **segment != OTHERS
                && **segment != REDACTED
                && nodes.iter().any(|node| paths.node(*node).visitors.enough())
        })
        .map(|(segment, nodes)| {
            ((*segment).to_owned(), nodes.iter().map(|node| below(paths, *node)).sum())
        })
        .collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    out.truncate(MOST_VALUES);
    out
}

/// Requests at a node and below it.
fn below(paths: &Paths, node: PathId) -> u64 {
    let node = paths.node(node);
    node.visits + node.children.values().map(|child| below(paths, *child)).sum::<u64>()
}

/// Query keys of at least half of the requests; values only of keys with few of them, or that the user keeps.
fn queries(
    paths: &Paths,
    nodes: &[PathId],
    method: VisitMethod,
    keep: &[String],
) -> Vec<(String, Vec<(String, u64)>)> {
    if method != VisitMethod::Get {
        return Vec::new();
    }
    let visits: u64 = nodes.iter().map(|node| paths.node(*node).visits).sum();
    let mut keys: BTreeMap<&str, (u64, bool, BTreeMap<&str, u64>)> = BTreeMap::new();
    for key in nodes.iter().flat_map(|node| &paths.node(*node).queries) {
        let (seen, open, values) = keys.entry(&key.name).or_default();
        *seen += key.seen;
        *open |= key.open;
        for (value, times, _) in key.values.iter().filter(|(_, _, visitors)| visitors.enough()) {
            *values.entry(value).or_default() += times;
        }
    }
    let common = keys
        .into_iter()
        .filter(|(name, (seen, ..))| seen * 2 >= visits || keep.iter().any(|kept| kept == name));
    common
        .map(|(name, (_, open, values))| {
            let written = !open || keep.iter().any(|kept| kept == name);
            let mut values: Vec<(String, u64)> = values
                .into_iter()
                .filter(|_| written)
                .map(|(value, times)| (value.to_owned(), times))
                .collect();
            values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            (name.to_owned(), values)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The templates of these paths, each asked for by ten visitors.
    fn templates(list: &[&str]) -> Vec<String> {
        let mut paths = Paths::new();
        let mut visits = HashMap::new();
        for path in list {
            for visitor in 0..10 {
                let node = paths.place(path, "", visitor);
                *visits.entry((node, VisitMethod::Get)).or_default() += 1;
            }
        }
        let mut shown: Vec<String> =
            PathTemplates::new(&paths, &visits, &[], &GivenTemplates::default())
                .list
                .iter()
                .map(|template| {
                    template.parts.iter().fold(String::new(), |text, part| match part {
                        PathPart::Fixed(word) => format!("{text}/{word}"),
                        PathPart::Values(values) => format!("{text}/{{{}}}", values.len()),
                    })
                })
                .collect();
        shown.sort();
        shown
    }

    #[test]
    fn numbers_identifiers_and_words_under_a_plural_are_values() {
        let paths = [
            "/",
            "/products/sku-1",
            "/products/sku-2",
            "/products/flash-console",
            "/products/sku-1/reviews",
            "/products/sku-2/reviews",
            "/categories/audio",
            "/categories/home",
            "/categories/toys",
            "/orders/10001",
            "/cart",
            "/checkout/pay",
            "/checkout/shipping",
            "/about",
            "/contact",
        ];
        let want = [
            "",
            "/about",
            "/cart",
            "/categories/{3}",
            "/checkout/pay",
            "/checkout/shipping",
            "/contact",
            "/orders/{1}",
            "/products/{3}",
            "/products/{3}/reviews",
        ];
        assert_eq!(templates(&paths), want);
    }

    #[test]
    fn a_page_of_its_own_stays_one_among_values() {
        let paths = ["/returns/1", "/returns/2", "/returns/3", "/returns/new"];
        assert_eq!(templates(&paths), ["/returns/new", "/returns/{3}"]);
    }
}

//! Reads YAML into a located tree.
//!
//! Built from the parser's events rather than from a ready-made tree, for three reasons: every duplicate key
//! is reported and not the first alone, depth and aliases are bounded before anything is built (a tree of
//! boxes is dropped by recursion), and each scalar keeps its spelling, so that `2xx`, `1e3` and `007` mean
//! what they say wherever text is wanted.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::problem::Problems;
use super::source::{Located, Span};
use super::tree::{NodeKind, YamlNode};

/// How deep values may be nested; a scenario needs about ten.
const MAX_DEPTH: usize = 40;
/// How many values a file may have, aliases resolved.
const MAX_NODES: usize = 200_000;
/// What to do about a text that YAML takes for a mapping.
const UNQUOTED: &str = "put text that begins with {{ in quotes: \"{{ ... }}\"";

/// How long a file may be, in bytes.
const MAX_BYTES: usize = 4 << 20;

/// The tree of the source, or nothing if it can't be read as YAML. Problems are added either way.
pub(super) fn parse(problems: &mut Problems) -> Option<YamlNode> {
    let source = problems.source().clone();
    let text = source.text();
    if text.len() > MAX_BYTES {
        problems.add(
            Span::default(),
            "the file is larger than 4 MiB",
            "",
            "put long lists of values into a data file",
        );
        return None;
    }
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let byte = |index: usize| bytes[index.min(bytes.len() - 1)];
    let mut builder = TreeBuilder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok((event, span)) => {
                (event, Span::new(byte(span.start.index()), byte(span.end.index())))
            }
            Err(error) => {
                let (line, _) = source.position(byte(error.marker().index()));
                if problems
                    .iter()
                    .any(|problem| problem.place.is_some_and(|place| place.line == line))
                {
                    return None; // the first of two complaints about one line is the one to heed
                }
                not_yaml(&error, byte(error.marker().index()), problems);
                return None;
            }
        };
        builder.take(event, trim_span(text, span), problems)?;
    }
    if builder.root.is_none() {
        let remedy =
            "write at least `name:` and `journeys:`; `tillrush schema` prints the whole language";
        problems.add(Span::default(), "the scenario is empty", "", remedy);
    }
    builder.root
}

fn trim_span(text: &str, span: Span) -> Span {
    let start = span.start.min(span.end);
    Span::new(start, start + text[start..span.end].trim_end().len())
}

/// Says what the parser could not read, in the words of someone who knows what people do wrong.
fn not_yaml(error: &ScanError, at: usize, problems: &mut Problems) {
    let source = problems.source().clone();
    let text = source.text();
    let tab = text.split_inclusive('\n').scan(0, |start, line| {
        let here = *start;
        *start += line.len();
        Some((here, line))
    });
    let indented_by_tab = |line: &str| {
        line.len() - line.trim_start().len() > line.len() - line.trim_start_matches(' ').len()
    };
    let tab =
        tab.filter(|(_, line)| !line.trim().is_empty()).find(|(_, line)| indented_by_tab(line));
    if let Some((start, line)) =
        tab.filter(|_| error.info().contains("tab") || error.info().contains("indent"))
    {
        let column = start + line.find('\t').unwrap_or(0);
        problems.add(
            Span::new(column, column + 1),
            "a tab in the indentation",
            "a tab",
            "indent with spaces: YAML allows no tabs there",
        );
        return;
    }
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let placeholder = line.contains(": {{") || line.contains("- {{");
    let remedy = if placeholder {
        UNQUOTED
    } else if error.info().contains("mapping values are not allowed") {
        "check the indentation, and put text that contains `: ` in quotes"
    } else {
        "check indentation, quotes and brackets here and just above"
    };
    let end = at + text[at..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    problems.add(Span::new(at, end), format!("this is not YAML: {}", error.info()), "", remedy);
}

/// What has been built so far, without recursion.
#[derive(Default)]
struct TreeBuilder {
    open: Vec<OpenNode>,
    anchors: HashMap<usize, (YamlNode, usize)>,
    nodes: usize,
    documents: usize,
    root: Option<YamlNode>,
}

/// A collection that is not closed yet.
struct OpenNode {
    start: Span,
    anchor: usize,
    height: usize,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<YamlNode>),
    /// The entries; the key that waits for its value (itself nothing if it is no name); what `<<` adds; and
    /// whether it is no mapping at all but a placeholder without quotes, `{{ x }}`.
    Map {
        entries: Vec<(Located<String>, YamlNode)>,
        /// Where each key stands.
        known: HashMap<String, Span>,
        key: Option<Option<Located<String>>>,
        merged: Vec<YamlNode>,
        placeholder: bool,
    },
}

impl TreeBuilder {
    /// Takes the next event; nothing means that reading must stop.
    fn take(&mut self, event: Event<'_>, span: Span, problems: &mut Problems) -> Option<()> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    problems.add(
                        span,
                        "a second document begins here",
                        "",
                        "one file holds one scenario: put the other into a file of its own",
                    );
                    return None;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let plain = match tag {
                    Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => false,
                    Some(_) => {
                        problems.add(
                            span,
                            "tags are not part of the language",
                            "a YAML tag",
                            "remove the tag",
                        );
                        plain
                    }
                    None => plain,
                };
                let null = plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let kind = if null {
                    NodeKind::Null
                } else {
                    NodeKind::Scalar { text: text.into_owned(), plain }
                };
                self.place(YamlNode { span, kind }, anchor, 0, problems)?;
            }
            Event::SequenceStart(anchor, _) => {
                self.enter(span, anchor, OpenContent::List(Vec::new()), problems)?
            }
            Event::MappingStart(anchor, _) => {
                self.enter(
                    span,
                    anchor,
                    OpenContent::Map {
                        entries: Vec::new(),
                        known: HashMap::new(),
                        key: None,
                        merged: Vec::new(),
                        placeholder: false,
                    },
                    problems,
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self.open.pop()?;
                let kind = match open.content {
                    OpenContent::List(items) => NodeKind::List(items),
                    // Told already; read on as if the quotes were there.
                    OpenContent::Map { placeholder: true, .. } => {
                        let text = problems
                            .source()
                            .slice(Span::new(open.start.start, span.end))
                            .to_owned();
                        NodeKind::Scalar { text, plain: false }
                    }
                    OpenContent::Map { entries, merged, .. } => {
                        NodeKind::Map(merge(entries, merged))
                    }
                };
                let node = YamlNode {
                    span: Span::new(open.start.start, span.end.max(open.start.end)),
                    kind,
                };
                self.place(node, open.anchor, open.height + 1, problems)?;
            }
            Event::Alias(id) => match self.anchors.get(&id).cloned() {
                Some((node, height)) => {
                    self.nodes += count(&node);
                    self.place(node, 0, height, problems)?;
                }
                None => {
                    problems.add(span, "an alias that contains itself", "", "write the value out");
                    return None;
                }
            },
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => {}
        }
        Some(())
    }

    fn enter(
        &mut self,
        start: Span,
        anchor: usize,
        content: OpenContent,
        problems: &mut Problems,
    ) -> Option<()> {
        self.fits(start, 1, problems)?;
        self.open.push(OpenNode { start, anchor, height: 0, content });
        Some(())
    }

    fn fits(&self, span: Span, height: usize, problems: &mut Problems) -> Option<()> {
        if self.open.len() + height > MAX_DEPTH {
            problems.add(
                span,
                format!("nested deeper than {MAX_DEPTH} levels"),
                "",
                "flatten the value",
            );
            return None;
        }
        if self.nodes > MAX_NODES {
            problems.add(
                span,
                format!("more than {MAX_NODES} values"),
                "",
                "put long lists of values into a data file",
            );
            return None;
        }
        Some(())
    }

    fn place(
        &mut self,
        node: YamlNode,
        anchor: usize,
        height: usize,
        problems: &mut Problems,
    ) -> Option<()> {
        self.nodes += 1;
        self.fits(node.span, height, problems)?;
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), height));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        open.height = open.height.max(height);
        match &mut open.content {
            OpenContent::List(items) => items.push(node),
            OpenContent::Map { entries, known, key, merged, placeholder } => match key.take() {
                None => {
                    let inner = matches!(node.kind, NodeKind::Map(_))
                        && node.span.start == open.start.start + 1;
                    *placeholder |= inner;
                    *key = Some(as_key(node, inner, problems));
                }
                Some(Some(key)) if key.value == "<<" => merged.push(node),
                Some(Some(key)) => match known.get(&key.value) {
                    Some(first) => {
                        let (line, _) = problems.source().position(first.start);
                        let message = format!("the key `{}` is given twice", key.value);
                        problems.add(
                            key.span,
                            message,
                            format!("already given on line {line}"),
                            "keep one of the two",
                        );
                    }
                    None => {
                        known.insert(key.value.clone(), key.span);
                        entries.push((key, node));
                    }
                },
                Some(None) => {}
            },
        }
        Some(())
    }
}

fn as_key(node: YamlNode, placeholder: bool, problems: &mut Problems) -> Option<Located<String>> {
    match node.kind {
        NodeKind::Scalar { text, .. } => return Some(Located::new(text, node.span)),
        NodeKind::Null => {
            problems.add(node.span, "a key without a name", "", "write the name before the colon")
        }
        NodeKind::Map(_) if placeholder => {
            let end = problems.source().text().len().min(node.span.end + 1);
            let whole = Span::new(node.span.start - 1, end);
            problems.add(
                whole,
                "a placeholder without quotes",
                "YAML reads two mappings here",
                UNQUOTED,
            );
        }
        NodeKind::List(_) | NodeKind::Map(_) => problems.add(
            node.span,
            "a key must be a single word or text",
            "not a name",
            "write `name: value`",
        ),
    }
    None
}

/// `<<: *base` adds what the mapping does not say itself.
fn merge(
    mut entries: Vec<(Located<String>, YamlNode)>,
    merged: Vec<YamlNode>,
) -> Vec<(Located<String>, YamlNode)> {
    let bases = merged.into_iter().flat_map(|node| match node.kind {
        NodeKind::List(bases) => bases,
        NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::Map(_) => vec![node],
    });
    let mut known: HashSet<String> = entries.iter().map(|(key, _)| key.value.clone()).collect();
    for base in bases {
        if let NodeKind::Map(base) = base.kind {
            entries.extend(base.into_iter().filter(|(key, _)| known.insert(key.value.clone())));
        }
    }
    entries
}

fn count(node: &YamlNode) -> usize {
    1 + match &node.kind {
        NodeKind::Null | NodeKind::Scalar { .. } => 0,
        NodeKind::List(items) => items.iter().map(count).sum(),
        NodeKind::Map(entries) => entries.iter().map(|(_, value)| count(value)).sum(),
    }
}

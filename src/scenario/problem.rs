//! What is wrong with a scenario: everything at once, each with its place and its remedy.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::source::{SourceText, Span};
use crate::base::{count_of, visible};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// Where; none where it comes from the command line or from something that is missing as a whole.
    pub place: Option<SourceLocation>,
    /// What is wrong, as a lowercase fragment that names the value.
    pub message: String,
    /// The value as written (its first line); empty without a place.
    pub value: String,
    /// What was expected there, in a few words; may be empty.
    pub label: String,
    /// What to write instead.
    pub remedy: String,
}

/// A place in the scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceLocation {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The bytes of the source.
    pub span: Span,
}

/// Everything that is wrong with one scenario, in the order of the file.
#[derive(Clone, Debug)]
pub struct Problems {
    source: SourceText,
    list: Vec<Problem>,
    /// Hashes of those in the list.
    known: HashSet<u64>,
    /// How many are not in the list because it is full.
    left_out: usize,
}

/// How many problems are printed in full; a broken indentation can make hundreds.
const PRINTED: usize = 50;
/// How many problems are kept; the rest is counted.
const KEPT: usize = 200;
/// A longer line is not printed with its problem: it was hardly written by hand.
const LONGEST_LINE: usize = 2_000;
/// A longer word is not compared with others; no word of the language is half as long.
const LONGEST_WORD: usize = 64;

// === impl Problems ===

impl Problems {
    /// None yet.
    pub fn new(source: SourceText) -> Problems {
        Problems { source, list: Vec::new(), known: HashSet::new(), left_out: 0 }
    }

    /// Adds a problem; the same one at the same place is kept once.
    pub fn add(
        &mut self,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
        label: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if self.is_full() {
            self.left_out += 1;
            return;
        }
        let place = span.into().map(|span| {
            let (line, column) = self.source.position(span.start);
            SourceLocation { line, column, span }
        });
        let value = place
            .map_or("", |place| self.source.slice(self.source.first_line(place.span)))
            .trim_end()
            .to_owned();
        let problem = Problem {
            place,
            message: short(message.into(), 300),
            value: short(value, 200),
            label: label.into(),
            remedy: remedy.into(),
        };
        let mut hasher = DefaultHasher::new();
        problem.hash(&mut hasher);
        if self.known.insert(hasher.finish()) {
            self.list.push(problem);
        }
    }

    /// The value if nothing is wrong, else all the problems in the order of the file.
    ///
    /// # Errors
    /// When there is a problem.
    pub fn into_result<T>(mut self, value: Option<T>) -> Result<T, Problems> {
        match value {
            Some(value) if self.list.is_empty() => Ok(value),
            _ => {
                self.list.sort_by_key(|problem| (problem.place.is_none(), problem.place));
                Err(self)
            }
        }
    }

    /// The scenario's name and text.
    pub fn source(&self) -> &SourceText {
        &self.source
    }

    /// The problems.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// Whether so many are known that more are counted only: nobody reads them.
    pub fn is_full(&self) -> bool {
        self.list.len() >= KEPT
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len() + self.left_out
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// For a terminal: each problem with its line of the source, the offending text underlined, and the remedy.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for problem in self.list.iter().take(PRINTED) {
            out += &self.render_one(&renderer, problem);
            out += "\n\n";
        }
        let (n, name) = (self.len(), visible(self.source.name()));
        if n > PRINTED {
            out += &format!("... and {} more\n", n - PRINTED);
        }
        out += &format!("{} in {name}\n", count_of(n as u64, "problem"));
        out
    }

    fn render_one(&self, renderer: &Renderer, problem: &Problem) -> String {
        // The renderer makes the source's own signs visible, and no others.
        let [message, remedy, label, name] =
            [&problem.message, &problem.remedy, &problem.label, self.source.name()].map(visible);
        let title = Level::ERROR.primary_title(message);
        let help =
            (!remedy.is_empty()).then(|| Group::with_title(Level::HELP.secondary_title(remedy)));
        let line = problem.place.map(|place| self.source.line_around(place.span.start));
        let rendered = match problem.place.zip(line) {
            Some((place, line)) if line.end - line.start > LONGEST_LINE => {
                let at = format!("{name}:{}:{}", place.line, place.column);
                let at = Group::with_title(Level::NOTE.secondary_title(at));
                let parts = [Some(Group::with_title(title)), Some(at), help];
                let parts = parts.into_iter().flatten();
                parts.map(|group| renderer.render(&[group])).collect::<Vec<_>>().join("\n")
            }
            Some((place, line)) => {
                let label = (!label.is_empty()).then_some(label);
                // Of the source, the renderer sees the line alone: it would look through the whole for each problem.
                let marked = self.source.first_line(place.span);
                let marked = marked.start - line.start..marked.end - line.start;
                let mark = AnnotationKind::Primary.span(marked).label(label);
                let snippet = Snippet::source(self.source.slice(line))
                    .line_start(place.line as usize)
                    .path(name)
                    .annotation(mark);
                renderer
                    .render(&[vec![title.element(snippet)], help.into_iter().collect()].concat())
            }
            // Without a place there is no gutter to hang the help on.
            None => {
                let parts = [Some(Group::with_title(title)), help];
                parts
                    .into_iter()
                    .flatten()
                    .map(|group| renderer.render(&[group]))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
        };
        // The renderer pads its gutters: no white space at the end of a line.
        rendered.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// The text, its middle left out where it is longer than a reader would read.
fn short(text: String, most: usize) -> String {
    let chars = text.chars().count();
    if chars <= most {
        return text;
    }
    let part = |skip: usize| text.chars().skip(skip).take(most / 2).collect::<String>();
    format!("{} ... {}", part(0), part(chars - most / 2))
}

/// The candidate that was probably meant: the most alike, if it is alike enough.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, candidate)| {
            *distance <= 1 + candidate.chars().count().min(word.chars().count()) / 5
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Words in a row: `a`, `b` and `c`.
pub(crate) fn join_words<'w>(words: impl IntoIterator<Item = &'w str>, last: &str) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.pop() {
        None => "none".to_owned(),
        Some(only) if words.is_empty() => only,
        Some(end) => format!("{} {last} {end}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_line_the_text_underlined_and_the_remedy() {
        let mut problems =
            Problems::new(SourceText::new("peak.yaml", "name: x\njourneys:\n  - wieght: 9\n"));
        problems.add(
            Span::new(22, 28),
            "unknown key `wieght`",
            "not a key of a journey",
            "write `weight`",
        );
        problems.add(None, "no target", "", "say --target URL");
        insta::assert_snapshot!(problems.render(false), @r"
        error: unknown key `wieght`
         --> peak.yaml:3:5
          |
        3 |   - wieght: 9
          |     ^^^^^^ not a key of a journey
          |
        help: write `weight`

        error: no target
        help: say --target URL

        2 problems in peak.yaml
        ");
        assert!(problems.render(true).contains("\u{1b}["), "coloured on request");
    }

    #[test]
    fn the_nearest_word_is_suggested_only_if_it_is_near() {
        assert_eq!(nearest("wieght", ["name", "weight"]), Some("weight"));
        assert_eq!(nearest("Poisson", ["poisson", "paced"]), Some("poisson"));
        assert_eq!(nearest("banana", ["name", "weight"]), None);
        assert_eq!(nearest("pst", ["post", "get"]), Some("post"));
    }
}

//! Objectives as people write them: `p95(pay) < 800ms for 30s where payment = wallet`.

use std::ops::Range;

use super::{Comparison, Metric, Objective, Place, Plan};
use crate::base::{JourneyId, Micros, StepId};
use crate::scenario::{Fraction, Rate, Unit, listed, nearest};

/// The metrics by name; quantiles are written `p95`.
const METRICS: [&str; 6] =
    ["repeated_failures", "lost_shoppers", "failures", "declined", "time_to_buy", "requests"];
/// The words that begin a clause after the limit.
const CLAUSES: [&str; 4] = ["for", "after", "where", "abort"];
/// What an objective looks like.
const FORM: &str = "write a metric, a comparison and a limit, such as `p95(pay) < 800ms` or `failures(pay) < 0.5%`";

/// Why a text is not an objective of this plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {remedy}")]
pub struct ObjectiveError {
    /// The part of the text that is wrong, in bytes.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// A word of an objective, and where it stands.
#[derive(Clone, Debug)]
struct Word<'t> {
    text: &'t str,
    range: Range<usize>,
}

type Parsed<T> = Result<T, ObjectiveError>;

fn error<T>(
    range: Range<usize>,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> Parsed<T> {
    Err(ObjectiveError { range, message: message.into(), remedy: remedy.into() })
}

impl Plan {
    /// Reads an objective of this plan; `line` is its line in the scenario, 0 for the command line.
    ///
    /// # Errors
    /// When the text is not an objective, or speaks of what the plan does not have: which part, and what to write.
    pub fn objective(&self, text: &str, line: u32) -> Result<Objective, ObjectiveError> {
        let Some(at) = text.find(['<', '>']) else {
            return error(0..text.len(), format!("`{text}` has no comparison"), FORM);
        };
        let equal = text[at + 1..].starts_with('=');
        let comparison = match (&text[at..=at], equal) {
            ("<", false) => Comparison::Below,
            ("<", true) => Comparison::AtMost,
            (_, false) => Comparison::Above,
            (_, true) => Comparison::AtLeast,
        };
        let metric = self.metric(text, trim(text, 0..at))?;
        let words = words(text, at + 1 + usize::from(equal));
        let clauses =
            words.iter().position(|word| CLAUSES.contains(&word.text)).unwrap_or(words.len());
        let (limit, clauses) = words.split_at(clauses);
        let limit = self.limit(&metric, limit, at..text.len())?;
        let mut objective = Objective {
            text: text.trim().to_owned(),
            line,
            metric,
            comparison,
            limit,
            window: None,
            after: None,
            only: Vec::new(),
            abort: false,
        };
        self.clauses(&mut objective, clauses)?;
        Ok(objective)
    }

    /// `failures(pay)`: the metric, and what it is of.
    fn metric(&self, text: &str, head: Range<usize>) -> Parsed<Metric> {
        let written = &text[head.clone()];
        let (name, place) = match written.split_once('(') {
            Some((name, rest)) if rest.ends_with(')') => {
                let start = head.start + name.len() + 1;
                (name.trim(), Some(trim(text, start..head.end - 1)))
            }
            Some(_) => return error(head, format!("`{written}` has no closing parenthesis"), FORM),
            None => (written, None),
        };
        let name_range = head.start..head.start + name.len();
        let nowhere = |metric: Metric| match &place {
            Some(place) => error(
                place.clone(),
                format!("`{name}` is of all shoppers"),
                format!("write `{name}` alone"),
            ),
            None => Ok(metric),
        };
        let anywhere = |place: Option<Range<usize>>| {
            place.map_or(Ok(Place::Anywhere), |place| self.place(text, place))
        };
        match name {
            "repeated_failures" => nowhere(Metric::RepeatedFailures),
            "lost_shoppers" => match self.load.profile() {
                Some(_) => nowhere(Metric::LostShoppers),
                None => {
                    let remedy = "use an open load (stages or a shape), or `repeated_failures`";
                    error(name_range, "lost shoppers can't be told in a closed load", remedy)
                }
            },
            "requests" => nowhere(Metric::Requests),
            "time_to_buy" => nowhere(self.time_to_buy(name_range, 0.95)?),
            "failures" => Ok(Metric::Failures(anywhere(place)?)),
            "declined" => {
                let place = anywhere(place)?;
                self.some_decline(&place, head)?;
                Ok(Metric::Declined(place))
            }
            _ => {
                let quantile = quantile(name, name_range.clone())?;
                match place {
                    None => error(
                        name_range,
                        format!("`{name}` of what?"),
                        format!(
                            "write `{name}(a step)`, such as `p95(pay)`, or `{name}(time_to_buy)`"
                        ),
                    ),
                    Some(place) if &text[place.clone()] == "time_to_buy" => {
                        self.time_to_buy(place, quantile)
                    }
                    Some(place) => {
                        Ok(Metric::Response { quantile, place: self.place(text, place)? })
                    }
                }
            }
        }
    }

    fn time_to_buy(&self, range: Range<usize>, quantile: f64) -> Parsed<Metric> {
        if self.units.iter().any(|unit| unit.paying_step.is_some()) {
            return Ok(Metric::TimeToBuy { quantile });
        }
        error(range, "nobody buys in this scenario", "put the steps that pay into a `purchase:`")
    }

    fn some_decline(&self, place: &Place, range: Range<usize>) -> Parsed<()> {
        let may_decline = |id: StepId| !self.step(id).declined.is_empty();
        let some = match place {
            Place::Anywhere => self.steps.iter().any(|step| !step.declined.is_empty()),
            Place::Journey(journey) => {
                self.steps.iter().any(|step| step.journey == *journey && !step.declined.is_empty())
            }
            Place::Steps(steps) => steps.iter().any(|id| may_decline(*id)),
        };
        if some {
            return Ok(());
        }
        error(
            range,
            "nothing can be declined there",
            "say on the step what a decline looks like: `declined: { status: 402 }`",
        )
    }

    /// A step, a journey, or `journey/step`.
    fn place(&self, text: &str, range: Range<usize>) -> Parsed<Place> {
        let name = &text[range.clone()];
        let steps = |name: &str, journey: Option<JourneyId>| -> Vec<StepId> {
            let wanted = self.steps.iter().enumerate().filter(|(_, step)| {
                step.name == name && journey.is_none_or(|journey| step.journey == journey)
            });
            wanted.map(|(i, _)| StepId(i as u16)).collect()
        };
        let journey = |name: &str| {
            self.journeys
                .iter()
                .position(|journey| journey.name == name)
                .map(|i| JourneyId(i as u16))
        };
        match (steps(name, None), journey(name)) {
            (pooled, None) if !pooled.is_empty() => return Ok(Place::Steps(pooled)),
            (pooled, Some(journey)) if pooled.is_empty() => return Ok(Place::Journey(journey)),
            (_, Some(_)) => {
                return error(
                    range,
                    format!("`{name}` is both a journey and a step"),
                    format!("write `{name}/{name}` for the step, or rename one"),
                );
            }
            _ => {}
        }
        for (slash, _) in name.match_indices('/') {
            let (within, step) = (name[..slash].trim(), name[slash + 1..].trim());
            if let Some(journey) = journey(within) {
                let steps = steps(step, Some(journey));
                if !steps.is_empty() {
                    return Ok(Place::Steps(steps));
                }
            }
        }
        if let Some(unit) = self.units.iter().find(|unit| unit.purchase && unit.name == name) {
            let steps = self.steps[unit.steps.start as usize..unit.steps.end as usize]
                .iter()
                .map(|step| step.name.as_str());
            return error(
                range,
                format!("`{name}` is a purchase of several steps"),
                format!("name one of them: {}", listed(steps, "or")),
            );
        }
        let names: Vec<&str> = self
            .steps
            .iter()
            .map(|step| step.name.as_str())
            .chain(self.journeys.iter().map(|journey| journey.name.as_str()))
            .collect();
        let remedy = match nearest(name, names.iter().copied()) {
            Some(meant) => format!("write `{meant}`"),
            None => format!("name a step or a journey: {}", listed(unique(&names), "or")),
        };
        error(range, format!("there is no step or journey `{name}`"), remedy)
    }

    fn limit(&self, metric: &Metric, words: &[Word<'_>], rest: Range<usize>) -> Parsed<f64> {
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            return error(rest, "the limit is missing", FORM);
        };
        let text: String = words.iter().map(|word| word.text).collect();
        let range = first.range.start..last.range.end;
        let read = match metric {
            Metric::RepeatedFailures
            | Metric::LostShoppers
            | Metric::Failures(_)
            | Metric::Declined(_) => Fraction::read(&text).map(|share| share.0),
            Metric::Response { .. } | Metric::TimeToBuy { .. } => {
                Micros::read(&text).map(|span| span.0 as f64)
            }
            Metric::Requests => Rate::read(&text).map(|rate| rate.0),
        };
        read.map_err(|wrong| ObjectiveError { range, message: wrong.message, remedy: wrong.remedy })
    }

    fn clauses(&self, objective: &mut Objective, words: &[Word<'_>]) -> Parsed<()> {
        let mut rest = words;
        while let Some((clause, after)) = rest.split_first() {
            let end =
                after.iter().position(|word| CLAUSES.contains(&word.text)).unwrap_or(after.len());
            let (body, next) = after.split_at(end);
            match clause.text {
                "for" => set_once(&mut objective.window, self.duration(clause, body)?, clause)?,
                "after" => set_once(&mut objective.after, self.duration(clause, body)?, clause)?,
                "abort" if body.is_empty() => objective.abort = true,
                "where" => objective.only.extend(self.only(clause, body)?),
                _ => {
                    let stray = body.first().unwrap_or(clause);
                    return error(
                        stray.range.clone(),
                        format!("`{}` is not understood here", stray.text),
                        "after the limit there can be: for 30s, after 30s, where name = value, abort",
                    );
                }
            }
            if clause.text == "abort"
                && !objective.comparison.small_is_good()
                && objective.metric == Metric::Requests
            {
                self.some_window(clause, words)?;
            }
            if clause.text == "where" && objective.metric == Metric::Requests {
                return error(
                    clause.range.clone(),
                    "requests are not counted by attribute",
                    "remove the `where`",
                );
            }
            rest = next;
        }
        Ok(())
    }

    /// Whether there are too few requests in all is not certain before the end.
    fn some_window(&self, abort: &Word<'_>, words: &[Word<'_>]) -> Parsed<()> {
        if words.iter().any(|word| word.text == "for") {
            return Ok(());
        }
        error(
            abort.range.clone(),
            "that there are too few requests is not certain before the end",
            "say in which time: `for 10s abort`",
        )
    }

    /// The duration after `for` or `after`; never as long as the whole load.
    fn duration(&self, clause: &Word<'_>, body: &[Word<'_>]) -> Parsed<Micros> {
        let text: String = body.iter().map(|word| word.text).collect();
        let range = body.first().map_or(clause.range.clone(), |first| {
            first.range.start..body.last().map_or(first.range.end, |last| last.range.end)
        });
        let duration = Micros::read(&text).map_err(|wrong| ObjectiveError {
            range: range.clone(),
            message: wrong.message,
            remedy: wrong.remedy,
        })?;
        let length = self.load.length();
        if duration == Micros::ZERO {
            return error(
                range,
                format!("`{} {text}` is no time at all", clause.text),
                "write a longer time, or remove the clause",
            );
        }
        if duration >= length {
            return error(
                range,
                format!("the load takes only {length}"),
                format!("write less than {length}, or remove the clause"),
            );
        }
        Ok(duration)
    }

    /// `payment = wallet and device = mobile`.
    fn only(&self, clause: &Word<'_>, body: &[Word<'_>]) -> Parsed<Vec<(usize, usize)>> {
        let mut only = Vec::new();
        for condition in body.split(|word| word.text == "and") {
            let [name, equals, values @ ..] = condition else {
                return error(
                    clause.range.clone(),
                    "`where` needs a condition",
                    "write `where attribute = value`",
                );
            };
            if equals.text != "=" || values.is_empty() {
                return error(
                    name.range.start..equals.range.end,
                    format!("`{}` is not a condition", name.text),
                    "write `attribute = value`",
                );
            }
            let value = values.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
            let value_range = values[0].range.start..values[values.len() - 1].range.end;
            let attributes = &self.shoppers.attributes;
            let Some(index) = attributes.iter().position(|attribute| attribute.name == name.text)
            else {
                let names: Vec<&str> =
                    attributes.iter().map(|attribute| attribute.name.as_str()).collect();
                return error(
                    name.range.clone(),
                    format!("there is no attribute `{}`", name.text),
                    meant(name.text, &names),
                );
            };
            let known: Vec<&str> =
                attributes[index].values.iter().map(|(value, _)| value.as_str()).collect();
            let Some(value) = known.iter().position(|known| *known == value) else {
                return error(
                    value_range,
                    format!("`{}` has no value `{value}`", name.text),
                    meant(&value, &known),
                );
            };
            if only.iter().any(|(known, _)| *known == index) {
                return error(
                    name.range.clone(),
                    format!("no shopper has two values of `{}`", name.text),
                    "write an objective for each",
                );
            }
            only.push((index, value));
        }
        Ok(only)
    }
}

fn meant(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("write `{meant}`"),
        None if known.is_empty() => {
            "give shoppers attributes: `shoppers: { attributes: ... }`".to_owned()
        }
        None => format!("write {}", listed(known.iter().copied(), "or")),
    }
}

fn set_once(slot: &mut Option<Micros>, value: Micros, clause: &Word<'_>) -> Parsed<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => error(
            clause.range.clone(),
            format!("`{}` stands twice", clause.text),
            "keep one of the two",
        ),
    }
}

fn unique<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(name) {
            seen.push(*name);
        }
    }
    seen
}

/// `p99.9` as 0.999.
fn quantile(name: &str, range: Range<usize>) -> Parsed<f64> {
    let number =
        name.strip_prefix('p').filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    let Some(number) = number.and_then(|digits| digits.parse::<f64>().ok()) else {
        let remedy = match nearest(name, METRICS) {
            Some(meant) => format!("write `{meant}`"),
            None => {
                format!("the metrics are {} and quantiles such as p95(a step)", METRICS.join(", "))
            }
        };
        return error(range, format!("`{name}` is not a metric"), remedy);
    };
    if number <= 0.0 || number >= 100.0 {
        return error(
            range,
            format!("`{name}` is not a quantile"),
            "write one between p0 and p100, such as p50, p95 or p99.9",
        );
    }
    // Through decimal text, so that p99.9 is the number nearest to 0.999.
    Ok(format!("{number}e-2").parse().unwrap_or(number / 100.0))
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// The words from `from` on: parted by white space, `=` a word of its own, quoted text one word.
fn words(text: &str, from: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = from;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            '"' | '\'' => match rest[1..].find(first) {
                Some(close) => {
                    words.push(Word { text: &rest[1..=close], range: at..at + close + 2 });
                    at += close + 2;
                    continue;
                }
                None => rest.len(),
            },
            '=' => 1,
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            _ => rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len()),
        };
        words.push(Word { text: &rest[..length], range: at..at + length });
        at += length;
    }
    words
}

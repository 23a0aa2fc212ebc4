//! What may follow an objective's limit: `for 30s`, `after 30s`, `where payment = wallet`, `abort`.

use super::error::{ObjectiveError, Parsed, error};
use super::words::Word;
use crate::base::Micros;
use crate::plan::{MetricUnit, Objective, Plan};
use crate::scenario::{Quantity, join_words, nearest};

/// The words that begin a clause after the limit.
pub(super) const CLAUSES: [&str; 4] = ["for", "after", "where", "abort"];

impl Plan {
    /// Adds what the clauses say.
    pub(super) fn clauses(&self, objective: &mut Objective, words: &[Word<'_>]) -> Parsed<()> {
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
                && !objective.operator.small_is_good()
                && objective.metric.unit() == MetricUnit::PerSecond
            {
                self.some_window(clause, words)?;
            }
            if clause.text == "where" && objective.metric.unit() == MetricUnit::PerSecond {
                return error(
                    clause.range.clone(),
                    "requests are not counted by attribute",
                    "remove the `where`",
                );
            }
            if objective.metric.measure.is_of_records() {
                let word = objective.metric.measure.word();
                return error(
                    clause.range.clone(),
                    format!("`{word}` is of the whole run, as the shop's records have it"),
                    format!("remove the `{}`", clause.text),
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
                    suggest(name.text, &names),
                );
            };
            let known: Vec<&str> =
                attributes[index].values.iter().map(|(value, _)| value.as_str()).collect();
            let Some(value) = known.iter().position(|known| *known == value) else {
                return error(
                    value_range,
                    format!("`{}` has no value `{value}`", name.text),
                    suggest(&value, &known),
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

fn suggest(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("write `{meant}`"),
        None if known.is_empty() => {
            "give shoppers attributes: `shoppers: { attributes: ... }`".to_owned()
        }
        None => format!("write {}", join_words(known.iter().copied(), "or")),
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

//! The whole line: metric, operator, limit and clauses.

use std::ops::Range;

use super::clauses::CLAUSES;
use super::error::{FORM, ObjectiveError, Parsed, error};
use super::words::{Word, trim, words};
use crate::plan::{MetricUnit, Objective, Operator, Plan};

impl Plan {
    /// Reads an objective of this plan; `line` is its line in the scenario, 0 for the command line.
    ///
    /// # Errors
    /// When the text is not an objective, or names what the plan does not have: which part, and what to write.
    pub fn objective(&self, text: &str, line: u32) -> Result<Objective, ObjectiveError> {
        let Some(at) = text.find(['<', '>']) else {
            return error(0..text.len(), format!("`{text}` has no comparison"), FORM);
        };
        let equal = text[at + 1..].starts_with('=');
        let operator = match (&text[at..=at], equal) {
            ("<", false) => Operator::Below,
            ("<", true) => Operator::AtMost,
            (_, false) => Operator::Above,
            (_, true) => Operator::AtLeast,
        };
        let metric = self.metric(text, trim(text, 0..at))?;
        let words = words(text, at + 1 + usize::from(equal));
        let clauses =
            words.iter().position(|word| CLAUSES.contains(&word.text)).unwrap_or(words.len());
        let (limit, clauses) = words.split_at(clauses);
        let limit = read_limit(metric.unit(), limit, at..text.len())?;
        let mut objective = Objective {
            text: text.trim().to_owned(),
            line,
            metric,
            operator,
            limit,
            window: None,
            after: None,
            only: Vec::new(),
            abort: false,
        };
        self.clauses(&mut objective, clauses)?;
        Ok(objective)
    }
}

fn read_limit(unit: MetricUnit, words: &[Word<'_>], rest: Range<usize>) -> Parsed<f64> {
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return error(rest, "the limit is missing", FORM);
    };
    let text: String = words.iter().map(|word| word.text).collect();
    let range = first.range.start..last.range.end;
    unit.read(&text).map_err(|wrong| ObjectiveError::from_quantity(range, wrong))
}

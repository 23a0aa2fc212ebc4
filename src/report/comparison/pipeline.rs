//! A comparison for pipelines: test cases, and marks in GitHub Actions.

use super::headline::change_ci95;
use super::tables::{change, figure, observed_change};
use crate::report::annotations::mark;
use crate::report::junit::{Status, Suite};
use crate::report::view::MARK;
use crate::verdict::Verdict;
use crate::verdict::compare::{ChangeVerdict, ComparedRun, Comparison, Difference};

/// The name of the test case that says whether the comparison counts.
const COMPARABLE: &str = "the runs are comparable";

/// A test case for each figure. One that could not be decided is an error where the verdict depends on it, and skipped otherwise.
pub fn comparison_suite(candidate: &ComparedRun<'_>, found: &Comparison) -> Suite {
    let comparable = match found.verdict {
        Verdict::Invalid => Status::Error("invalid", super::headline::reason(found).text),
        _ if found.suspect => Status::Error("inconclusive", super::headline::reason(found).text),
        Verdict::Pass
        | Verdict::Fail
        | Verdict::Inconclusive
        | Verdict::NotReconciled
        | Verdict::Interrupted => Status::Passed,
    };
    let cases = found
        .differences
        .iter()
        .map(|difference| (difference.key.clone(), status(found, difference)));
    Suite {
        name: format!("{} compared", candidate.plan.name),
        started_at: candidate.facts.started_at,
        duration: candidate.facts.duration,
        properties: vec![("primary".to_owned(), found.primary_key.clone())],
        cases: std::iter::once((COMPARABLE.to_owned(), comparable)).chain(cases).collect(),
        headline: super::headline::headline(found),
    }
}

fn status(found: &Comparison, difference: &Difference) -> Status {
    match (difference.verdict, difference.primary) {
        _ if found.verdict == Verdict::Invalid => {
            Status::Error("invalid", format!("{MARK}: {}", sentence(difference)))
        }
        (ChangeVerdict::NoRegression, _) => Status::Passed,
        (ChangeVerdict::Regression, _) => Status::Failure("regression", sentence(difference)),
        (ChangeVerdict::Inconclusive, true) => Status::Error("inconclusive", sentence(difference)),
        (ChangeVerdict::Inconclusive, false) => Status::Skipped,
    }
}

/// A line for each figure that got worse, and for the primary one if it can't be told; one for all where nothing can be believed.
pub fn comparison_annotations(found: &Comparison) -> String {
    let marked = |difference: &Difference| match (difference.verdict, difference.primary) {
        (ChangeVerdict::Regression, _) => Some("error"),
        (ChangeVerdict::Inconclusive, true) => Some("warning"),
        (ChangeVerdict::Inconclusive, false) | (ChangeVerdict::NoRegression, _) => None,
    };
    if found.verdict == Verdict::Invalid {
        return mark("error", None, "tillrush", &super::headline::reason(found).text);
    }
    found
        .differences
        .iter()
        .filter_map(|each| Some(mark(marked(each)?, None, &each.key, &sentence(each))))
        .collect()
}

fn sentence(difference: &Difference) -> String {
    format!(
        "{} in the base, {} in the candidate: {}{}, margin {}",
        figure(difference, &difference.base),
        figure(difference, &difference.candidate),
        observed_change(difference),
        change_ci95(difference),
        change(difference, difference.margin),
    )
}

//! What a log says of the steps of a recording: who goes on, and after which pause.

use super::journeys::{goes_on, power};
use super::yaml::pause;
use crate::import::flow::{Funnel, PathPart, PathTemplate};
use crate::import::result::Import;

/// What a log says of a step.
#[derive(Clone, Debug, Default)]
pub struct LogFigures {
    /// Whether the log has the step.
    pub matched: bool,
    /// The pause before it.
    pub think: Option<String>,
    /// The share that goes on after it, those of steps that the recording lacks among them.
    pub goes_on: Option<f64>,
}

/// What the log says of each of these requests (method, path), in their order. Each step of the log's journey stands for one request at most.
pub fn figures_of(import: &Import, requests: &[(&str, &str)]) -> Vec<LogFigures> {
    let mut figures = vec![LogFigures::default(); requests.len()];
    let Some(funnel) = &import.funnel else { return figures };
    let fitting = match_requests(import, funnel, requests);
    let power = power(funnel, import.options.scale.conversion);
    let mut before: Option<usize> = fitting.iter().flatten().copied().next();
    for (step, request) in funnel.steps.iter().zip(&fitting) {
        if let Some(request) = request {
            before = Some(*request);
            figures[*request].matched = true;
            figures[*request].think = step.think.as_ref().map(pause);
        }
        let share = goes_on(step).map(|share| share.powf(power));
        if let (Some(share), Some(before)) = (share, before) {
            let known = figures[before].goes_on.unwrap_or(1.0);
            figures[before].goes_on = Some(known * share);
        }
    }
    figures
}

/// For each step of the log's journey the request that it is, in the order of both.
fn match_requests(
    import: &Import,
    funnel: &Funnel,
    requests: &[(&str, &str)],
) -> Vec<Option<usize>> {
    let mut taken = vec![false; requests.len()];
    let of = |template: &PathTemplate, taken: &mut Vec<bool>| {
        let fits = |(place, (method, path)): (usize, &(&str, &str))| {
            !taken[place]
                && template.method.word().eq_ignore_ascii_case(method)
                && is_of(template, path)
        };
        let found = requests.iter().enumerate().position(fits)?;
        taken[found] = true;
        Some(found)
    };
    funnel.steps.iter().map(|step| of(import.templates.get(step.kind), &mut taken)).collect()
}

fn is_of(template: &PathTemplate, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.len() == template.parts.len()
        && parts.iter().zip(&template.parts).all(|(part, known)| match known {
            PathPart::Fixed(word) => part.eq_ignore_ascii_case(word),
            PathPart::Values(_) => true,
        })
}

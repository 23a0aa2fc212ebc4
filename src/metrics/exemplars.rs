//! Examples of failing journeys as exemplars of histograms and as spans. Their identities are those that the shop was sent.

use super::labels::{StepLabels, StepNames};
use super::resource::MetricsResource;
use crate::base::RequestTrace;
use crate::plan::Plan;
use crate::tally::{SampleLine, SampledExchange, Samples};

/// A failed exchange as an example of its series.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// When it ended, in microseconds since 1970-01-01T00:00:00Z.
    pub at_unix_us: u64,
    /// Where it is in the shop's own traces.
    pub trace: RequestTrace,
}

/// An exchange of an example, as a span.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeSpan {
    /// Its trace, and its own identity.
    pub trace: RequestTrace,
    /// What it is called: method and step.
    pub name: String,
    /// When it began, in nanoseconds since 1970-01-01T00:00:00Z.
    pub began_unix_ns: u64,
    /// When it ended.
    pub ended_unix_ns: u64,
    /// What went wrong, if anything did.
    pub error: Option<&'static str>,
    /// Attributes by name.
    pub attributes: Vec<(&'static str, String)>,
}

/// Each failed exchange of the examples, with the labels of its step.
pub(super) fn exemplars<'a>(
    names: &'a StepNames,
    samples: &Samples,
) -> Vec<(&'a StepLabels, Exemplar)> {
    let mut found = Vec::new();
    for line in lines(samples) {
        for (exchange, trace) in trace_exchanges(&names.run, line, &|_| false) {
            let step = names.find(&line.journey, &exchange.step);
            let Some(step) = step.filter(|_| exchange.failure.is_some()) else { continue };
            let ended = exchange.began_at + exchange.took;
            let exemplar = Exemplar {
                seconds: exchange.took.0 as f64 / 1e6,
                at_unix_us: names.started_unix_us + ended.0,
                trace,
            };
            found.push((step, exemplar));
        }
    }
    found
}

/// The exchanges of all examples as spans of a client.
pub fn exchange_spans(
    plan: &Plan,
    resource: &MetricsResource,
    samples: &Samples,
) -> Vec<ExchangeSpan> {
    let masked = |text: &str| plan.secrets.mask_known(text).into_owned();
    let step_of = |journey: &str, step: &str| {
        plan.steps
            .iter()
            .find(|known| known.name == step && plan.journey(known.journey).name == journey)
    };
    let mut spans = Vec::new();
    for line in lines(samples) {
        let polls =
            |step: &str| step_of(&line.journey, step).is_some_and(|step| step.poll.is_some());
        for (exchange, trace) in trace_exchanges(&resource.run, line, &polls) {
            let Some(step) = step_of(&line.journey, &exchange.step) else { continue };
            let method = step.request.method.as_str();
            let began = resource.started_unix_us + exchange.began_at.0;
            let mut attributes = vec![
                ("http.request.method", method.to_owned()),
                ("server.address", resource.server_address.clone()),
                ("server.port", resource.server_port.to_string()),
                ("tillrush.journey", masked(&line.journey)),
                ("tillrush.step", masked(&exchange.step)),
                ("tillrush.attempt", exchange.attempt.to_string()),
                ("tillrush.shopper", line.shopper.to_string()),
            ];
            if let Some(status) = exchange.status {
                attributes.push(("http.response.status_code", status.to_string()));
            }
            spans.push(ExchangeSpan {
                trace,
                name: format!("{method} {}", masked(&exchange.step)),
                began_unix_ns: began * 1_000,
                ended_unix_ns: (began + exchange.took.0) * 1_000,
                error: exchange.failure.map(|kind| kind.key()),
                attributes,
            });
        }
    }
    spans
}

/// Each example once.
fn lines(samples: &Samples) -> impl Iterator<Item = &SampleLine> {
    let all = samples.strata.values().flatten().chain(samples.causes.values().flatten());
    let mut seen = std::collections::BTreeSet::new();
    all.filter(move |(_, line)| seen.insert(line.shopper)).map(|(_, line)| &**line)
}

/// The exchanges with the identity of the request that each is part of: where a redirect or a poll goes on, the trace is the
/// same. From where exchanges were left out, the identities are not known.
fn trace_exchanges<'a>(
    run: &'a str,
    line: &'a SampleLine,
    polls: &'a dyn Fn(&str) -> bool,
) -> impl Iterator<Item = (&'a SampledExchange, RequestTrace)> {
    let goes_on = |(last, this): (&SampledExchange, &SampledExchange)| {
        let same = last.step == this.step && last.attempt == this.attempt;
        same && (last.status.is_some_and(|status| (300..400).contains(&status))
            || polls(&this.step))
    };
    let whole = line.exchanges.iter().position(|exchange| {
        exchange.detail.starts_with('[') && exchange.detail.contains("exchanges are left out here]")
    });
    let known = whole.unwrap_or(line.exchanges.len());
    let mut first = 0;
    line.exchanges[..known].iter().enumerate().map(move |(place, exchange)| {
        let last = place.checked_sub(1).map(|last| &line.exchanges[last]);
        if !last.is_some_and(|last| goes_on((last, exchange))) {
            first = place;
        }
        let mut trace = RequestTrace::of(run, line.shopper, first as u64);
        if first != place {
            // Another span of the same trace: the shop's spans hang on the first one.
            trace.span = RequestTrace::of(run, line.shopper, place as u64).span;
        }
        (exchange, trace)
    })
}

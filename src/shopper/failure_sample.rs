//! The trace of a visit, and the example that a failing one may become.
//!
//! Every shopper keeps a short line for each exchange. Only a visit that would be kept as an example of a kind of failure
//! holds that failing exchange in full: whether it would be is known by its hash before anything is written down.

use std::sync::Arc;

use super::profile::ShopperProfile;
use super::response::error_fingerprint::{fingerprint, wording};
use super::transport::{Exchange, WireRequest, WireResponse};
use crate::base::random::{Purpose, draw};
use crate::base::{Micros, Redactor, ShopperId, StepId, redact};
use crate::plan::Plan;
use crate::tally::{
    End, FailureKind, FailureSite, FirstFailure, Observed, SampleLine, SampledExchange, Samples,
};

/// How much of a body an example keeps.
const BODY_LIMIT: usize = 4 * 1_024;
/// How much more of it is looked at for secrets that the cut would go through.
const CUT_SLACK: usize = 64;
/// This many kinds of failures of a visit are told apart; what comes later is put down to the first.
const MOST_CAUSES: usize = 8;
/// This many exchanges of a visit are remembered; of more (a poll that asks for minutes) the last one takes the place of the one before.
const MOST_LINES: usize = 200;

/// What a visit's exchanges came to, and an example of each kind of failure in full where it is to be kept.
#[derive(Debug, Default)]
pub struct Trace {
    lines: Vec<TraceEntry>,
    /// What went wrong, each kind at each step once, in order of time.
    causes: Vec<FirstFailure>,
    /// Exchanges that are not among the lines.
    left_out: u32,
    kept: Vec<FullExchange>,
}

/// One exchange in short.
#[derive(Clone, Copy, Debug)]
struct TraceEntry {
    step: StepId,
    attempt: u16,
    status: Option<u16>,
    began_at: Micros,
    took: Micros,
    failure: Option<FailureKind>,
}

/// A failing exchange in full.
#[derive(Debug)]
struct FullExchange {
    /// The place among the causes of the visit.
    cause: usize,
    line: usize,
    detail: String,
    message: String,
    request: Option<String>,
    response: Option<String>,
}

/// The last exchange of a try, in case it fails.
#[derive(Debug, Default)]
pub struct FailureEvidence {
    /// What was sent, if anything was.
    pub request: Option<WireRequest>,
    /// What came back, if anything did.
    pub answer: Option<WireResponse>,
}

/// A step that failed.
#[derive(Clone, Copy, Debug)]
pub struct FailingStep<'a> {
    /// Which.
    pub step: StepId,
    /// How.
    pub kind: FailureKind,
    /// What was found wrong.
    pub detail: &'a str,
    /// What was sent and what came back.
    pub evidence: &'a FailureEvidence,
}

// === impl Trace ===

impl Trace {
    /// Adds an exchange.
    pub fn add(&mut self, step: StepId, attempt: u32, exchange: &Exchange) {
        if self.lines.len() == MOST_LINES {
            self.left_out += 1;
            // A failure stays where it is.
            if self.lines.pop_if(|last| last.failure.is_none()).is_none() {
                return;
            }
        }
        self.lines.push(TraceEntry {
            step,
            attempt: attempt.min(u32::from(u16::MAX)) as u16,
            status: exchange.result.as_ref().ok().map(|answer| answer.status.as_u16()),
            began_at: exchange.began_at,
            took: exchange.ended_at.since(exchange.began_at),
            failure: None,
        });
    }

    /// How many exchanges there were.
    pub fn exchanges_made(&self) -> usize {
        self.lines.len() + self.left_out as usize
    }

    /// The last exchange made the step fail. The first of each kind at each step is kept in full if it is among those wanted.
    pub fn record_failure(
        &mut self,
        samples: &Samples,
        shopper: ShopperId,
        failed: &FailingStep<'_>,
        secrets: &Redactor,
    ) {
        let FailingStep { step, kind, detail, evidence } = *failed;
        let line = self.lines.len().saturating_sub(1);
        if let Some(last) = self.lines.last_mut().filter(|last| last.step == step) {
            last.failure = Some(kind);
        }
        let status = evidence.answer.as_ref().map(|answer| answer.status.as_u16());
        let site = FailureSite { step, kind, status };
        let known = self.causes.iter().any(|cause| cause.site == site);
        if known || self.causes.len() == MOST_CAUSES {
            return;
        }
        let message = fingerprint(kind, detail, evidence.answer.as_ref(), secrets).into();
        let cause = FirstFailure { site, message };
        if samples.wants(&cause, sample_hash(shopper)) {
            let request = evidence
                .request
                .as_ref()
                .map(|request| redact::message(&request_text(request, secrets)));
            let response = evidence
                .answer
                .as_ref()
                .map(|answer| redact::message(&response_text(answer, secrets)));
            self.kept.push(FullExchange {
                cause: self.causes.len(),
                line,
                detail: secrets.text(detail).into_owned(),
                message: wording(kind, detail, evidence.answer.as_ref(), secrets),
                request,
                response,
            });
        }
        self.causes.push(cause);
    }

    /// What the visit's failures are put down to: what went wrong at the step where they repeat, or else first.
    pub fn cause(&self, repeated_at: Option<StepId>) -> Option<&FirstFailure> {
        let repeated = |step| self.causes.iter().find(|cause| cause.site.step == step);
        repeated_at.and_then(repeated).or(self.causes.first())
    }

    /// Whether it is an example of anything.
    pub fn is_sampled(&self) -> bool {
        !self.kept.is_empty()
    }

    /// What this visit is an example of.
    pub fn samples(&self) -> impl Iterator<Item = &FirstFailure> {
        self.kept.iter().map(|kept| &self.causes[kept.cause])
    }

    fn sampled_exchanges(&self, plan: &Plan) -> Vec<SampledExchange> {
        let in_full = |i| self.kept.iter().find(|kept| kept.line == i);
        let exchange = |(i, line): (usize, &TraceEntry)| SampledExchange {
            step: plan.step(line.step).name.clone(),
            attempt: u32::from(line.attempt),
            began_at: line.began_at,
            took: line.took,
            status: line.status,
            failure: line.failure,
            detail: in_full(i).map(|kept| kept.detail.clone()).unwrap_or_default(),
            message: in_full(i).map(|kept| kept.message.clone()).unwrap_or_default(),
            request: in_full(i).and_then(|kept| kept.request.clone()),
            response: in_full(i).and_then(|kept| kept.response.clone()),
        };
        let mut exchanges: Vec<SampledExchange> =
            self.lines.iter().enumerate().map(exchange).collect();
        if let Some(last) = exchanges.last_mut().filter(|_| self.left_out > 0) {
            last.detail =
                format!("[{} exchanges are left out here] {}", self.left_out, last.detail)
                    .trim_end()
                    .to_owned();
        }
        exchanges
    }
}

/// By how little a visit is an example: those with the smallest are kept.
pub(super) fn sample_hash(shopper: ShopperId) -> u64 {
    draw(shopper.0, Purpose::Sample, 0)
}

/// The sampled shopper, for `samples.jsonl`.
pub(super) fn sample_line(
    plan: &Plan,
    profile: &ShopperProfile,
    observed: &[Observed],
    trace: &Trace,
    end: End,
) -> Arc<SampleLine> {
    let attributes = plan.shoppers.attributes.iter().zip(&profile.persona.attributes);
    let observed = plan.observed.iter().zip(observed);
    Arc::new(SampleLine {
        shopper: profile.id,
        marker: profile.marker.to_string(),
        journey: plan.journey(profile.persona.journey).name.clone(),
        attributes: attributes
            .map(|(attribute, value)| {
                (attribute.name.clone(), attribute.values[usize::from(*value)].0.clone())
            })
            .collect(),
        observed: observed
            .filter_map(|(name, value)| match value {
                Observed::Is(value) => Some((name.clone(), redact::text(value).into_owned())),
                Observed::Missing | Observed::TooMany => None,
            })
            .collect(),
        arrived_at: profile.arrived_at,
        end,
        exchanges: trace.sampled_exchanges(plan),
    })
}

/// A request as it was sent, but for secrets.
fn request_text(request: &WireRequest, secrets: &Redactor) -> String {
    let mut text = format!(
        "{} {} HTTP\r\nhost: {}\r\n",
        request.method,
        secrets.mask_known(&request.path),
        secrets.mask_known(&request.origin.authority())
    );
    append_head_and_body(&mut text, &request.headers, &request.body, secrets);
    text
}

/// An answer as it came, decompressed, but for secrets.
fn response_text(answer: &WireResponse, secrets: &Redactor) -> String {
    let mut text = format!("{:?} {}\r\n", answer.version, answer.status);
    append_head_and_body(&mut text, &answer.headers, &answer.body, secrets);
    text
}

fn append_head_and_body(
    text: &mut String,
    headers: &http::HeaderMap,
    body: &[u8],
    secrets: &Redactor,
) {
    for (name, value) in headers {
        let name = secrets.mask_known(name.as_str());
        text.push_str(&format!("{name}: {}\r\n", secrets.known_bytes(value.as_bytes())));
    }
    text.push_str("\r\n");
    // Redacted before it is cut: half a card number would not be known for one.
    let shown = secrets.known_start(body, BODY_LIMIT + CUT_SLACK);
    let shown = redact::text(&shown);
    if body.len() > BODY_LIMIT {
        text.extend(shown.chars().take(BODY_LIMIT));
        text.push_str(&format!("… ({} bytes in all)", body.len()));
    } else {
        text.push_str(&shown);
    }
}

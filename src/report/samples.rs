//! `failures.jsonl`: failing journeys to look at, one a line, with their requests and responses.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::base::StepId;
use crate::plan::Plan;
use crate::tally::{End, FailureKind, SampleLine, Samples};

/// One line.
#[derive(Serialize)]
struct FailureLine<'a> {
    /// Where the first failure fell.
    step: &'a str,
    /// What it was.
    kind: FailureKind,
    shopper: String,
    marker: &'a str,
    journey: &'a str,
    attributes: &'a BTreeMap<String, String>,
    observed: &'a BTreeMap<String, String>,
    arrived_at_s: f64,
    end: End,
    exchanges: Vec<ExchangeLine<'a>>,
}

#[derive(Serialize)]
struct ExchangeLine<'a> {
    step: &'a str,
    attempt: u32,
    began_at_s: f64,
    took_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureKind>,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a str>,
}

/// The samples as JSON lines, by step and kind of the first failure. They were redacted when they were made.
pub fn failures_jsonl(plan: &Plan, samples: &Samples) -> String {
    let mut text = String::new();
    let mut chosen: BTreeMap<(StepId, FailureKind), BTreeMap<u64, &Arc<SampleLine>>> =
        BTreeMap::new();
    for (stratum, lines) in &samples.strata {
        chosen.entry(*stratum).or_default().extend(lines.iter().map(|(hash, line)| (*hash, line)));
    }
    for (cause, lines) in &samples.causes {
        chosen
            .entry((cause.site.step, cause.site.kind))
            .or_default()
            .extend(lines.iter().map(|(hash, line)| (*hash, line)));
    }
    for ((step, kind), lines) in chosen {
        let step = plan.step_label(step);
        for line in lines.values() {
            text += &serde_json::to_string(&failure_line(&step, kind, line))
                .expect("a line of numbers and text can be written");
            text.push('\n');
        }
    }
    text
}

fn failure_line<'a>(
    step: &'a str,
    kind: FailureKind,
    line: &'a Arc<SampleLine>,
) -> FailureLine<'a> {
    FailureLine {
        step,
        kind,
        shopper: line.shopper.to_string(),
        marker: &line.marker,
        journey: &line.journey,
        attributes: &line.attributes,
        observed: &line.observed,
        arrived_at_s: line.arrived_at.as_secs_f64(),
        end: line.end,
        exchanges: line
            .exchanges
            .iter()
            .map(|exchange| ExchangeLine {
                step: &exchange.step,
                attempt: exchange.attempt,
                began_at_s: exchange.began_at.as_secs_f64(),
                took_ms: exchange.took.as_millis_f64(),
                status: exchange.status,
                failure: exchange.failure,
                detail: &exchange.detail,
                request: exchange.request.as_deref(),
                response: exchange.response.as_deref(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::base::{Micros, ShopperId};
    use crate::tally::{FailureSite, FirstFailure, SampledExchange};
    use crate::verdict::simulation::shop;

    #[test]
    fn a_line_tells_the_journey_with_units_in_its_keys() {
        let exchange = |status, failure, request: Option<&str>| SampledExchange {
            step: "pay".into(),
            attempt: 1,
            began_at: Micros::from_millis(1_250),
            took: Micros(12_340),
            status,
            failure,
            detail: if failure.is_some() { "expected 2xx, got 500".into() } else { String::new() },
            message: String::new(),
            request: request.map(str::to_owned),
            response: None,
        };
        let line = |shopper| SampleLine {
            shopper: ShopperId(shopper),
            marker: "s-7".into(),
            journey: "buy".into(),
            attributes: BTreeMap::from([("payment".into(), "wallet".into())]),
            observed: BTreeMap::new(),
            arrived_at: Micros::from_secs(1),
            end: End::StoppedByCap,
            exchanges: vec![
                exchange(Some(200), None, None),
                exchange(Some(500), Some(FailureKind::ServerError), Some("POST /pay HTTP/1.1")),
            ],
        };
        let mut samples = Samples::default();
        let cause = |step, kind| FirstFailure {
            site: FailureSite { step: StepId(step), kind, status: None },
            message: "".into(),
        };
        samples.offer(&cause(6, FailureKind::ServerError), 9, Arc::new(line(9)));
        samples.offer(
            &cause(2, FailureKind::TooSlow),
            7,
            Arc::new(SampleLine { exchanges: Vec::new(), ..line(7) }),
        );
        assert_snapshot!(failures_jsonl(&shop(), &samples), @r#"
        {"step":"buy/home","kind":"too_slow","shopper":"0000000000000007","marker":"s-7","journey":"buy","attributes":{"payment":"wallet"},"observed":{},"arrived_at_s":1.0,"end":"stopped_by_cap","exchanges":[]}
        {"step":"pay","kind":"server_error","shopper":"0000000000000009","marker":"s-7","journey":"buy","attributes":{"payment":"wallet"},"observed":{},"arrived_at_s":1.0,"end":"stopped_by_cap","exchanges":[{"step":"pay","attempt":1,"began_at_s":1.25,"took_ms":12.34,"status":200},{"step":"pay","attempt":1,"began_at_s":1.25,"took_ms":12.34,"status":500,"failure":"server_error","detail":"expected 2xx, got 500","request":"POST /pay HTTP/1.1"}]}
        "#);
    }
}

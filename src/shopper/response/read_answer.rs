//! An answer, read by the step that asked for it: checked, and captured from.

use std::sync::Arc;

use http::HeaderMap;
use url::Url;

use super::check::Checker;
use super::evaluate::{CapturedValues, StepResult, capture, evaluate};
use super::extract::Response;
use crate::base::StepId;
use crate::plan::{Plan, Step};
use crate::shopper::off_core::{is_large, off_core};
use crate::shopper::request::variables::Variables;
use crate::shopper::transport::WireResponse;
use crate::tally::{Checked, OwnFault};

/// What an answer comes to.
#[derive(Debug)]
pub(crate) struct AnswerRead {
    /// What was captured from a good one, and otherwise what was wrong.
    pub(crate) captured: Result<CapturedValues, StepResult>,
    /// Each set of conditions in words, with its name; none where nobody looks on.
    pub(crate) explained: Vec<(&'static str, Vec<Checked>)>,
}

/// An answer that was fetched.
#[derive(Clone, Copy)]
pub(crate) struct Arrived<'a> {
    pub(crate) answer: &'a WireResponse,
    /// Its address, after redirects.
    pub(crate) url: &'a Url,
    /// Where the first answer redirected to.
    pub(crate) first_location: Option<&'a str>,
    /// The headers of the answers that redirected here.
    pub(crate) redirects: &'a [HeaderMap],
}

/// What an answer is read with.
#[derive(Clone, Copy)]
pub(crate) struct AnswerReader<'a> {
    pub(crate) plan: &'a Arc<Plan>,
    pub(crate) step: StepId,
    pub(crate) variables: &'a Variables,
    /// Whether somebody wants each condition in words.
    pub(crate) explains: bool,
}

// === impl Arrived ===

impl Arrived<'_> {
    /// Whether reading it would hold up the other shoppers of the core.
    pub(crate) fn is_large(&self) -> bool {
        is_large(&self.answer.body)
    }
}

// === impl AnswerReader ===

impl AnswerReader<'_> {
    /// Reads an answer here and now.
    pub(crate) fn read(
        &self,
        arrived: Arrived<'_>,
        cookie: &dyn Fn(&str) -> Option<String>,
    ) -> AnswerRead {
        let WireResponse { status, headers, body, .. } = arrived.answer;
        let response = Response::new(status.as_u16(), headers, body, cookie)
            .at(arrived.url, arrived.first_location)
            .after(arrived.redirects);
        let step = self.plan.step(self.step);
        let checker = Checker { templates: &self.plan.templates, scope: self.variables };
        let explained = if self.explains { explain(step, &checker, &response) } else { Vec::new() };
        let captured = match evaluate(step, &checker, &response) {
            Ok(StepResult::Ok) => {
                capture(self.plan, step, &response, &|place| self.variables.draw_for_capture(place))
            }
            Ok(result) => Err(result),
            Err(error) => Err(StepResult::Own(OwnFault::Scenario, error.to_string())),
        };
        AnswerRead { captured, explained }
    }

    /// Reads a large answer away from the core, with copies of all it takes. What is made of it is freed there too.
    pub(crate) async fn read_off_core(
        &self,
        arrived: Arrived<'_>,
        cookies: Vec<(String, String)>,
    ) -> (AnswerRead, Variables) {
        let AnswerReader { step, explains, .. } = *self;
        let (plan, variables) = (Arc::clone(self.plan), self.variables.clone());
        let (answer, url) = (arrived.answer.clone(), arrived.url.clone());
        let first_location = arrived.first_location.map(str::to_owned);
        let redirects = arrived.redirects.to_vec();
        off_core(move || {
            let arrived = Arrived {
                answer: &answer,
                url: &url,
                first_location: first_location.as_deref(),
                redirects: &redirects,
            };
            let reader = AnswerReader { plan: &plan, step, variables: &variables, explains };
            let read = reader.read(arrived, &|name| {
                let found = cookies.iter().find(|(known, _)| known == name);
                found.map(|(_, value)| value.clone())
            });
            (read, variables)
        })
        .await
    }
}

/// Each set of conditions in words. What is expected once a poll's conditions hold is told of only then.
fn explain(
    step: &Step,
    checker: &Checker<'_>,
    response: &Response<'_>,
) -> Vec<(&'static str, Vec<Checked>)> {
    let explain = |conditions| checker.explain(conditions, response);
    let mut explained = vec![("declined", explain(&step.declined))];
    explained.extend(step.poll.as_ref().map(|poll| ("until", explain(&poll.until))));
    let is_waiting = step.poll.is_some()
        && explained.last().is_some_and(|(_, checked)| !checked.iter().all(|one| one.held));
    if !is_waiting {
        explained.push(("expect", explain(&step.expect)));
    }
    explained
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode, Version, header};

    use super::*;
    use crate::base::ShopperId;
    use crate::plan::Inputs;
    use crate::shopper::off_core::LARGE;

    const SCENARIO: &str = "
name: Read
load: { stages: [{ hold: 1/s, for: 1s }] }
journeys:
  - name: read
    steps:
      - name: read
        get: /
        capture: { sku: { json: '$.items[1].sku' }, visit: { cookie: visit } }
        expect: { json: { '$.items[0].sku': a }, url: /list }
";

    #[test]
    fn a_large_answer_says_the_same_away_from_the_core_while_others_go_on() {
        let plan = Arc::new(Plan::from_text("read.yaml", SCENARIO, &Inputs::default()).unwrap());
        let variables = Variables::new(&plan, ShopperId(7));
        let items = vec![r#"{"sku":"a"}"#; LARGE / 8].join(",");
        let kind = HeaderValue::from_static("application/json");
        let answer = WireResponse {
            status: StatusCode::OK,
            version: Version::HTTP_11,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]),
            body: Bytes::from(format!("{{\"items\":[{items}]}}")),
        };
        let url = Url::parse("http://shop.example/list").unwrap();
        let arrived = Arrived { answer: &answer, url: &url, first_location: None, redirects: &[] };
        assert!(arrived.is_large());
        let reader =
            AnswerReader { plan: &plan, step: StepId(0), variables: &variables, explains: true };
        let here = reader.read(arrived, &|name| (name == "visit").then(|| "v1".to_owned()));
        let cookies = vec![("visit".to_owned(), "v1".to_owned())];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (away, polls) = runtime.block_on(async {
            let mut reading = std::pin::pin!(reader.read_off_core(arrived, cookies));
            let mut polls = 0;
            let read = std::future::poll_fn(|context| {
                polls += 1;
                reading.as_mut().poll(context)
            });
            (read.await.0, polls)
        });
        assert!(polls > 1, "the core was free meanwhile");
        let captured = |read: &AnswerRead| format!("{:?}", read.captured.as_ref().unwrap().values);
        assert_eq!(captured(&here), captured(&away));
        assert!(captured(&here).contains("v1"), "{}", captured(&here));
        assert_eq!(here.explained, away.explained);
        assert_eq!(here.explained.len(), 2);
    }
}

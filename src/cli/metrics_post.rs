//! Posting metrics to one receiver, and counting what it did not take.

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use reqwest::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Client, StatusCode, redirect};
use tokio::runtime::Runtime;

use super::metrics::LiveMetrics;
use super::metrics_receivers::{MetricsReceiver, Signal};
use crate::base::{count_of, visible};
use crate::metrics::{ExchangeSpan, encode_metrics, encode_spans, read_rejection, write_requests};

/// How often the last state is sent before it is given up, and the longest pause between.
const LAST_TRIES: (u32, Duration) = (4, Duration::from_secs(3));
/// How much of what a receiver says is repeated.
const SAID: usize = 200;

/// The way to one receiver.
#[derive(Debug)]
pub struct Post {
    receiver: MetricsReceiver,
    client: Client,
    runtime: Runtime,
    sent: u64,
    lost: u64,
    last_error: String,
}

/// Why a receiver did not take something.
#[derive(Debug)]
struct PostRefusal {
    why: String,
    /// When to try again, if that may help.
    again: Option<Duration>,
}

// === impl Post ===

impl Post {
    /// To this receiver.
    ///
    /// # Errors
    /// When the client can't be set up.
    pub fn new(receiver: MetricsReceiver, timeout: Duration) -> anyhow::Result<Post> {
        // A second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("tillrush/", env!("CARGO_PKG_VERSION")))
            .default_headers(receiver.headers.clone())
            .build()
            .with_context(|| format!("can't send metrics to {}", address(&receiver)))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Post { receiver, client, runtime, sent: 0, lost: 0, last_error: String::new() })
    }

    /// What it takes.
    pub const fn signal(&self) -> Signal {
        self.receiver.signal
    }

    /// Sends the state once. What to say, the first time that it fails.
    pub fn send_state(&mut self, live: &LiveMetrics) -> Option<String> {
        let bodies = self.state(live);
        let refused = self.send_all(&bodies);
        self.sent += 1;
        let refusal = refused?;
        self.lost += 1;
        self.last_error = refusal.why;
        (self.lost == 1).then(|| {
            format!(
                "warning: {} takes no metrics: {}; the run goes on",
                address(&self.receiver),
                self.last_error
            )
        })
    }

    /// Sends the last state, or the examples, with a few retries. What to say, if anything was lost.
    pub fn finish(mut self, live: &LiveMetrics, spans: &[ExchangeSpan]) -> Option<String> {
        let bodies = match self.signal() {
            Signal::OtlpSpans if spans.is_empty() => return None,
            Signal::OtlpSpans => vec![encode_spans(spans, &live.resource)],
            Signal::OtlpMetrics | Signal::RemoteWrite => self.state(live),
        };
        let (tries, longest) = LAST_TRIES;
        let mut refused = self.send_all(&bodies);
        for _ in 1..tries {
            let Some(again) = refused.as_ref().and_then(|refusal| refusal.again) else { break };
            std::thread::sleep(again.min(longest));
            refused = self.send_all(&bodies);
        }
        self.sent += 1;
        let at = address(&self.receiver);
        match refused {
            Some(PostRefusal { why, .. }) => {
                let what = match self.signal() {
                    Signal::OtlpSpans => "the spans of failing journeys",
                    Signal::OtlpMetrics | Signal::RemoteWrite => "the final metrics",
                };
                let lost = count_of(self.lost + 1, "message");
                Some(format!(
                    "warning: {what} did not reach {at} ({lost} of {} lost): {why}",
                    self.sent
                ))
            }
            None if self.lost > 0 => Some(format!(
                "warning: {} of {} with metrics did not reach {at} ({}); the last one did, and has all counts",
                self.lost,
                count_of(self.sent, "message"),
                self.last_error
            )),
            None => None,
        }
    }

    /// The bodies to post for the state.
    fn state(&self, live: &LiveMetrics) -> Vec<Vec<u8>> {
        let now = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(0);
        match self.signal() {
            Signal::OtlpMetrics => vec![encode_metrics(&live.state(), &live.resource, now)],
            Signal::OtlpSpans => Vec::new(),
            // Longer than 4 GiB it can't be: the number of series is bounded.
            Signal::RemoteWrite => write_requests(&live.state(), &live.resource, now)
                .map(|requests| vec![requests.samples, requests.histograms])
                .unwrap_or_default(),
        }
    }

    /// Why one of these was not taken; all are posted in any case.
    fn send_all(&self, bodies: &[Vec<u8>]) -> Option<PostRefusal> {
        let posted: Vec<Result<(), PostRefusal>> =
            bodies.iter().map(|body| self.runtime.block_on(self.post(body.clone()))).collect();
        posted.into_iter().find_map(Result::err)
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), PostRefusal> {
        let request =
            self.client.post(self.receiver.url.clone()).headers(self.headers()).body(body);
        let unanswered = |error: reqwest::Error| PostRefusal {
            why: reason(&error.without_url()),
            again: Some(Duration::from_millis(500)),
        };
        let response = request.send().await.map_err(unanswered)?;
        let (status, again) = (response.status(), retry_after(&response));
        let answer = response.bytes().await.map_err(unanswered)?;
        if status.is_success() {
            let rejection = match self.signal() {
                Signal::OtlpMetrics | Signal::OtlpSpans => read_rejection(&answer),
                Signal::RemoteWrite => None,
            };
            return rejection.map_or(Ok(()), |rejection| {
                let why = format!(
                    "it rejected {}: {}",
                    rejection.rejected,
                    quote(rejection.reason.as_bytes())
                );
                Err(PostRefusal { why, again: None })
            });
        }
        let may_pass = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        ) || (self.signal() == Signal::RemoteWrite && status.is_server_error());
        let why = format!("it answered {}: {}", status.as_u16(), quote(&answer));
        Err(PostRefusal { why, again: may_pass.then_some(again) })
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let protobuf = HeaderValue::from_static("application/x-protobuf");
        headers.insert(CONTENT_TYPE, protobuf);
        match self.signal() {
            Signal::OtlpMetrics | Signal::OtlpSpans => {}
            Signal::RemoteWrite => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
                let version = HeaderName::from_static("x-prometheus-remote-write-version");
                headers.insert(version, HeaderValue::from_static("0.1.0"));
            }
        }
        headers
    }
}

/// A receiver's address without user, password and query.
fn address(receiver: &MetricsReceiver) -> String {
    let mut url = receiver.url.clone();
    // Addresses of HTTP can do without a user.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.to_string()
}

fn retry_after(response: &reqwest::Response) -> Duration {
    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = header.and_then(|text| text.trim().parse().ok());
    seconds.map_or(Duration::from_millis(500), Duration::from_secs)
}

fn reason(error: &reqwest::Error) -> String {
    let causes = anyhow::Chain::new(error).map(ToString::to_string).collect::<Vec<_>>();
    quote(causes.join(": ").as_bytes())
}

/// A receiver's words on one line.
fn quote(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line: String = text.trim().chars().take(SAID).collect();
    visible(&line.replace(['\n', '\r'], " ")).into_owned()
}

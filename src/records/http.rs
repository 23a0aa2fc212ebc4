//! Requests for records: retried where the source is busy, and a look at its clock with each answer.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, DATE, HeaderMap, LINK, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::base::redact;

/// Why records can't be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A placeholder has no value.
    #[error("`{{{{ {0} }}}}` has no value: give it with -e")]
    NoValue(String),
    /// The source has no address.
    #[error("records have no address: write `url:`")]
    NoAddress,
    /// The address is none.
    #[error("`{0}` is not an address")]
    BadAddress(String),
    /// The source could not be reached.
    #[error("no answer from {place}")]
    Unreachable {
        /// The address without its query.
        place: String,
        /// What went wrong.
        #[source]
        source: reqwest::Error,
    },
    /// The source refused.
    #[error("{place} answered {status}: {body}")]
    Refused {
        /// The address without its query.
        place: String,
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The answer is not what was expected.
    #[error("{place}: {message}")]
    Unexpected {
        /// Where it came from.
        place: String,
        /// What is wrong with it.
        message: String,
    },
    /// This program was built without the clients of databases.
    #[error(
        "this build has no SQL client: build it with `--features sql`, or read the database by `command:`, such as psql --csv"
    )]
    NoSql,
    /// A command or a file failed.
    #[error("{place}")]
    Io {
        /// The command or file.
        place: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// An answer.
#[derive(Debug)]
pub struct RecordResponse {
    /// Its body.
    pub body: Value,
    /// The address of the next page, by the header `link`.
    pub next: Option<Url>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct RecordRequest {
    /// GET or POST.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// The body of a POST.
    pub body: Option<Value>,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// The value of the header `authorization`.
    pub authorization: Option<String>,
}

/// The client, and what is known of the source's clock.
#[derive(Debug)]
pub struct RecordHttp {
    client: reqwest::Client,
    /// The offset of the source's clock lies between these, in microseconds.
    clock: Option<(i64, i64)>,
}

/// How long a source may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is sent at most.
const ATTEMPTS: u32 = 6;
/// The longest pause that a source may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

// === impl RecordHttp ===

impl RecordHttp {
    /// A client.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn new(insecure: bool) -> Result<RecordHttp, RecordError> {
        // A second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .user_agent(concat!("tillrush/", env!("CARGO_PKG_VERSION"), " (records)"))
            .tls_danger_accept_invalid_certs(insecure)
            .build()
            .map_err(|source| RecordError::Unreachable { place: "the client".into(), source })?;
        Ok(RecordHttp { client, clock: None })
    }

    /// By how much the source's clock is ahead, in microseconds; none without a header `date`.
    pub fn clock_offset_us(&self) -> Option<i64> {
        self.clock.map(|(low, high)| low + (high - low) / 2)
    }

    /// What is known of the clock.
    pub(super) fn clock(&self) -> Option<(i64, i64)> {
        self.clock
    }

    /// Takes what is known of another source's clock for known.
    pub(super) fn set_clock(&mut self, clock: Option<(i64, i64)>) {
        self.clock = clock;
    }

    /// Sends a request until it is answered with success.
    ///
    /// # Errors
    /// When it is refused, or answered with no JSON, or not at all.
    pub async fn send(&mut self, request: &RecordRequest) -> Result<RecordResponse, RecordError> {
        let place = place(&request.url);
        let mut attempt = 1;
        loop {
            let began = now_us();
            let failure = match self.once(request).await {
                Err(source) => (None, RecordError::Unreachable { place: place.clone(), source }),
                Ok(response) => {
                    self.look_at_clock(response.headers(), began);
                    let status = response.status();
                    if status.is_success() {
                        return answer(response, &place).await;
                    }
                    let pause = pause_asked(response.headers());
                    let body = response.text().await.unwrap_or_default();
                    let body =
                        redact::text(&body.chars().take(200).collect::<String>()).into_owned();
                    let refused = RecordError::Refused {
                        place: place.clone(),
                        status: status.as_u16(),
                        body,
                    };
                    if !may_repeat(status) {
                        return Err(refused);
                    }
                    (pause, refused)
                }
            };
            let (pause, error) = failure;
            if attempt == ATTEMPTS {
                return Err(error);
            }
            let pause = pause.unwrap_or(Duration::from_millis(250) * 2u32.pow(attempt));
            tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
            attempt += 1;
        }
    }

    async fn once(&self, request: &RecordRequest) -> Result<reqwest::Response, reqwest::Error> {
        let mut builder = self
            .client
            .request(request.method.clone(), request.url.clone())
            .header(ACCEPT, "application/json");
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(authorization) = &request.authorization {
            builder = builder.header(AUTHORIZATION, authorization);
        }
        if let Some(body) = &request.body {
            builder = builder.header("content-type", "application/json").body(body.to_string());
        }
        builder.send().await
    }

    /// A header `date` of whole seconds, between sending and receiving, bounds the offset from both sides.
    fn look_at_clock(&mut self, headers: &HeaderMap, began_us: i64) {
        let ended_us = now_us();
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(http_date) else { return };
        let bounds = (date - ended_us, date + 1_000_000 - began_us);
        self.clock = Some(match self.clock {
            Some((low, high)) if low.max(bounds.0) <= high.min(bounds.1) => {
                (low.max(bounds.0), high.min(bounds.1))
            }
            // The clock was set meanwhile: what counts is what it shows now.
            _ => bounds,
        });
    }
}

async fn answer(response: reqwest::Response, place: &str) -> Result<RecordResponse, RecordError> {
    let next = next_link(response.headers(), response.url());
    let unreachable = |source| RecordError::Unreachable { place: place.to_owned(), source };
    let no_content = response.status() == StatusCode::NO_CONTENT;
    let text = response.text().await.map_err(unreachable)?;
    if no_content || text.trim().is_empty() {
        return Ok(RecordResponse { body: Value::Null, next });
    }
    let body = serde_json::from_str(&text).map_err(|error| RecordError::Unexpected {
        place: place.to_owned(),
        message: format!("the answer is no JSON ({error})"),
    })?;
    Ok(RecordResponse { body, next })
}

/// The address without user and query: either may hold a secret.
fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

fn may_repeat(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn pause_asked(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

fn http_date(text: &str) -> Option<i64> {
    let time = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(time.timestamp().as_microsecond())
}

/// The address of the next page in the header `link` (RFC 8288).
fn next_link(headers: &HeaderMap, base: &Url) -> Option<Url> {
    let links = headers.get_all(LINK).iter().filter_map(|link| link.to_str().ok());
    links
        .flat_map(|links| {
            links
                .split(", <")
                .flat_map(|part| part.split(",<"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .find_map(|link| {
            let (target, parameters) = link
                .trim()
                .trim_start_matches('<')
                .split_once('>')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))?;
            let next = parameters.split(';').any(|parameter| {
                let parameter = parameter.trim().to_ascii_lowercase();
                parameter.strip_prefix("rel=").is_some_and(|rel| {
                    rel.trim_matches(['"', ',', ' ']).split(' ').any(|rel| rel == "next")
                })
            });
            next.then(|| base.join(&target).ok()).flatten()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_read_from_the_link_header() {
        let base = Url::parse("http://shop.test/orders?page=1").unwrap();
        let headers = |link: &str| HeaderMap::from_iter([(LINK, link.parse().unwrap())]);
        let next = |link: &str| next_link(&headers(link), &base).map(|url| url.to_string());
        let both = "<http://shop.test/orders?page=1>; rel=\"first\",<http://shop.test/orders?page=2>; rel=\"next\"";
        assert_eq!(next(both).as_deref(), Some("http://shop.test/orders?page=2"));
        assert_eq!(
            next("</orders?after=a,b>; rel=next").as_deref(),
            Some("http://shop.test/orders?after=a,b")
        );
        assert_eq!(next("<http://shop.test/orders?page=1>; rel=\"prev\""), None);
    }

    #[test]
    fn the_clock_is_bounded_by_each_answer() {
        let mut http = RecordHttp::new(false).unwrap();
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(300);
        let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let headers = HeaderMap::from_iter([(DATE, date.parse().unwrap())]);
        http.look_at_clock(&headers, now_us());
        let offset = http.clock_offset_us().unwrap();
        assert!((offset - 300_000_000).abs() < 2_000_000, "{offset}");
    }
}

//! The shop's access log, as six servers would write it: what is made of a log can then be held against what happened.
//!
//! All visitors of a load test come from one address, so each session is given one of its own.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE, USER_AGENT};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;

use super::answer::text;
use super::options::ShopError;

/// Where a shop logs its requests, and how.
#[derive(Clone, Debug)]
pub struct AccessLogOptions {
    /// The format of its lines.
    pub format: AccessLogFormat,
    /// The file; it is overwritten.
    pub file: PathBuf,
}

/// How lines are written. All but ALB's have the session's cookie: that of the answer, where the request had none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum AccessLogFormat {
    /// nginx's combined format with `$request_time $cookie_sid`; the stamp is the end.
    Nginx,
    /// Apache's combined format with `%D %{sid}C`; the stamp is the start.
    Apache,
    /// That of AWS's Application Load Balancer; start and end. It has no cookies.
    Alb,
    /// CloudFront's standard log; the stamp is the end.
    Cloudfront,
    /// Cloudflare's Logpush, with the cookie as a custom field; start and end.
    Cloudflare,
    /// HAProxy's `httplog` with a captured cookie; the stamp is the start.
    Haproxy,
}

/// An open log.
#[derive(Debug)]
pub(super) struct AccessLog {
    format: AccessLogFormat,
    file: Mutex<BufWriter<File>>,
}

/// A request under way. It is logged when it is dropped: one that nobody waits for any more, too.
struct Served {
    log: Arc<AccessLog>,
    start: SystemTime,
    method: String,
    path: String,
    query: Option<String>,
    agent: String,
    session: Option<String>,
    status: u16,
}

/// The status that nginx logs where the client has gone before it was answered.
const CLIENT_GONE: u16 = 499;

// === impl AccessLog ===

impl AccessLog {
    /// Opens the log, and writes what stands at its head.
    pub(super) fn open(options: &AccessLogOptions) -> Result<AccessLog, ShopError> {
        let failed = |source| ShopError::AccessLog { file: options.file.clone(), source };
        let mut file = BufWriter::new(File::create(&options.file).map_err(failed)?);
        file.write_all(head(options.format).as_bytes()).map_err(failed)?;
        Ok(AccessLog { format: options.format, file: Mutex::new(file) })
    }

    /// Puts on disk what is still in memory.
    pub(super) fn flush(&self) {
        // A practice shop whose disk is full has lines that lack; who reads the log sees it.
        let _ = self.file.lock().unwrap_or_else(PoisonError::into_inner).flush();
    }
}

// === impl Served ===

impl Drop for Served {
    fn drop(&mut self) {
        let line = line(self.log.format, self, SystemTime::now());
        let mut file = self.log.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(file, "{line}");
    }
}

/// Logs each request when it is answered.
pub(super) async fn log(
    State(log): State<Arc<AccessLog>>,
    request: Request,
    next: Next,
) -> Response {
    let uri = request.uri();
    let mut served = Served {
        log,
        start: SystemTime::now(),
        method: request.method().as_str().to_owned(),
        path: uri.path().to_owned(),
        query: uri.query().map(str::to_owned),
        agent: text(request.headers(), USER_AGENT.as_str()).unwrap_or("-").to_owned(),
        session: session(request.headers(), COOKIE.as_str()),
        status: CLIENT_GONE,
    };
    let response = next.run(request).await;
    served.status = response.status().as_u16();
    let given = session(response.headers(), SET_COOKIE.as_str());
    served.session = given.or(served.session.take());
    response
}

/// What stands at the head of a log.
fn head(format: AccessLogFormat) -> &'static str {
    match format {
        AccessLogFormat::Cloudfront => {
            "#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type time-taken\n"
        }
        AccessLogFormat::Nginx
        | AccessLogFormat::Apache
        | AccessLogFormat::Alb
        | AccessLogFormat::Cloudflare
        | AccessLogFormat::Haproxy => "",
    }
}

fn line(format: AccessLogFormat, served: &Served, end: SystemTime) -> String {
    let taken = end.duration_since(served.start).unwrap_or_default();
    let stamp = |time: SystemTime| Timestamp::try_from(time).unwrap_or_default();
    let (start, end) = (stamp(served.start), stamp(end));
    let Served { method, path, query, agent, status, .. } = served;
    let target = query.as_ref().map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    let session = served.session.as_deref().unwrap_or("-");
    let client = address(session);
    let clf = |time: &Timestamp| time.strftime("%d/%b/%Y:%H:%M:%S");
    match format {
        AccessLogFormat::Nginx => format!(
            "{client} - - [{} +0000] \"{method} {target} HTTP/1.1\" {status} 0 \"-\" \"{agent}\" {:.3} {session}",
            clf(&end),
            taken.as_secs_f64()
        ),
        AccessLogFormat::Apache => format!(
            "{client} - - [{} +0000] \"{method} {target} HTTP/1.1\" {status} 0 \"-\" \"{agent}\" {} {session}",
            clf(&start),
            taken.as_micros()
        ),
        AccessLogFormat::Alb => alb(served, (&start, &end), taken, &client, &target),
        AccessLogFormat::Cloudfront => format!(
            "{}\t{client}\t{method}\t{path}\t{status}\t{}\t{}\tsid={session}\tMiss\t{:.3}",
            end.strftime("%Y-%m-%d\t%H:%M:%S"),
            agent.replace(' ', "%20"),
            query.as_deref().unwrap_or("-"),
            taken.as_secs_f64()
        ),
        AccessLogFormat::Cloudflare => serde_json::json!({
            "EdgeStartTimestamp": start.to_string(),
            "EdgeEndTimestamp": end.to_string(),
            "ClientIP": client,
            "ClientRequestMethod": method,
            "ClientRequestURI": target,
            "ClientRequestUserAgent": agent,
            "EdgeResponseStatus": status,
            "Cookies": { "sid": session },
        })
        .to_string(),
        AccessLogFormat::Haproxy => format!(
            "{client}:40000 [{}.{:03}] shop shop/1 0/0/0/{ms}/{ms} {status} 0 sid={session} - ---- 1/1/0/0/0 0/0 {{{agent}}} \"{method} {target} HTTP/1.1\"",
            clf(&start),
            start.subsec_millisecond(),
            ms = taken.as_millis()
        ),
    }
}

fn alb(
    served: &Served,
    (start, end): (&Timestamp, &Timestamp),
    taken: Duration,
    client: &str,
    target: &str,
) -> String {
    let Served { method, agent, status, .. } = served;
    let micros = "%Y-%m-%dT%H:%M:%S.%6fZ";
    format!(
        "http {} app/shop/50dc6c495c0c9188 {client}:40000 127.0.0.1:8080 0.000 {:.3} 0.000 {status} {status} 0 0 \"{method} http://shop:80{target} HTTP/1.1\" \"{agent}\" - - arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/73e2d6bc24d8a067 \"-\" \"-\" \"-\" 0 {} \"forward\" \"-\" \"-\" \"127.0.0.1:8080\" \"{status}\" \"-\" \"-\"",
        end.strftime(micros),
        taken.as_secs_f64(),
        start.strftime(micros)
    )
}

/// An address for the visitor of a session: one of ten millions.
fn address(session: &str) -> String {
    let [a, b, c] = session.bytes().fold([0_u8; 3], |[a, b, c], byte| {
        let sum = (u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c)).wrapping_mul(31);
        let [_, a, b, c] = (sum.wrapping_add(u32::from(byte)) & 0x00ff_ffff).to_be_bytes();
        [a, b, c]
    });
    format!("10.{a}.{b}.{c}")
}

/// The session among cookies that are sent or set.
fn session(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = text(headers, name)?;
    value.split(';').find_map(|pair| pair.trim().strip_prefix("sid=").map(str::to_owned))
}

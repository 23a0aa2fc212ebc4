//! The live report: the page of a run in progress, renewed as the tally grows.
//!
//! A page is rendered at most every two seconds, only while a browser is connected, and on at most a twentieth of a core: the
//! report must not disturb the measurement.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http_body_util::channel::Channel;
use tokio::sync::watch;
use tokio::time::Instant;

use super::analysis::{self, RunAnalysis};
use super::metrics::LiveMetrics;
use super::source::Source;
use crate::base::{Micros, count_of};
use crate::report::{Live, RunReport, live_shell, page_body};
use crate::tally::Tally;
use crate::tally::shard::{Ending, ShardHeader};
use crate::verdict::{Findings, RunFacts};

/// The shortest time between two pages.
const MIN_INTERVAL: Duration = Duration::from_secs(2);
/// Rendering pages takes at most 1/20 of the time.
const RENDER_SHARE: u32 = 20;
/// How long a reader's first look waits for a new page.
const FIRST_WAIT: Duration = Duration::from_secs(4);
/// How long the program waits at the end for connected browsers to fetch the final page.
const FINAL_WAIT: Duration = Duration::from_secs(5);

/// The live report of a run.
pub struct Web {
    /// Where it is served.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    renderer: Option<Renderer>,
    next: Instant,
}

/// The thread that renders pages, and the channel to it.
struct Renderer {
    tallies: SyncSender<(Tally, Micros)>,
    thread: JoinHandle<()>,
}

/// What is served.
struct Shared {
    title: String,
    metrics: Arc<LiveMetrics>,
    body: Mutex<Arc<str>>,
    /// Counts the states of the page; the last one is [`END`].
    state: watch::Sender<u64>,
    looking: AtomicUsize,
    fetched_last: AtomicUsize,
    cost: Mutex<Duration>,
    /// When the page was rendered.
    rendered: Mutex<Instant>,
}

/// The last state of a page.
const END: u64 = u64::MAX;

// === impl Web ===

impl Web {
    /// Serves the page of this run, which has not begun yet.
    ///
    /// # Errors
    /// When the address can't be listened on.
    pub fn start(
        at: SocketAddr,
        source: &Source,
        header: &ShardHeader,
        metrics: &Arc<LiveMetrics>,
    ) -> anyhow::Result<Web> {
        let listener = std::net::TcpListener::bind(at)
            .with_context(|| format!("can't serve the live page on {at}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let nothing = Tally::new(header.shape.clone());
        let shared = Arc::new(Shared {
            title: header.name.clone(),
            metrics: Arc::clone(metrics),
            body: Mutex::new(body(source, header, &nothing, Micros::ZERO).into()),
            state: watch::Sender::new(0),
            looking: AtomicUsize::new(0),
            fetched_last: AtomicUsize::new(0),
            cost: Mutex::new(Duration::ZERO),
            rendered: Mutex::new(Instant::now()),
        });
        serve(listener, Arc::clone(&shared))?;
        let (tallies, received) = mpsc::sync_channel::<(Tally, Micros)>(1);
        let own = (source.clone(), header.clone(), Arc::clone(&shared));
        let render = move || {
            let (source, header, shared) = own;
            for (tally, now) in received {
                let began = Instant::now();
                shared.put(&body(&source, &header, &tally, now));
                *lock(&shared.cost) = began.elapsed();
                shared.state.send_modify(|state| *state += 1);
            }
        };
        let thread = std::thread::Builder::new().name("page".into()).spawn(render)?;
        Ok(Web {
            address,
            shared,
            renderer: Some(Renderer { tallies, thread }),
            next: Instant::now(),
        })
    }

    /// Renders the state at `now`, if it is time for a new page and a browser is connected.
    pub fn show(&mut self, now: Micros, total: &Tally) {
        if Instant::now() < self.next || self.shared.looking.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(renderer) = &self.renderer else { return };
        // If the previous page is still being rendered, this state is skipped.
        if renderer.tallies.try_send((total.clone(), now)).is_ok() {
            self.next = Instant::now() + MIN_INTERVAL.max(*lock(&self.shared.cost) * RENDER_SHARE);
        }
    }

    /// Ends the live report with the final page, and waits a little for connected browsers.
    pub fn finish(mut self, run: &RunAnalysis) {
        if let Some(Renderer { tallies, thread }) = self.renderer.take() {
            drop(tallies);
            let _ = thread.join();
        }
        self.shared.put(&page_body(&run.report(), Live::Ended));
        let looking = self.shared.looking.load(Ordering::Relaxed);
        self.shared.state.send_replace(END);
        let until = Instant::now() + FINAL_WAIT;
        while self.shared.fetched_last.load(Ordering::Relaxed) < looking && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        // A fetch is counted before its response is sent.
        if looking > 0 {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// The page's body at `now`.
fn body(source: &Source, header: &ShardHeader, tally: &Tally, now: Micros) -> String {
    let facts = RunFacts {
        duration: now,
        ..analysis::facts(header, tally, Ending::Running, Vec::new(), source)
    };
    let findings = Findings::new(&source.plan, tally, &facts);
    let length = source.plan.load.length();
    let state = if now < length {
        format!("running: {} s of {} s", now.second(), length.second())
    } else {
        let active = super::dashboard::active(tally);
        format!("draining: {} still active", count_of(active, "shopper"))
    };
    page_body(
        &RunReport {
            plan: &source.plan,
            tally,
            facts: &facts,
            findings: &findings,
            scenario: &source.text,
            records: None,
        },
        Live::Running(&state),
    )
}

fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let router = Router::new()
        .route("/", get(whole_page))
        .route("/body", get(page_part))
        .route("/events", get(events))
        .route("/metrics", get(scrape))
        .layer(middleware::from_fn(refuse_other_names))
        .with_state(shared);
    std::thread::Builder::new().name("web".into()).spawn(move || {
        runtime.block_on(async {
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                // It ends with the process.
                let _ = axum::serve(listener, router).await;
            }
        });
    })?;
    Ok(())
}

/// Answers only who asks for an address or for `localhost`. Any other name may be a stranger's, led to this machine so that
/// the stranger's page can read this one (DNS rebinding).
async fn refuse_other_names(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    match host.or(request.uri().authority().map(|authority| authority.as_str())) {
        Some(host) if is_address_or_localhost(host) => next.run(request).await,
        Some(_) | None => {
            let text = "open this page by its IP address, such as http://127.0.0.1:8081/\n";
            (StatusCode::MISDIRECTED_REQUEST, text).into_response()
        }
    }
}

fn is_address_or_localhost(host: &str) -> bool {
    let Ok(authority) = host.parse::<axum::http::uri::Authority>() else { return false };
    match url::Host::parse(authority.host()) {
        Ok(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        Err(_) => false,
    }
}

async fn whole_page(State(shared): State<Arc<Shared>>) -> Response {
    shared.freshen().await;
    let body = shared.get();
    answer("text/html; charset=utf-8", Body::from(live_shell(&shared.title, &body)))
}

async fn page_part(State(shared): State<Arc<Shared>>) -> Response {
    let last = *shared.state.borrow() == END;
    let body = shared.get();
    if last {
        shared.fetched_last.fetch_add(1, Ordering::Relaxed);
    }
    answer("text/html; charset=utf-8", Body::from(body.to_string()))
}

/// The run's metrics, for Prometheus.
async fn scrape(State(shared): State<Arc<Shared>>) -> Response {
    answer("text/plain; version=0.0.4; charset=utf-8", Body::from(shared.metrics.exposition()))
}

/// Server-sent events: one for each state of the page, then one for the end.
async fn events(State(shared): State<Arc<Shared>>) -> Response {
    let (mut sender, channel) = Channel::<Bytes, Infallible>::new(1);
    let mut states = shared.state.subscribe();
    tokio::spawn(async move {
        shared.looking.fetch_add(1, Ordering::Relaxed);
        loop {
            let state = *states.borrow_and_update();
            let event = if state == END {
                "event: end\ndata: \n\n".to_owned()
            } else {
                format!("event: state\ndata: {state}\n\n")
            };
            // A closed connection is noticed at the next state.
            if sender.send_data(event.into()).await.is_err()
                || state == END
                || states.changed().await.is_err()
            {
                break;
            }
        }
        shared.looking.fetch_sub(1, Ordering::Relaxed);
    });
    answer("text/event-stream", Body::new(channel))
}

fn answer(kind: &'static str, body: Body) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // The page's own policy can't say this.
        (CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body).into_response()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

// === impl Shared ===

impl Shared {
    /// Waits for a new page, if the one at hand is old because nobody has looked.
    async fn freshen(&self) {
        let mut states = self.state.subscribe();
        let old = lock(&self.rendered).elapsed() > MIN_INTERVAL;
        if old && *states.borrow_and_update() != END {
            self.looking.fetch_add(1, Ordering::Relaxed);
            let _ = tokio::time::timeout(FIRST_WAIT, states.changed()).await;
            self.looking.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn get(&self) -> Arc<str> {
        Arc::clone(&lock(&self.body))
    }

    fn put(&self, body: &str) {
        *lock(&self.body) = body.into();
        *lock(&self.rendered) = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_answered() {
        for own in ["127.0.0.1:8081", "[::1]:8081", "localhost", "LOCALHOST:1", "10.0.0.7:80"] {
            assert!(is_address_or_localhost(own), "{own}");
        }
        for other in
            ["evil.example", "127.0.0.1.evil.example:8081", "localhost.evil.example", "", "a b"]
        {
            assert!(!is_address_or_localhost(other), "{other}");
        }
    }
}

//! HTTP over connections that belong to shoppers.
//!
//! One layer beneath the usual clients, because a checkout tester must have what they hide: whose
//! connection it is, every dial and handshake with its time, and the certainty that nothing is sent twice
//! that may have been processed (see [`resend`]).
//! A shop belongs to one core: all of it runs on that core's thread, inside a `LocalSet` or `LocalRuntime`.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use ::http::response::Parts;
use ::http::{HeaderMap, Method, StatusCode, Version};
use bytes::Bytes;
use hyper::client::conn::TrySendError;
use rustls::ClientConfig;

use super::body;
use super::connection::{AbortOnDrop, Connection, Speaks};
use super::content_coding;
use super::dial;
use super::error::{self, TransportError};
use super::exchange::{Exchange, ShopperConnections, Transport, WireResponse};
use super::http1::{Buffers, Head, Http1Error};
use super::http2::Message;
use super::http2_leniency::restore_names;
use super::lookup::Lookup;
use super::network::NetworkLink;
use super::options::{HttpOptions, HttpSetupError};
use super::redirect::{leads_on, read_in_time};
use super::resend::{self, Resend};
use super::run_clock::Clock;
use super::shared::{ExchangeTimings, SharedState};
use super::tls::{self, Tls};
use super::wire_request::{Origin, WireRequest};
use crate::base::{Micros, ShopperId};
use crate::plan::{ConnectionReuse, Network};

/// Opens connections to a real shop.
pub struct HttpTransport<C> {
    shared: Rc<SharedState<C>>,
}

/// One shopper's connections to real shops: at most one for each origin.
pub struct HttpConnections<C> {
    shared: Rc<SharedState<C>>,
    idle: Vec<Connection>,
    tls: Rc<OnceCell<Arc<ClientConfig>>>,
    /// The network that the shopper is on; none for what lies between this machine and the shop.
    link: Option<Rc<NetworkLink>>,
}
/// How often a request that came back unsent is tried on a kept-alive connection again, before a new one.
const KEPT_TRIES: u32 = 2;

// === impl HttpTransport ===

impl<C: Clock> HttpTransport<C> {
    /// A shop for one core. Nothing is dialled; the system's root certificates are read when TLS is first spoken.
    ///
    /// # Errors
    /// When the file of extra root certificates can't be used.
    pub fn try_new(options: HttpOptions, clock: C) -> Result<HttpTransport<C>, HttpSetupError> {
        let roots =
            options.extra_roots.as_deref().map(tls::read_roots).transpose()?.unwrap_or_default();
        let kept = match options.connections {
            ConnectionReuse::PerShopper => None,
            ConnectionReuse::Kept => Some(RefCell::default()),
        };
        let shared = SharedState {
            clock,
            lookup: Lookup::new(options.may_be_public),
            tls: Tls::new(
                options.insecure,
                roots,
                options.identity,
                options.http2,
                options.resumption,
            ),
            sources: options.sources,
            next_source: Cell::new(0),
            kept,
            max_body: options.max_body,
            buffers: Buffers::default(),
            http1_only: RefCell::default(),
        };
        Ok(HttpTransport { shared: Rc::new(shared) })
    }
}

impl<C: Clock + Clone + 'static> Transport for HttpTransport<C> {
    type Connections = HttpConnections<C>;

    fn connections(&self, _shopper: ShopperId) -> HttpConnections<C> {
        HttpConnections {
            shared: self.shared.clone(),
            idle: Vec::new(),
            tls: Rc::default(),
            link: None,
        }
    }
}

impl<C> fmt::Debug for HttpTransport<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("tls", &self.shared.tls).finish_non_exhaustive()
    }
}

// === impl HttpConnections ===

impl<C: Clock + Clone + 'static> ShopperConnections for HttpConnections<C> {
    async fn exchange(&mut self, request: &WireRequest, give_up_at: Micros) -> Exchange {
        let shared = self.shared.clone();
        let began_at = shared.clock.now();
        let mut timings = ExchangeTimings::default();
        let result = if began_at < give_up_at {
            let attempt = pin!(self.attempt(request, &mut timings));
            let alarm = pin!(shared.clock.sleep_until(give_up_at));
            tokio::select! {
                biased;
                result = attempt => Some(result),
                () = alarm => None,
            }
        } else {
            None
        };
        Exchange {
            began_at,
            sent_at: timings.sent_at,
            ended_at: timings.ended_at.unwrap_or_else(|| shared.clock.now()),
            phases: timings.phases,
            connections: timings.connections,
            redials: timings.redials,
            resumed: timings.resumed,
            bytes_received: timings.bytes_received,
            result: result
                .unwrap_or_else(|| Err(TransportError::TooSlow(give_up_at.since(began_at)))),
        }
    }

    fn now(&self) -> Micros {
        self.shared.clock.now()
    }

    fn sibling(&self) -> HttpConnections<C> {
        let idle = self.idle.iter().filter_map(Connection::share).collect();
        HttpConnections {
            shared: self.shared.clone(),
            idle,
            tls: self.tls.clone(),
            link: self.link.clone(),
        }
    }

    fn use_network(&mut self, network: Option<Network>) {
        if self.link.as_ref().map(|link| link.network) == network {
            return;
        }
        self.release();
        self.link =
            network.map(|network| NetworkLink::new(network, Rc::new(self.shared.clock.clone())));
    }

    fn disconnect(&mut self) {
        self.release();
        self.tls = Rc::default();
    }
}

/// A request that came to nothing.
struct Failed {
    error: TransportError,
    /// How it may be sent again.
    resend: Option<Resend>,
}

impl<C: Clock> HttpConnections<C> {
    async fn attempt(
        &mut self,
        request: &WireRequest,
        timings: &mut ExchangeTimings,
    ) -> Result<WireResponse, TransportError> {
        let mut anew = false;
        loop {
            let idle = if anew { None } else { self.take_idle(&request.origin, timings).await };
            let reused = idle.is_some();
            let connection = match idle {
                Some(connection) => connection,
                None => self.dial(&request.origin, timings).await?,
            };
            let failed = match self.exchange_on(connection, request, reused, timings).await {
                // Misdirected: the shop says that it looked no further (RFC 9110 15.5.20).
                Ok(answer) if answer.status == StatusCode::MISDIRECTED_REQUEST && !anew => None,
                Ok(answer) => return Ok(answer),
                Err(failed) => Some(failed),
            };
            match failed {
                Some(Failed { error, resend }) if anew || resend.is_none() => {
                    return Err(error);
                }
                Some(Failed { resend: Some(Resend::OverHttp1), .. }) => {
                    self.shared.http1_only.borrow_mut().insert(request.origin.clone());
                }
                Some(_) | None => {}
            }
            // Not again on one that was kept: those of an origin mostly close together.
            anew = true;
            timings.sent_at = None;
            timings.redials += 1;
        }
    }

    async fn dial(
        &self,
        origin: &Rc<Origin>,
        timings: &mut ExchangeTimings,
    ) -> Result<Connection, TransportError> {
        dial::open(&self.shared, &self.tls, self.link.as_ref(), origin, timings).await
    }

    /// One request and its answer on this connection, which is kept where it can be used again.
    async fn exchange_on(
        &mut self,
        connection: Connection,
        request: &WireRequest,
        reused: bool,
        timings: &mut ExchangeTimings,
    ) -> Result<WireResponse, Failed> {
        let mut connection = AbortOnDrop::new(connection);
        timings.sent_at = Some(self.shared.clock.now());
        let (head, encoded, reusable) = match &mut connection.get().speaks {
            Speaks::Http1(http1) => {
                let buffers = &self.shared.buffers;
                let failed = |error: Http1Error| Failed {
                    resend: resend::after_http1(&error, &request.method, reused),
                    error: error::from_http1(error, reused, self.shared.max_body),
                };
                let head = http1.send(request, buffers).await.map_err(failed)?;
                let head_at = timings.head_came(&self.shared.clock);
                let (bound, count) = (self.shared.max_body, &mut timings.bytes_received);
                let body = if leads_on(head.status, &head.headers) {
                    let reading = http1.body(&request.method, &head, bound, count, buffers);
                    Ok(read_in_time(&self.shared.clock, reading).await)
                } else {
                    http1.body(&request.method, &head, bound, count, buffers).await
                };
                timings.body_came(&self.shared.clock, head_at);
                let (body, reusable) = body.map_err(failed)?;
                (AnswerHead::from(head), body, reusable)
            }
            Speaks::Http2(http2) => {
                let message = http2.message(request).map_err(Failed::for_good)?;
                let response = http2.send(message).await;
                let response =
                    response.map_err(|error| failed_http2(error, &request.method, reused))?;
                let head_at = timings.head_came(&self.shared.clock);
                let (mut head, incoming) = response.into_parts();
                restore_names(&mut head.headers);
                let (bound, count) = (self.shared.max_body, &mut timings.bytes_received);
                let body = if leads_on(head.status, &head.headers) {
                    let reading = body::read(incoming, bound, reused, count);
                    Ok(read_in_time(&self.shared.clock, reading).await)
                } else {
                    body::read(incoming, bound, reused, count).await
                };
                timings.body_came(&self.shared.clock, head_at);
                (AnswerHead::from(head), body.map_err(Failed::for_good)?, true)
            }
        };
        if reusable {
            self.idle.extend(connection.keep());
        }
        let AnswerHead { status, version, headers } = head;
        let body = match content_coding::decode(&headers, encoded, self.shared.max_body).await {
            Ok(body) => body,
            Err(_) if leads_on(status, &headers) => Bytes::new(),
            Err(error) => return Err(Failed::for_good(error)),
        };
        Ok(WireResponse { status, version, headers, body })
    }

    /// A connection that was used before and still stands: the shopper's own, or one that is handed on.
    async fn take_idle(
        &mut self,
        origin: &Rc<Origin>,
        timings: &mut ExchangeTimings,
    ) -> Option<Connection> {
        if timings.redials >= KEPT_TRIES {
            return None;
        }
        while let Some(place) = self.idle.iter().position(|idle| idle.origin == *origin) {
            let mut connection = self.idle.swap_remove(place);
            if connection.is_usable().await {
                return Some(connection);
            }
            timings.redials += 1;
        }
        let kept = self.shared.kept.as_ref()?;
        loop {
            // Not held across the wait: others of this core take and give meanwhile.
            let mut connection = kept.borrow_mut().get_mut(origin)?.pop()?;
            if connection.is_usable().await {
                return Some(connection);
            }
        }
    }
}

impl<C> HttpConnections<C> {
    /// Closes the idle connections, or hands them on where connections are kept.
    fn release(&mut self) {
        let Some(kept) = &self.shared.kept else {
            return self.idle.drain(..).for_each(Connection::close);
        };
        let mut kept = kept.borrow_mut();
        for mut connection in self.idle.drain(..) {
            if connection.is_closed() || connection.is_shared() {
                continue;
            }
            let waiting = kept.entry(connection.origin.clone()).or_default();
            // Those at the bottom may wait for long: what the shop has closed is let go before there is more room.
            if waiting.len() == waiting.capacity() {
                waiting.retain_mut(|connection| !connection.is_closed());
            }
            waiting.push(connection);
        }
    }
}

impl<C> Drop for HttpConnections<C> {
    fn drop(&mut self) {
        self.release();
    }
}

impl<C> fmt::Debug for HttpConnections<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConnections").field("idle", &self.idle).finish_non_exhaustive()
    }
}

/// The head of an answer, whichever version of HTTP it came by.
struct AnswerHead {
    status: StatusCode,
    version: Version,
    headers: HeaderMap,
}

// === impl AnswerHead ===

impl From<Head> for AnswerHead {
    fn from(Head { status, version, headers }: Head) -> AnswerHead {
        AnswerHead { status, version, headers }
    }
}

impl From<Parts> for AnswerHead {
    fn from(Parts { status, version, headers, .. }: Parts) -> AnswerHead {
        AnswerHead { status, version, headers }
    }
}

// === impl Failed ===

impl Failed {
    fn for_good(error: TransportError) -> Failed {
        Failed { error, resend: None }
    }
}

fn failed_http2(mut error: TrySendError<Message>, method: &Method, reused: bool) -> Failed {
    let unsent = reused && error.take_message().is_some();
    let error = error.into_error();
    let resend =
        if unsent { Some(Resend::Anew) } else { resend::after_http2(&error, method, reused) };
    Failed { resend, error: error::from_exchange(&error, reused) }
}

//! HTTP over hyper's connection API.
//!
//! One layer beneath the usual clients, because a checkout tester must have what they hide: whose
//! connection it is, every dial and handshake with its time, and the certainty that nothing is sent twice.
//! A shop belongs to one core: all of it runs on that core's thread, inside a `LocalSet` or `LocalRuntime`.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use hyper::body::Incoming;
use rustls::ClientConfig;

use super::body;
use super::connection::{Connection, ReuseHint};
use super::dial;
use super::error::{self, TransportError};
use super::exchange::{
    Clock, Exchange, Origin, ShopperConnections, Transport, WireRequest, WireResponse,
};
use super::identity::Identity;
use super::lookup::Lookup;
use super::network::NetworkLink;
use super::shared::{ExchangeTimings, SharedState};
use super::tls::{self, RootsError, Tls, TlsResumption};
use crate::base::{Micros, ShopperId};
use crate::plan::{Connections, Network};
use crate::shopper::browser::address::AllowedHosts;

/// Opens connections to a real shop.
pub struct HttpTransport<C> {
    shared: Rc<SharedState<C>>,
}

/// How to speak to the shop.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Whether each shopper dials anew.
    pub connections: Connections,
    /// Whether any certificate is good enough.
    pub insecure: bool,
    /// A PEM file of root certificates to trust beside the system's.
    pub extra_roots: Option<PathBuf>,
    /// Who shoppers are to a shop that asks for a certificate.
    pub identity: Option<Identity>,
    /// Which TLS sessions a handshake may resume.
    pub resumption: TlsResumption,
    /// Whether HTTP/2 is offered where TLS is spoken.
    pub http2: bool,
    /// Local addresses to spread connections over, in turn; empty for the system's choice. Each has some
    /// 28,000 ports, and a port rests a minute after its connection was closed.
    pub sources: Vec<IpAddr>,
    /// Hosts that may be at public addresses. Any other is refused as soon as its name leads to one: a name may change its
    /// meaning during a run.
    pub may_be_public: AllowedHosts,
    /// The largest body that is read, in bytes, encoded and decoded.
    pub max_body: u64,
}

/// Why the transport can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The extra root certificates.
    #[error(transparent)]
    Roots(#[from] RootsError),
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

// === impl HttpOptions ===

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions {
            connections: Connections::PerShopper,
            insecure: false,
            extra_roots: None,
            identity: None,
            resumption: TlsResumption::default(),
            http2: true,
            sources: Vec::new(),
            may_be_public: AllowedHosts::default(),
            max_body: 16 << 20,
        }
    }
}

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
            Connections::PerShopper => None,
            Connections::Kept => Some(RefCell::default()),
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
        let idle = self.idle.iter().filter_map(Connection::shared).collect();
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

impl<C: Clock> HttpConnections<C> {
    async fn attempt(
        &mut self,
        request: &WireRequest,
        timings: &mut ExchangeTimings,
    ) -> Result<WireResponse, TransportError> {
        loop {
            let (connection, reused) = match self.take_idle(&request.origin, timings).await {
                Some(connection) => (connection, true),
                None => (
                    dial::open(
                        &self.shared,
                        &self.tls,
                        self.link.as_ref(),
                        &request.origin,
                        timings,
                    )
                    .await?,
                    false,
                ),
            };
            // Given up on from here to the end of the answer, a connection is cut: nobody may use it again.
            let mut connection = AbortOnDrop(Some(connection));
            let message = connection.get().build_request(request)?;
            timings.sent_at = Some(self.shared.clock.now());
            let sent = connection.get().send(message).await;
            let mut failed = match sent {
                Ok(response) => {
                    return self.receive(connection, response, request, reused, timings).await;
                }
                Err(failed) => failed,
            };
            let unsent = failed.take_message().is_some();
            if unsent {
                timings.sent_at = None;
            }
            if !(unsent && reused) {
                return Err(error::from_exchange(&failed.into_error(), reused));
            }
            timings.redials += 1;
        }
    }

    async fn receive(
        &mut self,
        mut connection: AbortOnDrop,
        response: ::http::Response<Incoming>,
        request: &WireRequest,
        reused: bool,
        timings: &mut ExchangeTimings,
    ) -> Result<WireResponse, TransportError> {
        let clock = &self.shared.clock;
        let head_at = clock.now();
        timings.phases.wait = Some(head_at.since(timings.sent_at.unwrap_or(head_at)));
        let answered = ReuseHint::new(&response);
        let (head, incoming) = response.into_parts();
        let encoded =
            body::read(incoming, self.shared.max_body, reused, &mut timings.bytes_received).await;
        let ended_at = clock.now();
        timings.ended_at = Some(ended_at);
        timings.phases.receive = Some(ended_at.since(head_at));
        let encoded = encoded?;
        if connection.get().is_reusable(&answered, request) {
            self.idle.extend(connection.keep());
        }
        let body = body::decoded(&head.headers, encoded, self.shared.max_body)?;
        Ok(WireResponse { status: head.status, version: head.version, headers: head.headers, body })
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
            if connection.ready().await {
                return Some(connection);
            }
            timings.redials += 1;
        }
        let kept = self.shared.kept.as_ref()?;
        loop {
            // Not held across the wait: others of this core take and give meanwhile.
            let mut connection = kept.borrow_mut().get_mut(origin)?.pop()?;
            if connection.ready().await {
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
        for connection in self
            .idle
            .drain(..)
            .filter(|connection| !connection.is_closed() && !connection.is_shared())
        {
            let waiting = kept.entry(connection.origin.clone()).or_default();
            // Those at the bottom may wait for long: what the shop has closed is let go before there is more room.
            if waiting.len() == waiting.capacity() {
                waiting.retain(|connection| !connection.is_closed());
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

/// A connection that is cut when dropped, unless it was kept.
struct AbortOnDrop(Option<Connection>);

// === impl AbortOnDrop ===

impl AbortOnDrop {
    fn get(&mut self) -> &mut Connection {
        self.0
            .as_mut()
            .expect("the connection is there until it is kept, which ends this guard's use")
    }

    fn keep(&mut self) -> Option<Connection> {
        self.0.take()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.abort();
        }
    }
}

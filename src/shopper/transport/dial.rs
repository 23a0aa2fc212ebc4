//! From an origin to an open connection: look up, connect, shake hands, each timed apart.

use std::cell::OnceCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connection::Connection;
use super::error::{self, TransportError};
use super::exchange::{Clock, Origin};
use super::network::{DelayedStream, NetworkLink};
use super::shared::{ExchangeTimings, SharedState};
use crate::base::Micros;

/// Opens a connection; `tls` is the shopper's own configuration, made at the first need.
pub(super) async fn open<C: Clock>(
    shared: &SharedState<C>,
    tls: &OnceCell<Arc<ClientConfig>>,
    link: Option<&Rc<NetworkLink>>,
    origin: &Rc<Origin>,
    timings: &mut ExchangeTimings,
) -> Result<Connection, TransportError> {
    let stream = connect(shared, link, origin, timings).await?;
    // On the heap: the state of a TLS handshake would make every exchange ten times as large.
    match (link, origin.tls) {
        (None, false) => Connection::http1(TokioIo::new(stream), origin.clone()).await,
        (Some(link), false) => {
            Connection::http1(
                TokioIo::new(DelayedStream::new(stream, link.clone())),
                origin.clone(),
            )
            .await
        }
        (None, true) => Box::pin(over_tls(shared, tls, stream, origin, timings)).await,
        (Some(link), true) => {
            Box::pin(over_tls(
                shared,
                tls,
                DelayedStream::new(stream, link.clone()),
                origin,
                timings,
            ))
            .await
        }
    }
}

/// Shakes hands, and speaks what was agreed on.
async fn over_tls<C: Clock, T>(
    shared: &SharedState<C>,
    tls: &OnceCell<Arc<ClientConfig>>,
    stream: T,
    origin: &Rc<Origin>,
    timings: &mut ExchangeTimings,
) -> Result<Connection, TransportError>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let config = match tls.get() {
        Some(config) => config.clone(),
        None => {
            let own = shared.tls.for_shopper()?;
            tls.get_or_init(|| own).clone()
        }
    };
    let stream = shake_hands(shared, config, origin, stream, timings).await?;
    let connection = stream.get_ref().1;
    timings.resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    if connection.alpn_protocol() == Some(b"h2") {
        Connection::http2(TokioIo::new(stream), origin.clone()).await
    } else {
        Connection::http1(TokioIo::new(stream), origin.clone()).await
    }
}

/// Connects to the first of the host's addresses that answers.
async fn connect<C: Clock>(
    shared: &SharedState<C>,
    link: Option<&Rc<NetworkLink>>,
    origin: &Origin,
    timings: &mut ExchangeTimings,
) -> Result<TcpStream, TransportError> {
    let addresses = shared.lookup.addresses(origin, &shared.clock, &mut timings.phases.dns).await?;
    let began_at = shared.clock.now();
    let mut failure = None;
    for &address in addresses.as_slice() {
        let connected = connect_to(shared, SocketAddr::new(address, origin.port)).await;
        if let Some(link) = link {
            link.round_trip().await;
        }
        match connected {
            Ok(stream) => {
                timings.connections += 1;
                add(&mut timings.phases.connect, shared.clock.now().since(began_at));
                return Ok(stream);
            }
            // Where we lack something, other addresses don't help. A machine without IPv6 is no such lack.
            Err(own @ TransportError::Own(_)) if !address.is_ipv6() => return Err(own),
            Err(other) => failure = Some(other),
        }
    }
    add(&mut timings.phases.connect, shared.clock.now().since(began_at));
    Err(failure.unwrap_or_else(|| TransportError::Dns("the name has no addresses".to_owned())))
}

async fn connect_to<C>(
    shared: &SharedState<C>,
    address: SocketAddr,
) -> Result<TcpStream, TransportError> {
    let connecting = async {
        let stream = if shared.sources.is_empty() {
            TcpStream::connect(address).await?
        } else {
            let socket =
                if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
            if let Some(source) = next_source(shared, address.is_ipv6()) {
                socket.bind(SocketAddr::new(source, 0))?;
            }
            socket.connect(address).await?
        };
        // A request is written at once and in one piece; waiting for more only adds to its time.
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    connecting.await.map_err(|error: std::io::Error| error::from_connect(&error))
}

/// The next source address in turn of the family that is needed; none if there is none, and the system chooses.
fn next_source<C>(shared: &SharedState<C>, ipv6: bool) -> Option<IpAddr> {
    let turn = shared.next_source.get();
    let (before, after) = shared.sources.split_at(turn % shared.sources.len());
    let taken = after.iter().chain(before).position(|source| source.is_ipv6() == ipv6)?;
    shared.next_source.set((turn + taken + 1) % shared.sources.len());
    Some(shared.sources[(turn + taken) % shared.sources.len()])
}

async fn shake_hands<C: Clock, T: AsyncRead + AsyncWrite + Unpin>(
    shared: &SharedState<C>,
    config: Arc<ClientConfig>,
    origin: &Origin,
    stream: T,
    timings: &mut ExchangeTimings,
) -> Result<TlsStream<T>, TransportError> {
    let began_at = shared.clock.now();
    let host = origin
        .host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(&origin.host);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| TransportError::Tls(format!("'{host}' is no name for a certificate")))?;
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| error::from_handshake(&error));
    add(&mut timings.phases.tls, shared.clock.now().since(began_at));
    stream
}

/// An exchange that dials twice has the time of both.
fn add(phase: &mut Option<Micros>, span: Micros) {
    *phase = Some(phase.unwrap_or_default() + span);
}

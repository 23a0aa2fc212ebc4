//! From an origin to an open connection: look up, connect, shake hands, each timed apart.

use std::cell::OnceCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connection::{Connection, Speaks};
use super::error::{self, TransportError};
use super::http1::{Http1, Stream};
use super::http2::Http2;
use super::http2_leniency::LenientStream;
use super::network::{DelayedStream, NetworkLink};
use super::run_clock::Clock;
use super::shared::{ExchangeTimings, SharedState};
use super::tls_error::{TlsCause, TlsError};
use super::wire_request::Origin;
use crate::base::Micros;

/// How long an address has before the next is tried as well: what RFC 8305 recommends, and about what browsers wait.
const NEXT_ADDRESS_AFTER: Micros = Micros::from_millis(250);

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
    let speaks = match (link, origin.tls) {
        (None, false) => http1(stream, origin),
        (Some(link), false) => http1(DelayedStream::new(stream, link.clone()), origin),
        (None, true) => Box::pin(over_tls(shared, tls, stream, origin, timings)).await?,
        (Some(link), true) => {
            let distant = DelayedStream::new(stream, link.clone());
            Box::pin(over_tls(shared, tls, distant, origin, timings)).await?
        }
    };
    Ok(Connection { origin: origin.clone(), speaks })
}

fn http1(stream: impl Into<Stream>, origin: &Origin) -> Speaks {
    Speaks::Http1(Http1::new(stream.into(), origin.authority()))
}

/// Shakes hands, and speaks what was agreed on.
async fn over_tls<C: Clock, T>(
    shared: &SharedState<C>,
    tls: &OnceCell<Arc<ClientConfig>>,
    stream: T,
    origin: &Rc<Origin>,
    timings: &mut ExchangeTimings,
) -> Result<Speaks, TransportError>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    Stream: From<TlsStream<T>>,
{
    let mut config = match tls.get() {
        Some(config) => config.clone(),
        None => {
            let own = shared.tls.for_shopper()?;
            tls.get_or_init(|| own).clone()
        }
    };
    if shared.http1_only.borrow().contains(origin) {
        Arc::make_mut(&mut config).alpn_protocols = vec![b"http/1.1".to_vec()];
    }
    let stream = shake_hands(shared, config, origin, stream, timings).await?;
    let connection = stream.get_ref().1;
    timings.resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    if connection.alpn_protocol() == Some(b"h2") {
        Ok(Speaks::Http2(Http2::open(TokioIo::new(LenientStream::new(stream)), origin).await?))
    } else {
        Ok(http1(stream, origin))
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
    let connected = match addresses.as_slice() {
        [only] => connect_to(shared, SocketAddr::new(*only, origin.port)).await,
        several => Box::pin(connect_to_any(shared, several, origin.port)).await,
    };
    if let Some(link) = link {
        link.round_trip().await;
    }
    if connected.is_ok() {
        timings.connections += 1;
    }
    add(&mut timings.phases.connect, shared.clock.now().since(began_at));
    connected
}

/// Happy Eyeballs (RFC 8305): IPv6 and IPv4 by turns, each a little after the one before or as soon as that fails; the first to
/// connect is taken, the others are dropped.
async fn connect_to_any<C: Clock>(
    shared: &SharedState<C>,
    addresses: &[IpAddr],
    port: u16,
) -> Result<TcpStream, TransportError> {
    let mut waiting = by_turns(addresses).into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut error = None;
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(connect_to(shared, SocketAddr::new(address, port)));
        }
        let next_at = shared.clock.now().saturating_add(NEXT_ADDRESS_AFTER);
        let ended = tokio::select! {
            biased;
            ended = attempts.next() => ended,
            () = shared.clock.sleep_until(next_at), if waiting.len() > 0 => continue,
        };
        match ended {
            Some(Ok(stream)) => return Ok(stream),
            // Where we lack something, other addresses don't help.
            Some(Err(own @ TransportError::Own(_))) => return Err(own),
            Some(Err(other)) => error = Some(other),
            None => {
                return Err(error.unwrap_or_else(|| {
                    TransportError::Dns("the name has no addresses".to_owned())
                }));
            }
        }
    }
}

/// The addresses, IPv6 and IPv4 in turn, IPv6 first, each family in the resolver's order.
fn by_turns(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let (mut six, mut four) = (
        addresses.iter().filter(|address| address.is_ipv6()),
        addresses.iter().filter(|address| address.is_ipv4()),
    );
    let pairs = std::iter::from_fn(|| {
        let pair = [six.next(), four.next()];
        pair.iter().any(Option::is_some).then_some(pair)
    });
    pairs.flatten().flatten().copied().collect()
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
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        let text = format!("'{host}' is no name for a certificate");
        TransportError::Tls(TlsError { cause: TlsCause::Other, text })
    })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_and_ipv6_begins() {
        let parse = |texts: &[&str]| -> Vec<IpAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let found = by_turns(&parse(&["10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00::2"]));
        assert_eq!(found, parse(&["fd00::1", "10.0.0.1", "fd00::2", "10.0.0.2", "10.0.0.3"]));
    }
}

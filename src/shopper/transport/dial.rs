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
use super::core::{Core, Course};
use super::network::{Distant, Link};
use super::{Clock, Origin, Trouble, error};
use crate::base::Micros;

/// Opens a connection; `tls` is the shopper's own configuration, made at the first need.
pub(super) async fn open<C: Clock>(
    core: &Core<C>,
    tls: &OnceCell<Arc<ClientConfig>>,
    link: Option<&Rc<Link>>,
    origin: &Rc<Origin>,
    course: &mut Course,
) -> Result<Connection, Trouble> {
    let stream = connect(core, link, origin, course).await?;
    // On the heap: the state of a TLS handshake would make every exchange ten times as large.
    match (link, origin.tls) {
        (None, false) => Connection::http1(TokioIo::new(stream), origin.clone()).await,
        (Some(link), false) => {
            Connection::http1(TokioIo::new(Distant::new(stream, link.clone())), origin.clone())
                .await
        }
        (None, true) => Box::pin(over_tls(core, tls, stream, origin, course)).await,
        (Some(link), true) => {
            Box::pin(over_tls(core, tls, Distant::new(stream, link.clone()), origin, course)).await
        }
    }
}

/// Shakes hands, and speaks what was agreed on.
async fn over_tls<C: Clock, T>(
    core: &Core<C>,
    tls: &OnceCell<Arc<ClientConfig>>,
    stream: T,
    origin: &Rc<Origin>,
    course: &mut Course,
) -> Result<Connection, Trouble>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let config = match tls.get() {
        Some(config) => config.clone(),
        None => {
            let own = core.tls.for_shopper()?;
            tls.get_or_init(|| own).clone()
        }
    };
    let stream = shake_hands(core, config, origin, stream, course).await?;
    let connection = stream.get_ref().1;
    course.resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    if connection.alpn_protocol() == Some(b"h2") {
        Connection::http2(TokioIo::new(stream), origin.clone()).await
    } else {
        Connection::http1(TokioIo::new(stream), origin.clone()).await
    }
}

/// Connects to the first of the host's addresses that answers.
async fn connect<C: Clock>(
    core: &Core<C>,
    link: Option<&Rc<Link>>,
    origin: &Origin,
    course: &mut Course,
) -> Result<TcpStream, Trouble> {
    let addresses = core.lookup.addresses(origin, &core.clock, &mut course.phases.dns).await?;
    let began_at = core.clock.now();
    let mut trouble = None;
    for &address in addresses.as_slice() {
        let connected = connect_to(core, SocketAddr::new(address, origin.port)).await;
        if let Some(link) = link {
            link.round_trip().await;
        }
        match connected {
            Ok(stream) => {
                course.connections += 1;
                add(&mut course.phases.connect, core.clock.now().since(began_at));
                return Ok(stream);
            }
            // Where we lack something, other addresses don't help. A machine without IPv6 is no such lack.
            Err(own @ Trouble::Own(_)) if !address.is_ipv6() => return Err(own),
            Err(other) => trouble = Some(other),
        }
    }
    add(&mut course.phases.connect, core.clock.now().since(began_at));
    Err(trouble.unwrap_or_else(|| Trouble::Dns("the name has no addresses".to_owned())))
}

async fn connect_to<C>(core: &Core<C>, address: SocketAddr) -> Result<TcpStream, Trouble> {
    let connecting = async {
        let stream = if core.sources.is_empty() {
            TcpStream::connect(address).await?
        } else {
            let socket =
                if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
            if let Some(source) = next_source(core, address.is_ipv6()) {
                socket.bind(SocketAddr::new(source, 0))?;
            }
            socket.connect(address).await?
        };
        // A request is written at once and in one piece; waiting for more only adds to its time.
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    connecting.await.map_err(|error: std::io::Error| error::of_connect(&error))
}

/// The next source address in turn of the family that is needed; none if there is none, and the system chooses.
fn next_source<C>(core: &Core<C>, ipv6: bool) -> Option<IpAddr> {
    let turn = core.turn.get();
    let (before, after) = core.sources.split_at(turn % core.sources.len());
    let taken = after.iter().chain(before).position(|source| source.is_ipv6() == ipv6)?;
    core.turn.set((turn + taken + 1) % core.sources.len());
    Some(core.sources[(turn + taken) % core.sources.len()])
}

async fn shake_hands<C: Clock, T: AsyncRead + AsyncWrite + Unpin>(
    core: &Core<C>,
    config: Arc<ClientConfig>,
    origin: &Origin,
    stream: T,
    course: &mut Course,
) -> Result<TlsStream<T>, Trouble> {
    let began_at = core.clock.now();
    let host = origin
        .host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(&origin.host);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Trouble::Tls(format!("'{host}' is no name for a certificate")))?;
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| error::of_handshake(&error));
    add(&mut course.phases.tls, core.clock.now().since(began_at));
    stream
}

/// An exchange that dials twice has the time of both.
fn add(phase: &mut Option<Micros>, span: Micros) {
    *phase = Some(phase.unwrap_or_default() + span);
}

//! TLS that fails, resumes or not, and HTTP/2 on top of it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::routing::{any, get};
use http::{HeaderMap, Method, Version};
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::NamedTempFile;
use tillrush::base::{Micros, ShopperId};
use tillrush::shopper::transport::{
    Exchange, HttpOptions, HttpSetupError, HttpTransport, Origin, ShopperConnections, TlsCause,
    TlsResumption, Transport, TransportError, WireRequest,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::raw::{RawShop, eventually, on_core, shop};

/// A shop that speaks TLS with a certificate for `localhost` from an authority of its own.
struct SecureShop {
    tcp: Arc<TcpListener>,
    tls: TlsAcceptor,
    authority: NamedTempFile,
    accepted: Arc<AtomicUsize>,
    serving: RefCell<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

struct Listener {
    tcp: Arc<TcpListener>,
    tls: TlsAcceptor,
    accepted: Arc<AtomicUsize>,
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.tcp.accept().await.unwrap();
            self.accepted.fetch_add(1, Ordering::Relaxed);
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// A certificate for `localhost` and the file of the authority that signed it.
pub fn signed_certificate(protocols: &[&str]) -> (TlsAcceptor, NamedTempFile) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::from_params(&authority, &authority_key)).unwrap();
    acceptor(&leaf, &key, &root, protocols)
}

/// A certificate as `openssl req -x509` makes it: signed by itself, and marked as an authority's.
fn own_certificate(name: &str) -> (TlsAcceptor, NamedTempFile) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = params.self_signed(&key).unwrap();
    acceptor(&own, &key, &own, &["http/1.1"])
}

fn acceptor(
    leaf: &Certificate,
    key: &KeyPair,
    root: &Certificate,
    protocols: &[&str],
) -> (TlsAcceptor, NamedTempFile) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), root.pem()).unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}

impl SecureShop {
    async fn start(protocols: &[&str]) -> SecureShop {
        SecureShop::with(signed_certificate(protocols)).await
    }

    async fn with((tls, authority): (TlsAcceptor, NamedTempFile)) -> SecureShop {
        let tcp = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let shop = SecureShop {
            tcp,
            tls,
            authority,
            accepted: Arc::default(),
            serving: RefCell::default(),
        };
        shop.serve();
        shop
    }

    fn serve(&self) {
        let app = Router::new()
            .route(
                "/echo",
                any(async |request: Request| {
                    format!("{} {:?} {}", request.method(), request.version(), request.uri())
                }),
            )
            .route("/count", any(async |body: axum::body::Bytes| body.len().to_string()))
            .route("/last", get(async || ([("connection", "close")], "goodbye")))
            .route("/never", get(std::future::pending::<()>));
        let listener = Listener {
            tcp: self.tcp.clone(),
            tls: self.tls.clone(),
            accepted: self.accepted.clone(),
        };
        let (stop, stopped) = oneshot::channel();
        let until = async { stopped.await.unwrap_or_default() };
        let server =
            async move { axum::serve(listener, app).with_graceful_shutdown(until).await.unwrap() };
        *self.serving.borrow_mut() = Some((stop, tokio::task::spawn_local(server)));
    }

    /// Closes all connections in good order, and serves again.
    async fn restart(&self) {
        let (stop, server) = self.serving.take().unwrap();
        stop.send(()).unwrap();
        server.await.unwrap();
        self.serve();
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    fn trusting(&self) -> HttpOptions {
        HttpOptions {
            extra_roots: Some(self.authority.path().to_owned()),
            ..HttpOptions::default()
        }
    }

    fn request(&self, method: Method, path: &str, body: Vec<u8>) -> WireRequest {
        to(self.tcp.local_addr().unwrap().port(), "localhost", method, path, body)
    }

    async fn get(&self, connections: &mut impl ShopperConnections, path: &str) -> Exchange {
        connections
            .exchange(&self.request(Method::GET, path, Vec::new()), Micros::from_secs(20))
            .await
    }
}

fn to(port: u16, host: &str, method: Method, path: &str, body: Vec<u8>) -> WireRequest {
    let origin = Rc::new(Origin { tls: true, host: host.into(), port });
    WireRequest { origin, method, path: path.into(), headers: HeaderMap::new(), body: body.into() }
}

fn text(exchange: &Exchange) -> String {
    String::from_utf8_lossy(&exchange.result.as_ref().unwrap().body).into_owned()
}

#[test]
fn a_certificate_of_a_stranger_is_refused_unless_all_are_accepted() {
    on_core(async {
        let (end, other) = (SecureShop::start(&["http/1.1"]).await, SecureShop::start(&[]).await);
        let exchange =
            end.get(&mut shop(other.trusting()).connections(ShopperId(1)), "/echo").await;
        let Err(TransportError::Tls(error)) = &exchange.result else {
            panic!("{:?}", exchange.result)
        };
        assert_eq!(error.cause, TlsCause::UnknownIssuer, "{error}");
        assert_eq!((exchange.sent_at, exchange.connections), (None, 1));
        for options in [end.trusting(), HttpOptions { insecure: true, ..HttpOptions::default() }] {
            let exchange = end.get(&mut shop(options).connections(ShopperId(1)), "/echo").await;
            assert_eq!(text(&exchange), "GET HTTP/1.1 /echo");
            assert!(
                exchange.phases.connect.is_some()
                    && exchange.phases.tls.is_some()
                    && !exchange.resumed
            );
        }
    });
}

#[test]
fn the_shop_s_own_certificate_is_trusted_where_it_is_given_and_names_the_shop() {
    on_core(async {
        let end = SecureShop::with(own_certificate("localhost")).await;
        let mut connections = shop(end.trusting()).connections(ShopperId(1));
        assert_eq!(text(&end.get(&mut connections, "/echo").await), "GET HTTP/1.1 /echo");
        let mut stranger = shop(HttpOptions::default()).connections(ShopperId(2));
        assert!(matches!(end.get(&mut stranger, "/").await.result, Err(TransportError::Tls(_))));
        let elsewhere = SecureShop::with(own_certificate("shop.example")).await;
        let mut connections = shop(elsewhere.trusting()).connections(ShopperId(3));
        let refused = elsewhere.get(&mut connections, "/echo").await.result;
        assert!(matches!(refused, Err(TransportError::Tls(_))), "{refused:?}");
    });
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    on_core(async {
        let end = SecureShop::start(&[]).await;
        let sent =
            to(end.tcp.local_addr().unwrap().port(), "127.0.0.1", Method::GET, "/echo", Vec::new());
        let exchange = shop(end.trusting())
            .connections(ShopperId(1))
            .exchange(&sent, Micros::from_secs(20))
            .await;
        assert!(matches!(exchange.result, Err(TransportError::Tls(_))), "{:?}", exchange.result);
    });
}

#[test]
fn a_shop_that_speaks_no_tls_or_says_nothing_is_tls_trouble() {
    on_core(async {
        let plain = RawShop::start(|mut peer| async move {
            peer.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        });
        let closing = RawShop::start(|mut peer| async move {
            let mut hello = [0; 64];
            let _ = tokio::io::AsyncReadExt::read(&mut peer.stream, &mut hello).await;
        });
        let insecure = HttpOptions { insecure: true, ..HttpOptions::default() };
        for end in [plain.await, closing.await] {
            let sent = to(end.address.port(), "localhost", Method::GET, "/", Vec::new());
            let exchange = shop(insecure.clone())
                .connections(ShopperId(1))
                .exchange(&sent, Micros::from_secs(20))
                .await;
            assert!(
                matches!(exchange.result, Err(TransportError::Tls(_))),
                "{:?}",
                exchange.result
            );
            assert_eq!(exchange.sent_at, None);
        }
        let silent = RawShop::start(|mut peer| async move { peer.hang().await }).await;
        let sent = to(silent.address.port(), "127.0.0.1", Method::GET, "/", Vec::new());
        let exchange = shop(insecure)
            .connections(ShopperId(1))
            .exchange(&sent, Micros::from_millis(150))
            .await;
        assert!(
            matches!(exchange.result, Err(TransportError::TooSlow(_))),
            "{:?}",
            exchange.result
        );
        eventually("the shop sees the end", || silent.ended.get() == 1).await;
    });
}

#[test]
fn roots_that_cannot_be_read_are_told_before_the_run() {
    let refused = |path: &std::path::Path| {
        let options = HttpOptions { extra_roots: Some(path.to_owned()), ..HttpOptions::default() };
        on_core(async { HttpTransport::try_new(options, super::raw::TestClock::new()).map(|_| ()) })
    };
    let empty = NamedTempFile::new().unwrap();
    for path in [empty.path(), "/nowhere/ca.pem".as_ref()] {
        let Err(error @ HttpSetupError::Roots(_)) = refused(path) else {
            panic!("{} was taken", path.display())
        };
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn sessions_are_resumed_by_whom_the_options_say() {
    on_core(async {
        let end = SecureShop::start(&["http/1.1"]).await;
        // Whether the same shopper's second handshake resumes, and whether another shopper's does.
        for (resumption, same, another) in [
            (TlsResumption::Never, false, false),
            (TlsResumption::WithinShopper, true, false),
            (TlsResumption::AcrossShoppers, true, true),
        ] {
            let shop = shop(HttpOptions { resumption, ..end.trusting() });
            let mut connections = shop.connections(ShopperId(1));
            let first = end.get(&mut connections, "/last").await;
            let second = end.get(&mut connections, "/last").await;
            let other = end.get(&mut shop.connections(ShopperId(2)), "/last").await;
            connections.disconnect();
            let forgotten = end.get(&mut connections, "/last").await;
            assert_eq!(text(&first), "goodbye");
            assert_eq!(
                [first.resumed, second.resumed, other.resumed, forgotten.resumed],
                [false, same, another, another],
                "{resumption:?}"
            );
            assert_eq!([first.connections, second.connections, second.redials], [1, 1, 0]);
        }
    });
}

#[test]
fn http2_is_spoken_where_both_sides_can() {
    on_core(async {
        let end = SecureShop::start(&["h2", "http/1.1"]).await;
        let mut connections = shop(end.trusting()).connections(ShopperId(1));
        let mut opened = 0;
        let authority = format!("localhost:{}", end.tcp.local_addr().unwrap().port());
        for _ in 0..6 {
            let exchange = end.get(&mut connections, "/echo?a=b").await;
            assert_eq!(text(&exchange), format!("GET HTTP/2.0 https://{authority}/echo?a=b"));
            assert_eq!(exchange.result.unwrap().version, Version::HTTP_2);
            opened += exchange.connections;
        }
        let large = connections
            .exchange(
                &end.request(Method::POST, "/count", vec![b'x'; 1_000_000]),
                Micros::from_secs(20),
            )
            .await;
        assert_eq!(text(&large), "1000000");
        assert_eq!((opened, end.accepted()), (1, 1));
        let only_http1 = shop(HttpOptions { http2: false, ..end.trusting() });
        assert_eq!(
            text(&end.get(&mut only_http1.connections(ShopperId(1)), "/echo").await),
            "GET HTTP/1.1 /echo"
        );
    });
}

#[test]
fn an_http2_exchange_that_hangs_is_given_up_on() {
    on_core(async {
        let end = SecureShop::start(&["h2"]).await;
        let mut connections = shop(end.trusting()).connections(ShopperId(1));
        let never = connections
            .exchange(&end.request(Method::GET, "/never", Vec::new()), Micros::from_millis(300))
            .await;
        assert!(matches!(never.result, Err(TransportError::TooSlow(_))), "{:?}", never.result);
        let next = end.get(&mut connections, "/echo").await;
        assert_eq!(
            (next.result.unwrap().status.as_u16(), next.connections, next.redials),
            (200, 1, 0)
        );
    });
}

#[test]
fn an_http2_connection_closed_while_idle_is_dialled_again_and_counted() {
    on_core(async {
        let end = SecureShop::start(&["h2"]).await;
        let mut connections = shop(end.trusting()).connections(ShopperId(1));
        for redials in 0..3 {
            let exchange = end.get(&mut connections, "/echo").await;
            assert_eq!((exchange.connections, exchange.redials), (1, redials.min(1)));
            assert!(exchange.result.is_ok(), "{:?}", exchange.result);
            end.restart().await;
        }
    });
}

#[test]
fn requests_at_the_same_time_share_an_http2_connection_and_one_given_up_spares_the_others() {
    on_core(async {
        let end = SecureShop::start(&["h2"]).await;
        let shop = shop(end.trusting());
        let mut connections = shop.connections(ShopperId(1));
        assert_eq!(
            text(&end.get(&mut connections, "/echo").await),
            format!("GET HTTP/2.0 https://localhost:{}/echo", end.tcp.local_addr().unwrap().port())
        );
        let (mut impatient, mut other) = (connections.sibling(), connections.sibling());
        let never = end.request(Method::GET, "/never", Vec::new());
        let (given_up, came) = tokio::join!(
            impatient.exchange(&never, Micros::from_millis(150)),
            end.get(&mut other, "/echo")
        );
        assert!(
            matches!(given_up.result, Err(TransportError::TooSlow(_))),
            "{:?}",
            given_up.result
        );
        assert!(came.result.is_ok(), "{:?}", came.result);
        assert!(end.get(&mut connections, "/echo").await.result.is_ok());
        assert_eq!(end.accepted(), 1);
    });
}

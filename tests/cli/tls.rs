//! A shop behind TLS: certificates of one's own, HTTP/2 by ALPN, HTTP/1.1 where it is wanted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::bench::{BUY, Bench, Books, MEASURED, Shop, count, step};

/// Ends TLS in front of a shop, as a load balancer does, and counts what was agreed on.
struct TlsFront {
    addr: SocketAddr,
    /// The certificate, PEM.
    certificate: String,
    agreed: Arc<Agreed>,
}

#[derive(Default)]
struct Agreed {
    h2: AtomicU64,
    http1: AtomicU64,
}

// === impl TlsFront ===

impl TlsFront {
    fn before(shop: &Shop) -> TlsFront {
        TlsFront::asking(shop, None)
    }

    /// The same, which lets in only who has this certificate.
    fn asking(shop: &Shop, trusted: Option<&rcgen::Certificate>) -> TlsFront {
        let made =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
                .unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions();
        let config = match trusted {
            None => config.unwrap().with_no_client_auth(),
            Some(trusted) => {
                let mut roots = RootCertStore::empty();
                roots.add(trusted.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(
                    Arc::new(roots),
                    Arc::new(ring::default_provider()),
                );
                config.unwrap().with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let mut config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let front = TlsFront {
            addr: listener.local_addr().unwrap(),
            certificate: made.cert.pem(),
            agreed: Arc::default(),
        };
        let (acceptor, agreed) = (TlsAcceptor::from(Arc::new(config)), Arc::clone(&front.agreed));
        let behind: SocketAddr = shop.url().trim_start_matches("http://").parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Lives as long as the test's process.
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(pass_on(client, acceptor.clone(), behind, Arc::clone(&agreed)));
                }
            });
        });
        front
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.addr.port())
    }

    fn agreed(&self) -> (u64, u64) {
        (self.agreed.h2.load(Ordering::Relaxed), self.agreed.http1.load(Ordering::Relaxed))
    }
}

async fn pass_on(
    client: TcpStream,
    acceptor: TlsAcceptor,
    behind: SocketAddr,
    agreed: Arc<Agreed>,
) {
    let Ok(mut client) = acceptor.accept(client).await else { return };
    let h2 = client.get_ref().1.alpn_protocol() == Some(b"h2");
    if h2 { &agreed.h2 } else { &agreed.http1 }.fetch_add(1, Ordering::Relaxed);
    let Ok(mut server) = TcpStream::connect(behind).await else { return };
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

const BRIEF: [&str; 4] = ["--rate", "20/s", "-d", "1s"];
const FAULTS: &str =
    "faults: [{ name: hiccup, at: pay, first: 1, probability: 20%, kind: { status: 503 } }]";

#[test]
fn a_shop_behind_tls_is_rehearsed_over_http2_and_over_http1() {
    for (http1, seed) in [(false, "41"), (true, "42")] {
        let shop = Shop::open(FAULTS);
        let front = TlsFront::before(&shop);
        let bench = Bench::new(BUY);
        let certificate = bench.file("ca.pem", &front.certificate);
        let url = front.url();
        let mut arguments =
            vec!["--target", &url, "--seed", seed, "--ca-file", certificate.to_str().unwrap()];
        arguments.extend(BRIEF);
        arguments.extend(http1.then_some("--http1"));
        bench.run(&arguments).with(&MEASURED);
        let (document, books) = (bench.document(), shop.ledger());
        assert!(books.shoppers_seen > 5);
        assert_eq!(count(&document, "/shoppers/started"), books.shoppers_seen);
        assert_eq!(count(step(&document, "pay"), "/attempts"), books.asked("pay"));
        assert_eq!(count(step(&document, "pay"), "/failures"), books.failed_at("pay"));
        assert_eq!(count(&document, "/shoppers/purchased"), books.buyers());
        // Each shopper has a connection of their own; the question whether the shop is there has another.
        let (h2, plain) = front.agreed();
        let (used, unused) = if http1 { (plain, h2) } else { (h2, plain) };
        assert!(
            used >= books.shoppers_seen && used <= books.shoppers_seen + 1,
            "{used} for {} shoppers",
            books.shoppers_seen
        );
        assert!(unused <= 1, "{unused}");
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_unless_one_insists() {
    let shop = Shop::open("");
    let front = TlsFront::before(&shop);
    let bench = Bench::new(BUY);
    let url = front.url();
    let arguments = [&["--target", url.as_str()], &BRIEF[..]].concat();
    bench.run(&arguments).with(&[107]).complains(&url);
    assert_eq!(shop.ledger().shoppers_seen, 0);
    bench.run(&[&arguments[..], &["--insecure"]].concat()).with(&MEASURED);
    assert_eq!(count(&bench.document(), "/shoppers/purchased"), shop.ledger().buyers());
    assert_eq!(count(&bench.document(), "/shoppers/failed/events"), 0);
}

#[test]
fn a_shop_that_asks_for_a_certificate_gets_it() {
    let made = rcgen::generate_simple_self_signed(["shopper".to_owned()]).unwrap();
    let shop = Shop::open("");
    let front = TlsFront::asking(&shop, Some(&made.cert));
    let bench = Bench::new(BUY);
    let url = front.url();
    let ca = bench.file("ca.pem", &front.certificate);
    let (cert, key) = (
        bench.file("cert.pem", &made.cert.pem()),
        bench.file("key.pem", &made.signing_key.serialize_pem()),
    );
    let both = bench.file("both.pem", &(made.cert.pem() + &made.signing_key.serialize_pem()));
    let other = bench.file("other.pem", &rcgen::KeyPair::generate().unwrap().serialize_pem());
    let [ca, cert, key, both, other] =
        [&ca, &cert, &key, &both, &other].map(|path| path.to_str().unwrap());
    let arguments = [&["--target", url.as_str(), "--ca-file", ca], &BRIEF[..]].concat();
    let run = |more: &[&str]| bench.run(&[&arguments[..], more].concat());
    run(&[]).with(&[107]).complains(&url);
    run(&["--cert", cert, "--key", other]).with(&[2]).complains("does not go with the certificate");
    run(&["--cert", key]).with(&[2]).complains("BEGIN CERTIFICATE");
    run(&["--cert", cert]).with(&[2]).complains("BEGIN PRIVATE KEY");
    run(&["--key", key]).with(&[2]).complains("--cert");
    assert_eq!((shop.ledger().shoppers_seen, bench.runs().len()), (0, 0));
    run(&["--cert", both]).with(&MEASURED);
    assert_eq!(count(&bench.document(), "/shoppers/purchased"), shop.ledger().buyers());
    assert_eq!(count(&bench.document(), "/shoppers/failed/events"), 0);
}

#[test]
fn a_handshake_takes_a_round_trip_of_the_shopper_s_network_and_nothing_is_lost_on_it() {
    let shop = Shop::open("");
    let front = TlsFront::before(&shop);
    let far =
        "attributes: { access: { far: { network: { round_trip: 50ms, bandwidth: 10Mbit/s } } }, ";
    let bench = Bench::new(&BUY.replace("attributes: { ", far));
    let url = front.url();
    bench.run(&[&["--target", url.as_str(), "--insecure"], &BRIEF[..]].concat()).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    assert_eq!(count(&document, "/shoppers/failed/events"), 0);
    assert_eq!(count(&document, "/shoppers/purchased"), books.buyers());
    assert!(books.buyers() > 5 && front.agreed().0 >= books.buyers());
    let first = step(&document, "add to cart");
    for phase in ["connect_ms", "tls_ms", "wait_ms"] {
        let least = first["wire"][phase]["p50"]
            .as_f64()
            .unwrap_or_else(|| panic!("{phase} of {:#}", first["wire"]));
        assert!(least >= 50.0, "{phase}: {:#}", first["wire"]);
    }
}

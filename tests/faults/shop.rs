//! The shop: a port for each kind, a thread for each connection, and the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::script::{Act, Kind, Reads};

/// What the shop knows.
#[derive(Debug, Default)]
pub struct Ledger {
    /// How many orders each intent has.
    pub orders: BTreeMap<String, usize>,
    /// How often each intent was read.
    pub asked: BTreeMap<String, usize>,
    /// The intents that each kind has read.
    pub met: BTreeMap<&'static str, BTreeSet<String>>,
}

pub type SharedLedger = Arc<Mutex<Ledger>>;
/// Serves one connection.
pub type Serve = fn(TcpStream, &Kind, &SharedLedger) -> io::Result<()>;

/// The shop with its ports.
pub struct FaultShop {
    /// The kinds with their origins.
    pub ports: Vec<(Kind, String)>,
    /// An address where all is well.
    pub front: String,
    pub ledger: SharedLedger,
}

/// Both ways of a connection.
pub trait Wire: Read + Write {
    fn socket(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Wire for StreamOwned<ServerConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }
}

// === impl FaultShop ===

impl FaultShop {
    pub fn open(kinds: Vec<Kind>, serve: Serve, scheme: &str) -> FaultShop {
        let ledger = SharedLedger::default();
        let ports = kinds
            .into_iter()
            .map(|kind| {
                let port = listen(kind.clone(), serve, Arc::clone(&ledger));
                (kind, format!("{scheme}://127.0.0.1:{port}"))
            })
            .collect();
        let well = super::http1::well();
        let front = listen(well, serve_plain, Arc::clone(&ledger));
        FaultShop { ports, front: format!("http://127.0.0.1:{front}"), ledger }
    }
}

/// A port for a kind. A closed one is a port that was free a moment ago.
fn listen(kind: Kind, serve: Serve, ledger: SharedLedger) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    if kind.scripts.is_empty() {
        return port;
    }
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (kind, ledger) = (kind.clone(), Arc::clone(&ledger));
            thread::spawn(move || {
                stream.set_read_timeout(Some(Duration::from_secs(30))).ok();
                // A shopper who hangs up is part of the play.
                let _ = serve(stream, &kind, &ledger);
            });
        }
    });
    port
}

pub fn serve_plain(stream: TcpStream, kind: &Kind, ledger: &SharedLedger) -> io::Result<()> {
    serve_http1(stream, kind, ledger)
}

/// The handshake first, unless the fault comes before it.
pub fn serve_tls(stream: TcpStream, kind: &Kind, ledger: &SharedLedger) -> io::Result<()> {
    if kind.reads == Reads::Nothing {
        return serve_http1(stream, kind, ledger);
    }
    serve_http1(secured(stream, &[])?, kind, ledger)
}

/// A connection after its TLS handshake.
pub fn secured(
    mut stream: TcpStream,
    protocols: &[&str],
) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let mut connection = ServerConnection::new(config(protocols)).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

fn config(protocols: &[&str]) -> Arc<ServerConfig> {
    static CERTIFICATE: std::sync::OnceLock<rcgen::CertifiedKey<rcgen::KeyPair>> =
        std::sync::OnceLock::new();
    let certified = CERTIFICATE
        .get_or_init(|| rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap());
    let mut config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certified.cert.der().clone()],
                PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into()),
            )
            .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

fn serve_http1(mut wire: impl Wire, kind: &Kind, ledger: &SharedLedger) -> io::Result<()> {
    for place in 0.. {
        let intent = match kind.reads {
            Reads::Nothing => String::new(),
            Reads::Head => {
                wire.read_exact(&mut [0; 10])?;
                String::new()
            }
            Reads::All => match request(&mut wire)? {
                Some(intent) => intent,
                None => return Ok(()),
            },
        };
        meet(ledger, kind, &intent);
        let script = &kind.scripts[place.min(kind.scripts.len() - 1)];
        for act in script {
            perform(act, &mut wire, &intent, ledger)?;
        }
        let goes_on = script.iter().any(
            |act| matches!(act, Act::Send(text) | Act::Drip(text) if text.contains("keep-alive")),
        );
        if !goes_on {
            wire.flush()?;
            return Ok(());
        }
    }
    Ok(())
}

/// Notes that a kind has read a request of this intent, and returns how many of it came before.
pub fn meet(ledger: &SharedLedger, kind: &Kind, intent: &str) -> usize {
    if intent.is_empty() {
        return 0;
    }
    let mut ledger = ledger.lock().unwrap();
    ledger.met.entry(kind.name).or_default().insert(intent.to_owned());
    let asked = ledger.asked.entry(intent.to_owned()).or_default();
    *asked += 1;
    *asked - 1
}

pub fn place_order(ledger: &SharedLedger, intent: &str) {
    if !intent.is_empty() {
        *ledger.lock().unwrap().orders.entry(intent.to_owned()).or_default() += 1;
    }
}

pub fn perform(
    act: &Act,
    wire: &mut impl Wire,
    intent: &str,
    ledger: &SharedLedger,
) -> io::Result<()> {
    match act {
        Act::Work => place_order(ledger, intent),
        Act::Send(text) => wire.write_all(filled(text, intent).as_bytes())?,
        Act::Bytes(bytes) => wire.write_all(bytes)?,
        Act::Drip(text) => {
            for byte in filled(text, intent).bytes() {
                wire.write_all(&[byte])?;
                wire.flush()?;
            }
        }
        Act::Forever(bytes) => loop {
            wire.write_all(bytes)?;
            wire.flush()?;
        },
        Act::PauseMs(ms) => {
            wire.flush()?;
            thread::sleep(Duration::from_millis(*ms));
        }
        Act::Hold => {
            wire.flush()?;
            while wire.read(&mut [0; 1024])? > 0 {}
        }
        Act::Reset => {
            wire.flush()?;
            reset(wire.socket())?;
        }
        Act::Cut => {
            wire.flush()?;
            wire.socket().shutdown(Shutdown::Both)?;
        }
        Act::Frame(_) => {}
    }
    Ok(())
}

/// The socket is closed with a reset, whoever else holds it.
fn reset(socket: &TcpStream) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _inside = runtime.enter();
    let copy = socket.try_clone()?;
    copy.set_nonblocking(true)?;
    tokio::net::TcpStream::from_std(copy)?.set_zero_linger()?;
    Err(io::Error::other("reset"))
}

/// The order's number.
pub fn order_number(intent: &str) -> String {
    format!("T-{intent}")
}

/// A confirmation.
pub fn confirmation(intent: &str) -> String {
    format!("{{\"status\":\"confirmed\",\"order_id\":\"{}\",\"total\":1250}}", order_number(intent))
}

fn filled(text: &str, intent: &str) -> String {
    let body = confirmation(intent);
    text.replace("{len}", &body.len().to_string()).replace("{body}", &body)
}

/// Reads a request, and returns its intent (empty if it has none); none at the end of the connection.
fn request(wire: &mut impl Read) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if wire.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    wire.read_exact(&mut body)?;
    Ok(Some(intent_of(&body)))
}

/// The intent that a body names.
pub fn intent_of(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body["intent"].as_str().unwrap_or_default().to_owned()
}

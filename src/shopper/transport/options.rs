//! How to speak to the shop.

use std::net::IpAddr;
use std::path::PathBuf;

use super::identity::ClientIdentity;
use super::tls::{RootsError, TlsResumption};
use crate::plan::ConnectionReuse;
use crate::shopper::browser::allowed_hosts::AllowedHosts;

/// How to speak to the shop.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Whether each shopper dials anew.
    pub connections: ConnectionReuse,
    /// Whether any certificate is good enough.
    pub insecure: bool,
    /// A PEM file of root certificates to trust beside the system's.
    pub extra_roots: Option<PathBuf>,
    /// Who shoppers are to a shop that asks for a certificate.
    pub identity: Option<ClientIdentity>,
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

/// The largest body that is read unless an option says otherwise, in bytes: product feeds and invoices fit.
const DEFAULT_MAX_BODY: u64 = 64 << 20;

// === impl HttpOptions ===

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions {
            connections: ConnectionReuse::PerShopper,
            insecure: false,
            extra_roots: None,
            identity: None,
            resumption: TlsResumption::default(),
            http2: true,
            sources: Vec::new(),
            may_be_public: AllowedHosts::default(),
            max_body: DEFAULT_MAX_BODY,
        }
    }
}

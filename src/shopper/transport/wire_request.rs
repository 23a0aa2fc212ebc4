//! A request as a transport sends it, and where to.

use std::rc::Rc;

use ::http::{HeaderMap, Method};
use bytes::Bytes;

/// A scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// The host as in an address: a name, an IPv4 address, an IPv6 address in brackets.
    pub host: String,
    /// The port, also where it is the scheme's default.
    pub port: u16,
}

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct WireRequest {
    /// To whom.
    pub origin: Rc<Origin>,
    /// The method.
    pub method: Method,
    /// Path and query, beginning with a slash.
    pub path: String,
    /// All headers but `host` and `content-length`, which the transport sets.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

// === impl Origin ===

impl Origin {
    /// The origin of an absolute `http` or `https` address.
    pub fn from_url(url: &url::Url) -> Option<Origin> {
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        Some(Origin { tls, host: url.host_str()?.to_owned(), port: url.port_or_known_default()? })
    }

    /// Whether the address is of this origin.
    pub fn matches(&self, url: &url::Url) -> bool {
        url.scheme() == if self.tls { "https" } else { "http" }
            && url.host_str() == Some(&*self.host)
            && url.port_or_known_default() == Some(self.port)
    }

    /// As the `host` header has it: without the port where it is the scheme's default.
    pub fn authority(&self) -> String {
        if self.port == if self.tls { 443 } else { 80 } {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

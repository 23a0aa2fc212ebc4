//! Sites and trust: what belongs together in a browser's eyes, and what can't be listened to.

use std::net::IpAddr;

use url::{Host, Url};

/// The registrable domain of a host name: one label more than its public suffix. None for a name that is a public suffix
/// itself or has no dot, and for addresses.
pub(crate) fn registrable_domain(host: &str) -> Option<&str> {
    let bare = host.strip_suffix('.').unwrap_or(host);
    // No top-level domain begins with a digit: what does is an IPv4 address. Neither it nor a single label needs the list.
    let (_, last) = bare.rsplit_once('.')?;
    if last.starts_with(|first: char| first.is_ascii_digit()) || host.starts_with('[') {
        return None;
    }
    let domain = psl::domain_str(bare)?;
    Some(&host[bare.len() - domain.len()..])
}

/// Whether nobody can listen on the way, in a browser's eyes: TLS, or this very machine (Secure Contexts, 3.1).
pub(crate) fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                name == "localhost" || name.ends_with(".localhost")
            }
            Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
            None => false,
        }
}

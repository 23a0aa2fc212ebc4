//! Sites and trust: what belongs together in a browser's eyes, and what can't be listened to.

use std::net::IpAddr;

use url::{Host, Url};

/// How the address of a request relates to the page that causes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SiteRelation {
    /// The same scheme, host and port.
    SameOrigin,
    /// The same scheme and registrable domain.
    SameSite,
    /// Anything else.
    CrossSite,
}

// === impl SiteRelation ===

impl SiteRelation {
    /// As `sec-fetch-site` has it.
    pub(crate) fn fetch_site(self) -> &'static str {
        match self {
            SiteRelation::SameOrigin => "same-origin",
            SiteRelation::SameSite => "same-site",
            SiteRelation::CrossSite => "cross-site",
        }
    }
}

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

/// How `to` relates to `from`. The scheme counts: plain HTTP and TLS are two sites (schemeful same-site).
pub(crate) fn relation(from: &Url, to: &Url) -> SiteRelation {
    if from.scheme() != to.scheme() {
        return SiteRelation::CrossSite;
    }
    let (Some(one), Some(other)) = (from.host_str(), to.host_str()) else {
        return SiteRelation::CrossSite;
    };
    if one == other {
        return if from.port() == to.port() {
            SiteRelation::SameOrigin
        } else {
            SiteRelation::SameSite
        };
    }
    match (registrable_domain(one), registrable_domain(other)) {
        (Some(one), Some(other)) if one == other => SiteRelation::SameSite,
        _ => SiteRelation::CrossSite,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_told_apart_by_scheme_and_registrable_domain() {
        let related =
            |from: &str, to: &str| relation(&Url::parse(from).unwrap(), &Url::parse(to).unwrap());
        for (from, to, expected) in [
            ("http://127.0.0.1:1/a", "http://127.0.0.1:1/b", SiteRelation::SameOrigin),
            ("http://127.0.0.1:1", "http://127.0.0.1:2", SiteRelation::SameSite),
            ("http://127.0.0.1", "http://localhost", SiteRelation::CrossSite),
            ("http://127.0.0.1", "http://127.0.0.2", SiteRelation::CrossSite),
            ("https://shop.test", "https://shop.test:443", SiteRelation::SameOrigin),
            ("https://shop.test", "https://www.shop.test:8443", SiteRelation::SameSite),
            ("https://a.github.io", "https://b.github.io", SiteRelation::CrossSite),
            ("https://shop.test", "http://shop.test", SiteRelation::CrossSite),
            ("http://a.localhost", "http://b.localhost", SiteRelation::CrossSite),
        ] {
            assert_eq!(related(from, to), expected, "{from} to {to}");
        }
    }

    #[test]
    fn only_tls_and_this_machine_are_trusted() {
        for (url, expected) in [
            ("https://shop.test", true),
            ("http://localhost:8080", true),
            ("http://a.localhost", true),
            ("http://127.8.8.8", true),
            ("http://[::1]", true),
            ("http://shop.test", false),
            ("http://192.168.1.1", false),
        ] {
            assert_eq!(is_trustworthy(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}

//! Addresses as a browser sees them: what a link means on the page it is on, where a shopper may go, and
//! what a request tells of the page it comes from.

use std::net::IpAddr;

use url::Url;

/// The hosts that shoppers may send requests to. Everything else is somebody else's shop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts {
    names: Vec<String>,
}

/// Why an address is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text can't be read as an address.
    #[error("'{text}' is not an address: {why}")]
    Malformed {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: url::ParseError,
    },
    /// Several addresses at once.
    #[error("both '{0}' and '{1}'")]
    Several(String, String),
    /// The scheme is not one that shoppers speak.
    #[error("'{0}' is not an http or https address")]
    Scheme(String),
}

// === impl AllowedHosts ===

impl AllowedHosts {
    /// These hosts, on any port, and no others. `*.shop.example` stands for every host below `shop.example`.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> AllowedHosts {
        AllowedHosts {
            names: names.into_iter().map(|name| name.into().to_ascii_lowercase()).collect(),
        }
    }

    /// Whether requests may go to this host, named as in an address, in lower case.
    pub fn allows(&self, host: &str) -> bool {
        self.names.iter().any(|name| match name.strip_prefix('*') {
            Some(suffix) if suffix.starts_with('.') => {
                host.len() > suffix.len() && host.ends_with(suffix)
            }
            _ => name == host,
        })
    }
}

/// Whether an address is on this machine or in a private network: loopback and unspecified, private (RFC 1918, RFC 4193), link-local
/// (RFC 3927, RFC 4291) and shared (RFC 6598) addresses. Only these are loaded unasked.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_private()
                || ip.is_link_local()
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_private(ip.into()),
            None => {
                ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local()
            }
        },
    }
}

/// What a step's address means: absolute; a path below the target, where it begins with a slash; or a
/// reference as on a page, resolved against the page that the shopper is on.
///
/// A target with a path of its own (`https://host/shop`) comes before a path that does not begin with it
/// already, so that both `/cart` of a scenario and `/shop/cart` captured from a page mean the same.
///
/// # Errors
/// When the text is no `http` or `https` address.
pub fn resolve(target: &Url, page: Option<&Url>, text: &str) -> Result<Url, AddressError> {
    // As browsers do with links: white space around them is no part of them.
    let text = text.trim_matches(|c: char| c <= ' ');
    let prefix = target.path().trim_end_matches('/');
    let below_target = text.starts_with('/') && !text.starts_with("//");
    let joined = if below_target && !prefix.is_empty() && !is_below(prefix, text) {
        target.join(&format!("{prefix}{text}"))
    } else if below_target {
        target.join(text)
    } else {
        page.unwrap_or(target).join(text)
    };
    of_web(joined.map_err(|why| AddressError::Malformed { text: text.to_owned(), why })?)
}

fn is_below(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Where a link on a page leads, of which the links are relative to `base`.
///
/// # Errors
/// When it is no `http` or `https` address.
pub fn link(base: &Url, text: &str) -> Result<Url, AddressError> {
    let joined = base.join(text);
    of_web(joined.map_err(|why| AddressError::Malformed { text: text.to_owned(), why })?)
}

fn of_web(url: Url) -> Result<Url, AddressError> {
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(AddressError::Scheme(url.into()))
    }
}

/// Where a redirect from `from` leads. A fragment is handed on, as browsers do.
///
/// # Errors
/// When the `location` is no `http` or `https` address.
pub fn redirected(from: &Url, location: &str) -> Result<Url, AddressError> {
    let mut url = link(from, location)?;
    if url.fragment().is_none() && from.fragment().is_some() {
        url.set_fragment(from.fragment());
    }
    Ok(url)
}

/// What a request line says of an address.
pub fn path_and_query(url: &Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_path_is_below_the_target_and_a_reference_is_on_the_page() {
        let target = url("http://shop.example:8080");
        let page = url("http://shop.example:8080/catalogue/things?page=1");
        let resolved = |text| resolve(&target, Some(&page), text).unwrap().to_string();
        assert_eq!(resolved("/cart?a=b c"), "http://shop.example:8080/cart?a=b%20c");
        assert_eq!(resolved("?page=2"), "http://shop.example:8080/catalogue/things?page=2");
        assert_eq!(resolved("../basket"), "http://shop.example:8080/basket");
        assert_eq!(resolved("https://pay.example/x"), "https://pay.example/x");
        assert_eq!(resolved("//cdn.example/x"), "http://cdn.example/x");
        assert_eq!(
            resolve(&target, None, "cart").unwrap().as_str(),
            "http://shop.example:8080/cart"
        );
    }

    #[test]
    fn a_target_with_a_path_comes_before_paths_that_lack_it() {
        for target in ["https://host/shop", "https://host/shop/"] {
            let resolved = |text| resolve(&url(target), None, text).unwrap().to_string();
            assert_eq!(resolved("/cart"), "https://host/shop/cart");
            assert_eq!(resolved("/shop/cart"), "https://host/shop/cart");
            assert_eq!(resolved("/shopping"), "https://host/shop/shopping");
            assert_eq!(resolved("/shop?x=1"), "https://host/shop?x=1");
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        let target = url("http://shop.example");
        assert_eq!(
            resolve(&target, None, "mailto:a@b.c"),
            Err(AddressError::Scheme("mailto:a@b.c".into()))
        );
        assert!(matches!(
            resolve(&target, None, "http://[::1"),
            Err(AddressError::Malformed { .. })
        ));
    }

    #[test]
    fn hosts_are_allowed_by_name_or_below_a_domain() {
        let allowed = AllowedHosts::new(["Shop.example", "*.pay.example", "[::1]"]);
        for (host, expected) in [
            ("shop.example", true),
            ("www.shop.example", false),
            ("a.pay.example", true),
            ("pay.example", false),
            ("evilpay.example", false),
            ("[::1]", true),
            ("", false),
        ] {
            assert_eq!(allowed.allows(host), expected, "{host}");
        }
    }

    #[test]
    fn only_this_machine_and_private_networks_are_loaded_unasked() {
        for private in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "::",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in [
            "8.8.8.8",
            "172.32.0.1",
            "192.169.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_redirect_is_relative_to_where_it_comes_from_and_keeps_the_fragment() {
        let from = url("https://shop.example/cart/pay?x=1#card");
        let to = |location| redirected(&from, location).unwrap().to_string();
        assert_eq!(to("/done"), "https://shop.example/done#card");
        assert_eq!(to("done?y=2#now"), "https://shop.example/cart/done?y=2#now");
        assert_eq!(path_and_query(&from), "/cart/pay?x=1");
    }
}

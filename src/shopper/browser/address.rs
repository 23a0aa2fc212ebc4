//! Addresses as a browser sees them: what a link means on the page it is on, where a shopper may go, and
//! what a request tells of the page it comes from.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use encoding_rs::{EncoderResult, Encoding, UTF_8};
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

    /// Whether a name can be a host's, as [`AllowedHosts::new`] takes it; else what is wrong with it.
    ///
    /// # Errors
    /// When no host can ever match it.
    pub fn check(name: &str) -> Result<(), &'static str> {
        let host = name.strip_prefix("*.").unwrap_or(name);
        if name.contains("://") || name.contains(['/', '?', '#', '@']) {
            Err("give the host alone, without scheme and path")
        } else if name == "*" {
            Err(
                "no star stands for all hosts: name a host, or a whole domain such as *.shop.example",
            )
        } else if host.contains('*') {
            Err("a star stands only at the start, such as *.shop.example")
        } else if name.starts_with("*.")
            && !host.trim_matches('.').contains('.')
            // All names below it are this machine (RFC 6761).
            && !host.eq_ignore_ascii_case("localhost")
        {
            Err(
                "name the domain, such as *.shop.example: a star for a whole top-level domain permits anybody's hosts",
            )
        } else if host.parse::<Ipv6Addr>().is_ok() {
            Err("write an IPv6 address in brackets, such as [::1]")
        } else if host.rsplit(']').next().is_some_and(|end| end.contains(':')) {
            Err("give the host without its port: all of its ports are permitted")
        } else {
            match url::Host::parse(host) {
                // What is matched is what an address says, so `0x7f.1` and `Bücher.example` never would.
                Ok(parsed) if parsed.to_string() == host.to_ascii_lowercase() => Ok(()),
                Ok(_) => Err(
                    "write the host as an address has it: in lower case, international names as xn--..., IP addresses in full",
                ),
                Err(_) => Err("this is no host name"),
            }
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

/// The address at which AWS answers questions about a machine, credentials among them, over IPv6. Over IPv4 it is link-local.
const METADATA_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Who has an address. Only this machine and private networks are loaded unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum AddressOwner {
    /// This machine: loopback.
    #[strum(serialize = "a loopback address")]
    ThisMachine,
    /// A private network (RFC 1918, RFC 4193).
    #[strum(serialize = "a private address")]
    PrivateNetwork,
    /// Whatever is next to this machine: link-local addresses (RFC 3927, RFC 4291), at which clouds tell a machine's credentials.
    #[strum(serialize = "a link-local address")]
    Link,
    /// A cloud's service for its machines, at which it tells their credentials.
    #[strum(serialize = "the address of a cloud's metadata")]
    Metadata,
    /// A provider's customers (RFC 6598, carrier-grade NAT), some clouds' metadata among them.
    #[strum(serialize = "a shared address of a provider")]
    Provider,
    /// Nobody in particular: the unspecified address, which systems take for another one.
    #[strum(serialize = "the unspecified address")]
    Unspecified,
    /// Anybody.
    #[strum(serialize = "a public address")]
    Public,
}

// === impl AddressOwner ===

impl AddressOwner {
    /// Who has this address; an IPv4 address within an IPv6 address (mapped, translated by RFC 6052, or by 6to4) is judged as
    /// itself.
    pub fn of(address: IpAddr) -> AddressOwner {
        match address {
            IpAddr::V4(ip) => AddressOwner::of_ipv4(ip),
            IpAddr::V6(ip) => match ipv4_within(ip) {
                Some(ip) => AddressOwner::of_ipv4(ip),
                None if ip.is_loopback() => AddressOwner::ThisMachine,
                None if ip.is_unspecified() => AddressOwner::Unspecified,
                None if ip == METADATA_IPV6 => AddressOwner::Metadata,
                None if ip.is_unique_local() => AddressOwner::PrivateNetwork,
                None if ip.is_unicast_link_local() => AddressOwner::Link,
                None => AddressOwner::Public,
            },
        }
    }

    fn of_ipv4(ip: Ipv4Addr) -> AddressOwner {
        let [a, b, c, d] = ip.octets();
        match ip {
            _ if ip.is_loopback() => AddressOwner::ThisMachine,
            _ if a == 0 => AddressOwner::Unspecified,
            _ if [a, b, c, d] == [169, 254, 169, 254] || [a, b, c, d] == [100, 100, 100, 200] => {
                AddressOwner::Metadata
            }
            _ if ip.is_link_local() => AddressOwner::Link,
            _ if a == 100 && (64..128).contains(&b) => AddressOwner::Provider,
            _ if ip.is_private() => AddressOwner::PrivateNetwork,
            _ => AddressOwner::Public,
        }
    }

    /// Whether it may be loaded without a permission by name.
    pub fn is_own(self) -> bool {
        matches!(self, AddressOwner::ThisMachine | AddressOwner::PrivateNetwork)
    }

    /// In words, such as `a public address`.
    pub fn describe(self) -> &'static str {
        self.into()
    }
}

/// The IPv4 address that an IPv6 address stands for.
fn ipv4_within(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let from = |high: u16, low: u16| {
        let [one, two] = high.to_be_bytes();
        let [three, four] = low.to_be_bytes();
        Ipv4Addr::new(one, two, three, four)
    };
    match [a, b, c, d, e, f] {
        // ::a.b.c.d is obsolete, but for :: and ::1.
        [0, 0, 0, 0, 0, 0] if g != 0 => Some(from(g, h)),
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] => Some(from(g, h)),
        [0x64, 0xff9b, 0, 0, 0, 0] => Some(from(g, h)),
        [0x2002, ..] => Some(from(b, c)),
        _ => None,
    }
}

/// Whether an address may be loaded without a permission by name.
pub fn is_private(address: IpAddr) -> bool {
    AddressOwner::of(address).is_own()
}

/// The name to look up for a host: names below `localhost` are this machine to browsers, whatever the resolver says of them
/// (RFC 6761, 6.3).
pub fn looked_up(host: &str) -> &str {
    let bare = host.strip_suffix('.').unwrap_or(host);
    if bare.ends_with(".localhost") { "localhost" } else { host }
}

/// What a step's address means: absolute; a path below the target, where it begins with a slash; or a
/// reference as on a page, resolved against the page that the shopper is on.
///
/// A target with a path of its own (`https://host/shop`) comes before a path that does not begin with it
/// already, so that both `/cart` of a scenario and `/shop/cart` captured from a page mean the same. Its query is in the
/// page's encoding where it was found there.
///
/// # Errors
/// When the text is no `http` or `https` address.
pub fn resolve(
    target: &Url,
    page: Option<&Url>,
    text: &str,
    encoding: &'static Encoding,
) -> Result<Url, AddressError> {
    // As browsers do with links: white space around them is no part of them.
    let text = text.trim_matches(|c: char| c <= ' ');
    let prefix = target.path().trim_end_matches('/');
    let below_target = text.starts_with('/') && !text.starts_with("//");
    let joined = if below_target && !prefix.is_empty() && !is_below(prefix, text) {
        join(target, &format!("{prefix}{text}"), encoding)
    } else if below_target {
        join(target, text, encoding)
    } else {
        join(page.unwrap_or(target), text, encoding)
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
pub fn link(base: &Url, text: &str, encoding: &'static Encoding) -> Result<Url, AddressError> {
    let joined = join(base, text, encoding);
    of_web(joined.map_err(|why| AddressError::Malformed { text: text.to_owned(), why })?)
}

fn of_web(url: Url) -> Result<Url, AddressError> {
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(AddressError::Scheme(url.into()))
    }
}

/// An address on a page in this encoding, which its query is in as well.
///
/// # Errors
/// When it is none.
pub(crate) fn join(
    base: &Url,
    address: &str,
    encoding: &'static Encoding,
) -> Result<Url, url::ParseError> {
    if encoding == UTF_8 || address.is_ascii() {
        return base.join(address);
    }
    let encoded: &dyn Fn(&str) -> Cow<'_, [u8]> = &|query| Cow::Owned(query_bytes(query, encoding));
    Url::options().base_url(Some(base)).encoding_override(Some(encoded)).parse(address)
}

/// Characters that the encoding lacks are written as forms write them, and already escaped for a query.
fn query_bytes(query: &str, encoding: &'static Encoding) -> Vec<u8> {
    let mut encoder = encoding.output_encoding().new_encoder();
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query;
    loop {
        bytes.reserve(4 * rest.len() + 16);
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return bytes,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(lacking) => {
                bytes.extend(format!("%26%23{}%3B", u32::from(lacking)).bytes());
            }
        }
    }
}

/// Where a redirect from `from` leads. A fragment is handed on, as browsers do.
///
/// # Errors
/// When the `location` is no `http` or `https` address.
pub fn redirected(from: &Url, location: &str) -> Result<Url, AddressError> {
    let mut url = link(from, location, UTF_8)?;
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
        let resolved = |text| resolve(&target, Some(&page), text, UTF_8).unwrap().to_string();
        assert_eq!(resolved("/cart?a=b c"), "http://shop.example:8080/cart?a=b%20c");
        assert_eq!(resolved("?page=2"), "http://shop.example:8080/catalogue/things?page=2");
        assert_eq!(resolved("../basket"), "http://shop.example:8080/basket");
        assert_eq!(resolved("https://pay.example/x"), "https://pay.example/x");
        assert_eq!(resolved("//cdn.example/x"), "http://cdn.example/x");
        assert_eq!(
            resolve(&target, None, "cart", UTF_8).unwrap().as_str(),
            "http://shop.example:8080/cart"
        );
    }

    #[test]
    fn a_target_with_a_path_comes_before_paths_that_lack_it() {
        for target in ["https://host/shop", "https://host/shop/"] {
            let resolved = |text| resolve(&url(target), None, text, UTF_8).unwrap().to_string();
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
            resolve(&target, None, "mailto:a@b.c", UTF_8),
            Err(AddressError::Scheme("mailto:a@b.c".into()))
        );
        assert!(matches!(
            resolve(&target, None, "http://[::1", UTF_8),
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
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "::1",
            "fd00::1",
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
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "169.254.1.1",
            "169.254.169.254",
            "169.254.170.2",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "fd00:ec2::254",
            "100.64.0.1",
            "100.100.100.200",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_name_that_no_host_can_match_is_refused() {
        for good in [
            "shop.example",
            "*.shop.example",
            "*.localhost",
            "SHOP.example",
            "8.8.8.8",
            "[::1]",
            "xn--bcher-kva.example",
        ] {
            assert_eq!(AllowedHosts::check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "*",
            "*.",
            "*.com",
            "*shop.example",
            "a.*.example",
            "shop.example:443",
            "8.8.8.8:80",
            "[::1]:80",
            "::1",
            "https://shop.example",
            "//shop.example",
            "shop.example/",
            "joe@shop.example",
            "shop example",
            "0x7f.1",
            "bücher.example",
        ] {
            assert!(AllowedHosts::check(bad).is_err(), "{bad}");
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

//! Where shoppers may go.

use std::net::Ipv6Addr;

/// The hosts that shoppers may send requests to. Everything else is somebody else's shop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts {
    names: Vec<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

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
}

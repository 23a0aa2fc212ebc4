//! Proxy settings of the environment. Shoppers connect directly: a proxy would be part of what is measured, and share its
//! connections among shoppers. Where other programs would use a proxy, a notice says that this one does not.

use url::{Host, Url};

/// A notice, if the environment has a proxy that other programs would use for this address.
pub fn notice(target: &Url, environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let scheme = if target.scheme() == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let names = [scheme, "ALL_PROXY"].map(|name| [name.to_owned(), name.to_lowercase()]);
    let name = names.concat().into_iter().find(|name| set(name).is_some())?;
    let exempt = ["NO_PROXY", "no_proxy"].iter().find_map(|name| set(name)).unwrap_or_default();
    if is_exempt(target, &exempt) {
        return None;
    }
    Some(format!(
        "note: {name} is set, but shoppers connect to {} directly, without a proxy",
        target.host_str().unwrap_or_default()
    ))
}

/// Whether NO_PROXY exempts the address: `*`, or its host or a parent domain is in the list.
fn is_exempt(target: &Url, list: &str) -> bool {
    let Some(host) = target.host() else { return false };
    let entries = list.split(',').map(|entry| entry.trim().trim_start_matches('.'));
    entries.filter(|entry| !entry.is_empty()).any(|entry| match &host {
        _ if entry == "*" => true,
        Host::Domain(name) => {
            let parent = name.strip_suffix(&entry.to_ascii_lowercase());
            parent.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }
        Host::Ipv4(ip) => entry == ip.to_string(),
        Host::Ipv6(ip) => entry.trim_matches(['[', ']']) == ip.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice_for(target: &str, set: &[(&str, &str)]) -> Option<String> {
        let environment = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        notice(&Url::parse(target).unwrap(), &environment)
    }

    #[test]
    fn a_proxy_that_others_would_use_is_mentioned() {
        let proxy = "http://proxy:3128";
        for (target, name) in [
            ("http://shop.test", "HTTP_PROXY"),
            ("http://127.0.0.1:8080", "http_proxy"),
            ("https://shop.test", "HTTPS_PROXY"),
            ("https://shop.test", "all_proxy"),
        ] {
            let notice = notice_for(target, &[(name, proxy)]).unwrap();
            assert!(notice.starts_with(&format!("note: {name} is set")), "{notice}");
        }
    }

    #[test]
    fn a_proxy_that_nobody_would_use_is_not() {
        let proxy = ("HTTP_PROXY", "http://proxy:3128");
        assert_eq!(notice_for("http://shop.test", &[]), None);
        assert_eq!(notice_for("http://shop.test", &[("HTTP_PROXY", "")]), None);
        assert_eq!(notice_for("https://shop.test", &[proxy]), None);
        for (target, exempt) in [
            ("http://shop.test", "*"),
            ("http://shop.test", "localhost, Shop.Test"),
            ("http://a.shop.test", ".shop.test"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "::1"),
        ] {
            assert_eq!(
                notice_for(target, &[proxy, ("no_proxy", exempt)]),
                None,
                "{target} {exempt}"
            );
        }
        assert!(notice_for("http://workshop.test", &[proxy, ("NO_PROXY", "shop.test")]).is_some());
    }
}

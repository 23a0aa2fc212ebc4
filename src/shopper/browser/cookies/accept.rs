//! Which cookies a browser takes from an answer (RFC 6265bis, 5.7).

use url::{Host, Url};

use super::super::site::{is_trustworthy, registrable_domain};
use super::cookie::{Cookie, Priority, SameSite, SiteContext};
use super::date::parse_date;
use super::jar::Now;
use super::line::CookieLine;
use crate::base::Micros;

/// No cookie is kept longer: 400 days.
const LONGEST: i64 = 400 * 86_400;

/// What a name that begins with a prefix promises. Of these the longest comes first.
const PREFIXES: [(&[u8], Prefix); 4] = [
    (b"__Host-Http-", Prefix { host: true, http: true }),
    (b"__Host-", Prefix { host: true, http: false }),
    (b"__Secure-", Prefix { host: false, http: false }),
    (b"__Http-", Prefix { host: false, http: true }),
];

/// All of them promise `Secure` besides.
#[derive(Clone, Copy)]
struct Prefix {
    /// For this host alone, and all of it.
    host: bool,
    /// Out of the reach of scripts.
    http: bool,
}

// === impl Cookie ===

impl Cookie {
    /// The cookie that an answer from `url` sets, asked for by a page at `top`; none where a browser refuses it. It may have expired already: then it
    /// deletes the one before it. `server_time` is what the answer says of the time, in seconds since 1970.
    pub(super) fn accept(
        line: &CookieLine<'_>,
        url: &Url,
        top: &Url,
        context: SiteContext,
        now: Now,
        server_time: impl FnOnce() -> Option<i64>,
    ) -> Option<Cookie> {
        let (domain, host_only) = domain_of(line.domain, url)?;
        let same_site = same_site_of(line.same_site);
        let trustworthy = !line.secure || is_trustworthy(url);
        let crosses = match context {
            SiteContext::CrossSite => same_site == SameSite::None,
            SiteContext::SameSite
            | SiteContext::CrossSiteNavigation
            | SiteContext::CrossSiteUnsafeNavigation => true,
        };
        if !trustworthy
            || !crosses
            || !keeps_promise(line, url)
            || (same_site == SameSite::None || line.partitioned) && !line.secure
        {
            return None;
        }
        let expires = expiry(line, now, server_time);
        let pair = if line.name.is_empty() {
            line.value.into()
        } else {
            [line.name, b"=", line.value].concat().into_boxed_slice()
        };
        Some(Cookie {
            pair,
            name_len: line.name.len(),
            domain,
            host_only,
            path: path_of(line.path, url).into(),
            secure: line.secure,
            same_site,
            partition: line.partitioned.then(|| Box::new(top.clone())),
            priority: priority_of(line.priority),
            created: (now.at, 0),
            sent_at: now.at,
            expires,
        })
    }
}

/// The domain that a cookie is for, and whether it is for that host alone; none where the host may not set it.
fn domain_of(written: &[u8], url: &Url) -> Option<(Box<str>, bool)> {
    let host = url.host_str()?;
    if written.is_empty() {
        return Some((host.into(), true));
    }
    let written = written.strip_prefix(b".").unwrap_or(written);
    let given = std::str::from_utf8(written).ok()?;
    let domain = if given.is_ascii() {
        given.to_ascii_lowercase()
    } else if given.contains('%') {
        return None;
    } else {
        Host::parse(given).ok()?.to_string()
    };
    if !matches!(url.host(), Some(Host::Domain(_))) {
        return (domain == host).then(|| (host.into(), true));
    }
    let Some(registrable) = registrable_domain(host) else {
        // A host that is a public suffix, or has no dot, may name itself and nothing else.
        return (domain == host).then(|| (host.into(), true));
    };
    let above =
        host.strip_suffix(&*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    (above && domain.len() >= registrable.len()).then(|| (domain.into(), false))
}

/// The path as written, else the folder of the page.
fn path_of<'a>(written: &'a [u8], url: &'a Url) -> &'a [u8] {
    if written.starts_with(b"/") {
        return written;
    }
    match url.path().rfind('/') {
        Some(at) if at > 0 => &url.path().as_bytes()[..at],
        _ => b"/",
    }
}

fn same_site_of(written: Option<&[u8]>) -> SameSite {
    match written {
        Some(word) if word.eq_ignore_ascii_case(b"lax") => SameSite::Lax,
        Some(word) if word.eq_ignore_ascii_case(b"strict") => SameSite::Strict,
        Some(word) if word.eq_ignore_ascii_case(b"none") => SameSite::None,
        _ => SameSite::Unspecified,
    }
}

fn priority_of(written: Option<&[u8]>) -> Priority {
    match written {
        Some(word) if word.eq_ignore_ascii_case(b"low") => Priority::Low,
        Some(word) if word.eq_ignore_ascii_case(b"high") => Priority::High,
        _ => Priority::Medium,
    }
}

fn prefix_of(name: &[u8]) -> Option<Prefix> {
    let begins = |prefix: &[u8]| {
        name.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
    };
    PREFIXES.iter().find(|(prefix, _)| begins(prefix)).map(|(_, promise)| *promise)
}

/// Whether a cookie is what the prefix of its name says. One without a name may not look as if it had such a name.
fn keeps_promise(line: &CookieLine<'_>, url: &Url) -> bool {
    if line.name.is_empty() {
        return prefix_of(line.value).is_none();
    }
    let Some(Prefix { host, http }) = prefix_of(line.name) else { return true };
    // Chromium lets an address without a name repeat itself as the domain.
    let for_host_alone = || {
        line.domain.is_empty()
            || !matches!(url.host(), Some(Host::Domain(_)))
                && url.host_str().is_some_and(|host| host.as_bytes() == line.domain)
    };
    line.secure && (!host || line.path == b"/" && for_host_alone()) && (!http || line.http_only)
}

/// When a cookie expires: by `Max-Age`, else by `Expires`, of which Chromium takes off how far the server's clock is ahead.
fn expiry(
    line: &CookieLine<'_>,
    now: Now,
    server_time: impl FnOnce() -> Option<i64>,
) -> Option<Micros> {
    let by_date = || {
        let date = parse_date(line.expires?)?;
        Some(date.saturating_sub(server_time().unwrap_or(now.unix_seconds)))
    };
    let seconds = line.max_age.and_then(seconds_of).or_else(by_date)?;
    let lasts = u64::try_from(seconds.min(LONGEST)).unwrap_or_default();
    Some(now.at.saturating_add(Micros::from_secs(lasts)))
}

/// The number of a `Max-Age`, held within 64 bits; none where it is no number. Beyond these 64 bits Chromium does not look
/// at what follows.
fn seconds_of(written: &[u8]) -> Option<i64> {
    let (negative, digits) = match written {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, written),
    };
    let mut number: Option<i64> = None;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(byte - b'0');
        let more = number.unwrap_or(0).checked_mul(10).and_then(|tens| tens.checked_add(digit));
        let Some(more) = more else { return Some(if negative { i64::MIN } else { i64::MAX }) };
        number = Some(more);
    }
    number.map(|number| if negative { -number } else { number })
}

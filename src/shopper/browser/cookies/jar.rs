//! The cookies of one shopper.

use std::borrow::Cow;
use std::cmp::Reverse;

use bytes::Bytes;
use http::header::{DATE, HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

use super::super::site::{is_trustworthy, registrable_domain};
use super::cookie::{Cookie, SiteContext};
use super::date::parse_date;
use super::evict::evict;
use super::line::CookieLine;
use crate::base::Micros;

/// How exactly it is remembered when a cookie was last sent. A header made earlier is not made anew for that.
const SENT_AT_GRAIN: Micros = Micros::from_secs(60);

/// The time at which cookies are set and sent.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// On the run's clock.
    pub at: Micros,
    /// The same moment in seconds since 1970, for answers that do not say what time it is.
    pub unix_seconds: i64,
}

/// The cookies that one shopper holds.
#[derive(Clone, Debug, Default)]
pub struct CookieJar {
    /// The longest path first, then the oldest: the order in which they are sent.
    cookies: Vec<Cookie>,
    /// Counts what was ever set or deleted.
    changes: u64,
    /// How many cookies ever came.
    came: u64,
    /// The header last made, where it holds for more than its address.
    ready: Option<ReadyHeader>,
}

/// The `cookie` header of all requests to a host, for as long as no cookie changes: a shop's cookies are nearly always for
/// all of its paths, and matching them to each request costs more than sending them.
#[derive(Clone, Debug)]
struct ReadyHeader {
    tls: bool,
    host: Box<str>,
    context: SiteContext,
    /// When it has to be made anew.
    until: Micros,
    header: Option<HeaderValue>,
}

// === impl CookieJar ===

impl CookieJar {
    /// Takes the cookies that an answer from `url` sets, and drops those it deletes. `page` is the page that asked. Returns how
    /// many headers were followed.
    pub fn store(
        &mut self,
        headers: &HeaderMap,
        url: &Url,
        page: Option<&Url>,
        context: SiteContext,
        now: Now,
    ) -> usize {
        let before = self.changes;
        let top = top_of(url, page, context);
        for value in headers.get_all(SET_COOKIE) {
            let server_time = || parse_date(headers.get(DATE)?.as_bytes());
            let accepted = CookieLine::parse(value.as_bytes())
                .and_then(|line| Cookie::accept(&line, url, top, context, now, server_time));
            if let Some(cookie) = accepted {
                self.put(cookie, url, now.at);
            }
        }
        (self.changes - before) as usize
    }

    fn put(&mut self, mut cookie: Cookie, url: &Url, now: Micros) {
        if !is_trustworthy(url) && self.cookies.iter().any(|known| known.is_covered_by(&cookie)) {
            return;
        }
        self.changes += 1;
        self.ready = None;
        self.came += 1;
        cookie.created.1 = self.came;
        if let Some(place) = self.cookies.iter().position(|known| known.is_replaced_by(&cookie)) {
            let known = self.cookies.remove(place);
            // Unlike the RFC, Chromium lets a cookie keep its age only where its value stays the same.
            if known.value() == cookie.value() {
                cookie.created = known.created;
            }
        }
        if cookie.has_expired(now) {
            return;
        }
        let comes_first = |known: &Cookie| {
            (Reverse(known.path.len()), known.created)
                < (Reverse(cookie.path.len()), cookie.created)
        };
        let place = self.cookies.partition_point(comes_first);
        let domain = cookie.domain.clone();
        self.cookies.insert(place, cookie);
        evict(&mut self.cookies, &domain, now);
    }

    /// The `cookie` header of a request to `url` that `page` causes; none if no cookie belongs there.
    pub fn header(
        &mut self,
        url: &Url,
        page: Option<&Url>,
        context: SiteContext,
        now: Micros,
    ) -> Option<HeaderValue> {
        if self.cookies.is_empty() {
            return None;
        }
        if let Some(ready) = &self.ready
            && ready.tls == (url.scheme() == "https")
            && Some(&*ready.host) == url.host_str()
            && ready.context == context
            && now < ready.until
        {
            return ready.header.clone();
        }
        let top = top_of(url, page, context);
        let header = self.write_header(url, top, context, now);
        let for_all_pages = context != SiteContext::CrossSite
            || self.cookies.iter().all(|cookie| cookie.partition.is_none());
        let for_all_paths = self.cookies.iter().all(|cookie| *cookie.path == *b"/");
        self.ready = (for_all_pages && for_all_paths).then(|| ReadyHeader {
            tls: url.scheme() == "https",
            host: url.host_str().unwrap_or_default().into(),
            context,
            until: self.next_change(context, now),
            header: header.clone(),
        });
        header
    }

    fn write_header(
        &mut self,
        url: &Url,
        top: &Url,
        context: SiteContext,
        now: Micros,
    ) -> Option<HeaderValue> {
        let mut text: Vec<u8> = Vec::with_capacity(64);
        let belongs = |cookie: &&mut Cookie| cookie.goes_to(url, top, context, now);
        for cookie in self.cookies.iter_mut().filter(belongs) {
            if now.since(cookie.sent_at) >= SENT_AT_GRAIN {
                cookie.sent_at = now;
            }
            if !text.is_empty() {
                text.extend_from_slice(b"; ");
            }
            text.extend_from_slice(&cookie.pair);
        }
        if text.is_empty() {
            return None;
        }
        HeaderValue::from_maybe_shared(Bytes::from(text)).ok()
    }

    /// Until when a header made now stays as it is.
    fn next_change(&self, context: SiteContext, now: Micros) -> Micros {
        let expires = self.cookies.iter().filter_map(|cookie| cookie.expires);
        let until = expires.filter(|expires| *expires > now).min();
        let until = until.unwrap_or(Micros(u64::MAX)).min(now.saturating_add(SENT_AT_GRAIN));
        // The two minutes in which a post takes a cookie along end for each cookie at another moment.
        if context == SiteContext::CrossSiteUnsafeNavigation { now } else { until }
    }

    /// The value of the first cookie of this name that a request to `url` from its own site would carry, as text.
    pub fn value(&self, name: &str, url: &Url, now: Micros) -> Option<Cow<'_, str>> {
        self.cookies
            .iter()
            .find(|cookie| {
                cookie.name() == name.as_bytes()
                    && cookie.goes_to(url, url, SiteContext::SameSite, now)
            })
            .map(|cookie| String::from_utf8_lossy(cookie.value()))
    }

    /// The names of its cookies, as text.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.cookies.iter().map(|cookie| String::from_utf8_lossy(cookie.name()))
    }

    /// Counts the cookies ever set or deleted: while it stands still, the jar has not changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Drops the cookies of the site that `url` is on, all of its hosts.
    pub fn clear_site(&mut self, url: &Url) {
        let site = |domain: &str| registrable_domain(domain).unwrap_or(domain).to_owned();
        let Some(this) = url.host_str().map(site) else { return };
        self.cookies.retain(|cookie| site(&cookie.domain) != this);
        self.changes += 1;
        self.ready = None;
    }

    /// Drops all cookies.
    pub fn clear(&mut self) {
        *self = CookieJar { changes: self.changes + 1, ..CookieJar::default() };
    }
}

/// The address whose site decides which cookies of partitions there are: the page's where a page of another site asks, else that
/// of the request.
fn top_of<'a>(url: &'a Url, page: Option<&'a Url>, context: SiteContext) -> &'a Url {
    match context {
        SiteContext::CrossSite => page.unwrap_or(url),
        SiteContext::SameSite
        | SiteContext::CrossSiteNavigation
        | SiteContext::CrossSiteUnsafeNavigation => url,
    }
}

//! A cookie that a browser holds, and which requests it goes with.

use url::Url;

use super::super::site::{SiteRelation, is_trustworthy, relation};
use crate::base::Micros;

/// How long a cookie without `SameSite` goes with posts from other sites as well, so that payment pages can post back:
/// Chromium's "Lax + POST".
const LAX_POST: Micros = Micros::from_secs(120);

/// A cookie in the jar.
#[derive(Clone, Debug)]
pub(super) struct Cookie {
    /// `name=value` as it is sent; the value alone where there is no name.
    pub pair: Box<[u8]>,
    /// How much of the pair is the name.
    pub name_len: usize,
    /// The host, or with `host_only` false the domain that the cookie is for, in lower case.
    pub domain: Box<str>,
    /// Whether it is for this host alone, and not for those below it.
    pub host_only: bool,
    /// The path that it is for, as written.
    pub path: Box<[u8]>,
    /// Only over connections that can't be listened to.
    pub secure: bool,
    pub same_site: SameSite,
    /// For a cookie that is kept apart (`Partitioned`): an address of the site whose pages alone see it.
    pub partition: Option<Box<Url>>,
    pub priority: Priority,
    /// When its value was first set, and the how manieth cookie of the jar it was then.
    pub created: (Micros, u64),
    /// When it was last sent, to the minute.
    pub sent_at: Micros,
    /// None for one that lasts as long as the browser is open.
    pub expires: Option<Micros>,
}

/// Whether a cookie goes with requests that other sites cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SameSite {
    /// Not said: as `Lax`, but for its first two minutes.
    Unspecified,
    Lax,
    Strict,
    None,
}

/// Which cookies are dropped first when there are too many; the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priority {
    Low,
    Medium,
    High,
}

/// How a request relates to the site that it goes to, which decides about `SameSite` cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteContext {
    /// Caused by the site itself, or by the shopper alone: all cookies.
    SameSite,
    /// Another site's link or form led here by a safe method: no `Strict` ones.
    CrossSiteNavigation,
    /// Another site's form led here by POST: neither `Strict` nor `Lax` ones.
    CrossSiteUnsafeNavigation,
    /// A script or file of another site's page: only those with `SameSite=None`.
    CrossSite,
}

// === impl Cookie ===

impl Cookie {
    pub(super) fn name(&self) -> &[u8] {
        &self.pair[..self.name_len]
    }

    pub(super) fn value(&self) -> &[u8] {
        match self.name_len {
            0 => &self.pair,
            name => &self.pair[name + 1..],
        }
    }

    pub(super) fn has_expired(&self, now: Micros) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether it goes with a request to `url` from a page at `top`.
    pub(super) fn goes_to(&self, url: &Url, top: &Url, context: SiteContext, now: Micros) -> bool {
        let host = url.host_str().unwrap_or_default();
        let at_home =
            if self.host_only { *self.domain == *host } else { is_below(host, &self.domain) };
        at_home
            && is_on_path(url.path().as_bytes(), &self.path)
            && !self.has_expired(now)
            && (!self.secure || is_trustworthy(url))
            && self.crosses(context, now)
            && self.partition.as_deref().is_none_or(|site| is_same_site(site, top))
    }

    fn crosses(&self, context: SiteContext, now: Micros) -> bool {
        match (context, self.same_site) {
            (SiteContext::SameSite, _) | (_, SameSite::None) => true,
            (_, SameSite::Strict) | (SiteContext::CrossSite, _) => false,
            (SiteContext::CrossSiteNavigation, SameSite::Lax | SameSite::Unspecified) => true,
            (SiteContext::CrossSiteUnsafeNavigation, SameSite::Lax) => false,
            (SiteContext::CrossSiteUnsafeNavigation, SameSite::Unspecified) => {
                now.since(self.created.0) <= LAX_POST
            }
        }
    }

    /// Whether a new cookie takes the place of this one.
    pub(super) fn is_replaced_by(&self, new: &Cookie) -> bool {
        self.name() == new.name()
            && self.domain == new.domain
            && self.host_only == new.host_only
            && self.path == new.path
            && match (&self.partition, &new.partition) {
                (None, None) => true,
                (Some(one), Some(other)) => is_same_site(one, other),
                (None, Some(_)) | (Some(_), None) => false,
            }
    }

    /// Whether a cookie from a plain connection would cover this secure one (RFC 6265bis, "leave secure cookies alone").
    pub(super) fn is_covered_by(&self, new: &Cookie) -> bool {
        self.secure
            && self.name() == new.name()
            && (is_below(&self.domain, &new.domain) || is_below(&new.domain, &self.domain))
            && is_on_path(&new.path, &self.path)
    }
}

fn is_same_site(one: &Url, other: &Url) -> bool {
    relation(one, other) != SiteRelation::CrossSite
}

/// Whether a host is the domain or below it.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether an address's path is the cookie's path or below it.
fn is_on_path(path: &[u8], cookie_path: &[u8]) -> bool {
    path.strip_prefix(cookie_path).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(b"/") || cookie_path.ends_with(b"/")
    })
}

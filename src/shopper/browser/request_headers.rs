//! The headers of a request, in the order in which Chromium sends them.

use std::cell::RefCell;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::device::{self, AGENT};
use super::site::SiteRelation;
use crate::plan::Device;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_USER: HeaderName = HeaderName::from_static("sec-fetch-user");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
/// Whether cookies of other sites go along: they do, unless the customer forbids it.
const SEC_FETCH_STORAGE_ACCESS: HeaderName = HeaderName::from_static("sec-fetch-storage-access");
const PAGE: HeaderValue = HeaderValue::from_static(
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
);
/// What a browser unpacks; over connections that can be listened to, and changed on the way, the older two alone.
const ENCODINGS: HeaderValue = HeaderValue::from_static("gzip, deflate, br, zstd");
const PLAIN_ENCODINGS: HeaderValue = HeaderValue::from_static("gzip, deflate");
const LANGUAGE: HeaderValue = HeaderValue::from_static("en-US,en;q=0.9");

/// What a browser says of itself in its own place, whatever a program would say.
const SAID_BY_BROWSERS: [HeaderName; 4] =
    [header::USER_AGENT, header::ACCEPT, header::ACCEPT_ENCODING, header::ACCEPT_LANGUAGE];
/// Room for all of them: a map that grows on its way costs more.
const ROOM: usize = 24;

/// Who makes a request, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// An app, which knows of no pages and no sites.
    App,
    /// The shopper goes to a page: by a link, a form, or an address that was typed in.
    Navigation,
    /// A page that waits asks for itself again.
    Refresh,
    /// A script of the page asks for data.
    Script,
}

/// What the headers of one request depend on.
pub(super) struct RequestParts<'a> {
    pub(super) kind: RequestKind,
    /// Whether the navigation began as a post.
    pub(super) posted: bool,
    /// Whether nobody can listen on the way.
    pub(super) trustworthy: bool,
    /// How the address relates to the page that the request comes from, with all redirects; none if from no page.
    pub(super) site: Option<SiteRelation>,
    /// Whether a script asks another site, with cookies.
    pub(super) asks_third_party: bool,
    pub(super) origin: Option<HeaderValue>,
    pub(super) referer: Option<HeaderValue>,
    pub(super) cookie: Option<HeaderValue>,
    /// What the shopper holds, of which `session` has the headers.
    pub(super) device: Option<Device>,
    /// What every request of the shopper says.
    pub(super) session: &'a HeaderMap,
    /// What the step says; it wins.
    pub(super) own: &'a HeaderMap,
}

/// What browsers say in requests that are alike, made once: to copy a map costs less than to fill one.
#[derive(Debug, Default)]
pub struct HeaderTemplates(RefCell<Vec<(Shape, HeaderMap)>>);

/// On what depends which headers there are, and all values but those that are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    kind: RequestKind,
    posted: bool,
    trustworthy: bool,
    site: Option<SiteRelation>,
    asks_third_party: bool,
    device: Option<Device>,
    has_content_type: bool,
    has_origin: bool,
    has_referer: bool,
    has_cookie: bool,
}

// === impl HeaderTemplates ===

impl Clone for HeaderTemplates {
    /// None yet: they are soon made.
    fn clone(&self) -> HeaderTemplates {
        HeaderTemplates::default()
    }
}

// === impl RequestKind ===

impl RequestKind {
    pub(super) fn is_navigation(self) -> bool {
        matches!(self, RequestKind::Navigation | RequestKind::Refresh)
    }
}

// === impl RequestParts ===

impl RequestParts<'_> {
    /// All headers but those that the transport writes before them.
    pub(super) fn headers(self, templates: &HeaderTemplates) -> HeaderMap {
        let mut headers = match self.kind {
            RequestKind::App => {
                let mut headers = self.session.clone();
                headers.extend(self.cookie.clone().map(|cookie| (header::COOKIE, cookie)));
                headers
            }
            RequestKind::Navigation | RequestKind::Refresh | RequestKind::Script => {
                self.of_browser(templates)
            }
        };
        if self.own.is_empty() {
            return headers;
        }
        let mut before = None;
        for (name, value) in self.own {
            // Values of one name come in a row: the first replaces, where it stands.
            if before == Some(name) {
                headers.append(name, value.clone());
            } else {
                headers.insert(name, value.clone());
            }
            before = Some(name);
        }
        if self.own.contains_key(header::USER_AGENT) {
            append_agent(&mut headers);
        }
        headers
    }

    fn of_browser(&self, templates: &HeaderTemplates) -> HeaderMap {
        let shape = Shape {
            kind: self.kind,
            posted: self.posted,
            trustworthy: self.trustworthy,
            site: self.site,
            asks_third_party: self.asks_third_party,
            device: self.device,
            has_content_type: self.own.contains_key(header::CONTENT_TYPE),
            has_origin: self.origin.is_some(),
            has_referer: self.referer.is_some(),
            has_cookie: self.cookie.is_some(),
        };
        let mut templates = templates.0.borrow_mut();
        let known = templates.iter().find(|(known, _)| *known == shape);
        let mut headers = match known {
            Some((_, template)) => template.clone(),
            None => {
                let made = if self.kind == RequestKind::Script {
                    self.of_script()
                } else {
                    self.of_navigation()
                };
                templates.push((shape, made.clone()));
                made
            }
        };
        // Each stands in its place in the template already.
        for (name, value) in [
            (header::ORIGIN, &self.origin),
            (header::REFERER, &self.referer),
            (header::COOKIE, &self.cookie),
        ] {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        for (name, value) in self.others() {
            headers.insert(name, value.clone());
        }
        headers
    }

    /// Who the shopper is, and whatever else every request says.
    fn others(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.session.iter().filter(|(name, _)| {
            !SAID_BY_BROWSERS.contains(name) && !name.as_str().starts_with("sec-ch-ua")
        })
    }

    fn of_navigation(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(ROOM);
        if self.posted {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=0"));
        }
        if self.has_hints() {
            self.hint(&mut headers, &[0, 1, 2]);
        }
        headers.insert(header::UPGRADE_INSECURE_REQUESTS, HeaderValue::from_static("1"));
        self.copy(&mut headers, self.own, header::CONTENT_TYPE);
        self.copy(&mut headers, self.session, header::USER_AGENT);
        headers.extend(self.origin.clone().map(|origin| (header::ORIGIN, origin)));
        headers.insert(header::ACCEPT, PAGE);
        if self.trustworthy {
            headers.insert(SEC_FETCH_SITE, self.said_site());
            headers.insert(SEC_FETCH_MODE, HeaderValue::from_static("navigate"));
            if self.kind == RequestKind::Navigation {
                headers.insert(SEC_FETCH_USER, HeaderValue::from_static("?1"));
            }
            headers.insert(SEC_FETCH_DEST, HeaderValue::from_static("document"));
        }
        self.end(headers)
    }

    fn of_script(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(ROOM);
        let hints = self.has_hints();
        if hints {
            self.hint(&mut headers, &[2]);
        }
        self.copy(&mut headers, self.session, header::USER_AGENT);
        if hints {
            self.hint(&mut headers, &[0]);
        }
        self.copy(&mut headers, self.own, header::CONTENT_TYPE);
        if hints {
            self.hint(&mut headers, &[1]);
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.extend(self.origin.clone().map(|origin| (header::ORIGIN, origin)));
        if self.trustworthy {
            headers.insert(SEC_FETCH_SITE, self.said_site());
            headers.insert(SEC_FETCH_MODE, HeaderValue::from_static("cors"));
            headers.insert(SEC_FETCH_DEST, HeaderValue::from_static("empty"));
            if self.asks_third_party {
                headers.insert(SEC_FETCH_STORAGE_ACCESS, HeaderValue::from_static("active"));
            }
        }
        self.end(headers)
    }

    fn end(&self, mut headers: HeaderMap) -> HeaderMap {
        headers.extend(self.referer.clone().map(|referer| (header::REFERER, referer)));
        let encodings = if self.trustworthy { ENCODINGS } else { PLAIN_ENCODINGS };
        headers.insert(header::ACCEPT_ENCODING, encodings);
        let language = self.session.get(header::ACCEPT_LANGUAGE).cloned().unwrap_or(LANGUAGE);
        headers.insert(header::ACCEPT_LANGUAGE, language);
        headers.extend(self.cookie.clone().map(|cookie| (header::COOKIE, cookie)));
        headers.extend(self.others().map(|(name, value)| (name.clone(), value.clone())));
        headers
    }

    /// Whether the client hints of the shopper's device are said: to trusted hosts only.
    fn has_hints(&self) -> bool {
        self.trustworthy && self.session.contains_key(&device::HINTS[0])
    }

    fn hint(&self, headers: &mut HeaderMap, hints: &[usize]) {
        hints
            .iter()
            .for_each(|hint| self.copy(headers, self.session, device::HINTS[*hint].clone()));
    }

    fn copy(&self, headers: &mut HeaderMap, from: &HeaderMap, name: HeaderName) {
        headers.extend(from.get(&name).cloned().map(|value| (name, value)));
    }

    fn said_site(&self) -> HeaderValue {
        HeaderValue::from_static(self.site.map_or("none", SiteRelation::fetch_site))
    }
}

/// Whatever browser a shopper is taken for, the shop can tell that it is a load test.
fn append_agent(headers: &mut HeaderMap) {
    let Some(agent) = headers.get(header::USER_AGENT) else { return };
    if let Ok(both) = HeaderValue::from_bytes(&[agent.as_bytes(), b" ", AGENT.as_bytes()].concat())
    {
        headers.insert(header::USER_AGENT, both);
    }
}

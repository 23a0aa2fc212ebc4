//! A shopper's session with the shop: what a browser remembers and does between a step and the wire.
//!
//! It keeps cookies, says which page a request comes from, follows redirects (each hop an exchange that
//! the caller sees), and refuses to leave the hosts that the run may load. It judges nothing.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use url::Url;

use super::address::{self, AddressError, AllowedHosts};
use super::assets::cache::AssetCache;
use super::assets::load::AssetLoader;
use super::cookies::{CookieJar, Now, SiteContext};
use super::device::{self, AGENT};
use crate::base::Micros;
use crate::plan::Equipment;
use crate::shopper::transport::{
    Exchange, Origin, ShopperConnections, TransportError, WireRequest, WireResponse,
};

/// What all sessions of a run have in common.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// The shop's base address; steps' paths are below it.
    pub target: Url,
    /// Sent with every request, unless the step has a header of that name.
    pub headers: HeaderMap,
    /// Where requests may go.
    pub allowed: AllowedHosts,
    /// How many redirects are followed in one fetch.
    pub max_redirects: u32,
    /// The wall clock at the run's planned start, to a few seconds: for cookies with a date from shops that do not say what time it is.
    pub began_unix_seconds: i64,
}

/// A shopper's browser: connections, cookies, and the page that the shopper is on.
pub struct BrowserSession<L, G = NoGate> {
    pub(crate) connections: L,
    pub(crate) gate: G,
    pub(crate) settings: Rc<SessionSettings>,
    /// The settings' headers and the shopper's own.
    pub(crate) headers: HeaderMap,
    pub(crate) cookies: CookieJar,
    page: Option<Rc<Url>>,
    /// The source of the page, where a later step needs it.
    document: Option<Source>,
    /// The origins met so far, the target's first.
    origins: Vec<Rc<Origin>>,
    /// What pages are made of; none until a page's files are fetched.
    pub(crate) assets: Option<Box<AssetLoader<L>>>,
}

/// Stands before every request: safety caps hold requests back here.
pub trait RequestGate {
    /// Returns when a request to this origin may go; how long it was held back, if it was.
    fn pass(&self, origin: &Origin) -> impl Future<Output = Option<Micros>>;
}

/// Holds nothing back.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoGate;

/// A request as a step means it.
#[derive(Clone, Debug)]
pub struct PageRequest<'a> {
    /// The method.
    pub method: Method,
    /// Absolute, a path below the target, or relative to the page that the shopper is on.
    pub url: Cow<'a, str>,
    /// The step's own headers; they replace the session's of the same name.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

/// Which exchange of a fetch this is, and whether it was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectHop {
    /// 0 for the request itself, 1 for what its redirect led to, and so on.
    pub index: u32,
    /// How long a safety cap held it back, if one did.
    pub held: Option<Micros>,
}

/// What came of a request and the redirects it caused.
#[derive(Clone, Debug)]
pub struct FetchOutcome {
    /// The page, or why there is none.
    pub result: Result<FetchedPage, FetchError>,
    /// The last request, as it was sent; none if there was none.
    pub last_request: Option<WireRequest>,
    /// How far it came.
    pub progress: FetchProgress,
}

/// The final answer, and where it is from.
#[derive(Clone, Debug)]
pub struct FetchedPage {
    /// The answer that was no redirect.
    pub answer: WireResponse,
    /// Its address, after redirects.
    pub final_url: Rc<Url>,
}

/// A page that the shopper is on, with its text.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its address.
    pub url: Url,
    /// Its `content-type`.
    pub content_type: HeaderValue,
    /// Its HTML.
    pub body: Bytes,
}

/// What a page was made from.
#[derive(Clone, Debug)]
struct Source {
    content_type: HeaderValue,
    body: Bytes,
}

/// What a browser holds from visit to visit.
#[derive(Debug)]
pub struct BrowserState {
    cookies: CookieJar,
    files: Option<AssetCache>,
}

/// A page to come back to.
#[derive(Clone, Debug)]
pub struct Bookmark {
    page: Option<Rc<Url>>,
    document: Option<Source>,
}

/// Why a fetch has no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The last exchange had no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Redirected in a circle, or too often.
    #[error("redirected {hops} times, then to {location} {}", if *.circle { "again" } else { "as well" })]
    RedirectLoop {
        /// Redirects followed.
        hops: u32,
        /// The redirect that was not followed.
        location: String,
        /// Whether the shopper had been there with the same cookies.
        circle: bool,
    },
    /// A redirect whose `location` is no address.
    #[error("redirected to no address: {0}")]
    BadRedirect(AddressError),
    /// A redirect off the hosts that may be loaded. Not the shop's failure: it was refused by us.
    #[error("redirected to {location}, which is not among the allowed hosts")]
    RedirectNotAllowed {
        /// Where it led.
        location: String,
        /// The answer that redirected.
        answer: Box<WireResponse>,
        /// The address of that answer.
        from: Rc<Url>,
    },
    /// The request itself is to a host that may not be loaded. Nothing was sent.
    #[error("{0} is not among the allowed hosts")]
    HostNotAllowed(String),
    /// The request's address is none. Nothing was sent.
    #[error(transparent)]
    BadAddress(AddressError),
}

/// The state of one fetch on its way through redirects.
struct RedirectChain {
    url: Rc<Url>,
    request: WireRequest,
    give_up_at: Micros,
    /// Method and address of each hop that was redirected, with the jar's changes when it was asked.
    visited: Vec<(Method, Rc<Url>, u64)>,
    progress: FetchProgress,
}

/// How far a fetch came.
#[derive(Clone, Debug, Default)]
pub struct FetchProgress {
    /// Exchanges made.
    pub exchanges: u32,
    /// When the first byte of the first request was handed to an open connection.
    pub sent_at: Option<Micros>,
    /// When the last exchange ended; none if there was none.
    pub ended_at: Option<Micros>,
    /// How long safety caps held the requests back, in all.
    pub held: Micros,
    /// Where the first answer redirected to, as an absolute address where it is one.
    pub first_location: Option<String>,
}

// === impl SessionSettings ===

impl SessionSettings {
    /// A session with the shop at `target`, on its host only, with the headers of a polite load test.
    pub fn new(target: Url) -> SessionSettings {
        // With places for a shopper's own, a step's, the referer and cookies: requests are copies, and would each make room anew.
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/html,application/json;q=0.9,*/*;q=0.8"),
        );
        headers
            .insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br, zstd"));
        let allowed = AllowedHosts::new(target.host_str());
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let began_unix_seconds = since_1970.map_or(0, |since| since.as_secs() as i64);
        SessionSettings { target, headers, allowed, max_redirects: 10, began_unix_seconds }
    }

    /// A moment of the run, as cookies count time.
    pub(super) fn at(&self, at: Micros) -> Now {
        Now { at, unix_seconds: self.began_unix_seconds.saturating_add((at.0 / 1_000_000) as i64) }
    }

    /// The origin of an address, if requests may go there.
    pub(crate) fn origin(&self, url: &Url) -> Option<Origin> {
        Origin::from_url(url).filter(|origin| self.allowed.allows(&origin.host))
    }
}

// === impl RequestGate ===

impl RequestGate for NoGate {
    async fn pass(&self, _origin: &Origin) -> Option<Micros> {
        None
    }
}

impl<G: RequestGate> RequestGate for Rc<G> {
    async fn pass(&self, origin: &Origin) -> Option<Micros> {
        G::pass(self, origin).await
    }
}

// === impl BrowserSession ===

impl<L: ShopperConnections> BrowserSession<L> {
    /// A new customer's session, held back by nothing.
    pub fn new(connections: L, settings: Rc<SessionSettings>) -> BrowserSession<L> {
        BrowserSession::with_gate(connections, NoGate, settings)
    }
}

impl<L: ShopperConnections, G: RequestGate> BrowserSession<L, G> {
    /// A new customer's session whose requests pass this gate.
    pub fn with_gate(
        connections: L,
        gate: G,
        settings: Rc<SessionSettings>,
    ) -> BrowserSession<L, G> {
        let headers = settings.headers.clone();
        BrowserSession {
            connections,
            gate,
            settings,
            headers,
            cookies: CookieJar::default(),
            page: None,
            document: None,
            origins: Vec::new(),
            assets: None,
        }
    }

    /// Sends this header with every request of this shopper from now on, unless the step has one of that name.
    pub fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// Has this from now on, and what it had before no more.
    pub fn equip(&mut self, equipment: Equipment) {
        for name in device::SAID {
            match self.settings.headers.get(&name) {
                Some(value) => self.headers.insert(name, value.clone()),
                None => self.headers.remove(name),
            };
        }
        self.headers.extend(equipment.device.map(device::headers).cloned().unwrap_or_default());
        self.connections.use_network(equipment.network);
        // Its own connections would go on over the network before.
        self.assets.iter_mut().for_each(|assets| assets.disconnect());
    }

    /// Sends the request, follows its redirects, and remembers cookies and page. `seen` is told of every
    /// exchange right after it.
    ///
    /// All of it is bounded by `give_up_at`, moved by as long as the gate holds requests back: what our own
    /// caps cost never makes a failure.
    pub fn fetch(
        &mut self,
        request: PageRequest<'_>,
        give_up_at: Micros,
        seen: &mut impl FnMut(&WireRequest, &Exchange, RedirectHop),
    ) -> impl Future<Output = FetchOutcome> {
        // Begun before there is a future, which then need not hold the request twice.
        let mut begun = self.begin(request, give_up_at);
        async move {
            let result = match &mut begun {
                Ok(chain) => self.follow_redirects(chain, seen).await,
                Err(trouble) => Err(trouble.clone()),
            };
            if let Ok(page) = &result
                && is_page(&page.answer)
            {
                self.page = Some(page.final_url.clone());
                self.document = None;
            }
            match begun {
                Ok(chain) => FetchOutcome {
                    result,
                    last_request: Some(chain.request),
                    progress: chain.progress,
                },
                Err(_) => {
                    FetchOutcome { result, last_request: None, progress: FetchProgress::default() }
                }
            }
        }
    }

    /// The value of the cookie of this name that a request to `url` would carry.
    pub fn cookie(&self, name: &str, url: &Url) -> Option<Cow<'_, str>> {
        self.cookies.value(name, url, self.connections.now())
    }

    /// The page that the shopper is on: the last answer that was one.
    pub fn page(&self) -> Option<&Url> {
        self.page.as_deref()
    }

    /// Keeps the text of the page that was just fetched, if it is the page that the shopper is on.
    pub fn keep_document(&mut self, page: &FetchedPage) {
        if is_page(&page.answer) {
            let content_type = page.answer.headers.get(header::CONTENT_TYPE).cloned();
            let body = page.answer.body.clone();
            self.document = content_type.map(|content_type| Source { content_type, body });
        }
    }

    /// The page that the shopper is on, where its text was kept.
    pub fn document(&self) -> Option<Document> {
        let Source { content_type, body } = self.document.clone()?;
        Some(Document { url: self.page()?.clone(), content_type, body })
    }

    /// The page that the shopper is on, to come back to.
    pub fn bookmark(&self) -> Bookmark {
        Bookmark { page: self.page.clone(), document: self.document.clone() }
    }

    /// Back to a page as it was seen, without asking the shop for it.
    pub fn go_back(&mut self, to: &Bookmark) {
        self.page.clone_from(&to.page);
        self.document.clone_from(&to.document);
    }

    /// What the shopper's browser holds for the next visit.
    pub fn into_state(self) -> BrowserState {
        BrowserState { cookies: self.cookies, files: self.assets.map(|assets| assets.into_cache()) }
    }

    /// Comes again with what a browser held.
    pub fn restore(&mut self, with: BrowserState) {
        self.cookies = with.cookies;
        self.assets = with.files.map(|files| Box::new(AssetLoader::new(files)));
    }

    /// Becomes a new customer: no cookies, no page, nothing kept, no connections.
    pub fn reset(&mut self) {
        self.cookies.clear();
        self.assets = None;
        self.page = None;
        self.document = None;
        self.connections.disconnect();
    }

    fn begin(
        &mut self,
        request: PageRequest<'_>,
        give_up_at: Micros,
    ) -> Result<RedirectChain, FetchError> {
        let url = address::resolve(&self.settings.target, self.page(), &request.url)
            .map_err(FetchError::BadAddress)?;
        let origin =
            self.origin(&url).ok_or_else(|| FetchError::HostNotAllowed(url.to_string()))?;
        let mut headers = self.headers.clone();
        // A pair without a name is another value of the name before it; a pair with one replaces.
        let own_agent = request.headers.contains_key(header::USER_AGENT);
        headers.extend(request.headers);
        if own_agent {
            append_agent(&mut headers);
        }
        let path = address::path_and_query(&url).to_owned();
        let request =
            WireRequest { origin, method: request.method, path, headers, body: request.body };
        Ok(RedirectChain {
            url: Rc::new(url),
            request,
            give_up_at,
            visited: Vec::new(),
            progress: FetchProgress::default(),
        })
    }

    async fn follow_redirects(
        &mut self,
        chain: &mut RedirectChain,
        seen: &mut impl FnMut(&WireRequest, &Exchange, RedirectHop),
    ) -> Result<FetchedPage, FetchError> {
        // What the step itself says stays as it is said; the rest is worked out anew at each hop.
        let own_referer = chain.request.headers.contains_key(header::REFERER);
        let own_cookies = chain.request.headers.get(header::COOKIE).cloned();
        loop {
            if !own_referer {
                self.set_referer(chain);
            }
            self.set_cookies(chain, own_cookies.as_ref());
            let held = self.gate.pass(&chain.request.origin).await;
            chain.progress.held += held.unwrap_or_default();
            chain.give_up_at = chain.give_up_at.saturating_add(held.unwrap_or_default());
            let exchange = self.connections.exchange(&chain.request, chain.give_up_at).await;
            seen(&chain.request, &exchange, RedirectHop { index: chain.progress.exchanges, held });
            if chain.progress.exchanges == 0 {
                chain.progress.sent_at = exchange.sent_at;
            }
            chain.progress.exchanges += 1;
            chain.progress.ended_at = Some(exchange.ended_at);
            let answer = exchange.result?;
            let changes = self.cookies.changes();
            let now = self.settings.at(exchange.ended_at);
            self.cookies.store(&answer.headers, &chain.url, SiteContext::SameSite, now);
            let Some(location) = location_of(&answer) else {
                return Ok(FetchedPage { answer, final_url: chain.url.clone() });
            };
            let next = address::redirected(&chain.url, &location);
            if chain.progress.exchanges == 1 {
                chain.progress.first_location =
                    Some(next.as_ref().map_or(location, Url::to_string));
            }
            chain.visited.push((chain.request.method.clone(), chain.url.clone(), changes));
            self.follow_redirect(chain, next.map_err(FetchError::BadRedirect)?, answer)?;
        }
    }

    /// Turns the chain to the redirect's goal.
    fn follow_redirect(
        &mut self,
        chain: &mut RedirectChain,
        next: Url,
        answer: WireResponse,
    ) -> Result<(), FetchError> {
        let Some(origin) = self.origin(&next) else {
            return Err(FetchError::RedirectNotAllowed {
                location: next.into(),
                answer: Box::new(answer),
                from: chain.url.clone(),
            });
        };
        let request = &mut chain.request;
        let to_get = match answer.status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => request.method == Method::POST,
            StatusCode::SEE_OTHER => {
                request.method != Method::GET && request.method != Method::HEAD
            }
            _ => false,
        };
        if to_get {
            request.method = Method::GET;
            request.body = Bytes::new();
            for name in [
                header::CONTENT_TYPE,
                header::CONTENT_ENCODING,
                header::CONTENT_LANGUAGE,
                header::CONTENT_LOCATION,
            ] {
                request.headers.remove(name);
            }
        }
        if origin != request.origin {
            request.headers.remove(header::AUTHORIZATION);
        }
        let hops = chain.visited.len() as u32 - 1;
        let now = self.cookies.changes();
        let circle = chain.visited.iter().any(|(method, url, changes)| {
            *changes == now && *method == request.method && **url == next
        });
        if circle || hops >= self.settings.max_redirects {
            return Err(FetchError::RedirectLoop { hops, location: next.into(), circle });
        }
        request.path = address::path_and_query(&next).to_owned();
        request.origin = origin;
        chain.url = Rc::new(next);
        Ok(())
    }

    fn set_referer(&self, chain: &mut RedirectChain) {
        match self.page().and_then(|page| referer(page, &chain.url)) {
            Some(value) => chain.request.headers.insert(header::REFERER, value),
            None => chain.request.headers.remove(header::REFERER),
        };
    }

    fn set_cookies(&mut self, chain: &mut RedirectChain, own: Option<&HeaderValue>) {
        let jar = self.cookies.header(&chain.url, SiteContext::SameSite, self.connections.now());
        // Cookies that the step wrote itself are for the origin it named.
        let own = own.filter(|_| {
            chain.visited.first().is_none_or(|(_, first, _)| first.origin() == chain.url.origin())
        });
        let both = match (own, jar) {
            (Some(own), Some(jar)) => {
                HeaderValue::from_bytes(&[own.as_bytes(), b"; ", jar.as_bytes()].concat()).ok()
            }
            (own, jar) => jar.or_else(|| own.cloned()),
        };
        match both {
            Some(value) => chain.request.headers.insert(header::COOKIE, value),
            None => chain.request.headers.remove(header::COOKIE),
        };
    }

    /// The origin of an address, if requests may go there. Met once, it is not worked out again.
    pub(crate) fn origin(&mut self, url: &Url) -> Option<Rc<Origin>> {
        if let Some(known) = self.origins.iter().find(|origin| origin.matches(url)) {
            return Some(known.clone());
        }
        let origin = Rc::new(self.settings.origin(url)?);
        self.origins.push(origin.clone());
        Some(origin)
    }
}

impl<L, G> fmt::Debug for BrowserSession<L, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserSession")
            .field("page", &self.page)
            .field("cookies", &self.cookies)
            .finish_non_exhaustive()
    }
}

/// The `referer` header of a request to `to` from the page at `from`, if there is one.
pub(crate) fn referer(from: &Url, to: &Url) -> Option<HeaderValue> {
    HeaderValue::from_maybe_shared(Bytes::from(address::referer(from, to)?)).ok()
}

/// Whatever browser a shopper is taken for, the shop can tell that it is a load test.
fn append_agent(headers: &mut HeaderMap) {
    let Some(agent) = headers.get(header::USER_AGENT) else { return };
    if let Ok(both) = HeaderValue::from_bytes(&[agent.as_bytes(), b" ", AGENT.as_bytes()].concat())
    {
        headers.insert(header::USER_AGENT, both);
    }
}

/// Where an answer redirects to, if it does. 300 and 304 are answers, and so is a redirect to nowhere.
pub(crate) fn location_of(answer: &WireResponse) -> Option<String> {
    match answer.status.as_u16() {
        301 | 302 | 303 | 307 | 308 => {
            let location = answer.headers.get(header::LOCATION)?;
            Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
        }
        _ => None,
    }
}

/// Whether an answer is a page that the shopper is then on, rather than data that the page asked for.
pub(crate) fn is_page(answer: &WireResponse) -> bool {
    let html = |value: &HeaderValue| {
        let kind = value.as_bytes();
        ["text/html", "application/xhtml+xml"].iter().any(|html| {
            kind.len() >= html.len() && kind[..html.len()].eq_ignore_ascii_case(html.as_bytes())
        })
    };
    answer.headers.get(header::CONTENT_TYPE).is_some_and(html)
}

#[cfg(test)]
mod tests;

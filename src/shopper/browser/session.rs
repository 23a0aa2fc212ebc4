//! A shopper's session with the shop: what a browser remembers and does between a step and the wire.
//!
//! It keeps cookies, says which page a request comes from, follows redirects (each hop an exchange that
//! the caller sees), and refuses to leave the hosts that the run may load. It judges nothing.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::time::SystemTime;

use bytes::Bytes;
use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::address::{AddressError, AllowedHosts};
use super::assets::cache::AssetCache;
use super::assets::loader::AssetLoader;
use super::cookies::{CookieJar, Now};
use super::cors::{CorsError, PreflightCache};
use super::current_page::CurrentPage;
use super::device::{self, AGENT};
use super::referrer::ReferrerPolicy;
use super::request_headers::{HeaderTemplates, RequestKind};
use super::sniff::{looks_like_page, says_nothing};
use crate::base::Micros;
use crate::plan::{Device, Equipment};
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
    /// Whether steps follow links of pages, so that it matters what these are relative to.
    pub follows_links: bool,
    /// What requests of a browser have in common.
    pub(super) templates: HeaderTemplates,
}

/// A shopper's browser: connections, cookies, and the page that the shopper is on.
pub struct BrowserSession<L, G = NoGate> {
    pub(crate) connections: L,
    pub(crate) gate: G,
    pub(crate) settings: Rc<SessionSettings>,
    /// The settings' headers and the shopper's own.
    pub(crate) headers: HeaderMap,
    pub(crate) cookies: CookieJar,
    pub(super) page: Option<Rc<CurrentPage>>,
    /// The source of the page, where a later step needs it.
    document: Option<DocumentBody>,
    /// The origins met so far, the target's first.
    origins: Vec<Rc<Origin>>,
    /// What scripts may ask of other origins.
    pub(super) preflights: PreflightCache,
    /// The user and password that an origin has asked for, where an address had them.
    pub(super) credentials: Option<Box<(Rc<Origin>, HeaderValue)>>,
    /// What the shopper holds, of which `headers` has those.
    pub(super) device: Option<Device>,
    /// What pages are made of; none until a page's files are fetched.
    pub(crate) assets: Option<Box<AssetLoader<L>>>,
}

/// Stands before every request: safety caps hold requests back here.
pub trait RequestGate {
    /// Returns when a request to this origin may go; how long it was held back, if it was.
    fn pass(&self, origin: &Origin) -> impl Future<Output = Option<Micros>>;
}

/// Sees what a fetch does, as it happens.
pub trait FetchWatcher {
    /// A request goes now: nothing holds it back any more.
    fn sending(&mut self) {}
    /// It was answered, or wasn't.
    fn exchanged(&mut self, request: &WireRequest, exchange: &Exchange, hop: RedirectHop);
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
    /// Whether the address was found in a page or an answer, and is not the scenario's own.
    pub is_link: bool,
    /// Who makes it, and what for.
    pub kind: RequestKind,
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
    /// Whether it only asks for leave (CORS).
    pub preflight: bool,
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
struct DocumentBody {
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
    page: Option<Rc<CurrentPage>>,
    document: Option<DocumentBody>,
}

/// Why a fetch has no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The last exchange had no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Redirected more often than browsers follow.
    #[error("redirected {hops} times, then to {location} as well, which no browser follows")]
    RedirectLoop {
        /// Redirects followed.
        hops: u32,
        /// The redirect that was not followed.
        location: String,
    },
    /// The page's script may not ask this of another origin. The request itself was not sent.
    #[error("a browser does not send this: {0}")]
    PreflightRefused(CorsError),
    /// The page's script may not read what another origin answered.
    #[error("a browser keeps this from the page: {0}")]
    CorsBlocked(CorsError),
    /// A redirect to what is no address of a page.
    #[error("redirected where no browser can go: {0}")]
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
        SessionSettings {
            target,
            headers,
            allowed,
            max_redirects: 20,
            began_unix_seconds,
            follows_links: true,
            templates: HeaderTemplates::default(),
        }
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

/// Nobody watches.
impl FetchWatcher for () {
    fn exchanged(&mut self, _: &WireRequest, _: &Exchange, _: RedirectHop) {}
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
            preflights: PreflightCache::default(),
            credentials: None,
            device: None,
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
        self.device = equipment.device;
        self.connections.use_network(equipment.network);
        // Its own connections would go on over the network before.
        self.assets.iter_mut().for_each(|assets| assets.disconnect());
    }

    /// Sends the request, follows its redirects, and remembers cookies and page. `watcher` is told of every
    /// exchange right before and after it.
    ///
    /// All of it is bounded by `give_up_at`, moved by as long as the gate holds requests back: what our own
    /// caps cost never makes a failure.
    pub fn fetch(
        &mut self,
        request: PageRequest<'_>,
        give_up_at: Micros,
        watcher: &mut impl FetchWatcher,
    ) -> impl Future<Output = FetchOutcome> {
        // Begun before there is a future, which then need not hold the request twice.
        let mut begun = self.begin(request, give_up_at);
        async move {
            let result = match &mut begun {
                Ok(chain) => self.follow_redirects(chain, watcher).await,
                Err(trouble) => Err(trouble.clone()),
            };
            if let Ok(page) = &result
                && is_page(&page.answer)
                && begun.as_ref().is_ok_and(|chain| !chain.is_script())
            {
                let url = page.final_url.clone();
                self.page = Some(Rc::new(CurrentPage::read(
                    &page.answer,
                    url,
                    self.settings.follows_links,
                )));
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
        self.page.as_deref().map(|page| &*page.url)
    }

    /// How much the page lets its requests say of it.
    pub(crate) fn referrer_policy(&self) -> ReferrerPolicy {
        self.page.as_ref().map_or_else(ReferrerPolicy::default, |page| page.policy)
    }

    /// Keeps the text of the page that was just fetched, if it is the page that the shopper is on.
    pub fn keep_document(&mut self, page: &FetchedPage) {
        if is_page(&page.answer) {
            let said = page.answer.headers.get(header::CONTENT_TYPE).cloned();
            let content_type = said.unwrap_or(HeaderValue::from_static("text/html"));
            self.document = Some(DocumentBody { content_type, body: page.answer.body.clone() });
        }
    }

    /// The page that the shopper is on, where its text was kept.
    pub fn document(&self) -> Option<Document> {
        let DocumentBody { content_type, body } = self.document.clone()?;
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
        self.preflights = PreflightCache::default();
        self.credentials = None;
        self.assets = None;
        self.page = None;
        self.document = None;
        self.connections.disconnect();
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

/// Whether an answer is a page that the shopper is then on, rather than data that the page asked for.
pub(crate) fn is_page(answer: &WireResponse) -> bool {
    let html = |value: &HeaderValue| {
        let kind = value.as_bytes();
        ["text/html", "application/xhtml+xml"].iter().any(|html| {
            kind.len() >= html.len() && kind[..html.len()].eq_ignore_ascii_case(html.as_bytes())
        })
    };
    let kind = answer.headers.get(header::CONTENT_TYPE);
    kind.is_some_and(html)
        || says_nothing(kind.map(HeaderValue::as_bytes))
            && !answer.headers.contains_key(header::X_CONTENT_TYPE_OPTIONS)
            && looks_like_page(&answer.body)
}

#[cfg(test)]
mod tests;

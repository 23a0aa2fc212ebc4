//! A shopper's session with the shop: what a browser remembers and does between a step and the wire.
//!
//! It keeps cookies, says which page a request comes from, follows redirects (each hop an exchange that
//! the caller sees), and refuses to leave the hosts that the run may load. It judges nothing.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::assets::cache::AssetCache;
use super::assets::loader::AssetLoader;
use super::cookies::CookieJar;
use super::cors::PreflightCache;
use super::current_page::CurrentPage;
use super::device::{self};
use super::fetch::{
    FetchOutcome, FetchProgress, FetchWatcher, FetchedPage, NoGate, PageRequest, RequestGate,
};
use super::referrer::ReferrerPolicy;
use super::settings::SessionSettings;
use super::sniff::{document_type, is_page};
use crate::base::Micros;
use crate::plan::{Device, Equipment};
use crate::shopper::off_core::is_large;
use crate::shopper::transport::{Origin, ShopperConnections};

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

    /// The same browser once more, with connections of its own: another tab, or the same click again.
    pub fn twin(&self, connections: L) -> BrowserSession<L, G>
    where
        G: Clone,
    {
        let (gate, settings) = (self.gate.clone(), Rc::clone(&self.settings));
        BrowserSession {
            headers: self.headers.clone(),
            cookies: self.cookies.clone(),
            page: self.page.clone(),
            document: self.document.clone(),
            credentials: self.credentials.clone(),
            device: self.device,
            ..BrowserSession::with_gate(connections, gate, settings)
        }
    }

    /// The same, but it does not go where a redirect leads.
    #[must_use]
    pub fn without_redirects(mut self) -> BrowserSession<L, G> {
        let settings = SessionSettings { max_redirects: 0, ..(*self.settings).clone() };
        self.settings = Rc::new(settings);
        self
    }

    /// Somebody else's browser of the same kind, with connections of its own.
    pub fn stranger(&self, connections: L) -> BrowserSession<L, G>
    where
        G: Clone,
    {
        let (gate, settings) = (self.gate.clone(), Rc::clone(&self.settings));
        BrowserSession {
            device: self.device,
            ..BrowserSession::with_gate(connections, gate, settings)
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
                let follows_links = self.settings.follows_links;
                let read = if is_large(&page.answer.body) {
                    Box::pin(CurrentPage::read_off_core(&page.answer, url, follows_links)).await
                } else {
                    CurrentPage::read(&page.answer, url, follows_links)
                };
                self.page = Some(Rc::new(read));
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

    /// The names and values of all cookies that a request to `url` would carry.
    pub fn cookies(&self, url: &Url) -> Vec<(String, String)> {
        let of_name = |name: Cow<'_, str>| {
            let value = self.cookie(&name, url)?.into_owned();
            Some((name.into_owned(), value))
        };
        self.cookies.names().filter_map(of_name).collect()
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
            let said = document_type(&page.answer.headers);
            let said = said.and_then(|said| HeaderValue::from_bytes(said).ok());
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

#[cfg(test)]
mod tests;

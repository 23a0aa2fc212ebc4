//! Fetching a page's files: over the page's own connection and five more, or six to any other host.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::cache::AssetCache;
use super::loader::AssetLoader;
use super::page::{Asset, AssetKind, assets};
use crate::base::Micros;
use crate::shopper::browser::address;
use crate::shopper::browser::address::location_of;
use crate::shopper::browser::cookies::{CookieJar, SiteContext};
use crate::shopper::browser::fetch::RequestGate;
use crate::shopper::browser::referrer::ReferrerPolicy;
use crate::shopper::browser::session::BrowserSession;
use crate::shopper::browser::settings::SessionSettings;
use crate::shopper::browser::site::{SiteRelation, is_trustworthy, relation};
use crate::shopper::failure_kind::{classify_status, classify_transport_error};
use crate::shopper::off_core::{is_large, off_core};
use crate::shopper::transport::{Clock, Exchange, Origin, ShopperConnections, WireRequest};
use crate::tally::{FailureKind, OwnFault};

/// This many connections a browser opens to a host (Chromium, Firefox and Safari alike).
const CONNECTIONS: usize = 6;

/// What a page's own request says that no file's request repeats.
const OF_THE_PAGE: [HeaderName; 16] = [
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::COOKIE,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::ORIGIN,
    header::RANGE,
    header::CACHE_CONTROL,
    header::CONTENT_LENGTH,
    header::HOST,
    header::UPGRADE_INSECURE_REQUESTS,
    HeaderName::from_static("sec-fetch-user"),
    header::REFERER,
    HeaderName::from_static("idempotency-key"),
];

/// A page whose files are to be fetched.
pub(crate) struct PageToLoad<'a> {
    pub(crate) url: &'a Url,
    pub(crate) html: &'a Bytes,
    /// How much its files' requests say of it.
    pub(crate) policy: ReferrerPolicy,
    /// The headers that the page was asked for with.
    pub(crate) headers: &'a HeaderMap,
}

/// What came of a page's files.
#[derive(Debug, Default)]
pub(crate) struct LoadedAssets {
    pub(crate) files: u64,
    pub(crate) cached: u64,
    pub(crate) not_modified: u64,
    pub(crate) elsewhere: u64,
    pub(crate) failed: Vec<MissingAsset>,
    /// Files that we failed to ask for ourselves.
    pub(crate) own: Vec<(OwnFault, String)>,
}

/// A file that did not come.
#[derive(Debug)]
pub(crate) struct MissingAsset {
    pub(crate) url: Url,
    pub(crate) kind: FailureKind,
    pub(crate) detail: String,
}

/// What came of one file.
enum AssetOutcome {
    New,
    Cached,
    NotModified,
    Elsewhere,
    MissingAsset(MissingAsset),
    Own(OwnFault, String),
}

/// What is told of a request for a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AssetEvent<'a> {
    /// It goes now: nothing holds it back any more.
    Sending,
    /// It was answered, or wasn't; and how long it was held back.
    Done(&'a Exchange, Option<Micros>),
}

/// What the fetches of one page share.
struct PageLoad<'a, G, C, F> {
    page: &'a PageToLoad<'a>,
    page_origin: Option<Rc<Origin>>,
    /// What every request of the shopper says.
    headers: &'a HeaderMap,
    settings: &'a SessionSettings,
    gate: &'a G,
    clock: &'a C,
    cookies: RefCell<&'a mut CookieJar>,
    cache: RefCell<&'a mut AssetCache>,
    seen: &'a F,
    loaded: RefCell<LoadedAssets>,
}

/// The files of a page. Those of a large one are found away from the core; none if that is not done before the shopper gives up.
async fn assets_within(
    page: &PageToLoad<'_>,
    clock: &impl Clock,
    give_up_at: Micros,
) -> Option<Vec<Asset>> {
    if !is_large(page.html) {
        return Some(assets(page.html, page.url));
    }
    let (html, url) = (page.html.clone(), page.url.clone());
    tokio::select! {
        biased;
        found = off_core(move || assets(&html, &url)) => Some(found),
        () = clock.sleep_until(give_up_at) => None,
    }
}

// === impl BrowserSession ===

impl<L: ShopperConnections, G: RequestGate> BrowserSession<L, G> {
    /// Fetches what the page is made of, until `give_up_at`, moved by as long as the gate holds requests back. `seen` is told
    /// of every request.
    pub(crate) async fn load_assets<C: Clock>(
        &mut self,
        page: &PageToLoad<'_>,
        clock: &C,
        give_up_at: Micros,
        seen: &impl Fn(AssetEvent<'_>),
    ) -> LoadedAssets {
        let mut loaded = LoadedAssets::default();
        let Some(wanted) = assets_within(page, clock, give_up_at).await else {
            let cause = "pages were too large to be read before shoppers give up";
            loaded.own.push((OwnFault::Limit, cause.to_owned()));
            return loaded;
        };
        let mut queues: Vec<(Rc<Origin>, RefCell<VecDeque<Asset>>)> = Vec::new();
        for asset in wanted {
            let Some(origin) = self.origin(&asset.url) else {
                loaded.elsewhere += 1;
                continue;
            };
            loaded.files += 1;
            match queues.iter_mut().find(|(known, _)| *known == origin) {
                Some((_, queue)) => queue.get_mut().push_back(asset),
                None => queues.push((origin, RefCell::new(VecDeque::from([asset])))),
            }
        }
        let page_origin = self.origin(page.url);
        let BrowserSession {
            connections, gate, settings, headers, cookies, assets: loader, ..
        } = self;
        let AssetLoader { cache, lanes } = &mut **loader.get_or_insert_default();
        for (origin, queue) in &queues {
            let beside = usize::from(page_origin.as_ref() == Some(origin));
            let needed = queue.borrow().len().min(CONNECTIONS).saturating_sub(beside);
            let place = lanes.iter().position(|(known, _)| known == origin).unwrap_or_else(|| {
                lanes.push((origin.clone(), Vec::new()));
                lanes.len() - 1
            });
            while lanes[place].1.len() < needed {
                lanes[place].1.push(connections.sibling());
            }
        }
        let loading = PageLoad {
            page,
            page_origin,
            headers,
            settings,
            gate,
            clock,
            cookies: RefCell::new(cookies),
            cache: RefCell::new(cache),
            seen,
            loaded: RefCell::new(loaded),
        };
        let queue_of = |origin: &Rc<Origin>| queues.iter().find(|(known, _)| known == origin);
        let mut workers = Vec::new();
        if let Some((origin, queue)) = loading.page_origin.as_ref().and_then(queue_of) {
            workers.push(loading.work(connections, origin, queue, give_up_at));
        }
        for (origin, lanes) in lanes.iter_mut() {
            let Some((origin, queue)) = queue_of(origin) else { continue };
            workers
                .extend(lanes.iter_mut().map(|lane| loading.work(lane, origin, queue, give_up_at)));
        }
        join_all(workers).await;
        loading.loaded.into_inner()
    }
}

// === impl PageLoad ===

impl<G: RequestGate, C: Clock, F: Fn(AssetEvent<'_>)> PageLoad<'_, G, C, F> {
    /// Fetches file after file over one of the shopper's connections, until none is left.
    async fn work<L: ShopperConnections>(
        &self,
        connections: &mut L,
        origin: &Rc<Origin>,
        queue: &RefCell<VecDeque<Asset>>,
        give_up_at: Micros,
    ) {
        let give_up_at = Cell::new(give_up_at);
        loop {
            let Some(asset) = queue.borrow_mut().pop_front() else { return };
            let came = self.fetch(connections, origin, asset, &give_up_at).await;
            let mut loaded = self.loaded.borrow_mut();
            match came {
                AssetOutcome::New => {}
                AssetOutcome::Cached => loaded.cached += 1,
                AssetOutcome::NotModified => loaded.not_modified += 1,
                // A file that was moved off the hosts that may be loaded is none of ours.
                AssetOutcome::Elsewhere => {
                    loaded.files -= 1;
                    loaded.elsewhere += 1;
                }
                AssetOutcome::MissingAsset(missing) => loaded.failed.push(missing),
                // Nothing can be said of it.
                AssetOutcome::Own(fault, cause) => {
                    loaded.files -= 1;
                    loaded.own.push((fault, cause));
                }
            }
        }
    }

    /// Fetches one file, and follows its redirects.
    async fn fetch<L: ShopperConnections>(
        &self,
        connections: &mut L,
        origin: &Rc<Origin>,
        asset: Asset,
        give_up_at: &Cell<Micros>,
    ) -> AssetOutcome {
        let (mut url, mut origin) = (asset.url, origin.clone());
        let missing = |url: &Url, kind, detail: String| {
            AssetOutcome::MissingAsset(MissingAsset { url: url.clone(), kind, detail })
        };
        for _ in 0..=self.settings.max_redirects {
            if self.cache.borrow().is_fresh(&url, self.clock.now()) {
                return AssetOutcome::Cached;
            }
            let held = self.gate.pass(&origin).await;
            give_up_at.set(give_up_at.get().saturating_add(held.unwrap_or_default()));
            let request = self.request(asset.kind, &url, &origin);
            (self.seen)(AssetEvent::Sending);
            let exchange = connections.exchange(&request, give_up_at.get()).await;
            (self.seen)(AssetEvent::Done(&exchange, held));
            let answer = match exchange.result {
                Ok(answer) => answer,
                Err(trouble) => {
                    return match classify_transport_error(&trouble) {
                        Ok(kind) => missing(&url, kind, trouble.to_string()),
                        Err((fault, cause)) => AssetOutcome::Own(fault, cause.to_owned()),
                    };
                }
            };
            let now = self.settings.at(exchange.ended_at);
            let context = self.site_context(&url);
            self.cookies.borrow_mut().store(
                &answer.headers,
                &url,
                Some(self.page.url),
                context,
                now,
            );
            let status = answer.status.as_u16();
            let location = match location_of(&answer) {
                Ok(location) => location,
                Err(error) => return missing(&url, FailureKind::Protocol, error.to_string()),
            };
            let Some(location) = location else {
                self.cache.borrow_mut().take(&url, status, &answer.headers, exchange.ended_at);
                return match status {
                    304 => AssetOutcome::NotModified,
                    200..=299 => AssetOutcome::New,
                    _ => missing(&url, classify_status(status), format!("status {status}")),
                };
            };
            let next = match address::redirect_target(&url, &location) {
                Ok(next) => next,
                Err(error) => return missing(&url, FailureKind::Protocol, error.to_string()),
            };
            let Some(there) = self.settings.origin(&next) else { return AssetOutcome::Elsewhere };
            (url, origin) = (next, Rc::new(there));
        }
        missing(
            &url,
            FailureKind::RedirectLoop,
            format!("redirected more than {} times", self.settings.max_redirects),
        )
    }

    /// Files from other sites have their own cookies only where these say so.
    fn site_context(&self, url: &Url) -> SiteContext {
        match relation(self.page.url, url) {
            SiteRelation::SameOrigin | SiteRelation::SameSite => SiteContext::SameSite,
            SiteRelation::CrossSite => SiteContext::CrossSite,
        }
    }

    fn request(&self, kind: AssetKind, url: &Url, origin: &Rc<Origin>) -> WireRequest {
        // What the scenario says of the page's request may be a secret of its host.
        let mut headers = if self.page_origin.as_ref() == Some(origin) {
            self.page.headers.clone()
        } else {
            let mut headers = self.headers.clone();
            for name in [header::USER_AGENT, header::ACCEPT_LANGUAGE] {
                if let Some(value) = self.page.headers.get(&name) {
                    headers.insert(name, value.clone());
                }
            }
            headers
        };
        OF_THE_PAGE.iter().for_each(|name| {
            headers.remove(name);
        });
        let accept = match kind {
            AssetKind::Style => "text/css,*/*;q=0.1",
            AssetKind::Image => "image/avif,image/webp,image/*,*/*;q=0.8",
            AssetKind::Script | AssetKind::Font | AssetKind::Other => "*/*",
        };
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let site = relation(self.page.url, url);
        if self.page.headers.contains_key(header::UPGRADE_INSECURE_REQUESTS) {
            say_what_for(&mut headers, kind, site, is_trustworthy(url));
        }
        if let Some((referer, _)) = self.page.policy.referer(self.page.url, url, site) {
            headers.insert(header::REFERER, referer);
        }
        let now = self.clock.now();
        let context = self.site_context(url);
        let page = Some(self.page.url);
        if let Some(cookies) = self.cookies.borrow_mut().header(url, page, context, now) {
            headers.insert(header::COOKIE, cookies);
        }
        self.cache.borrow().conditions(url, &mut headers);
        let path = address::path_and_query(url).to_owned();
        WireRequest {
            origin: origin.clone(),
            method: Method::GET,
            path,
            headers,
            body: Bytes::new(),
        }
    }
}

/// Says what a browser says of a file's request.
fn say_what_for(headers: &mut HeaderMap, kind: AssetKind, site: SiteRelation, trustworthy: bool) {
    let names = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"];
    if !trustworthy {
        names.iter().for_each(|name| drop(headers.remove(*name)));
        return;
    }
    let site = match site {
        SiteRelation::SameOrigin => "same-origin",
        SiteRelation::SameSite => "same-site",
        SiteRelation::CrossSite => "cross-site",
    };
    let (mode, dest) = match kind {
        AssetKind::Style => ("no-cors", "style"),
        AssetKind::Script => ("no-cors", "script"),
        AssetKind::Font => ("cors", "font"),
        AssetKind::Image => ("no-cors", "image"),
        AssetKind::Other => ("no-cors", "empty"),
    };
    for (name, value) in names.into_iter().zip([site, mode, dest]) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

//! A request and the redirects that it causes, followed as Chromium follows them (WHATWG Fetch, 4.4).

use std::rc::Rc;

use base64::Engine;
use bytes::Bytes;
use encoding_rs::UTF_8;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use url::Url;

use super::address::{self, AddressError};
use super::cookies::SiteContext;
use super::fetch::{
    FetchError, FetchProgress, FetchWatcher, FetchedPage, PageRequest, RequestGate,
};
use super::referrer::ReferrerPolicy;
use super::request_headers::{RequestKind, RequestParts};
use super::session::BrowserSession;
use super::site::{SiteRelation, is_trustworthy, relation};
use crate::base::Micros;
use crate::shopper::transport::{Origin, ShopperConnections, WireRequest, WireResponse};

/// The state of one fetch on its way through redirects.
pub(super) struct RedirectChain {
    pub(super) url: Rc<Url>,
    pub(super) request: WireRequest,
    pub(super) progress: FetchProgress,
    kind: RequestKind,
    pub(super) give_up_at: Micros,
    pub(super) redirects: u32,
    /// Whether it began as a post, which no cache may answer, nor what it leads to.
    posted: bool,
    /// The step's own headers.
    pub(super) own: HeaderMap,
    /// Whom the step's own cookies are for.
    own_cookies_for: Rc<Origin>,
    /// The page that the request comes from.
    pub(super) initiator: Option<Rc<Url>>,
    policy: ReferrerPolicy,
    /// What is said of that page. Once it was cut to the origin, no later hop is told more.
    referrer: Option<Rc<Url>>,
    /// The farthest that any hop was from that page.
    site: Option<SiteRelation>,
    /// Whether a script has asked another origin than its page's, so that it needs leave (CORS) for all that follows.
    pub(super) is_cross_origin: bool,
    /// Whether the redirect at hand made a GET of another method.
    method_changed: bool,
    /// Whether cookies are sent and kept.
    with_cookies: bool,
    /// Whether a post does not say where it comes from: the page does not want it, or a redirect led to another origin.
    origin_is_null: bool,
    /// The user and password of the address, once the shop has asked for them.
    authorization: Option<HeaderValue>,
}

impl RedirectChain {
    pub(super) fn is_script(&self) -> bool {
        self.kind == RequestKind::Script
    }

    fn is_app(&self) -> bool {
        self.kind == RequestKind::App
    }

    /// How the address at hand relates to the page that the request comes from; of the whole way the farthest.
    fn relate(&mut self) -> Option<SiteRelation> {
        let here = self.initiator.as_ref().map(|page| relation(page, &self.url));
        self.is_cross_origin |= self.is_script() && here > Some(SiteRelation::SameOrigin);
        // Chromium begins anew where the method changes, and forgets the way that led there.
        if std::mem::take(&mut self.method_changed) && self.is_cross_origin {
            self.site = None;
        }
        self.site = self.site.max(here);
        here
    }

    /// Which cookies go along. Chromium looks at the page and the address at hand, and not at what lies between.
    fn site_context(&self, here: Option<SiteRelation>) -> SiteContext {
        match (self.kind, here) {
            (RequestKind::App, _)
            | (_, None | Some(SiteRelation::SameOrigin | SiteRelation::SameSite)) => {
                SiteContext::SameSite
            }
            (RequestKind::Script, Some(SiteRelation::CrossSite)) => SiteContext::CrossSite,
            (RequestKind::Navigation | RequestKind::Refresh, Some(SiteRelation::CrossSite)) => {
                if self.request.method.is_safe() {
                    SiteContext::CrossSiteNavigation
                } else {
                    SiteContext::CrossSiteUnsafeNavigation
                }
            }
        }
    }

    /// The `origin` header (WHATWG Fetch, 3.2).
    fn origin(&self) -> Option<HeaderValue> {
        let wanted = match self.kind {
            RequestKind::App => false,
            RequestKind::Script => self.is_cross_origin || !is_reading(&self.request.method),
            RequestKind::Navigation | RequestKind::Refresh => !is_reading(&self.request.method),
        };
        if !wanted {
            return None;
        }
        match self.initiator.as_ref().filter(|_| !self.origin_is_null) {
            Some(page) => page.origin().ascii_serialization().parse().ok(),
            None => Some(HeaderValue::from_static("null")),
        }
    }

    /// The `referer` header; what it leaves out is left out at all later hops.
    fn referer(&mut self) -> Option<HeaderValue> {
        let from = self.referrer.clone()?;
        let said = self.policy.referer(&from, &self.url, relation(&from, &self.url));
        match &said {
            Some((_, false)) => {}
            Some((origin, true)) => {
                let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
                self.referrer = origin.map(Rc::new);
            }
            None => self.referrer = None,
        }
        said.map(|(value, _)| value)
    }

    /// Turns to a redirect's goal: what changes about the request.
    fn turn(&mut self, status: StatusCode, next: Url, origin: Rc<Origin>) {
        let method = &self.request.method;
        let to_get = match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
            StatusCode::SEE_OTHER => !is_reading(method),
            _ => false,
        };
        self.method_changed = to_get;
        if to_get {
            self.request.method = Method::GET;
            self.request.body = Bytes::new();
            for name in [
                header::CONTENT_TYPE,
                header::CONTENT_ENCODING,
                header::CONTENT_LANGUAGE,
                header::CONTENT_LOCATION,
            ] {
                self.own.remove(name);
            }
        }
        if origin != self.request.origin {
            self.own.remove(header::AUTHORIZATION);
            self.authorization = None;
            // A script's page is known to whom it asked itself; a form's is to nobody else.
            let page = self.initiator.as_deref().map(|page| relation(page, &self.url));
            self.origin_is_null |= !self.is_script() || page != Some(SiteRelation::SameOrigin);
        }
        self.redirects += 1;
        self.request.origin = origin;
        self.request.path = address::path_and_query(&next).to_owned();
        self.url = Rc::new(next);
    }
}

impl<L: ShopperConnections, G: RequestGate> BrowserSession<L, G> {
    /// A fetch at its begin.
    pub(super) fn begin(
        &mut self,
        request: PageRequest<'_>,
        give_up_at: Micros,
    ) -> Result<RedirectChain, FetchError> {
        let PageRequest { method, url, is_link, kind, headers: own, body } = request;
        let url = self.resolve(&url, is_link).map_err(FetchError::BadAddress)?;
        let origin =
            self.origin(&url).ok_or_else(|| FetchError::HostNotAllowed(url.to_string()))?;
        let page = self.page.as_deref().filter(|_| kind != RequestKind::App);
        let (mut initiator, policy) = match page {
            Some(page) if kind == RequestKind::Navigation => {
                (Some(page.url.clone()), page.policy_to(&url))
            }
            Some(page) => (Some(page.url.clone()), page.policy),
            None => (None, ReferrerPolicy::default()),
        };
        // What scripts and forms send comes from some page: of none so far, from the shop's front page.
        if initiator.is_none()
            && kind != RequestKind::App
            && (kind == RequestKind::Script || !is_reading(&method))
        {
            initiator = self.settings.target.join("/").ok().map(Rc::new);
        }
        let path = address::path_and_query(&url).to_owned();
        let posted = method == Method::POST;
        // What redirects say of referrers does not change it.
        let says_origin = |page: &Rc<Url>| policy.says_origin(page, &url, relation(page, &url));
        let origin_is_null = kind == RequestKind::Navigation
            && !is_reading(&method)
            && !initiator.as_ref().is_some_and(says_origin);
        let own_cookies_for = origin.clone();
        let headers = HeaderMap::new();
        Ok(RedirectChain {
            url: Rc::new(url),
            request: WireRequest { origin, method, path, headers, body },
            progress: FetchProgress::default(),
            kind,
            give_up_at,
            redirects: 0,
            posted,
            own,
            own_cookies_for,
            referrer: initiator.clone(),
            initiator,
            policy,
            site: None,
            is_cross_origin: false,
            method_changed: false,
            with_cookies: true,
            origin_is_null,
            authorization: None,
        })
    }

    /// What an address of a step means here.
    pub(crate) fn resolve(&self, text: &str, is_link: bool) -> Result<Url, AddressError> {
        let target = &self.settings.target;
        let encoding = self.page.as_deref().filter(|_| is_link).map_or(UTF_8, |page| page.encoding);
        match self.page.as_deref() {
            // A link of a page elsewhere, such as the bank's, leads on there.
            Some(page) if is_link && page.base().origin() != target.origin() => {
                address::link(page.base(), text, encoding)
            }
            page => address::resolve(target, page.map(|page| page.base()), text, encoding),
        }
    }

    pub(super) async fn follow_redirects(
        &mut self,
        chain: &mut RedirectChain,
        watcher: &mut impl FetchWatcher,
    ) -> Result<FetchedPage, FetchError> {
        loop {
            let mut context = self.prepare(chain);
            if let Some(wish) = self.wish(chain) {
                // Apart, for nearly no request needs it, and each would hold its state.
                chain.with_cookies = Box::pin(self.ask_leave(chain, &wish, watcher)).await?;
                // Chromium begins anew where it asks, and forgets the way that led there.
                chain.site = None;
                context = self.prepare(chain);
            }
            let exchange = self.send(chain, None, watcher).await;
            let answer = exchange.result?;
            let now = self.settings.at(exchange.ended_at);
            if chain.with_cookies {
                let page = chain.initiator.as_deref();
                self.cookies.store(&answer.headers, &chain.url, page, context, now);
                if !chain.is_app() {
                    self.clear_site_data(&answer.headers, &chain.url);
                }
            }
            if self.answers_challenge(chain, &answer) {
                continue;
            }
            chain.may_read(&answer)?;
            let Some(location) = address::location_of(&answer).map_err(FetchError::BadRedirect)?
            else {
                return Ok(FetchedPage { answer, final_url: chain.url.clone() });
            };
            let next = address::redirect_target(&chain.url, &location);
            if chain.redirects == 0 {
                chain.progress.first_location =
                    Some(next.as_ref().map_or(location, Url::to_string));
            }
            self.follow_redirect(chain, next.map_err(FetchError::BadRedirect)?, answer)?;
        }
    }

    /// Works out the headers of the next request. What the step itself says stays as it is said.
    fn prepare(&mut self, chain: &mut RedirectChain) -> SiteContext {
        let here = chain.relate();
        let context = chain.site_context(here);
        let referer = if chain.kind == RequestKind::App { None } else { chain.referer() };
        let origin = chain.origin();
        let now = self.connections.now();
        let page = chain.initiator.as_deref();
        let jar = if chain.with_cookies {
            self.cookies.header(&chain.url, page, context, now)
        } else {
            None
        };
        let own = chain.own.get(header::COOKIE);
        // Cookies that the step wrote itself are for the origin it named.
        let may = own.filter(|_| chain.request.origin == chain.own_cookies_for);
        let cookie = match (may, jar) {
            (Some(own), Some(jar)) => {
                HeaderValue::from_bytes(&[own.as_bytes(), b"; ", jar.as_bytes()].concat()).ok()
            }
            (own, jar) => jar.or_else(|| own.cloned()),
        };
        let said_cookie = own.is_some().then(|| cookie.clone());
        let parts = RequestParts {
            kind: chain.kind,
            posted: chain.posted,
            trustworthy: is_trustworthy(&chain.url),
            site: chain.site,
            asks_third_party: chain.with_cookies && context == SiteContext::CrossSite,
            origin,
            referer,
            cookie,
            device: self.device,
            session: &self.headers,
            own: &chain.own,
        };
        let mut headers = parts.headers(&self.settings.templates);
        match said_cookie {
            // The step's own header stands where both belong.
            Some(Some(cookie)) => drop(headers.insert(header::COOKIE, cookie)),
            Some(None) => drop(headers.remove(header::COOKIE)),
            None => {}
        }
        if let Some(known) = chain.authorization.as_ref().or_else(|| self.credentials_for(chain)) {
            headers.entry(header::AUTHORIZATION).or_insert_with(|| known.clone());
        }
        chain.request.headers = headers;
        context
    }

    /// Whether the shop asks for the user and password that stand in the address; then they are sent. As in browsers, no
    /// earlier, and from then on with each request to that host.
    fn answers_challenge(&mut self, chain: &mut RedirectChain, answer: &WireResponse) -> bool {
        let has_user = !chain.url.username().is_empty() || chain.url.password().is_some();
        if answer.status != StatusCode::UNAUTHORIZED
            || !has_user
            || chain.authorization.is_some()
            || chain.request.headers.contains_key(header::AUTHORIZATION)
        {
            return false;
        }
        let basic = |line: &HeaderValue| {
            line.as_bytes().get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"basic"))
        };
        if !answer.headers.get_all(header::WWW_AUTHENTICATE).iter().any(basic) {
            return false;
        }
        let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
        let [user, password] =
            [chain.url.username(), chain.url.password().unwrap_or_default()].map(decoded);
        let pair = [&user[..], b":", &password].concat();
        let value = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(pair));
        let Ok(mut value) = HeaderValue::from_str(&value) else { return false };
        value.set_sensitive(true);
        chain.authorization = Some(value.clone());
        self.credentials = Some(Box::new((chain.request.origin.clone(), value)));
        true
    }

    fn credentials_for(&self, chain: &RedirectChain) -> Option<&HeaderValue> {
        let (origin, value) = self.credentials.as_deref()?;
        (*origin == chain.request.origin).then_some(value)
    }

    /// Turns the chain to the redirect's goal, if the shopper may and would go there.
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
        // Of a navigation Chromium counts the first request as well.
        let most = self.settings.max_redirects - u32::from(chain.kind.is_navigation());
        if chain.redirects >= most {
            return Err(FetchError::RedirectLoop { hops: chain.redirects, location: next.into() });
        }
        if let Some(policy) = ReferrerPolicy::from_headers(&answer.headers) {
            chain.policy = policy;
        }
        chain.turn(answer.status, next, origin);
        chain.progress.redirects.push(answer.headers);
        Ok(())
    }
}

/// GET and HEAD, which say of no origin.
fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

//! Preflights of a page's script: they ask another origin for leave before the request itself goes.

use bytes::Bytes;
use http::Method;
use http::header::HeaderValue;

use super::cors::{CorsWish, check_answer};
use super::fetch::{FetchError, FetchWatcher, RedirectHop, RequestGate};
use super::redirects::RedirectChain;
use super::session::BrowserSession;
use crate::shopper::transport::{Exchange, ShopperConnections, WireRequest, WireResponse};

impl<L: ShopperConnections, G: RequestGate> BrowserSession<L, G> {
    /// What the script's next request needs leave for; none if for nothing.
    pub(super) fn wish(&self, chain: &RedirectChain) -> Option<CorsWish> {
        if !chain.is_cross_origin {
            return None;
        }
        CorsWish::of(&chain.request.method, &chain.own, &self.headers)
    }

    /// Asks for leave, unless it was given before, and says whether the request goes with cookies or without.
    ///
    /// # Errors
    /// When the shop refuses, or does not answer.
    pub(super) async fn ask_leave(
        &mut self,
        chain: &mut RedirectChain,
        wish: &CorsWish,
        watcher: &mut impl FetchWatcher,
    ) -> Result<bool, FetchError> {
        let page = chain.said_origin();
        let now = self.connections.now();
        if let Some(with_cookies) = self.preflights.grants(&page, &chain.url, wish, now) {
            return Ok(with_cookies);
        }
        let Some(initiator) = &chain.initiator else { return Ok(true) };
        let request = WireRequest {
            origin: chain.request.origin.clone(),
            method: Method::OPTIONS,
            path: chain.request.path.clone(),
            headers: wish.headers(initiator, &chain.url, &chain.request.headers),
            body: Bytes::new(),
        };
        let exchange = self.send(chain, Some(&request), watcher).await;
        let answer = exchange.result?;
        let told = (answer.status.as_u16(), &answer.headers);
        let learned = self.preflights.learn(&page, &chain.url, wish, told, exchange.ended_at);
        learned.map_err(FetchError::PreflightRefused)
    }

    /// One exchange of a fetch, held back where a safety cap says so: the preflight, or else the request itself.
    pub(super) async fn send(
        &mut self,
        chain: &mut RedirectChain,
        preflight: Option<&WireRequest>,
        watcher: &mut impl FetchWatcher,
    ) -> Exchange {
        let held = self.gate.pass(&chain.request.origin).await;
        chain.progress.held += held.unwrap_or_default();
        chain.give_up_at = chain.give_up_at.saturating_add(held.unwrap_or_default());
        watcher.sending(preflight.is_some());
        let request = preflight.unwrap_or(&chain.request);
        let exchange = self.connections.exchange(request, chain.give_up_at).await;
        let hop = RedirectHop { index: chain.redirects, preflight: preflight.is_some(), held };
        watcher.exchange_done(request, &exchange, hop);
        if chain.progress.exchanges == 0 {
            chain.progress.sent_at = exchange.sent_at;
        }
        chain.progress.exchanges += 1;
        chain.progress.ended_at = Some(exchange.ended_at);
        exchange
    }
}

impl RedirectChain {
    /// The `origin` that was said to the shop.
    fn said_origin(&self) -> HeaderValue {
        let said = self.request.headers.get(http::header::ORIGIN);
        said.cloned().unwrap_or(HeaderValue::from_static("null"))
    }

    /// Whether the page's script may read an answer.
    ///
    /// # Errors
    /// When it is another origin's, which does not allow it.
    pub(super) fn may_read(&self, answer: &WireResponse) -> Result<(), FetchError> {
        if !self.is_cross_origin {
            return Ok(());
        }
        check_answer(&answer.headers, &self.said_origin()).map_err(FetchError::CorsBlocked)
    }
}

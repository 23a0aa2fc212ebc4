//! A step whose page's files are fetched: what the tally counts of them, and when the shopper goes on.

use super::browser::assets::load::{AssetEvent, LoadedAssets, PageToLoad};
use super::browser::sniff::is_page;
use super::context::{CoreContext, Env, ShopperSession};
use super::failure_sample::FailureEvidence;
use super::transport::Clock;
use crate::base::{Micros, StepId};
use crate::tally::{AssetExchange, AssetsSeen, OwnFault};

/// A step that has come to its page.
pub(super) struct PageArrival {
    pub(super) step: StepId,
    pub(super) intended_at: Micros,
    /// When the last byte of the page came.
    pub(super) page_at: Micros,
    /// Whether the page was as expected: how soon all of an error page is there tells nothing.
    pub(super) as_expected: bool,
}

/// What came of the files of a page.
pub(super) struct AssetsResult {
    /// When the last of them came, or was given up.
    pub(super) at: Micros,
    /// What did not come, in words.
    pub(super) missing: Option<String>,
    /// What we failed to ask for ourselves.
    pub(super) own: Vec<(OwnFault, String)>,
}

/// Fetches the files of the page that a step has come to, if it is a page, for at most as long as the shopper waits for a
/// page.
pub(super) async fn load_assets<E: Env>(
    context: &CoreContext<E>,
    session: &mut ShopperSession<E>,
    arrival: &PageArrival,
    evidence: &FailureEvidence,
) -> AssetsResult {
    let &PageArrival { step, intended_at, page_at, as_expected } = arrival;
    let page = (
        &evidence.request,
        evidence.answer.as_ref().filter(|answer| is_page(answer)),
        session.page().cloned(),
    );
    let (Some(request), Some(answer), Some(url)) = page else {
        return AssetsResult { at: page_at, missing: None, own: Vec::new() };
    };
    let page = PageToLoad {
        url: &url,
        html: &answer.body,
        policy: session.referrer_policy(),
        headers: &request.headers,
    };
    let seen = |event: AssetEvent<'_>| match event {
        AssetEvent::Sending => context.tally.borrow_mut().request_sent(context.clock.now()),
        AssetEvent::Done(exchange, held) => {
            context.tally.borrow_mut().asset_exchange(&AssetExchange {
                step,
                began_at: exchange.began_at,
                sent: exchange.sent_at.is_some(),
                connections: exchange.connections,
                held: held.is_some(),
                bytes_received: exchange.bytes_received,
            });
        }
    };
    let give_up_at = page_at.saturating_add(context.plan.step(step).gives_up_after);
    let loaded = session.load_assets(&page, &context.clock, give_up_at, &seen).await;
    let at = context.clock.now().max(page_at);
    let whole = as_expected && loaded.failed.is_empty() && loaded.own.is_empty();
    let summary = summarise(&loaded, whole.then(|| at.since(intended_at)));
    context.tally.borrow_mut().assets(step, &summary);
    let missing = loaded.missing();
    context.observe(|observer| {
        observer.assets_loaded(step, &summary, missing.as_deref().unwrap_or_default())
    });
    AssetsResult { at, missing, own: loaded.own }
}

fn summarise(loaded: &LoadedAssets, load: Option<Micros>) -> AssetsSeen {
    AssetsSeen {
        files: loaded.files,
        cached: loaded.cached,
        not_modified: loaded.not_modified,
        failed: loaded.failed.iter().map(|missing| missing.kind).collect(),
        elsewhere: loaded.elsewhere,
        load,
    }
}

// === impl AssetsResult ===

impl AssetsResult {
    /// Tells the tally what we failed to ask for.
    pub(super) fn report_own_faults<E: Env>(&self, context: &CoreContext<E>) {
        let mut tally = context.tally.borrow_mut();
        for (fault, cause) in &self.own {
            tally.own_failure(*fault, &context.plan.secrets.mask_known(cause));
        }
    }
}

// === impl LoadedAssets ===

impl LoadedAssets {
    /// What did not come, in words; without queries, which often differ from page to page, so that causes stay few.
    fn missing(&self) -> Option<String> {
        let first = self.failed.first()?;
        let others = match self.failed.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        Some(format!(
            "{}{others} of the page's files did not come: {}",
            first.url.path(),
            first.detail
        ))
    }
}

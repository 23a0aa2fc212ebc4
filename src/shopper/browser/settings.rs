//! What all sessions of a run have in common.

use std::rc::Rc;
use std::time::SystemTime;

use http::header::{self, HeaderMap, HeaderValue};
use url::Url;

use super::allowed_hosts::AllowedHosts;
use super::cookies::Now;
use super::device::AGENT;
use super::request_headers::HeaderTemplates;
use crate::base::Micros;
use crate::shopper::transport::Origin;

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

    /// The same in each of several shops.
    pub fn in_each(&self, targets: &[Url]) -> Vec<Rc<SessionSettings>> {
        let each = targets.iter().cloned();
        each.map(|target| Rc::new(SessionSettings { target, ..self.clone() })).collect()
    }

    /// A moment of the run, as cookies count time.
    pub(super) fn at(&self, at: Micros) -> Now {
        Now { at, unix_seconds: self.began_unix_seconds.saturating_add((at.0 / 1_000_000) as i64) }
    }

    /// A moment of the run, in seconds since 1970.
    pub(crate) fn unix_seconds(&self, at: Micros) -> f64 {
        self.began_unix_seconds as f64 + at.0 as f64 / 1e6
    }

    /// The origin of an address, if requests may go there.
    pub(crate) fn origin(&self, url: &Url) -> Option<Origin> {
        Origin::from_url(url).filter(|origin| self.allowed.allows(&origin.host))
    }
}

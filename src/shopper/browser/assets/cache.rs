//! What a shopper's browser keeps of the files it has fetched: how long each is fresh, and what to ask by afterwards.
//!
//! A private cache as RFC 9111 has it, without the bodies, which nobody looks at.

use std::collections::HashMap;

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use crate::base::Micros;

/// No freshness is longer: a run is shorter, and the sum must not overflow.
const LONGEST: u64 = 365 * 86_400;

/// The files that one shopper has.
#[derive(Debug, Default)]
pub(crate) struct AssetCache {
    files: HashMap<Url, CachedFile>,
}

/// What is known of a file.
#[derive(Debug)]
struct CachedFile {
    fresh_until: Micros,
    /// For how many seconds it is fresh when it has just come.
    lifetime: u64,
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

/// What `cache-control` says to a browser. `immutable` (RFC 8246) adds nothing to a fresh file here, for shoppers don't force reloads.
#[derive(Debug, Default, PartialEq, Eq)]
struct CacheControl {
    no_store: bool,
    no_cache: bool,
    max_age: Option<u64>,
}

// === impl AssetCache ===

impl AssetCache {
    /// Whether the shopper has the file, and needs not ask for it.
    pub(super) fn is_fresh(&self, url: &Url, now: Micros) -> bool {
        self.files.get(url).is_some_and(|kept| now < kept.fresh_until)
    }

    /// Forgets the files of the origin of `url`.
    pub(super) fn forget(&mut self, url: &Url) {
        self.files.retain(|file, _| file.origin() != url.origin());
    }

    /// The headers by which the shop can say that the file has not changed.
    pub(super) fn conditions(&self, url: &Url, headers: &mut HeaderMap) {
        let Some(kept) = self.files.get(url) else { return };
        for (name, value) in
            [(header::IF_NONE_MATCH, &kept.etag), (header::IF_MODIFIED_SINCE, &kept.last_modified)]
        {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
    }

    /// Keeps what came, if it may be kept and is of use: a 200, or a 304 for what was kept before.
    pub(super) fn take(&mut self, url: &Url, status: u16, headers: &HeaderMap, now: Micros) {
        let control = CacheControl::of(headers);
        if control.no_store || !matches!(status, 200 | 304) {
            self.files.remove(url);
            return;
        }
        // Copied: a header as it came holds on to the whole head of the answer.
        let copy = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).ok())
        };
        let known = if status == 304 { self.files.remove(url) } else { None };
        // What the 304 does not say again holds on (RFC 9111, 4.3.4).
        let says =
            headers.contains_key(header::CACHE_CONTROL) || headers.contains_key(header::EXPIRES);
        let lifetime = known
            .as_ref()
            .filter(|_| !says)
            .map_or_else(|| freshness(&control, headers), |kept| kept.lifetime);
        let (known_etag, known_modified) =
            known.map_or((None, None), |kept| (kept.etag, kept.last_modified));
        let kept = CachedFile {
            fresh_until: now.saturating_add(Micros::from_secs(lifetime)),
            lifetime,
            etag: copy(header::ETAG).or(known_etag),
            last_modified: copy(header::LAST_MODIFIED).or(known_modified),
        };
        if kept.fresh_until > now || kept.etag.is_some() || kept.last_modified.is_some() {
            self.files.insert(url.clone(), kept);
        }
    }
}

// === impl CacheControl ===

impl CacheControl {
    fn of(headers: &HeaderMap) -> CacheControl {
        let mut control = CacheControl::default();
        let lines = headers
            .get_all(header::CACHE_CONTROL)
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        for directive in lines.flat_map(|line| line.split(',')) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" => control.no_store = true,
                "no-cache" => control.no_cache = true,
                // What can't be read is stale (RFC 9111, 4.2.1).
                "max-age" => {
                    control.max_age = Some(value.trim().trim_matches('"').parse().unwrap_or(0))
                }
                _ => {}
            }
        }
        control
    }
}

/// For how many seconds from now the file is fresh (RFC 9111, 4.2): as stated, or a tenth of its age where nothing is.
fn freshness(control: &CacheControl, headers: &HeaderMap) -> u64 {
    let second = |name| {
        let text = headers.get(name)?.to_str().ok()?;
        Some(
            jiff::fmt::rfc2822::DateTimeParser::new()
                .parse_timestamp(text.replace("GMT", "+0000"))
                .ok()?
                .as_second(),
        )
    };
    let age = headers
        .get(header::AGE)
        .and_then(|age| age.to_str().ok()?.trim().parse().ok())
        .unwrap_or(0);
    let lifetime = if control.no_cache {
        0
    } else if let Some(max_age) = control.max_age {
        max_age
    } else if headers.contains_key(header::EXPIRES) {
        // A date that is none has passed.
        second(header::EXPIRES)
            .zip(second(header::DATE))
            .map_or(0, |(expires, date)| u64::try_from(expires - date).unwrap_or(0))
    } else {
        let quiet = second(header::DATE).zip(second(header::LAST_MODIFIED));
        quiet.map_or(0, |(date, modified)| u64::try_from(date - modified).unwrap_or(0) / 10)
    };
    lifetime.saturating_sub(age).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    /// For how many seconds a file that came with these headers is fresh.
    fn fresh_for(pairs: &[(&'static str, &'static str)]) -> u64 {
        let headers = headers(pairs);
        freshness(&CacheControl::of(&headers), &headers)
    }

    #[test]
    fn a_file_is_fresh_as_long_as_the_shop_says() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(fresh_for(&[("cache-control", "public, max-age=60")]), 60);
        assert_eq!(
            fresh_for(&[("cache-control", "Max-Age=\"31536000\", immutable"), ("age", "31535000")]),
            1_000
        );
        assert_eq!(fresh_for(&[("cache-control", "max-age=60, no-cache")]), 0);
        assert_eq!(
            fresh_for(&[
                ("cache-control", "max-age=soon"),
                date,
                ("expires", "Sun, 06 Nov 1994 08:50:37 GMT")
            ]),
            0
        );
        assert_eq!(fresh_for(&[date, ("expires", "Sun, 06 Nov 1994 08:50:37 GMT")]), 60);
        assert_eq!(fresh_for(&[date, ("expires", "0")]), 0);
        assert_eq!(fresh_for(&[date, ("last-modified", "Sun, 06 Nov 1994 08:39:37 GMT")]), 60);
        assert_eq!(fresh_for(&[("etag", "\"a\"")]), 0);
    }

    #[test]
    fn what_is_stale_is_asked_for_by_what_is_known_of_it() {
        let (mut cache, url) =
            (AssetCache::default(), Url::parse("https://shop.example/a.css").unwrap());
        let second = Micros::from_secs;
        cache.take(
            &url,
            200,
            &headers(&[("cache-control", "max-age=10"), ("etag", "\"a\"")]),
            second(100),
        );
        assert!(cache.is_fresh(&url, second(109)) && !cache.is_fresh(&url, second(110)));
        let mut asked = HeaderMap::new();
        cache.conditions(&url, &mut asked);
        assert_eq!(asked, headers(&[("if-none-match", "\"a\"")]));
        // Not changed: as fresh as it says now, and still asked for by the same tag.
        cache.take(&url, 304, &headers(&[("cache-control", "max-age=20")]), second(110));
        assert!(cache.is_fresh(&url, second(129)) && !cache.is_fresh(&url, second(130)));
        // Or as long as before, where it says nothing.
        cache.take(&url, 304, &headers(&[]), second(130));
        assert!(cache.is_fresh(&url, second(149)) && !cache.is_fresh(&url, second(150)));
        cache.conditions(&url, &mut asked);
        assert_eq!(asked["if-none-match"], "\"a\"");
    }

    #[test]
    fn what_must_not_be_kept_or_failed_is_not() {
        let (mut cache, url) =
            (AssetCache::default(), Url::parse("https://shop.example/a.css").unwrap());
        let good = headers(&[("cache-control", "max-age=10")]);
        cache.take(
            &url,
            200,
            &headers(&[("cache-control", "no-store, max-age=10"), ("etag", "\"a\"")]),
            Micros(0),
        );
        assert!(!cache.is_fresh(&url, Micros(1)));
        cache.take(&url, 200, &good, Micros(0));
        assert!(cache.is_fresh(&url, Micros(1)));
        cache.take(&url, 500, &good, Micros(1));
        assert!(!cache.is_fresh(&url, Micros(2)));
    }
}

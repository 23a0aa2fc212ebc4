//! What a request says of the page that it comes from (W3C Referrer Policy), as Chromium does it.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{HeaderValue, REFERRER_POLICY};
use url::Url;

use super::site::SiteRelation;

/// A longer `referer` is cut to the origin.
const LONGEST: usize = 4_096;

/// How much a page lets its requests say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReferrerPolicy {
    NoReferrer,
    NoReferrerWhenDowngrade,
    SameOrigin,
    Origin,
    StrictOrigin,
    OriginWhenCrossOrigin,
    #[default]
    StrictOriginWhenCrossOrigin,
    UnsafeUrl,
}

/// How much of an address is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Nothing,
    Origin,
    All,
}

// === impl ReferrerPolicy ===

impl ReferrerPolicy {
    /// What an answer's headers say; of several words the last that is known.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<ReferrerPolicy> {
        let lines = headers.get_all(REFERRER_POLICY).into_iter();
        let words = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        words.filter_map(|word| ReferrerPolicy::from_word(word.trim())).next_back()
    }

    /// What a `meta name=referrer` says: one word, or one of older words. White space around it makes it unknown to Chromium.
    pub(super) fn from_meta(content: &str) -> Option<ReferrerPolicy> {
        let word = content.to_ascii_lowercase();
        match word.as_str() {
            "never" => Some(ReferrerPolicy::NoReferrer),
            "default" => Some(ReferrerPolicy::default()),
            "always" => Some(ReferrerPolicy::UnsafeUrl),
            "origin-when-crossorigin" => Some(ReferrerPolicy::OriginWhenCrossOrigin),
            word => ReferrerPolicy::from_word(word),
        }
    }

    pub(super) fn from_word(word: &str) -> Option<ReferrerPolicy> {
        let known = [
            ("no-referrer", ReferrerPolicy::NoReferrer),
            ("no-referrer-when-downgrade", ReferrerPolicy::NoReferrerWhenDowngrade),
            ("same-origin", ReferrerPolicy::SameOrigin),
            ("origin", ReferrerPolicy::Origin),
            ("strict-origin", ReferrerPolicy::StrictOrigin),
            ("origin-when-cross-origin", ReferrerPolicy::OriginWhenCrossOrigin),
            ("strict-origin-when-cross-origin", ReferrerPolicy::StrictOriginWhenCrossOrigin),
            ("unsafe-url", ReferrerPolicy::UnsafeUrl),
        ];
        known.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, policy)| *policy)
    }

    fn part(self, relation: SiteRelation, downgrade: bool) -> Part {
        let same = relation == SiteRelation::SameOrigin;
        match self {
            ReferrerPolicy::NoReferrer => Part::Nothing,
            ReferrerPolicy::NoReferrerWhenDowngrade if downgrade => Part::Nothing,
            ReferrerPolicy::SameOrigin if !same => Part::Nothing,
            ReferrerPolicy::StrictOrigin | ReferrerPolicy::StrictOriginWhenCrossOrigin
                if downgrade =>
            {
                Part::Nothing
            }
            ReferrerPolicy::Origin | ReferrerPolicy::StrictOrigin => Part::Origin,
            ReferrerPolicy::OriginWhenCrossOrigin | ReferrerPolicy::StrictOriginWhenCrossOrigin
                if !same =>
            {
                Part::Origin
            }
            ReferrerPolicy::NoReferrerWhenDowngrade
            | ReferrerPolicy::SameOrigin
            | ReferrerPolicy::OriginWhenCrossOrigin
            | ReferrerPolicy::StrictOriginWhenCrossOrigin
            | ReferrerPolicy::UnsafeUrl => Part::All,
        }
    }

    /// The `referer` of a request from the page at `from` to `to`: without fragment and credentials. The second says whether
    /// it is the origin alone.
    pub(crate) fn referer(
        self,
        from: &Url,
        to: &Url,
        relation: SiteRelation,
    ) -> Option<(HeaderValue, bool)> {
        let text = match self.part(relation, is_downgrade(from, to)) {
            Part::Nothing => return None,
            Part::Origin => None,
            Part::All => Some(without_secrets(from)).filter(|text| text.len() <= LONGEST),
        };
        let of_origin = text.is_none();
        let text = text.unwrap_or_else(|| format!("{}/", from.origin().ascii_serialization()));
        Some((HeaderValue::from_maybe_shared(Bytes::from(text)).ok()?, of_origin))
    }

    /// Whether a post says the page's origin, rather than `null` (WHATWG Fetch, 3.2).
    pub(super) fn says_origin(self, from: &Url, to: &Url, relation: SiteRelation) -> bool {
        match self {
            ReferrerPolicy::NoReferrer => false,
            ReferrerPolicy::SameOrigin => relation == SiteRelation::SameOrigin,
            ReferrerPolicy::NoReferrerWhenDowngrade
            | ReferrerPolicy::StrictOrigin
            | ReferrerPolicy::StrictOriginWhenCrossOrigin => !is_downgrade(from, to),
            ReferrerPolicy::Origin
            | ReferrerPolicy::OriginWhenCrossOrigin
            | ReferrerPolicy::UnsafeUrl => true,
        }
    }
}

fn is_downgrade(from: &Url, to: &Url) -> bool {
    from.scheme() == "https" && to.scheme() == "http"
}

fn without_secrets(url: &Url) -> String {
    if url.fragment().is_none() && url.username().is_empty() && url.password().is_none() {
        return url.as_str().to_owned();
    }
    let mut plain = url.clone();
    plain.set_fragment(None);
    // Both fail only on addresses without a host, which no page has.
    let _ = plain.set_username("");
    let _ = plain.set_password(None);
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::super::site::relation;
    use super::*;

    #[test]
    fn each_policy_says_what_it_says_in_chromium() {
        let page = "https://me:secret@shop.example/p?x#y";
        let (here, there, plain) =
            ("https://shop.example/q", "https://pay.example/q", "http://shop.example/q");
        let all = Some("https://shop.example/p?x");
        let origin = Some("https://shop.example/");
        for (word, expected) in [
            ("no-referrer", [None; 3]),
            ("no-referrer-when-downgrade", [all, all, None]),
            ("same-origin", [all, None, None]),
            ("origin", [origin; 3]),
            ("strict-origin", [origin, origin, None]),
            ("origin-when-cross-origin", [all, origin, origin]),
            ("strict-origin-when-cross-origin", [all, origin, None]),
            ("unsafe-url", [all; 3]),
        ] {
            let policy = ReferrerPolicy::from_word(word).unwrap();
            let said = [here, there, plain].map(|to| {
                let [from, to] = [page, to].map(|url| Url::parse(url).unwrap());
                let said = policy.referer(&from, &to, relation(&from, &to));
                said.map(|(value, _)| value.to_str().unwrap().to_owned())
            });
            assert_eq!(said.each_ref().map(Option::as_deref), expected, "{word}");
        }
    }

    #[test]
    fn the_last_known_word_counts_and_pages_know_older_ones() {
        let of = |lines: &[&'static str]| {
            let lines = lines.iter().map(|line| (REFERRER_POLICY, HeaderValue::from_static(line)));
            ReferrerPolicy::from_headers(&lines.collect())
        };
        assert_eq!(of(&["bogus, origin"]), Some(ReferrerPolicy::Origin));
        assert_eq!(of(&["origin, bogus"]), Some(ReferrerPolicy::Origin));
        assert_eq!(of(&["origin", "no-referrer"]), Some(ReferrerPolicy::NoReferrer));
        assert_eq!(of(&["bogus", ""]), None);
        assert_eq!(ReferrerPolicy::from_meta("Never"), Some(ReferrerPolicy::NoReferrer));
        assert_eq!(ReferrerPolicy::from_meta("origin, bogus"), None);
        assert_eq!(ReferrerPolicy::from_meta(" origin "), None);
    }

    #[test]
    fn a_referer_too_long_is_cut_to_the_origin() {
        let from = Url::parse(&format!("http://shop.example/{}", "x".repeat(5_000))).unwrap();
        let said =
            ReferrerPolicy::UnsafeUrl.referer(&from, &from, SiteRelation::SameOrigin).unwrap();
        assert_eq!(said, (HeaderValue::from_static("http://shop.example/"), true));
    }
}

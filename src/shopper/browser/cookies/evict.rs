//! Which cookies go when a site has too many. Chromium's numbers and order.

use super::super::site::registrable_domain;
use super::cookie::{Cookie, Priority};
use crate::base::Micros;

/// How many cookies a site (a registrable domain) may have.
const MOST: usize = 180;
/// How many are left once it has more.
const LEFT: usize = 150;

/// What is dropped, in this order: priority, whether secure ones are spared, and how many of that priority stay.
const ROUNDS: [(Priority, bool, usize); 6] = [
    (Priority::Low, true, 30),
    (Priority::Low, false, 30),
    (Priority::Medium, true, 50),
    (Priority::High, true, 70),
    (Priority::Medium, false, 50),
    (Priority::High, false, 70),
];

/// Drops cookies of the site that this domain belongs to, if it has too many: those that have expired, then those that were
/// not sent for the longest.
pub(super) fn evict(cookies: &mut Vec<Cookie>, domain: &str, now: Micros) {
    // Few jars are ever so full that sites must be told apart.
    if cookies.len() <= MOST {
        return;
    }
    let site = site_of(domain);
    let of_site = |cookie: &Cookie| site_of(&cookie.domain) == site;
    if cookies.iter().filter(|cookie| of_site(cookie)).count() <= MOST {
        return;
    }
    cookies.retain(|cookie| !(of_site(cookie) && cookie.has_expired(now)));
    let mut oldest: Vec<usize> =
        (0..cookies.len()).filter(|place| of_site(&cookies[*place])).collect();
    if oldest.len() <= MOST {
        return;
    }
    oldest.sort_by_key(|place| (cookies[*place].sent_at, cookies[*place].created));
    let mut goal = oldest.len() - LEFT;
    let mut dropped = vec![false; cookies.len()];
    for (priority, spares_secure, stay) in ROUNDS {
        let here = |place: &usize| !dropped[*place] && cookies[*place].priority == priority;
        let all = oldest.iter().filter(|place| here(place)).count();
        let secure = oldest.iter().filter(|place| here(place) && cookies[**place].secure).count();
        let spared = if spares_secure { stay.max(secure) } else { stay };
        let may_go = if all <= stay { 0 } else { all.saturating_sub(spared).min(goal) };
        let gone: Vec<usize> = oldest
            .iter()
            .filter(|place| here(place) && !(spares_secure && cookies[**place].secure))
            .take(may_go)
            .copied()
            .collect();
        goal -= gone.len();
        gone.into_iter().for_each(|place| dropped[place] = true);
    }
    let mut dropped = dropped.into_iter();
    cookies.retain(|_| dropped.next() != Some(true));
}

fn site_of(domain: &str) -> &str {
    registrable_domain(domain).unwrap_or(domain)
}

//! How long a shop asks to be left alone (RFC 9110, 10.2.3).

use http::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::base::Micros;
use crate::shopper::browser::cookies::parse_date;

/// Nobody waits longer than that for a shop.
const LONGEST: u64 = 300;

/// What a `Retry-After` comes to: seconds, or a date less the answer's own `Date`.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Micros> {
    let written = headers.get(RETRY_AFTER)?.as_bytes().trim_ascii();
    let seconds = match std::str::from_utf8(written).ok()?.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let now = parse_date(headers.get(DATE)?.as_bytes())?;
            u64::try_from(parse_date(written)?.saturating_sub(now)).unwrap_or_default()
        }
    };
    Some(Micros::from_secs(seconds.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_held_within_what_people_wait() {
        let of = |text: &'static str| {
            retry_after(&HeaderMap::from_iter([
                (RETRY_AFTER, HeaderValue::from_static(text)),
                (DATE, HeaderValue::from_static("Fri, 27 Nov 2026 10:00:00 GMT")),
            ]))
        };
        assert_eq!(of("3"), Some(Micros::from_secs(3)));
        assert_eq!(of("Fri, 27 Nov 2026 10:01:00 GMT"), Some(Micros::from_secs(60)));
        assert_eq!(of("Fri, 27 Nov 2026 09:00:00 GMT"), Some(Micros::ZERO));
        assert_eq!(of("86400"), Some(Micros::from_secs(300)));
        assert_eq!((of("soon"), of("-1")), (None, None));
    }
}

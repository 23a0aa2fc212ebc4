//! W3C Trace Context: a `traceparent` with each request, so that a failing one is found in the shop's own traces.

use http::HeaderValue;
use sha2::{Digest, Sha256};

use crate::base::ShopperId;
use crate::base::random::{Purpose, draw};

/// The header of a shopper's `nth` request: version 00, a trace of its own, a parent of its own, sampled
/// (<https://www.w3.org/TR/trace-context/>). Unique to the run, so that two runs with one seed don't share traces.
pub fn traceparent(run: &str, shopper: ShopperId, nth: u64) -> HeaderValue {
    let run = Sha256::digest(run.as_bytes());
    let key = shopper.0 ^ run.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte));
    // Neither may be zero in all its bits.
    let [high, low, parent] =
        [0, 1, 2].map(|part| draw(key, Purpose::Trace, 4 * nth + part).max(1));
    HeaderValue::from_str(&format!("00-{high:016x}{low:016x}-{parent:016x}-01"))
        .expect("hexadecimal digits and dashes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_well_formed_and_unique_to_run_shopper_and_request() {
        let form = regex::Regex::new("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$").unwrap();
        let all: Vec<String> = [("a", 1, 0), ("b", 1, 0), ("a", 2, 0), ("a", 1, 1)]
            .map(|(run, shopper, nth)| {
                traceparent(run, ShopperId(shopper), nth).to_str().unwrap().to_owned()
            })
            .into();
        for (i, one) in all.iter().enumerate() {
            assert!(form.is_match(one), "{one}");
            assert!(
                all[..i]
                    .iter()
                    .all(|other| other[3..35] != one[3..35] && other[36..52] != one[36..52])
            );
        }
        assert_eq!(all[0], traceparent("a", ShopperId(1), 0));
    }
}

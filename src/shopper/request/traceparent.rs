//! W3C Trace Context: a `traceparent` with each request, so that a failing one is found in the shop's own traces.

use http::HeaderValue;

use crate::base::{RequestTrace, ShopperId};

/// The header of a shopper's `nth` request: version 00, a trace of its own, a parent of its own, sampled.
pub fn traceparent(run: &str, shopper: ShopperId, nth: u64) -> HeaderValue {
    let RequestTrace { trace, span } = RequestTrace::of(run, shopper, nth);
    HeaderValue::from_str(&format!("00-{trace:032x}-{span:016x}-01"))
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

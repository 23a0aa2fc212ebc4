//! `provoke:` of a purchase: what some shoppers do at the paying step, as impatient people and broken networks do it.

use super::decode::{OneOrMany, mapping};
use super::source::Located;
use super::units::Fraction;
use crate::base::Micros;

mapping! {
    /// What some shoppers do at the paying step besides paying. Each is drawn at random by shopper, so that differences are caused by it. Only for shops of your own: it sends requests that may order twice.
    Provoke, "provocations" {
        /// The same request once more, so long after the first (default 100ms), on another connection.
        "double_click" => double_click: Provocation,
        /// The request is sent and cut off after so long (default 100ms), without its answer; then it is sent again with the same key.
        "cut" => cut: Provocation,
        /// As `cut`; then it is sent again with a new key.
        "new_key_retry" => new_key_retry: Provocation,
        /// The same basket is paid from a second tab at the same time, with a key of its own.
        "second_tab" => second_tab: Provocation,
        /// The same request under the same key, so long after the first (default 0s). While the shop says that the first is under way (409, 425), it is sent again every 500 ms, for 30 s at most. With `after` beyond the life of the shop's keys, it shows whether they are forgotten.
        "same_key" => same_key: Provocation,
        /// The same request once more, so long after its answer (default 1s).
        "resubmit" => resubmit: Provocation,
        /// The same key with another body, after the answer: the shop must refuse it.
        "other_body" => other_body: Provocation,
        /// The same key and body from somebody else's session, after the answer.
        "other_session" => other_session: Provocation,
        /// The redirect back from the payment page is not followed, and the shopper never comes back. The shop must place the order by what the provider tells it. These shoppers count as having left by choice.
        "return_lost" => return_lost: Provocation,
    }
}

mapping! {
    /// How many shoppers do it, and when.
    Provocation, "a provocation" {
        /// The share of shoppers.
        "share" required => share: Located<Fraction>,
        /// When; several times split the share.
        "after" => after: OneOrMany<Located<Micros>>,
    }
}

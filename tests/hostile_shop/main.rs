//! Shops that break, stall, lie and flood: whatever they do, a shopper sees it, names it, and goes on.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod answers;
mod http2;
mod keep_alive;
mod raw;
mod redirects;
mod secure;
mod stalls;

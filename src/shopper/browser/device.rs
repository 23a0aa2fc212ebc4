//! What a usual browser on a shopper's device says of itself.
//!
//! Chromium's words, with the user agent reduced as it has been since version 107 and the client hints that go with every
//! request (https://www.chromium.org/updates/ua-reduction/, https://wicg.github.io/ua-client-hints/). A browser sends the
//! hints to hosts that it trusts only: over TLS, or on this machine. So does a shopper in a browser; an app says them to all.

use std::sync::LazyLock;

use http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use crate::plan::Device;

/// Who we are, in every `user-agent`.
pub const AGENT: &str = concat!("tillrush/", env!("CARGO_PKG_VERSION"), " (+load test)");

/// What the headers of a device may be, so that those of one can be taken back for another.
pub(crate) const SAID: [HeaderName; 5] = [
    USER_AGENT,
    ACCEPT_LANGUAGE,
    HeaderName::from_static("sec-ch-ua"),
    HeaderName::from_static("sec-ch-ua-mobile"),
    HeaderName::from_static("sec-ch-ua-platform"),
];

/// The client hints among them.
pub(crate) const HINTS: [HeaderName; 3] = [
    HeaderName::from_static("sec-ch-ua"),
    HeaderName::from_static("sec-ch-ua-mobile"),
    HeaderName::from_static("sec-ch-ua-platform"),
];

const MOBILE: [&str; 5] = [
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    LANGUAGE,
    BRANDS,
    "?1",
    "\"Android\"",
];
const DESKTOP: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    LANGUAGE,
    BRANDS,
    "?0",
    "\"Windows\"",
];
const LANGUAGE: &str = "en-US,en;q=0.9";
const BRANDS: &str =
    "\"Chromium\";v=\"142\", \"Google Chrome\";v=\"142\", \"Not_A Brand\";v=\"99\"";

/// The headers of this device's browser. It says that it is a load test, as every shopper does.
pub(crate) fn headers(device: Device) -> &'static HeaderMap {
    static MOBILE_SAYS: LazyLock<HeaderMap> = LazyLock::new(|| say(MOBILE));
    static DESKTOP_SAYS: LazyLock<HeaderMap> = LazyLock::new(|| say(DESKTOP));
    match device {
        Device::Mobile => &MOBILE_SAYS,
        Device::Desktop => &DESKTOP_SAYS,
    }
}

fn say(words: [&str; 5]) -> HeaderMap {
    let words = words.map(str::to_owned);
    let [agent, ..] = &words;
    let agent = format!("{agent} {AGENT}");
    let said = std::iter::once(agent).chain(words.iter().skip(1).cloned());
    SAID.into_iter()
        .zip(said)
        .filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?)))
        .collect()
}

//! A shop that has its browser forget: `Clear-Site-Data`, sent as a customer logs out (W3C Clear Site Data).

use http::{HeaderMap, HeaderName};
use url::Url;

use super::session::BrowserSession;
use super::site::is_trustworthy;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

impl<L, G> BrowserSession<L, G> {
    /// Forgets what an answer from `url` says is to be forgotten: cookies of all hosts of the site, files of that origin. What the
    /// same answer has set is forgotten as well. As in browsers, only those that can't be listened to may say so.
    pub(super) fn clear_site_data(&mut self, headers: &HeaderMap, url: &Url) {
        let mut lines = headers.get_all(CLEAR_SITE_DATA).iter().peekable();
        if lines.peek().is_none() || !is_trustworthy(url) {
            return;
        }
        let words: Vec<&[u8]> = lines
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .collect();
        let says = |word: &[u8]| words.contains(&word) || words.contains(&&b"\"*\""[..]);
        if says(b"\"cookies\"") {
            self.cookies.clear_site(url);
        }
        if says(b"\"cache\"")
            && let Some(assets) = &mut self.assets
        {
            assets.forget(url);
        }
    }
}

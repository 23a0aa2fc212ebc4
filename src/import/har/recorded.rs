//! What of a recording is an act of the shopper: third parties are left out, files folded into their page, redirects into what led
//! to them.

use super::entry::{HarEntry, Recording};
use super::polls::{RecordedPoll, fold_polls};

/// An act of the shopper, with the last answer that came of it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The request.
    pub entry: HarEntry,
    /// Answers that redirected.
    pub hops: Vec<HarEntry>,
    /// The last answer, after redirects.
    pub last: HarEntry,
    /// Files that the page loaded.
    pub assets: usize,
    /// How it was asked again, if it was.
    pub poll: Option<RecordedPoll>,
    /// When all of it was there, in microseconds since 1970.
    pub end: i64,
}

impl Recorded {
    /// Whether a script sent it.
    pub fn is_by_script(&self) -> bool {
        self.entry.is_by_script()
    }
}

/// What was left out.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    /// Other hosts, with their requests.
    pub others: std::collections::BTreeMap<String, usize>,
    /// Preflights, requests without an answer, and the browser's own calls.
    pub noise: usize,
    /// Files of pages.
    pub assets: usize,
}

/// The acts of a recording, and what was left out.
pub fn acts(recording: &Recording) -> (Vec<Recorded>, LeftOut) {
    let mut left_out = LeftOut::default();
    let Some(site) = site(recording) else { return (Vec::new(), left_out) };
    let mut acts: Vec<Recorded> = Vec::new();
    for entry in &recording.entries {
        if entry.method == "OPTIONS" || entry.status == 0 || entry.method == "HEAD" {
            left_out.noise += 1;
        } else if group(&entry.url) != site {
            *left_out
                .others
                .entry(entry.url.host_str().unwrap_or_default().to_owned())
                .or_default() += 1;
        } else if is_asset(entry) {
            left_out.assets += 1;
            if let Some(act) = acts.iter_mut().rev().find(|act| act.last.is_page()) {
                act.assets += 1;
            }
        } else if let Some(act) = acts.last_mut().filter(|act| leads_to(&act.last, entry)) {
            act.end = act.end.max(entry.start + entry.duration);
            act.hops.push(std::mem::replace(&mut act.last, entry.clone()));
        } else {
            let end = entry.start + entry.duration;
            let (entry, last) = (entry.clone(), entry.clone());
            acts.push(Recorded { entry, hops: Vec::new(), last, assets: 0, poll: None, end });
        }
    }
    (fold_polls(acts), left_out)
}

/// The shop: the site of the first page, else of the first call.
fn site(recording: &Recording) -> Option<String> {
    let answered = || recording.entries.iter().filter(|entry| entry.status > 0);
    let first = answered().find(|entry| entry.is_page()).or_else(|| answered().next());
    first.map(|entry| group(&entry.url))
}

/// The registrable domain; addresses and bare names stand for themselves.
fn group(url: &url::Url) -> String {
    match url.host() {
        Some(url::Host::Domain(name)) if name.contains('.') => {
            psl::domain_str(name).unwrap_or(name).to_owned()
        }
        Some(host) => host.to_string(),
        None => String::new(),
    }
}

fn is_asset(entry: &HarEntry) -> bool {
    const KINDS: [&str; 7] =
        ["image", "stylesheet", "script", "font", "media", "manifest", "texttrack"];
    const TYPES: [&str; 8] = [
        "image/",
        "text/css",
        "javascript",
        "font/",
        "audio/",
        "video/",
        "wasm",
        "application/manifest",
    ];
    let wanted = entry.headers.iter().find(|(name, _)| name == "sec-fetch-dest");
    let dest = wanted.map_or("", |(_, value)| value.as_str());
    let named =
        ["image", "style", "script", "font", "audio", "video", "track", "manifest"].contains(&dest);
    let icon = entry.url.path().ends_with("favicon.ico");
    entry.method == "GET"
        && (KINDS.contains(&entry.resource.as_str())
            || named
            || icon
            || TYPES.iter().any(|kind| entry.answer_type.contains(kind)))
}

/// Whether an answer redirected to this request.
fn leads_to(answer: &HarEntry, next: &HarEntry) -> bool {
    if !(300..400).contains(&answer.status) || answer.status == 304 {
        return false;
    }
    let location = answer.answer_header("location").unwrap_or_default();
    let mut target = match answer.url.join(location) {
        Ok(target) => target,
        Err(_) => return false,
    };
    target.set_fragment(None);
    target == next.url
}

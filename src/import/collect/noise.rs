//! Requests that are no act of a shopper.

use crate::import::line::LogLine;

const FILES: [&str; 25] = [
    "css",
    "js",
    "mjs",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "webp",
    "avif",
    "ico",
    "bmp",
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    "map",
    "mp4",
    "webm",
    "mp3",
    "webmanifest",
    "txt",
    "xml",
    "pdf",
];
const HEALTH: [&str; 9] = [
    "/health",
    "/healthz",
    "/healthcheck",
    "/ping",
    "/livez",
    "/readyz",
    "/status",
    "/metrics",
    "/_health",
];

/// What a request is, if it is no act of a shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// A file that belongs to a page.
    Asset,
    /// A health check.
    HealthCheck,
    /// A question before a request of another site.
    Preflight,
    /// `robots.txt`, which only programs ask for.
    Robots,
    /// A path that the user wants left out.
    Ignored,
}

// === impl Noise ===

impl Noise {
    /// What this line is, if it is no act of a shopper.
    pub fn of(line: &LogLine<'_>, ignore: &[String]) -> Option<Noise> {
        let path = line.path.as_ref();
        if line.method == "OPTIONS" {
            Some(Noise::Preflight)
        } else if path == "/robots.txt" {
            Some(Noise::Robots)
        } else if HEALTH.contains(&path.trim_end_matches('/')) {
            Some(Noise::HealthCheck)
        } else if ignore.iter().any(|prefix| path.starts_with(prefix.as_str())) {
            Some(Noise::Ignored)
        } else {
            is_file(path).then_some(Noise::Asset)
        }
    }
}

fn is_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((_, extension)) = name.rsplit_once('.') else { return false };
    FILES.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

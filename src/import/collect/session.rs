//! A visit to the shop: what one visitor did without a long break.

use super::paths::PathId;

/// What is kept of each session, however long the log.
#[derive(Clone, Copy, Debug)]
pub struct SessionHead {
    /// Its first request, in microseconds since 1970.
    pub start: i64,
    /// The end of its last request.
    pub end: i64,
    /// Pages and other acts.
    pub pages: u32,
    /// Files that belong to pages.
    pub assets: u32,
    /// Whether a cookie told who it is, and not an address.
    pub by_cookie: bool,
    /// Whether the same visitor had come before.
    pub returning: bool,
    /// Whether it is a phone or a tablet.
    pub mobile: bool,
    /// Whether it is a program by what it did.
    pub program: Option<BotRule>,
}

/// By what a program was found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BotRule {
    /// Its user agent says so.
    Declared,
    /// The log's own score says so.
    Score,
    /// It asked for `robots.txt`.
    Robots,
    /// More than 60 pages in a minute, or more pages than anybody reads.
    TooFast,
    /// Pages at equal distances.
    TooEven,
    /// It never asks for more than heads.
    HeadsOnly,
    /// It loads no files of pages, where people do.
    NoAssets,
    /// It asks for one kind of page all the time.
    OnePage,
}

/// A request of a session.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// When it began, in microseconds since 1970.
    pub start: i64,
    /// How long it took in milliseconds, if the log says it.
    pub duration: Option<u32>,
    /// Its path.
    pub node: PathId,
    /// Its status.
    pub status: u16,
    /// Its method.
    pub method: VisitMethod,
    /// Whether the shopper saw it fail.
    pub failed: bool,
}

/// A method of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VisitMethod {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

// === impl BotRule ===

impl BotRule {
    /// What it found, for the report.
    pub const fn reason(self) -> &'static str {
        match self {
            BotRule::Declared => "the user agent names a program",
            BotRule::Score => "the log's bot score is below 30",
            BotRule::Robots => "asked for robots.txt",
            BotRule::TooFast => "more than 60 pages in a minute",
            BotRule::TooEven => "pages at equal intervals",
            BotRule::HeadsOnly => "HEAD requests only",
            BotRule::NoAssets => "five pages or more, and no asset",
            BotRule::OnePage => "50 pages or more of one kind",
        }
    }

    /// The rules that look at one session alone.
    pub fn of(visits: &[Visit], robots: bool) -> Option<BotRule> {
        if robots {
            Some(BotRule::Robots)
        } else if !visits.is_empty() && visits.iter().all(|visit| visit.method == VisitMethod::Head)
        {
            Some(BotRule::HeadsOnly)
        } else if visits.windows(61).any(|some| some[60].start - some[0].start < 60_000_000) {
            Some(BotRule::TooFast)
        } else if visits.len() > 20 && variation_of_gaps(visits) < 0.1 {
            Some(BotRule::TooEven)
        } else {
            None
        }
    }
}

/// The coefficient of variation of the times between requests.
fn variation_of_gaps(visits: &[Visit]) -> f64 {
    let gaps: Vec<f64> =
        visits.windows(2).map(|pair| (pair[1].start - pair[0].start) as f64).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    if mean > 0.0 { variance.sqrt() / mean } else { 0.0 }
}

// === impl Method ===

impl VisitMethod {
    /// The method of this name, if shoppers have it.
    pub fn of(name: &str) -> Option<VisitMethod> {
        Some(match name {
            "GET" => VisitMethod::Get,
            "HEAD" => VisitMethod::Head,
            "POST" => VisitMethod::Post,
            "PUT" => VisitMethod::Put,
            "PATCH" => VisitMethod::Patch,
            "DELETE" => VisitMethod::Delete,
            _ => return None,
        })
    }

    /// As scenarios write it.
    pub const fn word(self) -> &'static str {
        match self {
            VisitMethod::Get => "get",
            VisitMethod::Head => "head",
            VisitMethod::Post => "post",
            VisitMethod::Put => "put",
            VisitMethod::Patch => "patch",
            VisitMethod::Delete => "delete",
        }
    }
}

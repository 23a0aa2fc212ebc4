//! What a field of a log means, and how fields become a line.

use std::borrow::Cow;

use super::time;
use crate::import::line::{BadLine, LogLine};

/// The meaning of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Nothing that is needed.
    Ignored,
    /// When the request began.
    Start,
    /// When the answer was sent.
    End,
    /// The day of a stamp in two fields.
    Date,
    /// The time of day of a stamp in two fields.
    Clock,
    /// A duration, in this many microseconds a unit.
    Duration(u32),
    /// A duration in seconds if it has a decimal point, else in milliseconds; it may end in `s`.
    DurationGuessed,
    /// The client's address, perhaps with a port.
    Client,
    /// The address that a proxy forwards for; the first of several.
    Forwarded,
    /// The user agent.
    UserAgent,
    /// The method.
    VisitMethod,
    /// The host.
    Host,
    /// A path, perhaps with its query, or a whole URL.
    Path,
    /// The query.
    Query,
    /// The request line: method, path and protocol.
    Request,
    /// The status.
    Status,
    /// The page it came from.
    Referer,
    /// The session's id.
    Session,
    /// All cookies of the request.
    Cookies,
    /// How likely a person is, from 1 to 99.
    BotScore,
    /// What a cache did.
    Cache,
}

/// Whether a stamp in two fields is that of the start or of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampMeaning {
    /// The request began.
    Start,
    /// The answer was sent.
    End,
}

/// A line whose fields come in one by one.
#[derive(Debug, Default)]
pub struct LineBuilder<'a> {
    line: LogLine<'a>,
    start: Option<time::LogMoment>,
    end: Option<time::LogMoment>,
    date: Cow<'a, str>,
    clock: Cow<'a, str>,
    forwarded: bool,
    status: Option<u16>,
}

/// Cookies by which shops know their visitors.
const SESSION_COOKIES: [&str; 12] = [
    "sid",
    "sessionid",
    "session",
    "session_id",
    "phpsessid",
    "jsessionid",
    "connect.sid",
    "asp.net_sessionid",
    "laravel_session",
    "_session_id",
    "frontend",
    "cart",
];

/// Whether a cookie of this name tells visitors apart.
pub fn names_a_session(cookie: &str, wanted: Option<&str>) -> bool {
    match wanted {
        Some(wanted) => cookie.eq_ignore_ascii_case(wanted),
        None => SESSION_COOKIES.iter().any(|known| cookie.eq_ignore_ascii_case(known)),
    }
}

// === impl LineBuilder ===

impl<'a> LineBuilder<'a> {
    /// Takes a field. `-` and nothing mean that it is not there.
    pub fn set(&mut self, field: &Field, value: Cow<'a, str>, session_cookie: Option<&str>) {
        if value.is_empty() || value == "-" {
            return;
        }
        match field {
            Field::Ignored => {}
            Field::Start => self.start = time::read(&value),
            Field::End => self.end = time::read(&value),
            Field::Date => self.date = value,
            Field::Clock => self.clock = value,
            Field::Duration(unit) => self.line.duration = duration(&value, *unit),
            Field::DurationGuessed => {
                let unit = if value.contains(['.', 's']) { 1_000_000 } else { 1_000 };
                self.line.duration = duration(value.trim_end_matches('s'), unit);
            }
            Field::Client if !self.forwarded => self.line.client = without_port(value),
            Field::Client => {}
            Field::Forwarded => {
                self.line.client = first_of(value);
                self.forwarded = true;
            }
            Field::UserAgent => self.line.user_agent = value,
            Field::VisitMethod => self.line.method = value,
            Field::Host => self.line.host = value,
            Field::Path => self.path(value),
            Field::Query => self.line.query = value,
            Field::Request => self.request(&value),
            Field::Status => self.status = value.parse().ok(),
            Field::Referer => self.line.referer = value,
            Field::Session => self.line.session = value,
            Field::Cookies => {
                if let Some(session) = session_of(&value, session_cookie) {
                    self.line.session = session.to_owned().into();
                }
            }
            Field::BotScore => self.line.bot_score = value.parse().ok(),
            Field::Cache => self.line.cached = cache_of(&value),
        }
    }

    /// The line.
    ///
    /// # Errors
    /// When a field that every line needs is not there.
    pub fn finish(mut self, stamp: StampMeaning) -> Result<LogLine<'a>, BadLine> {
        if !self.clock.is_empty() {
            let moment = time::read(&format!("{} {}", self.date, self.clock));
            match stamp {
                StampMeaning::Start => self.start = moment,
                StampMeaning::End => self.end = moment,
            }
        }
        let line = &mut self.line;
        match (self.start, self.end) {
            (Some((start, resolution)), end) => {
                (line.start, line.resolution) = (start, resolution);
                if let Some((end, _)) = end {
                    line.duration = line.duration.or(u64::try_from(end - start).ok());
                }
            }
            (None, Some((end, resolution))) => {
                line.start = end - line.duration.unwrap_or(0) as i64;
                line.resolution = resolution;
            }
            (None, None) => return Err(BadLine::Field("time stamp")),
        }
        line.status = self.status.ok_or(BadLine::Field("status"))?;
        if line.method.is_empty() {
            return Err(BadLine::Field("method"));
        }
        if line.path.is_empty() {
            return Err(BadLine::Field("path"));
        }
        Ok(self.line)
    }

    fn path(&mut self, value: Cow<'a, str>) {
        let text = value.as_ref();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        if let Some(rest) = rest {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            self.line.host = without_standard_port(&rest[..end]).to_owned().into();
            let path = &rest[end..];
            let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
            return self.path(path.into());
        }
        match text.split_once('?') {
            Some((path, query)) => {
                (self.line.path, self.line.query) =
                    (path.to_owned().into(), query.to_owned().into());
            }
            None => self.line.path = value,
        }
    }

    /// `GET /path HTTP/1.1`.
    fn request(&mut self, value: &str) {
        let mut words = value.split(' ');
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return };
        if !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.line.method = method.to_owned().into();
            self.path(path.to_owned().into());
        }
    }
}

/// A number of units, perhaps with decimals. Negative ones mean that nothing was measured.
fn duration(text: &str, unit: u32) -> Option<u64> {
    let value: f64 = text.split([',', ' ']).next_back()?.trim().parse().ok()?;
    (0.0..1e12).contains(&value).then(|| (value * f64::from(unit)).round() as u64)
}

/// An IPv4 address, name, or bracketed IPv6 address without its port.
fn without_port(value: Cow<'_, str>) -> Cow<'_, str> {
    let one = value.matches(':').count() == 1;
    match value.rsplit_once(':') {
        Some((host, port))
            if (one || host.ends_with(']')) && port.bytes().all(|b| b.is_ascii_digit()) =>
        {
            host.to_owned().into()
        }
        Some(_) | None => value,
    }
}

fn without_standard_port(host: &str) -> &str {
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host)
}

fn first_of(value: Cow<'_, str>) -> Cow<'_, str> {
    match value.split_once(',') {
        Some((first, _)) => first.trim().to_owned().into(),
        None => value,
    }
}

/// The session among `a=1; b=2`.
fn session_of<'v>(cookies: &'v str, wanted: Option<&str>) -> Option<&'v str> {
    cookies.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        names_a_session(name, wanted).then_some(value)
    })
}

/// Whether a cache answered by itself.
fn cache_of(word: &str) -> Option<bool> {
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "1" | "true" => return Some(true),
        "0" | "false" => return Some(false),
        _ => {}
    }
    let hit = ["hit", "stale", "revalidated", "updating"].iter().any(|known| lower.contains(known));
    let miss = ["miss", "expired", "bypass", "dynamic", "none", "pass", "error"]
        .iter()
        .any(|known| lower.contains(known));
    (hit || miss).then_some(hit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built<'a>(fields: &[(Field, &'a str)]) -> Result<LogLine<'a>, BadLine> {
        let mut builder = LineBuilder::default();
        for (field, value) in fields {
            builder.set(field, Cow::Borrowed(value), None);
        }
        builder.finish(StampMeaning::End)
    }

    #[test]
    fn an_end_and_a_duration_give_the_start() {
        let line = built(&[
            (Field::End, "1760104536.500"),
            (Field::Duration(1_000_000), "3.000"),
            (Field::Request, "GET /a?b=c HTTP/1.1"),
            (Field::Status, "200"),
            (Field::Client, "10.0.0.1:443"),
            (Field::Cookies, "a=1; SID=xyz"),
        ])
        .unwrap();
        assert_eq!((line.start, line.duration), (1_760_104_533_500_000, Some(3_000_000)));
        assert_eq!((line.path.as_ref(), line.query.as_ref()), ("/a", "b=c"));
        assert_eq!((line.client.as_ref(), line.session.as_ref()), ("10.0.0.1", "xyz"));
    }

    #[test]
    fn a_missing_field_is_named() {
        let request = (Field::Request, "GET / HTTP/1.1");
        assert_eq!(built(std::slice::from_ref(&request)), Err(BadLine::Field("time stamp")));
        let end = (Field::End, "1760104536");
        assert_eq!(built(&[request, end.clone()]), Err(BadLine::Field("status")));
        assert_eq!(built(&[end, (Field::Status, "200")]), Err(BadLine::Field("method")));
    }

    #[test]
    fn a_whole_url_gives_host_and_path() {
        let line = built(&[
            (Field::Start, "1760104536"),
            (Field::VisitMethod, "GET"),
            (Field::Path, "https://shop.example:443/p/1?x=2"),
            (Field::Status, "200"),
        ])
        .unwrap();
        assert_eq!((&*line.host, &*line.path, &*line.query), ("shop.example", "/p/1", "x=2"));
    }
}

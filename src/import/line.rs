//! One request, as an access log tells it.

use std::borrow::Cow;

/// One request of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogLine<'a> {
    /// When the shop got the request, in microseconds since 1970.
    pub start: i64,
    /// From the request to the end of the answer, in microseconds, where the log says it.
    pub duration: Option<u64>,
    /// The resolution of the time stamp in microseconds.
    pub resolution: u32,
    /// The address it came from.
    pub client: Cow<'a, str>,
    /// The user agent.
    pub user_agent: Cow<'a, str>,
    /// The method, in capitals.
    pub method: Cow<'a, str>,
    /// The host asked for; empty where the log has none.
    pub host: Cow<'a, str>,
    /// The path without its query.
    pub path: Cow<'a, str>,
    /// The query without its question mark.
    pub query: Cow<'a, str>,
    /// The status of the answer.
    pub status: u16,
    /// The page that the request came from.
    pub referer: Cow<'a, str>,
    /// The session's cookie or id; empty where the log has none.
    pub session: Cow<'a, str>,
    /// How likely a person is, from 1 (a program) to 99, where the log says it.
    pub bot_score: Option<u8>,
    /// Whether a cache answered, where the log says it.
    pub cached: Option<bool>,
}

/// Why a line can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// The line does not have the form of its format.
    #[error("it does not have the form of the format")]
    Form,
    /// A field that every line needs is missing or can't be read.
    #[error("its {0} can't be read")]
    Field(&'static str),
}

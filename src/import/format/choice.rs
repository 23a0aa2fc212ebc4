//! Which format a log has: said by the user, or seen in its first lines.

use serde_json::Value;

use super::columns::{ColumnLine, Columns};
use super::event;
use super::event_table::EventTable;
use super::field::{Field, LineBuilder, StampMeaning};
use super::json::JsonKeys;
use super::pattern::{NamedGroups, Notation, Pattern};
use super::variables;
use crate::import::line::{BadLine, LogLine};

const NGINX: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;
const NGINX_COMMON: &str =
    r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent"#;
const APACHE: &str = r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;
const APACHE_COMMON: &str = r#"%h %l %u %t "%r" %>s %b"#;
const ENVOY: &str = r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%""#;
/// AWS Application Load Balancer: the second field is when the answer was made, a later one when the request came.
const ALB: &str = r#"^(?:https?|h2|wss?|grpcs?) (?P<end>\S+) \S+ (?P<client>\S+) \S+ \S+ \S+ \S+ (?P<status>\d+) \S+ \S+ \S+ "(?P<request>[^"]*)" "(?P<user_agent>[^"]*)" \S+ \S+ \S+ "[^"]*" "[^"]*" "[^"]*" \S+ (?P<start>\S+)"#;
/// HAProxy's `httplog`, with or without the prefix of syslog: the stamp is when the request was accepted.
const HAPROXY: &str = r#"(?P<client>[0-9a-fA-F.:]+:\d+) \[(?P<start>\d+/\w+/\d+:[\d:.]+)\] \S+ \S+ [-\d]+/[-\d]+/[-\d]+/[-\d]+/\+?(?P<duration_ms>\d+) (?P<status>-?\d+) \+?\d+ (?P<session>\S+) \S+ \S+ \S+ \S+ (?:\{(?P<user_agent>[^}|]*)[^}]*\} )?(?:\{[^}]*\} )?"(?P<request>[^"]*)"?"#;

/// What the user says about the format.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormatChoice {
    /// A known format's name.
    pub name: Option<String>,
    /// A `log_format` of nginx, a `LogFormat` of Apache, or a format of Envoy.
    pub log_format: Option<String>,
    /// A regular expression with named groups.
    pub pattern: Option<String>,
    /// Fields with their keys in JSON lines.
    pub json: Vec<(String, String)>,
    /// The session's cookie.
    pub session: Option<String>,
}

/// A format, ready to read lines.
#[derive(Clone, Debug)]
pub struct LogFormat {
    name: String,
    kind: FormatKind,
    stamp: StampMeaning,
    session: Option<String>,
    has_duration: bool,
}

#[derive(Clone, Debug)]
enum FormatKind {
    Pattern(Pattern),
    NamedGroups(NamedGroups),
    Columns(Columns),
    Json { keys: JsonKeys, narrowed: bool },
    Events { table: Option<EventTable> },
}

/// Why a format can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Its name is not known.
    #[error("no format is called '{0}': write one of {list}", list = LogFormat::NAMES.join(", "))]
    Unknown(String),
    /// The first lines look like no known format.
    #[error(
        "the format of the log is not known: say it with --format, --log-format, --json or --pattern"
    )]
    Unseen,
    /// A description of a format is wrong.
    #[error("{0}")]
    Description(String),
}

// === impl Format ===

impl LogFormat {
    /// The names of known formats.
    pub const NAMES: [&str; 15] = [
        "nginx",
        "nginx-common",
        "apache",
        "apache-common",
        "alb",
        "cloudfront",
        "cloudflare",
        "haproxy",
        "envoy",
        "gcp",
        "akamai",
        "iis",
        "w3c",
        "json",
        "ga4",
    ];

    /// The format of the user's choice, or else that of the first lines.
    ///
    /// # Errors
    /// When there is no such format, its description is wrong, or the lines look like none.
    pub fn choose(choice: &FormatChoice, sample: &[&str]) -> Result<LogFormat, FormatError> {
        let session = choice.session.clone();
        if let Some(text) = &choice.pattern {
            let groups = NamedGroups::new(text)
                .map_err(|error| FormatError::Description(format!("--pattern: {error}")))?;
            return Ok(LogFormat::with(
                "pattern",
                FormatKind::NamedGroups(groups),
                StampMeaning::Start,
                session,
            ));
        }
        if let Some(text) = &choice.log_format {
            return LogFormat::by_notation(text, session);
        }
        if !choice.json.is_empty() {
            return LogFormat::json(&choice.json, session);
        }
        let name = match &choice.name {
            Some(name) => name.as_str(),
            None => seen_in(sample).ok_or(FormatError::Unseen)?,
        };
        LogFormat::by_name(name, session)
    }

    /// What the format is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its lines say how long an answer took.
    pub fn has_duration(&self) -> bool {
        self.has_duration
    }

    /// Reads a line; none for headers, comments and what is no request.
    ///
    /// # Errors
    /// When the line has not the form of the format, or lacks what each line needs.
    pub fn read<'a>(&mut self, line: &'a str) -> Result<Option<LogLine<'a>>, BadLine> {
        let session = self.session.as_deref();
        let mut builder = LineBuilder::default();
        match &mut self.kind {
            FormatKind::Pattern(pattern) => {
                if !pattern.read(line, session, &mut builder) {
                    return Err(BadLine::Form);
                }
            }
            FormatKind::NamedGroups(groups) => {
                if !groups.read(line, session, &mut builder) {
                    return Err(BadLine::Form);
                }
            }
            FormatKind::Columns(columns) => match columns.read(line, session, &mut builder) {
                ColumnLine::Directive => return Ok(None),
                ColumnLine::Request => {}
                ColumnLine::Broken => return Err(BadLine::Form),
            },
            FormatKind::Json { keys, narrowed } => {
                let object: Value = serde_json::from_str(line).map_err(|_| BadLine::Form)?;
                if !std::mem::replace(narrowed, true) {
                    keys.keep_those_of(&object);
                }
                keys.read(&object, session, &mut builder);
            }
            FormatKind::Events { table } => {
                let Some(event) = event_of(line, table)? else { return Ok(None) };
                if !event::read(&event, &mut builder) {
                    return Ok(None);
                }
            }
        }
        let line = builder.finish(self.stamp)?;
        self.has_duration |= line.duration.is_some();
        Ok(Some(line))
    }

    fn by_name(name: &str, session: Option<String>) -> Result<LogFormat, FormatError> {
        let pattern = |text: &str| {
            let notation = Notation::of(text).unwrap_or(Notation::Nginx);
            FormatKind::Pattern(Pattern::new(text, notation, None))
        };
        let groups = |text: &str| {
            NamedGroups::new(text).map(FormatKind::NamedGroups).map_err(FormatError::Description)
        };
        let json = || FormatKind::Json { keys: JsonKeys::new(&[]), narrowed: false };
        let kind = match name {
            "nginx" => pattern(NGINX),
            "nginx-common" => pattern(NGINX_COMMON),
            "apache" => pattern(APACHE),
            "apache-common" => pattern(APACHE_COMMON),
            "envoy" => pattern(ENVOY),
            "alb" => groups(ALB)?,
            "haproxy" => groups(HAPROXY)?,
            "cloudfront" | "iis" | "w3c" => FormatKind::Columns(Columns::default()),
            "cloudflare" | "gcp" | "akamai" | "json" => json(),
            "ga4" => FormatKind::Events { table: None },
            _ => return Err(FormatError::Unknown(name.to_owned())),
        };
        Ok(LogFormat::with(name, kind, Columns::STAMP, session))
    }

    /// A format in the notation of its server.
    fn by_notation(text: &str, session: Option<String>) -> Result<LogFormat, FormatError> {
        let Some(notation) = Notation::of(text) else {
            let message = "--log-format: it has no variables such as $request or %r";
            return Err(FormatError::Description(message.to_owned()));
        };
        let pattern = Pattern::new(text, notation, session.as_deref());
        let has = |fields: &[Field]| fields.iter().any(|field| pattern.has(field));
        for (fields, what) in [
            (&[Field::Start, Field::End][..], "a time stamp"),
            (&[Field::Request, Field::Path][..], "the request"),
            (&[Field::Status][..], "the status"),
        ] {
            if !has(fields) {
                return Err(FormatError::Description(format!("--log-format: it lacks {what}")));
            }
        }
        Ok(LogFormat::with("log format", FormatKind::Pattern(pattern), StampMeaning::End, session))
    }

    fn json(given: &[(String, String)], session: Option<String>) -> Result<LogFormat, FormatError> {
        let fields = given.iter().map(|(name, key)| match variables::field_by_name(name) {
            Some(field) => Ok((field, key.clone())),
            None => {
                let known = variables::NAMES.map(|(name, _)| name).join(", ");
                Err(FormatError::Description(format!(
                    "--json: no field is called '{name}': write one of {known}"
                )))
            }
        });
        let keys = JsonKeys::new(&fields.collect::<Result<Vec<_>, _>>()?);
        Ok(LogFormat::with(
            "json",
            FormatKind::Json { keys, narrowed: true },
            StampMeaning::End,
            session,
        ))
    }

    fn with(
        name: &str,
        kind: FormatKind,
        stamp: StampMeaning,
        session: Option<String>,
    ) -> LogFormat {
        LogFormat { name: name.to_owned(), kind, stamp, session, has_duration: false }
    }
}

/// The event of a line: a JSON object, or a row of the table whose header was read before; none for the header.
fn event_of(line: &str, table: &mut Option<EventTable>) -> Result<Option<Value>, BadLine> {
    if line.starts_with('{') {
        return serde_json::from_str(line).map(Some).map_err(|_| BadLine::Form);
    }
    match table {
        Some(known) => known.event(line).map(Some).ok_or(BadLine::Form),
        None => {
            *table = Some(EventTable::of(line).ok_or(BadLine::Form)?);
            Ok(None)
        }
    }
}

/// The format that the first lines look like.
fn seen_in(sample: &[&str]) -> Option<&'static str> {
    let first = sample.iter().find(|line| !line.trim().is_empty())?;
    if first.starts_with('#') {
        let cloudfront = sample.iter().any(|line| line.contains("x-edge-"));
        return Some(if cloudfront { "cloudfront" } else { "iis" });
    }
    if first.starts_with('{') {
        let object: Value = serde_json::from_str(first).ok()?;
        let known = [
            ("EdgeResponseStatus", "cloudflare"),
            ("httpRequest", "gcp"),
            ("reqTimeSec", "akamai"),
        ];
        let product = known.iter().find(|(key, _)| object.get(key).is_some());
        return Some(match product {
            Some((_, name)) => name,
            None if event::is_event(&object) => "ga4",
            None => "json",
        });
    }
    if EventTable::of(first).is_some() {
        return Some("ga4");
    }
    // Formats of which one line could be read as another's come after it.
    let candidates = ["alb", "haproxy", "envoy", "nginx", "nginx-common"];
    candidates.into_iter().find(|name| {
        let Ok(mut format) = LogFormat::by_name(name, None) else { return false };
        let read = sample.iter().filter(|line| matches!(format.read(line), Ok(Some(_)))).count();
        read * 2 > sample.len()
    })
}

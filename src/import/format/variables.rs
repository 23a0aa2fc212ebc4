//! The variables of log formats, and the names by which fields are given on the command line.

use super::field::{Field, names_a_session};

/// A variable of nginx's `log_format`, without its dollar sign. The stamp is that of the end.
pub fn nginx(name: &str, session: Option<&str>) -> Field {
    match name {
        "remote_addr" | "realip_remote_addr" => Field::Client,
        "http_x_forwarded_for" | "proxy_add_x_forwarded_for" => Field::Forwarded,
        "time_local" | "time_iso8601" | "msec" => Field::End,
        "request" => Field::Request,
        "request_method" => Field::VisitMethod,
        "request_uri" | "uri" | "document_uri" => Field::Path,
        "args" | "query_string" => Field::Query,
        "status" => Field::Status,
        "http_referer" => Field::Referer,
        "http_user_agent" => Field::UserAgent,
        "request_time" => Field::Duration(1_000_000),
        "host" | "http_host" | "server_name" => Field::Host,
        "http_cookie" => Field::Cookies,
        "upstream_cache_status" => Field::Cache,
        _ => match name.strip_prefix("cookie_") {
            Some(cookie) if session.is_none_or(|_| names_a_session(cookie, session)) => {
                Field::Session
            }
            Some(_) | None => Field::Ignored,
        },
    }
}

/// A directive of Apache's `LogFormat`, without its percent sign and with its argument. The stamp is that of the start.
pub fn apache(directive: char, argument: &str, session: Option<&str>) -> Field {
    match (directive, argument.to_ascii_lowercase().as_str()) {
        ('h' | 'a', _) => Field::Client,
        ('t', _) => Field::Start,
        ('r', _) => Field::Request,
        ('m', _) => Field::VisitMethod,
        ('U', _) => Field::Path,
        ('q', _) => Field::Query,
        ('s', _) => Field::Status,
        ('D', _) => Field::Duration(1),
        ('T', "ms") => Field::Duration(1_000),
        ('T', "us") => Field::Duration(1),
        ('T', _) => Field::Duration(1_000_000),
        ('v' | 'V', _) => Field::Host,
        ('i', "user-agent") => Field::UserAgent,
        ('i', "referer") => Field::Referer,
        ('i', "cookie") => Field::Cookies,
        ('i', "host") => Field::Host,
        ('i', "x-forwarded-for") => Field::Forwarded,
        ('C', cookie) if session.is_none_or(|_| names_a_session(cookie, session)) => Field::Session,
        _ => Field::Ignored,
    }
}

/// An operator of Envoy's format, without its percent signs. The stamp is that of the start.
pub fn envoy(operator: &str) -> Field {
    match operator.split('(').next().unwrap_or_default() {
        "START_TIME" => Field::Start,
        "DURATION" => Field::Duration(1_000),
        "RESPONSE_CODE" => Field::Status,
        "PROTOCOL" => Field::Ignored,
        "DOWNSTREAM_REMOTE_ADDRESS" | "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" => Field::Client,
        "REQ" => match operator.to_ascii_uppercase() {
            name if name.contains(":METHOD") => Field::VisitMethod,
            name if name.contains(":PATH") => Field::Path,
            name if name.contains(":AUTHORITY") => Field::Host,
            name if name.contains("USER-AGENT") => Field::UserAgent,
            name if name.contains("REFERER") => Field::Referer,
            name if name.contains("X-FORWARDED-FOR") => Field::Forwarded,
            name if name.contains("COOKIE") => Field::Cookies,
            _ => Field::Ignored,
        },
        _ => Field::Ignored,
    }
}

/// The names of fields for `--json` and `--pattern`.
pub const NAMES: [(&str, Field); 20] = [
    ("start", Field::Start),
    ("end", Field::End),
    ("duration_s", Field::Duration(1_000_000)),
    ("duration_ms", Field::Duration(1_000)),
    ("duration_us", Field::Duration(1)),
    ("client", Field::Client),
    ("forwarded", Field::Forwarded),
    ("user_agent", Field::UserAgent),
    ("method", Field::VisitMethod),
    ("host", Field::Host),
    ("path", Field::Path),
    ("url", Field::Path),
    ("query", Field::Query),
    ("request", Field::Request),
    ("status", Field::Status),
    ("referer", Field::Referer),
    ("session", Field::Session),
    ("cookies", Field::Cookies),
    ("bot_score", Field::BotScore),
    ("cache", Field::Cache),
];

/// The field of this name.
pub fn field_by_name(name: &str) -> Option<Field> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| field.clone())
}

/// The column of a W3C extended log of this name.
pub fn column(name: &str) -> Field {
    match name.to_ascii_lowercase().as_str() {
        "date" => Field::Date,
        "time" => Field::Clock,
        "c-ip" => Field::Client,
        "x-forwarded-for" | "cs(x-forwarded-for)" => Field::Forwarded,
        "cs-method" => Field::VisitMethod,
        "cs-uri-stem" | "cs-uri" => Field::Path,
        "cs-uri-query" => Field::Query,
        "sc-status" => Field::Status,
        "cs(user-agent)" => Field::UserAgent,
        "cs(referer)" => Field::Referer,
        "cs(cookie)" => Field::Cookies,
        // CloudFront's `cs(Host)` is the distribution; what the visitor asked for is `x-host-header`.
        "cs-host" | "x-host-header" => Field::Host,
        "time-taken" => Field::DurationGuessed,
        "x-edge-result-type" => Field::Cache,
        _ => Field::Ignored,
    }
}

/// Keys of JSON logs. Of two keys with one meaning the later one in this list wins.
pub const JSON_KEYS: [(&str, Field); 78] = [
    // By many names.
    ("time", Field::End),
    ("@timestamp", Field::End),
    ("time_local", Field::End),
    ("time_iso8601", Field::End),
    ("msec", Field::End),
    ("remote_addr", Field::Client),
    ("client_ip", Field::Client),
    ("client", Field::Client),
    ("ip", Field::Client),
    ("http_x_forwarded_for", Field::Forwarded),
    ("request", Field::Request),
    ("request_method", Field::VisitMethod),
    ("method", Field::VisitMethod),
    ("host", Field::Host),
    ("http_host", Field::Host),
    ("url", Field::Path),
    ("uri", Field::Path),
    ("path", Field::Path),
    ("request_uri", Field::Path),
    ("args", Field::Query),
    ("query", Field::Query),
    ("status", Field::Status),
    ("status_code", Field::Status),
    ("request_time", Field::Duration(1_000_000)),
    ("duration_ms", Field::Duration(1_000)),
    ("http_referer", Field::Referer),
    ("referer", Field::Referer),
    ("http_user_agent", Field::UserAgent),
    ("user_agent", Field::UserAgent),
    ("session_id", Field::Session),
    ("session", Field::Session),
    ("http_cookie", Field::Cookies),
    ("upstream_cache_status", Field::Cache),
    // Envoy and Istio.
    ("authority", Field::Host),
    ("response_code", Field::Status),
    ("start_time", Field::Start),
    ("x_forwarded_for", Field::Forwarded),
    // Traefik.
    ("StartUTC", Field::Start),
    ("Duration", Field::Ignored),
    ("RequestMethod", Field::VisitMethod),
    ("RequestPath", Field::Path),
    ("RequestHost", Field::Host),
    ("DownstreamStatus", Field::Status),
    ("ClientHost", Field::Client),
    ("request_User-Agent", Field::UserAgent),
    ("request_Referer", Field::Referer),
    ("request_Cookie", Field::Cookies),
    // Caddy.
    ("ts", Field::End),
    ("request.remote_ip", Field::Client),
    ("request.client_ip", Field::Client),
    ("request.method", Field::VisitMethod),
    ("request.host", Field::Host),
    ("request.uri", Field::Path),
    ("request.headers.User-Agent.0", Field::UserAgent),
    ("request.headers.Referer.0", Field::Referer),
    // Google Cloud's load balancer.
    ("timestamp", Field::Start),
    ("httpRequest.requestMethod", Field::VisitMethod),
    ("httpRequest.requestUrl", Field::Path),
    ("httpRequest.status", Field::Status),
    ("httpRequest.userAgent", Field::UserAgent),
    ("httpRequest.remoteIp", Field::Client),
    ("httpRequest.latency", Field::DurationGuessed),
    ("httpRequest.referer", Field::Referer),
    ("httpRequest.cacheHit", Field::Cache),
    // Cloudflare's Logpush.
    ("EdgeStartTimestamp", Field::Start),
    ("EdgeEndTimestamp", Field::End),
    ("ClientIP", Field::Client),
    ("ClientRequestMethod", Field::VisitMethod),
    ("ClientRequestHost", Field::Host),
    ("ClientRequestURI", Field::Path),
    ("ClientRequestUserAgent", Field::UserAgent),
    ("ClientRequestReferer", Field::Referer),
    ("EdgeResponseStatus", Field::Status),
    ("BotScore", Field::BotScore),
    ("CacheCacheStatus", Field::Cache),
    ("Cookies", Field::Cookies),
    // Akamai's DataStream 2.
    ("reqTimeSec", Field::Start),
    ("cookie", Field::Cookies),
];

/// More keys of Akamai's DataStream 2.
pub const AKAMAI_KEYS: [(&str, Field); 9] = [
    ("cliIP", Field::Client),
    ("statusCode", Field::Status),
    ("reqMethod", Field::VisitMethod),
    ("reqHost", Field::Host),
    ("queryStr", Field::Query),
    ("reqPath", Field::Path),
    ("UA", Field::UserAgent),
    ("turnAroundTimeMSec", Field::Duration(1_000)),
    ("cacheStatus", Field::Cache),
];

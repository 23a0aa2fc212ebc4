//! What can go wrong for a shopper: an exhaustive list of kinds, from the shopper's point of view.

use serde::{Deserialize, Serialize};

/// What the shopper saw go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The host's name did not resolve.
    Dns,
    /// No TCP connection: refused, unreachable, reset while connecting.
    Connect,
    /// The TLS handshake or the certificate.
    Tls,
    /// Slower than this shopper waits.
    TooSlow,
    /// The connection broke during the exchange.
    Broken,
    /// A kept-alive connection broke after the request was sent on it.
    BrokenReused,
    /// The answer is not HTTP, or breaks its rules (garbage, a header too large, a bad length or encoding).
    Protocol,
    /// 429 Too Many Requests.
    Throttled,
    /// Another 4xx status.
    ClientError,
    /// A 5xx status.
    ServerError,
    /// Another status than expected.
    UnexpectedStatus,
    /// The content is not what was expected.
    UnexpectedContent,
    /// Something that the scenario takes from the answer is not in it.
    MissingContent,
    /// Redirected in a circle, or too often.
    RedirectLoop,
    /// The shop's other origin did not give the page's script leave to ask (a CORS preflight), so that nothing was sent.
    PreflightRefused,
    /// The answer of the shop's other origin does not let the page's script read it (CORS).
    CorsBlocked,
}

/// What the shopper can know about an order after a failure of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKnowledge {
    /// Certainly no order: nothing was sent, or the shop refused.
    None,
    /// The order may have gone through.
    Unknown,
}

// === impl FailureKind ===

impl FailureKind {
    /// Every kind, in order.
    pub const ALL: [FailureKind; 16] = [
        FailureKind::Dns,
        FailureKind::Connect,
        FailureKind::Tls,
        FailureKind::TooSlow,
        FailureKind::Broken,
        FailureKind::BrokenReused,
        FailureKind::Protocol,
        FailureKind::Throttled,
        FailureKind::ClientError,
        FailureKind::ServerError,
        FailureKind::UnexpectedStatus,
        FailureKind::UnexpectedContent,
        FailureKind::MissingContent,
        FailureKind::RedirectLoop,
        FailureKind::PreflightRefused,
        FailureKind::CorsBlocked,
    ];

    /// As reports write it in prose.
    pub const fn label(self) -> &'static str {
        match self {
            FailureKind::Dns => "host not found",
            FailureKind::Connect => "no connection",
            FailureKind::Tls => "TLS",
            FailureKind::TooSlow => "too slow",
            FailureKind::Broken => "connection broke",
            FailureKind::BrokenReused => "kept-alive connection broke",
            FailureKind::Protocol => "not proper HTTP",
            FailureKind::Throttled => "throttled (429)",
            FailureKind::ClientError => "status 4xx",
            FailureKind::ServerError => "status 5xx",
            FailureKind::UnexpectedStatus => "unexpected status",
            FailureKind::UnexpectedContent => "unexpected content",
            FailureKind::MissingContent => "missing content",
            FailureKind::RedirectLoop => "redirect loop",
            FailureKind::PreflightRefused => "CORS preflight refused",
            FailureKind::CorsBlocked => "blocked by CORS",
        }
    }

    /// As `run.json` writes it.
    pub const fn key(self) -> &'static str {
        match self {
            FailureKind::Dns => "dns",
            FailureKind::Connect => "connect",
            FailureKind::Tls => "tls",
            FailureKind::TooSlow => "too_slow",
            FailureKind::Broken => "broken",
            FailureKind::BrokenReused => "broken_reused",
            FailureKind::Protocol => "protocol",
            FailureKind::Throttled => "throttled",
            FailureKind::ClientError => "client_error",
            FailureKind::ServerError => "server_error",
            FailureKind::UnexpectedStatus => "unexpected_status",
            FailureKind::UnexpectedContent => "unexpected_content",
            FailureKind::MissingContent => "missing_content",
            FailureKind::RedirectLoop => "redirect_loop",
            FailureKind::PreflightRefused => "preflight_refused",
            FailureKind::CorsBlocked => "cors_blocked",
        }
    }

    /// What the shopper can know about an order after this. As Jepsen and payment providers have it,
    /// a timeout, a reset or a 5xx leaves the outcome open; an answer that can't be read does as well.
    pub const fn order_knowledge(self) -> OrderKnowledge {
        match self {
            FailureKind::Dns
            | FailureKind::Connect
            | FailureKind::Tls
            | FailureKind::Throttled
            | FailureKind::ClientError
            | FailureKind::PreflightRefused => OrderKnowledge::None,
            FailureKind::TooSlow
            | FailureKind::Broken
            | FailureKind::BrokenReused
            | FailureKind::Protocol
            | FailureKind::ServerError
            | FailureKind::UnexpectedStatus
            | FailureKind::UnexpectedContent
            | FailureKind::MissingContent
            | FailureKind::RedirectLoop
            | FailureKind::CorsBlocked => OrderKnowledge::Unknown,
        }
    }
}

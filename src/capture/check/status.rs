//! `status`: the final status is in one of the ranges.

use std::fmt;

use serde_json::{Value, json};

use super::kind::{Check, CheckKind, RenderError, Texts, Written};
use crate::capture::kind::ResponseView;

pub(super) const KIND: CheckKind = CheckKind {
    key: "status",
    about: "The status: 201, 2xx, 200..299, or a list of these.",
    written: Written::Statuses(status),
};

/// HTTP status codes from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The lowest.
    pub low: u16,
    /// The highest.
    pub high: u16,
}

#[derive(Debug)]
struct Status(Vec<StatusRange>);

/// A check that the final status is in one of the ranges.
pub fn status(ranges: Vec<StatusRange>) -> Box<dyn Check> {
    Box::new(Status(ranges))
}

// === impl StatusRange ===

impl StatusRange {
    /// 200 to 299.
    pub const SUCCESS: StatusRange = StatusRange::class(2);

    /// All codes that begin with this digit.
    pub(crate) const fn class(digit: u16) -> StatusRange {
        StatusRange { low: digit * 100, high: digit * 100 + 99 }
    }

    /// Whether the status is in the range.
    pub const fn contains(self, status: u16) -> bool {
        self.low <= status && status <= self.high
    }
}

impl fmt::Display for StatusRange {
    /// `201`, `2xx` or `200..204`, as a scenario writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low, self.high) {
            (low, high) if low == high => write!(f, "{low}"),
            (low, high) if low % 100 == 0 && high == low + 99 => write!(f, "{}xx", low / 100),
            (low, high) => write!(f, "{low}..{high}"),
        }
    }
}

// === impl Status ===

impl Status {
    fn ranges(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }
}

impl Check for Status {
    fn failure(
        &self,
        response: &dyn ResponseView,
        _: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let status = response.status();
        let held = self.0.iter().any(|range| range.contains(status));
        Ok((!held).then(|| format!("status {status}, expected {}", self.ranges())))
    }

    fn describe(&self) -> String {
        format!("status {}", self.ranges())
    }

    fn is_of_status(&self) -> bool {
        true
    }

    fn canonical(&self, _: Vec<Value>) -> Value {
        json!({ "Status": self.0.iter().map(|StatusRange { low, high }| json!({ "low": low, "high": high })).collect::<Value>() })
    }
}

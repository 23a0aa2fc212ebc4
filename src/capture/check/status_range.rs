//! A range of HTTP status codes.

use std::fmt;

/// HTTP status codes from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The lowest.
    pub low: u16,
    /// The highest.
    pub high: u16,
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

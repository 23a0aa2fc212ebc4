//! The clock of a run.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::report::json::RunDocument;

/// The time of day at this second of the run: `12:01:10`.
pub(super) fn time_of_day(run: &RunDocument, at_s: f64) -> String {
    let start = start(run);
    let at = start.checked_add(SignedDuration::from_millis((at_s * 1_000.0) as i64));
    at.unwrap_or(start).to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string()
}

/// The planned start, in milliseconds since 1970.
pub(super) fn start_ms(run: &RunDocument) -> i64 {
    start(run).as_millisecond()
}

fn start(run: &RunDocument) -> Timestamp {
    run.started_at.parse().unwrap_or_default()
}

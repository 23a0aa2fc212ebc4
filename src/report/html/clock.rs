//! The clock of a run.

use jiff::{SignedDuration, Timestamp};

use crate::base::RunZone;
use crate::report::json::RunDocument;

/// The time of day at this second of the run, in the run's time zone: `12:01:10`.
pub(super) fn time_of_day(run: &RunDocument, at_s: f64) -> String {
    let start = start(run);
    let at = start.checked_add(SignedDuration::from_millis((at_s * 1_000.0) as i64));
    zone(run).time_of_day(at.unwrap_or(start))
}

/// The run's time zone.
pub(super) fn zone(run: &RunDocument) -> RunZone {
    RunZone { name: run.time_zone.name.clone(), offset_s: run.time_zone.utc_offset_s }
}

/// The planned start on the run's clock, in milliseconds since 1970 as if that were UTC.
pub(super) fn start_ms(run: &RunDocument) -> i64 {
    start(run).as_millisecond() + i64::from(run.time_zone.utc_offset_s) * 1_000
}

fn start(run: &RunDocument) -> Timestamp {
    run.started_at.parse().unwrap_or_default()
}

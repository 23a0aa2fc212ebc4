//! The time zone that clock times are told in.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// The time zone of a run: its offset from UTC at the start, and its name where it is known. A run that lasts over a change of clocks
/// keeps the offset that it began with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunZone {
    /// As in the time zone database: `Europe/Paris`.
    pub name: Option<String>,
    /// Seconds east of UTC.
    pub offset_s: i32,
}

// === impl RunZone ===

impl RunZone {
    /// The time of day: `12:01:10`.
    pub fn time_of_day(&self, at: Timestamp) -> String {
        self.offset().to_datetime(at).strftime("%H:%M:%S").to_string()
    }

    /// `UTC`, `UTC+1`, `UTC+5:30`.
    pub fn label(&self) -> String {
        let (minutes, sign) = (self.offset_s.abs() / 60, if self.offset_s < 0 { "−" } else { "+" });
        match (minutes / 60, minutes % 60) {
            (0, 0) => "UTC".to_owned(),
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
        }
    }

    fn offset(&self) -> Offset {
        Offset::from_seconds(self.offset_s).unwrap_or(Offset::UTC)
    }
}

/// As it is stored: `3600 Europe/Paris`.
impl fmt::Display for RunZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} {name}", self.offset_s),
            None => write!(f, "{}", self.offset_s),
        }
    }
}

impl FromStr for RunZone {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<RunZone, Self::Err> {
        let (offset, name) = text.split_once(' ').map_or((text, None), |(a, b)| (a, Some(b)));
        Ok(RunZone { name: name.map(str::to_owned), offset_s: offset.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_that_of_the_zone() {
        let at: Timestamp = "2026-11-27T23:30:10Z".parse().unwrap();
        for (offset_s, time, label) in [
            (0, "23:30:10", "UTC"),
            (3_600, "00:30:10", "UTC+1"),
            (19_800, "05:00:10", "UTC+5:30"),
            (-34_200, "14:00:10", "UTC−9:30"),
        ] {
            let zone = RunZone { name: None, offset_s };
            assert_eq!((zone.time_of_day(at).as_str(), zone.label().as_str()), (time, label));
        }
    }

    #[test]
    fn a_zone_is_read_as_it_was_stored() {
        for name in [None, Some("Europe/Paris".to_owned())] {
            let zone = RunZone { name, offset_s: 3_600 };
            assert_eq!(zone.to_string().parse(), Ok(zone));
        }
        assert!("Paris".parse::<RunZone>().is_err());
    }
}

//! Days, months, weeks and times as fields have them (WHATWG HTML, 2.3.5).
//!
//! Each function returns the text as its field keeps it, or nothing where it is none. The last day is the last that scripts know.

/// The year, and the rest behind its dash.
fn year(text: &str) -> Option<(u32, &str)> {
    let (year, rest) = text.split_once('-')?;
    let year = (year.len() >= 4).then(|| number(year, year.len()))??;
    (1..=275_760).contains(&year).then_some((year, rest))
}

/// A number of exactly this many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

fn year_and_month(text: &str) -> Option<(u32, u32)> {
    let (year, month) = year(text)?;
    let month = number(month, 2).filter(|month| (1..=12).contains(month))?;
    ((year, month) <= (275_760, 9)).then_some((year, month))
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn day(text: &str) -> Option<(u32, u32, u32)> {
    let (before, day) = text.rsplit_once('-')?;
    let (year, month) = year_and_month(before)?;
    let last = match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = number(day, 2).filter(|day| (1..=last).contains(day))?;
    ((year, month, day) <= (275_760, 9, 13)).then_some((year, month, day))
}

/// Hours and minutes, seconds and thousandths of one.
fn clock(text: &str) -> Option<(u32, u32, u32, u32)> {
    let mut parts = text.splitn(3, ':');
    let hour = number(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = number(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let Some(seconds) = parts.next() else { return Some((hour, minute, 0, 0)) };
    let (whole, part) = match seconds.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (seconds, None),
    };
    let second = number(whole, 2).filter(|second| *second < 60)?;
    let thousandths = match part {
        Some(part) if (1..=3).contains(&part.len()) => {
            number(part, part.len())? * 10_u32.pow(3 - part.len() as u32)
        }
        Some(_) => return None,
        None => 0,
    };
    Some((hour, minute, second, thousandths))
}

pub(super) fn date(text: &str) -> Option<String> {
    day(text).map(|_| text.to_owned())
}

pub(super) fn month(text: &str) -> Option<String> {
    year_and_month(text).map(|_| text.to_owned())
}

pub(super) fn time(text: &str) -> Option<String> {
    clock(text).map(|_| text.to_owned())
}

/// `2026-W53`: a year has 53 weeks if its first of January is a Thursday, or a Wednesday of a leap year (ISO 8601).
pub(super) fn week(text: &str) -> Option<String> {
    let (year, week) = year(text)?;
    let week = number(week.strip_prefix('W')?, 2)?;
    let before = year - 1;
    let days = before * 365 + before / 4 - before / 100 + before / 400;
    // The first of January of year 1 was a Monday.
    let first = days % 7;
    let last = if first == 3 || (first == 2 && is_leap(year)) { 53 } else { 52 };
    ((1..=last).contains(&week) && (year, week) <= (275_760, 37)).then(|| text.to_owned())
}

/// Kept with a `T`, and without what is nought at the end.
pub(super) fn date_and_time(text: &str) -> Option<String> {
    let (date, time) = text.split_once(['T', ' '])?;
    let (year, month, day) = day(date)?;
    let (hour, minute, second, thousandths) = clock(time)?;
    let mut kept = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}");
    if (second, thousandths) != (0, 0) {
        kept.push_str(&format!(":{second:02}"));
    }
    if thousandths != 0 {
        let part = format!("{thousandths:03}");
        kept.push_str(&format!(".{}", part.trim_end_matches('0')));
    }
    Some(kept)
}

//! Time stamps as logs write them.

/// A moment in microseconds since 1970, and the resolution it was written with, in microseconds.
pub type LogMoment = (i64, u32);

const SECOND: i64 = 1_000_000;
const MONTHS: [&[u8]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// Reads `10/Oct/2025:13:55:36.655 -0700`, `2025-10-10T13:55:36.655Z`, `2025-10-10 13:55:36`, or a number since 1970 in seconds,
/// milliseconds, microseconds or nanoseconds, told apart by size. A stamp without a zone is taken as UTC.
pub fn read(text: &str) -> Option<LogMoment> {
    let bytes = text.trim().trim_matches(['[', ']']).as_bytes();
    match bytes {
        [_, _, b'/', ..] => clf(bytes),
        [_, _, _, _, b'-', ..] => iso(bytes),
        _ => epoch(bytes),
    }
}

/// `10/Oct/2025:13:55:36`, perhaps with a fraction and a zone.
fn clf(bytes: &[u8]) -> Option<LogMoment> {
    let day = number(bytes.get(0..2)?)?;
    let name = bytes.get(3..6)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|month| *month == name.as_slice())? as i64 + 1;
    let year = number(bytes.get(7..11)?)?;
    clock(bytes.get(12..)?, days(year, month, day)?)
}

/// `2025-10-10T13:55:36`, perhaps with a fraction and a zone.
fn iso(bytes: &[u8]) -> Option<LogMoment> {
    let (year, month, day) =
        (number(bytes.get(0..4)?)?, number(bytes.get(5..7)?)?, number(bytes.get(8..10)?)?);
    clock(bytes.get(11..)?, days(year, month, day)?)
}

/// The time of day, its fraction and its zone.
fn clock(bytes: &[u8], days: i64) -> Option<LogMoment> {
    let (h, m, s) =
        (number(bytes.get(0..2)?)?, number(bytes.get(3..5)?)?, number(bytes.get(6..8)?)?);
    if h > 23 || m > 59 || s > 60 {
        return None;
    }
    let (fraction, resolution, rest) = fraction(bytes.get(8..)?)?;
    let seconds = days * 86_400 + h * 3_600 + m * 60 + s - zone(rest)?;
    Some((seconds * SECOND + fraction, resolution))
}

/// `.655` or `,655` at the start: microseconds, the resolution, and what follows.
fn fraction(bytes: &[u8]) -> Option<(i64, u32, &[u8])> {
    let Some((b'.' | b',', rest)) = bytes.split_first() else {
        return Some((0, SECOND as u32, bytes));
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let used = digits.min(6);
    let value = number(rest.get(..used)?)? * 10_i64.pow(6 - used as u32);
    Some((value, 10_u32.pow(6 - used as u32), &rest[digits..]))
}

/// The offset from UTC in seconds: `Z`, `+0100`, `-07:00`, `UTC`, or nothing.
fn zone(bytes: &[u8]) -> Option<i64> {
    let text = bytes.trim_ascii();
    let (sign, rest) = match text.split_first() {
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        Some(_) | None => return Some(0),
    };
    let hours = number(rest.get(0..2)?)?;
    let minutes = match rest.get(2..) {
        Some([b':', more @ ..]) => number(more.get(0..2)?)?,
        Some(more) if more.len() >= 2 => number(&more[..2])?,
        Some(_) | None => 0,
    };
    Some(sign * (hours * 3_600 + minutes * 60))
}

/// A number since 1970; its size tells its unit.
fn epoch(bytes: &[u8]) -> Option<LogMoment> {
    let whole = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if whole == 0 || whole > 19 {
        return None;
    }
    let value = number(&bytes[..whole])?;
    match whole {
        ..=11 => {
            let (fraction, resolution, rest) = fraction(&bytes[whole..])?;
            rest.is_empty().then_some((value * SECOND + fraction, resolution))
        }
        12..=14 => Some((value.checked_mul(1_000)?, 1_000)),
        15..=17 => Some((value, 1)),
        _ => Some((value / 1_000, 1)),
    }
}

fn number(bytes: &[u8]) -> Option<i64> {
    (!bytes.is_empty()).then_some(())?;
    bytes.iter().try_fold(0_i64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum.checked_mul(10)?.checked_add(i64::from(byte - b'0')))
            .flatten()
    })
}

/// Days from 1970 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March here, so that a leap day is the last of its year.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_moment_gives_the_same_one() {
        let at = 1_760_104_536_i64 * SECOND;
        for (text, fraction, resolution) in [
            ("10/Oct/2025:13:55:36 +0000", 0, 1_000_000),
            ("[10/Oct/2025:06:55:36 -0700]", 0, 1_000_000),
            ("10/Oct/2025:13:55:36.655", 655_000, 1_000),
            ("2025-10-10T13:55:36Z", 0, 1_000_000),
            ("2025-10-10T15:55:36.655123+02:00", 655_123, 1),
            ("2025-10-10 13:55:36", 0, 1_000_000),
            ("2025-10-10T13:55:36.655123456Z", 655_123, 1),
            ("1760104536", 0, 1_000_000),
            ("1760104536.655", 655_000, 1_000),
            ("1760104536655", 655_000, 1_000),
            ("1760104536655123", 655_123, 1),
            ("1760104536655123456", 655_123, 1),
        ] {
            assert_eq!(read(text), Some((at + fraction, resolution)), "{text}");
        }
        assert_eq!(read("29/Feb/2024:00:00:00 +0000").unwrap().0, 1_709_164_800 * SECOND);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "-", "yesterday", "10/Oct", "2025-13-10T00:00:00Z", "10/Okt/2025:13:55:36"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = read(&text);
        }
    }
}

//! Dates as `Expires` has them: whatever can be read as one (RFC 6265bis, 5.1.1), read in Chromium's way.

/// The months' names begin with these letters.
const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// What was found so far.
#[derive(Default)]
struct DateFields {
    day: Option<u32>,
    month: Option<u32>,
    year: Option<i64>,
    time: Option<[u32; 3]>,
}

/// The seconds since 1970 that a date stands for, in UTC whatever zone it names; none where it can't be read.
///
/// A year of up to two digits is from 1970 to 2069. Unlike the RFC, Chromium takes the first number of up to two digits
/// for the day and the next of up to five for the year, wherever they stand.
pub(crate) fn parse_date(text: &[u8]) -> Option<i64> {
    let mut fields = DateFields::default();
    for token in text.split(|byte| is_delimiter(*byte)).filter(|token| !token.is_empty()) {
        fields.take(token);
    }
    fields.seconds()
}

fn is_delimiter(byte: u8) -> bool {
    byte == b'\t' || (b' '..=b'~').contains(&byte) && !byte.is_ascii_alphanumeric() && byte != b':'
}

// === impl DateFields ===

impl DateFields {
    fn take(&mut self, token: &[u8]) {
        if !token[0].is_ascii_digit() {
            self.month = self.month.or_else(|| month(token));
        } else if token.contains(&b':') {
            self.time = self.time.or_else(|| time(token));
        } else if self.day.is_none() && token.len() <= 2 {
            self.day = Some(number(token));
        } else if self.year.is_none() && token.len() <= 5 {
            self.year = Some(i64::from(number(token)));
        }
    }

    fn seconds(self) -> Option<i64> {
        let DateFields { day: Some(day), month: Some(month), year: Some(year), time: Some(time) } =
            self
        else {
            return None;
        };
        let year = match year {
            70..=99 => year + 1900,
            0..=69 => year + 2000,
            _ => year,
        };
        let [hour, minute, second] = time;
        if day == 0 || day > days_of(month, year) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = i64::from((hour * 60 + minute) * 60 + second);
        Some(days_since_1970(year, month, day) * 86_400 + seconds)
    }
}

fn month(token: &[u8]) -> Option<u32> {
    let name = token.get(..3)?;
    (1..).zip(MONTHS).find(|(_, known)| name.eq_ignore_ascii_case(*known)).map(|(month, _)| month)
}

/// Hours, minutes and seconds of one or two digits each; what follows them is ignored.
fn time(token: &[u8]) -> Option<[u32; 3]> {
    let mut rest = token;
    let mut found = [0; 3];
    for (place, field) in found.iter_mut().enumerate() {
        if place > 0 {
            rest = rest.strip_prefix(b":")?;
        }
        let digits = rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        *field = number(&rest[..digits]);
        rest = &rest[digits..];
    }
    Some(found)
}

/// The number that a text begins with; at most five digits, so that it fits.
fn number(token: &[u8]) -> u32 {
    token
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

fn days_of(month: u32, year: i64) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the Gregorian calendar. Years are counted from March, so that the leap day is the last of its year.
fn days_since_1970(year: i64, month: u32, day: u32) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = i64::from((153 * month + 2) / 5 + day - 1);
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days from the first of March in the year 0 to the first of January in 1970.
    days + day_of_year - 719_468
}

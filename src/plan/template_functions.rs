//! The functions that templates may call beside minijinja's own.
//!
//! A rendering is told the time and its draws by the shopper; the functions have neither clock nor randomness of their own.
//! `pick`, `random` and `uuid` draw from the shopper's stream: one number is taken from it for each rendering, and the
//! draws of that rendering are derived from it.

use jiff::civil::Date;
use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value as Jinja};

use super::signatures::{self, SIGNATURES};
use super::template_draws::next_bits;
use super::template_time::{self, TIME_FUNCTIONS};
use super::test_cards;
use crate::base::random::{Purpose, below};

/// Their names.
pub const FUNCTIONS: [&str; 15] = {
    let mut names =
        ["pick", "random", "uuid", "date", "test_card", "", "", "", "", "", "", "", "", "", ""];
    let mut i = 0;
    while i < TIME_FUNCTIONS.len() {
        names[5 + i] = TIME_FUNCTIONS[i];
        i += 1;
    }
    let mut i = 0;
    while i < SIGNATURES.len() {
        names[5 + TIME_FUNCTIONS.len() + i] = SIGNATURES[i];
        i += 1;
    }
    names
};
/// Those whose results nobody can foresee.
pub const UNFORESEEABLE_FUNCTIONS: [&str; 6] =
    ["pick", "random", "uuid", TIME_FUNCTIONS[0], TIME_FUNCTIONS[1], TIME_FUNCTIONS[2]];
/// Adds all functions. `date()` counts from `today`.
pub(super) fn add(environment: &mut Environment<'static>, today: Date) {
    signatures::add(environment);
    template_time::add(environment);
    test_cards::add(environment);
    environment.add_function("pick", pick);
    environment.add_function("random", random);
    environment.add_function("uuid", uuid);
    environment.add_function("date", move |days: Option<i64>, format: Option<String>| {
        date(today, days, format)
    });
}

/// `pick([a, b, c])` or `pick(a, b, c)`: one of them, each as likely as the others.
fn pick(state: &State<'_, '_>, items: Rest<Jinja>) -> Result<Jinja, Error> {
    let items: Vec<Jinja> = match items.as_slice() {
        [only] if only.kind() == ValueKind::Seq => only.try_iter()?.collect(),
        several => several.to_vec(),
    };
    if items.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "pick needs something to pick from, as in pick([\"a\", \"b\"])",
        ));
    }
    let index = below(next_bits(state, Purpose::Pick)?, items.len() as u64);
    Ok(items[index as usize].clone())
}

/// `random(a, b)`: a whole number from `a` to `b`, both included.
fn random(state: &State<'_, '_>, low: i64, high: i64) -> Result<Jinja, Error> {
    if low > high {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("random({low}, {high}) has nothing to choose from: write the smaller first"),
        ));
    }
    let bits = next_bits(state, Purpose::Pick)?;
    let width = high.wrapping_sub(low) as u64;
    let offset = if width == u64::MAX { bits } else { below(bits, width + 1) };
    Ok(Jinja::from(low.wrapping_add(offset as i64)))
}

/// `uuid()`: a random UUID (RFC 9562, version 4).
fn uuid(state: &State<'_, '_>) -> Result<String, Error> {
    let (high, low) = (next_bits(state, Purpose::Identity)?, next_bits(state, Purpose::Identity)?);
    let (high, low) = (high & !0xf000 | 0x4000, low & !(0b11 << 62) | 0b10 << 62);
    Ok(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    ))
}

/// `date()`: the day of the run (UTC); `date(3)`: three days later; `date(90, "%m/%y")`: in a format of its own (strftime).
fn date(today: Date, days: Option<i64>, format: Option<String>) -> Result<String, Error> {
    let wrong =
        |error: jiff::Error| Error::new(ErrorKind::InvalidOperation, format!("date: {error}"));
    let date = today
        .checked_add(jiff::Span::new().try_days(days.unwrap_or(0)).map_err(wrong)?)
        .map_err(wrong)?;
    match format {
        None => Ok(date.to_string()),
        Some(format) => jiff::fmt::strtime::format(&format, date).map_err(wrong),
    }
}

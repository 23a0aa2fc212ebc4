//! The functions of templates that ask for the time: that of the step's request.

use jiff::Timestamp;
use minijinja::{Environment, Error, ErrorKind, State};
use ring::hmac;

use super::template_draws::unix_seconds;

/// Their names.
pub(super) const TIME_FUNCTIONS: [&str; 3] = ["now", "timestamp", "totp"];
/// How long a one-time password holds, in seconds (RFC 6238).
const PERIOD: u64 = 30;

/// Adds them.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_function("now", now);
    environment.add_function("timestamp", timestamp);
    environment.add_function(
        "totp",
        |state: &State<'_, '_>, secret: String, digits: Option<u32>| {
            let seconds = unix_seconds(state)?.max(0.0) as u64;
            one_time_password(&secret, seconds / PERIOD, digits.unwrap_or(6))
        },
    );
}

fn wrong(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, text.into())
}

/// `now()`: as `2026-11-27T14:05:09Z`; `now("%Y%m%dT%H%M%SZ")`: in a format of its own (strftime), UTC.
fn now(state: &State<'_, '_>, format: Option<String>) -> Result<String, Error> {
    let seconds = unix_seconds(state)?;
    let time = Timestamp::from_second(seconds as i64).map_err(|e| wrong(format!("now: {e}")))?;
    match format {
        None => Ok(time.to_string()),
        Some(format) => jiff::fmt::strtime::format(&format, time)
            .map_err(|error| wrong(format!("now: {error}"))),
    }
}

/// `timestamp()`: seconds since 1970; `timestamp("ms")`: milliseconds.
fn timestamp(state: &State<'_, '_>, unit: Option<String>) -> Result<i64, Error> {
    let seconds = unix_seconds(state)?;
    match unit.as_deref() {
        None | Some("s") => Ok(seconds as i64),
        Some("ms") => Ok((seconds * 1_000.0) as i64),
        Some(other) => {
            Err(wrong(format!("timestamp: \"{other}\" is no unit: write \"s\" or \"ms\"")))
        }
    }
}

/// A one-time password by time (RFC 6238), of a secret in base 32, as authenticator apps are given it.
fn one_time_password(secret: &str, counter: u64, digits: u32) -> Result<String, Error> {
    if !(6..=8).contains(&digits) {
        return Err(wrong("totp: a password has 6 to 8 digits"));
    }
    let plain: String = secret.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    let key = data_encoding::BASE32_NOPAD
        .decode(plain.to_ascii_uppercase().as_bytes())
        .map_err(|_| wrong("totp: the secret is not in base 32, letters and the digits 2 to 7"))?;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0xf);
    let number = u32::from_be_bytes([
        bytes[offset] & 0x7f,
        bytes[offset + 1],
        bytes[offset + 2],
        bytes[offset + 3],
    ]);
    Ok(format!("{:0width$}", number % 10_u32.pow(digits), width = digits as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_passwords_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1, of the secret 12345678901234567890.
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (seconds, expected) in
            [(59, "94287082"), (1_111_111_109, "07081804"), (20_000_000_000, "65353130")]
        {
            assert_eq!(one_time_password(secret, seconds / PERIOD, 8).unwrap(), expected);
        }
        assert_eq!(
            one_time_password("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", 1, 6).unwrap(),
            "287082"
        );
        assert!(one_time_password("1!", 1, 6).unwrap_err().to_string().contains("base 32"));
    }
}

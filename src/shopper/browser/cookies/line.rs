//! A `Set-Cookie` header, taken apart (RFC 6265bis, 5.6).

/// The largest name and value together, in bytes.
const MAX_PAIR: usize = 4_096;
/// The largest value of an attribute, in bytes; a larger one is ignored.
const MAX_ATTRIBUTE: usize = 1_024;

/// A cookie as a header writes it. Of an attribute that is given several times, the last counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CookieLine<'a> {
    /// Empty for a cookie without a name.
    pub name: &'a [u8],
    /// The value, quotes included.
    pub value: &'a [u8],
    /// Without the white space around it; empty as if not given.
    pub domain: &'a [u8],
    /// Empty as if not given.
    pub path: &'a [u8],
    /// The date, not yet read.
    pub expires: Option<&'a [u8]>,
    /// The seconds, not yet read.
    pub max_age: Option<&'a [u8]>,
    /// The value of `SameSite`.
    pub same_site: Option<&'a [u8]>,
    /// The value of Chromium's own `Priority`.
    pub priority: Option<&'a [u8]>,
    /// Only over connections that can't be listened to.
    pub secure: bool,
    /// Not for scripts.
    pub http_only: bool,
    /// Kept apart by the site of the page; only for secure cookies.
    pub partitioned: bool,
}

// === impl CookieLine ===

impl<'a> CookieLine<'a> {
    /// Takes a header apart; none where a browser ignores all of it: no name and no value, too large, or with control characters.
    pub(super) fn parse(line: &'a [u8]) -> Option<CookieLine<'a>> {
        let end = line.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let line = &line[..end.unwrap_or(line.len())];
        let mut parts = line.split(|byte| *byte == b';');
        let pair = parts.next()?;
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (trim(&pair[..at]), trim(&pair[at + 1..])),
            None => (&pair[..0], trim(pair)),
        };
        // A nameless `a=b` would be read back as a cookie named `a`.
        let misleading = name.is_empty() && (value.is_empty() || value.contains(&b'='));
        if misleading || name.len() + value.len() > MAX_PAIR || !is_clean(name) || !is_clean(value)
        {
            return None;
        }
        let mut cookie = CookieLine { name, value, ..CookieLine::default() };
        parts.try_for_each(|part| cookie.take(part))?;
        Some(cookie)
    }

    fn take(&mut self, part: &'a [u8]) -> Option<()> {
        let (name, value) = match part.iter().position(|byte| *byte == b'=') {
            Some(at) => (trim(&part[..at]), trim(&part[at + 1..])),
            None => (trim(part), &part[..0]),
        };
        if !is_clean(name) || !is_clean(value) {
            return None;
        }
        if value.len() > MAX_ATTRIBUTE {
            return Some(());
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("path") {
            self.path = value;
        } else if is("httponly") {
            self.http_only = true;
        } else if is("secure") {
            self.secure = true;
        } else if is("samesite") {
            self.same_site = Some(value);
        } else if is("max-age") {
            self.max_age = Some(value);
        } else if is("expires") {
            self.expires = Some(value);
        } else if is("domain") {
            self.domain = value;
        } else if is("partitioned") {
            self.partitioned = true;
        } else if is("priority") {
            self.priority = Some(value);
        }
        Some(())
    }
}

/// Without the spaces and tabs at both ends.
fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let Some(first) = text.iter().position(|byte| !is_space(byte)) else { return &[] };
    let last = text.iter().rposition(|byte| !is_space(byte)).unwrap_or(first);
    &text[first..=last]
}

/// Whether there is no control character in it; a tab is one.
fn is_clean(text: &[u8]) -> bool {
    !text.iter().any(u8::is_ascii_control)
}

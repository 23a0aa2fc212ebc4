//! What of a log may be written: nothing that belongs to a person.

use std::sync::LazyLock;

use regex::Regex;

use crate::base::redact::passes_luhn;

/// A value is written only if this many different visitors had it.
pub const ENOUGH_VISITORS: usize = 5;

/// Why a part of a path is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// An e-mail address, a telephone number, a token.
    Private,
    /// What may be a card number.
    Card,
}

static TELEPHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\+|00|%2[bB])[\d ().-]{8,}$").expect("the pattern is fixed, and tested")
});

/// Whether a part of a path or a query's value is a person's own, or a secret.
pub fn personal(text: &str) -> Option<Personal> {
    let digits: Vec<u8> =
        text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    let only_digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b' ');
    if only_digits && (13..=19).contains(&digits.len()) && passes_luhn(&digits) {
        return Some(Personal::Card);
    }
    let mail = text.contains('@') || text.contains("%40");
    let token = text.starts_with("eyJ") || (text.len() >= 32 && is_mixed(text) && !is_uuid(text));
    (mail || token || TELEPHONE.is_match(text)).then_some(Personal::Private)
}

/// `8-4-4-4-12` hexadecimal digits.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Letters and digits without a break, as keys and hashes have them.
fn is_mixed(text: &str) -> bool {
    let longest = text.split(['-', '_', '.']).map(str::len).max().unwrap_or(0);
    longest >= 20
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Up to five different visitors, by their keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct FewVisitors {
    keys: [u64; ENOUGH_VISITORS],
    count: u8,
}

// === impl FewVisitors ===

impl FewVisitors {
    /// Counts a visitor, unless it is known or there are enough.
    pub fn add(&mut self, key: u64) {
        let count = usize::from(self.count);
        if count < ENOUGH_VISITORS && !self.keys[..count].contains(&key) {
            self.keys[count] = key;
            self.count += 1;
        }
    }

    /// Whether there were so many that a value says nothing of one of them.
    pub fn enough(&self) -> bool {
        usize::from(self.count) == ENOUGH_VISITORS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_person_s_own_is_found() {
        for text in [
            "anna@example.org",
            "anna%40example.org",
            "+49 170 1234567",
            "eyJhbGciOiJIUzI1NiJ9.e30.x",
            "d3b07384d113edec49eaa6238ad5ff00a1",
        ] {
            assert_eq!(personal(text), Some(Personal::Private), "{text}");
        }
        assert_eq!(personal("4242424242424242"), Some(Personal::Card));
        for text in
            ["lamp", "sku-1", "10423", "2025-11-28", "the-long-name-of-a-quite-ordinary-lamp-2025"]
        {
            assert_eq!(personal(text), None, "{text}");
        }
    }

    #[test]
    fn one_visitor_is_counted_once() {
        let mut few = FewVisitors::default();
        (0..100).for_each(|i| few.add(i % 4));
        assert!(!few.enough());
        few.add(9);
        assert!(few.enough());
    }
}

//! Whose a record is: the run, the shopper and the intent are searched anywhere in a text of the record.
//!
//! A shop may lower-case, trim, quote or embed what it was given, so nothing is expected of the rest of the text.

/// Who a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Which of the runs, by its place in the list given.
    pub run: u16,
    /// The shopper.
    pub shopper: u64,
    /// The purchase and the round of it; none where the text names the shopper only, as an e-mail address does.
    pub purchase: Option<(u16, u32)>,
}

/// Digits of a shopper's number.
const SHOPPER_DIGITS: usize = 16;

/// The owner named in a text: `RUN-SHOPPER-PURCHASE[.ROUND]`, as idempotency keys and intent ids have it, or `SHOPPER.RUN`, as e-mail
/// addresses have it. Case has no meaning.
pub fn find_owner(text: &str, runs: &[Box<str>]) -> Option<Owner> {
    let text = text.as_bytes();
    let mut only_shopper = None;
    for (place, run) in runs.iter().enumerate() {
        let run = run.as_bytes();
        if run.is_empty() || run.len() > text.len() {
            continue;
        }
        let mut from = 0;
        while let Some(at) = find_ignoring_case(&text[from..], run).map(|at| at + from) {
            from = at + 1;
            if !stands_alone(text, at, run.len()) {
                continue;
            }
            let place = u16::try_from(place).ok()?;
            if let Some(owner) = intent_after(text, at + run.len(), place) {
                return Some(owner);
            }
            only_shopper = only_shopper.or_else(|| shopper_before(text, at, place));
        }
    }
    only_shopper
}

fn find_ignoring_case(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted))
}

/// Whether no further letter or digit belongs to the word: one run's name may begin as another's.
fn stands_alone(text: &[u8], at: usize, length: usize) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    !word(at.checked_sub(1).and_then(|before| text.get(before))) && !word(text.get(at + length))
}

/// `-SHOPPER-PURCHASE[.ROUND]` after the run's name.
fn intent_after(text: &[u8], at: usize, run: u16) -> Option<Owner> {
    let shopper = shopper_number(text, at.checked_add(1)?)?;
    let rest = text.get(at + 1 + SHOPPER_DIGITS..)?;
    if text.get(at) != Some(&b'-') || rest.first() != Some(&b'-') {
        return None;
    }
    let (unit, rest) = number(&rest[1..])?;
    let round = match rest.first() {
        Some(b'.') => number(&rest[1..]).map_or(0, |(round, _)| round),
        _ => 0,
    };
    let purchase = Some((u16::try_from(unit).ok()?, round));
    Some(Owner { run, shopper, purchase })
}

/// `SHOPPER.` before the run's name.
fn shopper_before(text: &[u8], at: usize, run: u16) -> Option<Owner> {
    let start = at.checked_sub(SHOPPER_DIGITS + 1)?;
    let separated = matches!(text.get(at - 1), Some(b'.' | b'-' | b'_'));
    let alone = !start.checked_sub(1).is_some_and(|before| text[before].is_ascii_hexdigit());
    (separated && alone).then(|| shopper_number(text, start)).flatten().map(|shopper| Owner {
        run,
        shopper,
        purchase: None,
    })
}

fn shopper_number(text: &[u8], at: usize) -> Option<u64> {
    let digits = text.get(at..at + SHOPPER_DIGITS)?;
    let digits = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    u64::from_str_radix(digits, 16).ok()
}

fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let number = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((number, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(text: &str) -> Option<Owner> {
        find_owner(text, &["0badcafe".into(), "12ab34cd".into()])
    }

    #[test]
    fn the_owner_is_found_whatever_a_shop_does_to_the_text() {
        let shopper = Some(Owner { run: 0, shopper: 0x2a, purchase: None });
        assert_eq!(owner("s-000000000000002a.0badcafe@example.com"), shopper);
        assert_eq!(owner(" S-000000000000002A.0BADCAFE@EXAMPLE.COM "), shopper);
        assert_eq!(owner("\"Eve\" <s-000000000000002a.0badcafe@mail.test>"), shopper);
        let intent = |round| Some(Owner { run: 1, shopper: 0x2a, purchase: Some((3, round)) });
        assert_eq!(owner("12ab34cd-000000000000002a-3"), intent(0));
        assert_eq!(owner("12ab34cd-000000000000002a-3.2-1"), intent(2));
        assert_eq!(owner("key 12ab34cd-000000000000002a-3-1, note"), intent(0));
        assert_eq!(
            owner("s-000000000000002a.12ab34cd@x, 12ab34cd-000000000000002a-3"),
            intent(0),
            "the intent says more than the shopper"
        );
    }

    #[test]
    fn other_runs_and_other_peoples_texts_are_nobodys() {
        for text in [
            "",
            "eve@example.com",
            "0badcafe",
            "s-000000000000002a.0badcafeb@example.com",
            "s-000000000000002a.x0badcafe@example.com",
            "s-2a.0badcafe@example.com",
            "f000000000000002a.0badcafe@example.com",
            "0badcafe-000000000000002a",
            "s-+00000000000002a.0badcafe@example.com",
        ] {
            assert_eq!(owner(text), None, "{text}");
        }
    }
}

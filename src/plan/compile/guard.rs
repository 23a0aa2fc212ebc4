//! What must never be in a load test: real card numbers and live keys.
//!
//! A load test pays hundreds of times. With a real card or a live key that is real money, and the providers
//! forbid it; so a card number that is not a published test number stops the scenario before it starts.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::base::redact::passes_luhn;
use crate::scenario::{Problems, Span};

/// Something secret in a text.
#[derive(Debug)]
pub(super) struct Secret {
    pub(super) range: Range<usize>,
    pub(super) what: &'static str,
    pub(super) remedy: &'static str,
}

/// Card numbers as cards have them: in one run, in fours, or 4-6-5 (American Express) and 4-6-4 (Diners Club).
static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        r"\b(?:\d{13,19}|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?|\d{4}[ -]\d{6}[ -]\d{4,5})\b";
    Regex::new(pattern).expect("a fixed pattern")
});
/// Stripe's secret, publishable and restricted keys of live mode.
static LIVE_KEYS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[spr]k_live_[A-Za-z0-9_]*").expect("a fixed pattern"));

/// Published test numbers of Stripe, Adyen, PayPal, Braintree and Worldpay (their test-card pages, 2026).
/// Stripe's numbers that begin with 4000 00 (countries, declines, 3-D Secure) are taken as a range.
const TEST_NUMBERS: &[u64] = &[
    // Stripe
    4242424242424242,
    4000056655665556,
    4000058260000005,
    5555555555554444,
    2223003122003222,
    5200828282828210,
    5105105105105100,
    378282246310005,
    371449635398431,
    6011111111111117,
    6011000990139424,
    6011981111111113,
    3056930009020004,
    36227206271667,
    6555900000604105,
    3566002020360505,
    6200000000000005,
    6200000000000047,
    6205500000000000004,
    5555552500001001,
    4100000000000019,
    4010056655665556,
    // Adyen
    4111111111111111,
    4988438843884305,
    4166676667666746,
    4646464646464644,
    4444333322221111,
    4400000000000008,
    4977949494949497,
    4000620000000007,
    4000060000000006,
    4293189100000008,
    4988080000000000,
    4001590000000001,
    4000180000000002,
    4000020000000000,
    4000160000000004,
    4002690000000008,
    4484600000000004,
    4607000000000009,
    4035501000000008,
    4360000001000005,
    4917610000000000,
    4871049999999910,
    4212345678901237,
    4212345678910006,
    5212345678901234,
    5454545454545454,
    2222400070000005,
    5577000055770004,
    5136333333333335,
    5585558555855583,
    5555444433331111,
    2222410740360010,
    2222410700000002,
    2222400010000008,
    2223000048410010,
    2222400060000007,
    2223520443560010,
    5500000000000004,
    2222400030000004,
    6771798025000004,
    5100060000000002,
    5100705000000002,
    5103221911199245,
    5424000000000015,
    5100081112223332,
    5100290029002909,
    5106040000000008,
    5101180000000007,
    5413330089020037,
    5413330089099999,
    5413330089999990,
    370000000000002,
    36006666333344,
    6011601160116611,
    6445644564456445,
    3569990010095841,
    6771830000000000006,
    6771830999991239343,
    5066991111111118,
    6062828888666688,
    8171999927660000,
    6243030000000001,
    6250946000000016,
    // PayPal and Braintree
    378734493671000,
    30569309025904,
    38520000023237,
    3530111333300000,
    4012888888881881,
    4222222222222,
    5610591081018250,
    4005519200000004,
    4009348888881881,
    4012000033330026,
    4012000077777777,
    4217651111111119,
    4500600000000061,
    2223000048400011,
    376680816376961,
    36259600000004,
    6304000000000000,
    5063516945005047,
    4032039317984658,
    4772129056533503,
    4915805038587737,
    // Worldpay and others in wide use
    4917610000000003,
    4462030000000000,
    34343434343434,
    343434343434343,
    6759649826438453,
    6334580500000000,
    5555341244441115,
    6250941006528599,
    341111111111111,
    5431111111111111,
    6799990100000000019,
];

/// Adds a problem for every secret anywhere in the source, comments included.
pub(super) fn source(problems: &mut Problems) {
    let source = problems.source().clone();
    for secret in secrets(source.text()) {
        problems.add(
            Span::new(secret.range.start, secret.range.end),
            secret.what,
            "",
            secret.remedy,
        );
    }
}

/// The secrets in a text.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let cards = NUMBERS.find_iter(text).filter(|found| is_real_card(found.as_str())).map(|found| Secret {
        range: found.range(),
        what: "a card number that is not a known test number",
        remedy: "use a test number or token of your payment provider, such as 4242424242424242 or pm_card_visa",
    });
    let keys = LIVE_KEYS.find_iter(text).map(|found| Secret {
        range: found.range(),
        what: "a live key of a payment provider",
        remedy: "use a key of the provider's test mode, such as sk_test_..., given with -e",
    });
    cards.chain(keys).collect()
}

fn is_real_card(text: &str) -> bool {
    let digits: Vec<u8> =
        text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    (13..=19).contains(&digits.len())
        && has_issuer(&digits)
        && passes_luhn(&digits)
        && !is_test_number(&digits)
        && !is_ean(&digits)
}

fn is_test_number(digits: &[u8]) -> bool {
    let number = digits.iter().fold(0u64, |number, digit| number * 10 + u64::from(*digit));
    (digits.len() == 16 && digits.starts_with(&[4, 0, 0, 0, 0, 0]))
        || TEST_NUMBERS.contains(&number)
}

/// Whether some card network issues numbers of this beginning and length; without it every tenth timestamp
/// or article number would pass for a card.
fn has_issuer(digits: &[u8]) -> bool {
    let prefix =
        |n: usize| digits[..n].iter().fold(0u32, |number, digit| number * 10 + u32::from(*digit));
    match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 36 | 38 | 39) || matches!(prefix(3), 300..=305),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            matches!(prefix(1), 4..=6)
                || matches!(prefix(4), 2221..=2720 | 3528..=3589)
                || matches!(prefix(2), 30 | 36 | 38 | 39 | 81)
        }
        _ => matches!(prefix(1), 4..=6) || matches!(prefix(4), 3528..=3589),
    }
}

/// Whether it is an article number with its own check digit (EAN-13; thirteen-digit cards are long gone).
fn is_ean(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(i, digit)| u32::from(*digit) * if i % 2 == 1 { 3 } else { 1 })
        .sum();
    digits.len() == 13 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        secrets(text).into_iter().map(|secret| &text[secret.range]).collect()
    }

    /// Completes a number with the check digit that makes it pass.
    fn completed(start: &str) -> String {
        (0..10)
            .map(|digit| format!("{start}{digit}"))
            .find(|text| passes_luhn(&text.bytes().map(|b| b - b'0').collect::<Vec<_>>()))
            .unwrap()
    }

    #[test]
    fn published_test_numbers_pass() {
        for number in TEST_NUMBERS {
            assert_eq!(found(&format!("card: {number}")), [""; 0], "{number}");
        }
        assert_eq!(found("4242 4242 4242 4242, 4000-0025-0000-3155, 3782 822463 10005"), [""; 0]);
    }

    #[test]
    fn other_card_numbers_are_found_however_they_are_written() {
        let card = completed("453998123456789");
        let spaced = format!("{} {} {} {}", &card[..4], &card[4..8], &card[8..12], &card[12..]);
        assert_eq!(found(&format!("number: \"{spaced}\"")), [spaced.as_str()]);
        assert_eq!(found(&format!("# {card}")), [card.as_str()]);
        let amex = completed("34567812345678");
        assert_eq!(found(&amex), [amex.as_str()]);
    }

    #[test]
    fn numbers_that_are_no_cards_pass() {
        let card = completed("453998123456789");
        let wrong = format!("{}{}", &card[..15], (card.as_bytes()[15] - b'0' + 1) % 10);
        assert_eq!(found(&wrong), [""; 0], "the check digit is wrong");
        assert_eq!(found(&completed("170000000000")), [""; 0], "a timestamp in milliseconds");
        assert_eq!(found(&format!("id-{card}x")), [""; 0], "part of a longer word");
        assert_eq!(found(&completed("12345678901234567890")), [""; 0], "longer than any card");
    }

    #[test]
    fn live_keys_are_found_and_test_keys_pass() {
        assert_eq!(
            found("a: sk_live_abc123 b: pk_test_abc rk_live_x"),
            ["sk_live_abc123", "rk_live_x"]
        );
    }
}

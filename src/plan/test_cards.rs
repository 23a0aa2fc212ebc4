//! Published test-card numbers, by brand and by what comes of them.
//!
//! Those of brands are taken by most providers' test modes, those of outcomes by Stripe's alone (its page "Testing", 2026).

use minijinja::{Environment, Error, ErrorKind};

const CARDS: [(&str, &str); 14] = [
    ("visa", "4242424242424242"),
    ("visa_debit", "4000056655665556"),
    ("mastercard", "5555555555554444"),
    ("mastercard_debit", "5200828282828210"),
    ("amex", "378282246310005"),
    ("discover", "6011111111111117"),
    ("diners", "3056930009020004"),
    ("jcb", "3566002020360505"),
    ("unionpay", "6200000000000005"),
    ("declined", "4000000000000002"),
    ("insufficient_funds", "4000000000009995"),
    ("expired", "4000000000000069"),
    ("wrong_cvc", "4000000000000127"),
    ("authentication", "4000002500003155"),
];

/// Adds `test_card`.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_function("test_card", |wanted: String| {
        let found = CARDS.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, number)| *number).ok_or_else(|| {
            let known: Vec<&str> = CARDS.iter().map(|(name, _)| *name).collect();
            let text =
                format!("test_card(\"{wanted}\") is unknown: there are {}", known.join(", "));
            Error::new(ErrorKind::InvalidOperation, text)
        })
    });
}

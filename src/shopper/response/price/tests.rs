//! Prices against how shops write them, and against how ICU writes them in many languages.

use super::*;
use std::sync::Arc;

fn text(price: &str) -> Option<u64> {
    minor_units(&Value::Text(price.into()), None, 2).map(|minor| minor.0)
}

fn json(price: &str, unit: Option<MoneyUnit>) -> Option<u64> {
    let value = serde_json::from_str(price).unwrap();
    minor_units(&Value::Json(Arc::new(value)), unit, 2).map(|minor| minor.0)
}

#[test]
fn prices_are_read_as_shops_write_them() {
    for (price, minor) in [
        ("12.50", 1_250),
        ("€ 1.234,50", 123_450),
        ("$1,234", 123_400),
        ("1,234.5 USD", 123_450),
        ("£45", 4_500),
        ("1'299.90", 129_990),
        ("Total: 7,00 EUR.", 700),
        ("1\u{202f}234,56 €", 123_456),
        ("CHF 1\u{2019}234.50", 123_450),
        ("1\u{a0}234,56 zł", 123_456),
        ("12.345,– €", 1_234_500),
        ("€ 12,-", 1_200),
        ("129.920005", 12_992),
        ("₹1,23,456.78", 12_345_678),
        ("1.234.567,89 €", 123_456_789),
        ("0.999", 100),
        ("3 items: 12.00 €", 1_200),
        ("12,00 € (12,00 €)", 1_200),
        ("\u{661}\u{662}\u{66b}\u{665}\u{660}", 1_250),
        (
            "\u{200f}\u{661}\u{66c}\u{662}\u{663}\u{664}\u{66b}\u{665}\u{660}\u{a0}ر.س.\u{200f}",
            123_450,
        ),
        ("\u{200f}1,234.50\u{a0}\u{200f}₪", 123_450),
        ("₹१,२३,४५६.७८", 12_345_678),
        ("Rs. ১২.৫০", 1_250),
        ("๑,๒๓๔.๕๐ บาท", 123_450),
        ("１，２３４円（税込 10％）", 123_400),
        ("送料 500 g、合計 1,234円", 123_400),
        ("CHF 1\u{2018}234.50", 123_450),
        ("1´234.50", 123_450),
        ("1\u{2009}234\u{2009}567,89 €", 123_456_789),
        ("16,00 € incl. 19 % VAT", 1_600),
        ("-20% 16,00 €", 1_600),
        ("2 for $5", 500),
        ("12,00 €/kg", 1_200),
        ("27-11-2026: 12,00 €", 1_200),
        ("12.50EUR", 1_250),
        ("100kr", 10_000),
        ("R$ 1.234,56", 123_456),
        ("SKU 12345 costs 10.00 USD", 1_000),
        ("Article 4711: 10.00 zł", 1_000),
        ("$.99", 99),
        ("€ ,50", 50),
        (".5", 50),
        ("Rs.500", 50_000),
        ("kr.100", 10_000),
        ("5.00ユーロ", 500),
        ("12.50美元", 1_250),
        ("100руб.", 10_000),
        ("Rp10.000", 1_000_000),
        ("12.-", 1_200),
        ("5 €/2 pieces", 500),
        ("99,95 € (inkl. 19% MwSt.)", 9_995),
    ] {
        assert_eq!(text(price), Some(minor), "{price}");
    }
}

#[test]
fn what_may_be_read_in_two_ways_has_no_price() {
    for price in [
        "free",
        "",
        "−5,00 €",
        "-5.00",
        "−5,00 € 20,00 €",
        "10,00 € instead of 20,00 €",
        "3 of 12",
        "1,2,3",
        "1.23.456",
        "99999999999999999999999 €",
        "19 %",
        "5-10 €",
        "5–10 €",
        "$5-10",
        "¥500〜1,000",
        "3 × 12,00 €",
        "3x 12.00 €",
        "12.00 € × 3",
        "5,00- €",
        "5.00-",
        "($5.00)",
        "\u{200e}-5.00\u{a0}\u{200f}₪",
        "–5,00 €",
        "$1.5k",
        "1.2M",
        "100g",
        "12,00 € (1,20 €/100 g)",
        "1.234.56 €",
        "1e5",
        "SKU 12345, price 10.00",
        "1,5 Mio. €",
        "5 million USD",
        "5万円",
        "1.2 万元",
        "3만 원",
        "2 lakh",
        "$12⁹⁹",
        "12½ €",
        "1/2 €",
        "5€50",
        "12h30",
        "12.12.2026",
        "12 .345.6",
        "was $12.00, now $10.00",
        "USD 10.00 (EUR 9.20)",
        "10 EUR + 5 EUR shipping",
        "£1,234.00 - £2,000.00",
        "1_000",
        "1'50",
    ] {
        assert_eq!(text(price), None, "{price}");
    }
}

#[test]
fn json_numbers_are_numbers() {
    for (price, minor) in [
        ("1250", Some(1_250)),
        ("12.5", Some(1_250)),
        ("59.970000000000006", Some(5_997)),
        ("12.345", Some(1_235)),
        ("1e2", Some(10_000)),
        ("1.5e-1", Some(15)),
        ("0.0", Some(0)),
        ("-5.5", None),
        ("-5", None),
        ("1e30", None),
        ("\"12.50\"", Some(1_250)),
        ("{\"amount\":1250}", None),
        ("[12.5]", None),
        ("null", None),
        ("true", None),
    ] {
        assert_eq!(json(price, None), minor, "{price}");
    }
}

#[test]
fn the_scenario_may_say_what_the_number_counts() {
    let text = |unit| minor_units(&Value::Text("5800".into()), unit, 2).map(|minor| minor.0);
    assert_eq!(
        [text(None), text(Some(MoneyUnit::Major)), text(Some(MoneyUnit::Minor))],
        [Some(580_000), Some(580_000), Some(5_800)]
    );
    assert_eq!(
        [json("58", None), json("58", Some(MoneyUnit::Major)), json("58", Some(MoneyUnit::Minor))],
        [Some(58), Some(5_800), Some(58)]
    );
}

#[test]
fn the_currency_says_how_many_decimals_an_amount_has() {
    let text = |text: &str, decimals| minor_units(&Value::Text(text.into()), None, decimals);
    assert_eq!(text("¥ 5,800", 0), Some(MinorUnits(5_800)));
    assert_eq!(text("5800.60", 0), Some(MinorUnits(5_801)));
    assert_eq!(text("KD 1.250", 3), Some(MinorUnits(1_250)));
    assert_eq!(text("12.345 KWD", 3), Some(MinorUnits(12_345)));
    assert_eq!(text("12.5", 3), Some(MinorUnits(12_500)));
}

/// What ICU makes of amounts: language, currency, its decimals, the amount in minor units, the text.
const ICU: &str = include_str!("../../../../tests/data/prices.tsv");

#[test]
fn prices_in_many_languages_are_read_or_left_but_never_misread() {
    let (mut wrong, mut unread, mut right) = (Vec::new(), Vec::new(), 0);
    for line in ICU.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [_, _, decimals, minor, text] = parts[..] else { panic!("{line}") };
        let (decimals, minor) = (decimals.parse().unwrap(), minor.parse::<u64>().unwrap());
        match minor_units(&Value::Text(text.into()), None, decimals).map(|minor| minor.0) {
            Some(read) if read == minor => right += 1,
            Some(read) => wrong.push(format!("{line} read as {read}")),
            // `5 K` may be five kyat or five thousand.
            None if text.ends_with('K') => {}
            None => unread.push(line),
        }
    }
    assert_eq!((wrong, unread), (Vec::<String>::new(), Vec::<&str>::new()), "{right} are right");
}

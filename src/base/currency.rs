//! Currencies by their ISO 4217 codes, and amounts of money in words.

use std::fmt;

use super::thousands;

/// A currency that money is paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency {
    code: &'static str,
    decimals: u32,
}

/// An amount of money, shown as `EUR 1,234.50`; without a currency as `1,234.50`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// The amount in the currency's smallest unit, such as cents.
    pub minor_units: u64,
    /// The currency, where it is known.
    pub currency: Option<Currency>,
}

// === impl Currency ===

impl Currency {
    /// The decimals of an amount whose currency is unknown: most currencies have two.
    const USUAL_DECIMALS: u32 = 2;

    /// The currency with this code, such as `EUR`. None for codes that nothing is paid in, such as that of gold.
    pub fn new(code: &str) -> Option<Currency> {
        let known = iso_currency::Currency::from_code(code)?;
        Some(Currency { code: known.code(), decimals: known.exponent()?.into() })
    }

    /// Its ISO 4217 code.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// The decimals of an amount: 2 for euros and cents, 0 for yen, 3 for dinars.
    pub fn decimals(currency: Option<Currency>) -> u32 {
        currency.map_or(Currency::USUAL_DECIMALS, |currency| currency.decimals)
    }
}

// === impl Money ===

impl Money {
    /// The amount without its currency.
    pub fn amount(self) -> String {
        let decimals = Currency::decimals(self.currency);
        let major = 10u64.pow(decimals);
        let whole = thousands(self.minor_units / major);
        if decimals == 0 {
            whole
        } else {
            format!("{whole}.{:0width$}", self.minor_units % major, width = decimals as usize)
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(currency) = self.currency {
            write!(f, "{} ", currency.code)?;
        }
        f.write_str(&self.amount())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_its_currency_and_the_decimals_of_it() {
        let shown =
            |minor_units, code| Money { minor_units, currency: Currency::new(code) }.to_string();
        assert_eq!(shown(123_450, ""), "1,234.50");
        assert_eq!(shown(123_405, "EUR"), "EUR 1,234.05");
        assert_eq!(shown(123_405, "JPY"), "JPY 123,405");
        assert_eq!(shown(1_234_050, "KWD"), "KWD 1,234.050");
        assert_eq!(shown(5, "USD"), "USD 0.05");
    }

    #[test]
    fn only_codes_that_something_is_paid_in_are_currencies() {
        for code in ["eur", "EURO", "XAU", "XXX", "€", ""] {
            assert_eq!(Currency::new(code), None, "{code}");
        }
    }
}

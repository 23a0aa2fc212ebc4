//! Whom a fault strikes.
//!
//! The draw of a fault is SHA-256 over the UTF-8 text `SEED⏎FAULT⏎SUBJECT` (line feeds between, none at
//! the end); its first 8 bytes, big endian, cut to 53 bits and divided by 2⁵³, are a number in 0..1, and
//! the fault strikes if that is below its probability. The subject is
//!
//! - `SHOPPER` for `sticky: shopper`,
//! - `NODE` for `sticky: node`,
//! - `SHOPPER⏎STEP⏎N` otherwise: this shopper's N-th request (from 1) for the step.
//!
//! The shopper is the header `x-shopper`, else the session. So the same shoppers meet the same faults in
//! any order, from any number of machines, and a test can compute them beforehand.

use std::time::Duration;

use axum::http::HeaderMap;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

use super::books::{BookFault, BookFaultKind};
use super::file::{Fault, FaultKind, Faults, Scope, Where};
use super::spans::DurationText;
use crate::demo_shop::answer::{Fields, text};
use crate::demo_shop::operation::Operation;

/// How late a late order is, where the file does not say.
const LATE: Duration = Duration::from_secs(3);

/// The source of all draws.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo_shop) struct Draws {
    pub(in crate::demo_shop) seed: u64,
}

/// What a fault may depend on.
#[derive(Clone, Copy)]
pub(in crate::demo_shop) struct Circumstances<'a> {
    pub(in crate::demo_shop) step: Operation,
    /// This shopper's how many-th request for the step, from 1.
    pub(in crate::demo_shop) nth: u32,
    pub(in crate::demo_shop) shopper: &'a str,
    pub(in crate::demo_shop) node: &'a str,
    /// How the shopper pays, once that is known.
    pub(in crate::demo_shop) payment: Option<&'a str>,
    pub(in crate::demo_shop) headers: &'a HeaderMap,
    pub(in crate::demo_shop) fields: &'a Fields,
    /// Since the shop opened.
    pub(in crate::demo_shop) now: Duration,
}

/// What a request meets.
#[derive(Default)]
pub(in crate::demo_shop) struct FaultOutcome<'f> {
    /// How much later it is answered.
    pub(in crate::demo_shop) delay: Duration,
    /// The fault that decides the answer.
    pub(in crate::demo_shop) decisive: Option<&'f Fault>,
    /// The places in the file of all faults that struck.
    pub(in crate::demo_shop) triggered: Vec<usize>,
}

// === impl Draws ===

impl Draws {
    /// 64 uniform bits for the subject of a fault, whose name is in two parts, written together.
    pub(in crate::demo_shop) fn bits(self, fault: [&str; 2], subject: &[&str]) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_string());
        hash.update("\n");
        fault.iter().for_each(|part| hash.update(part));
        for part in subject {
            hash.update("\n");
            hash.update(part);
        }
        let digest = hash.finalize();
        digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    }

    /// A number in 0..1 for the subject of a fault.
    pub(in crate::demo_shop) fn uniform(self, fault: [&str; 2], subject: &[&str]) -> f64 {
        (self.bits(fault, subject) >> 11) as f64 / (1u64 << 53) as f64
    }
}

// === impl Faults ===

impl Faults {
    /// What this request meets. Slow faults add up; the first of another kind ends the search.
    pub(in crate::demo_shop) fn meet(
        &self,
        draws: Draws,
        circumstances: &Circumstances<'_>,
    ) -> FaultOutcome<'_> {
        let mut outcome = FaultOutcome::default();
        for (i, fault) in self.faults.iter().enumerate() {
            if !fault.strikes(draws, circumstances) {
                continue;
            }
            outcome.triggered.push(i);
            if let FaultKind::Slow(pause) = fault.kind {
                outcome.delay += pause.at(fault.draw(draws, circumstances, Scope::No, ":delay"));
            } else {
                outcome.decisive = Some(fault);
                break;
            }
        }
        outcome
    }

    /// The fault that strikes this shopper's payment, if any.
    pub(in crate::demo_shop) fn strikes_books(
        &self,
        draws: Draws,
        shopper: &str,
        declined: bool,
    ) -> Option<BookFaultKind> {
        let struck = |fault: &&BookFault| {
            fault.kind.of_declined() == declined
                && draws.uniform(["books:", fault.kind.name()], &[shopper]) < fault.probability.0
        };
        self.books.iter().find(struck).map(|fault| fault.kind)
    }

    /// From an order to its being in the books, where it is late.
    pub(in crate::demo_shop) fn late_by(&self) -> Duration {
        self.books_late_by.map_or(LATE, |DurationText(late)| late)
    }

    /// By how much the shop's clock is ahead; less than nothing, where it is behind.
    pub(in crate::demo_shop) fn clock_offset(&self) -> SignedDuration {
        let signed = |text: Option<DurationText>| {
            let length = text.map_or(Duration::ZERO, |DurationText(length)| length);
            SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX)
        };
        signed(self.clock_ahead).saturating_sub(signed(self.clock_behind))
    }
}

// === impl Fault ===

impl Fault {
    fn strikes(&self, draws: Draws, circumstances: &Circumstances<'_>) -> bool {
        (self.at.is_empty() || self.at.contains(&circumstances.step))
            && self.first.is_none_or(|first| circumstances.nth <= first)
            && self.during.is_none_or(|window| window.contains(circumstances.now))
            && self.only.holds(circumstances)
            && (self.probability >= 1.0
                || self.draw(draws, circumstances, self.sticky, "") < self.probability)
    }

    fn draw(
        &self,
        draws: Draws,
        circumstances: &Circumstances<'_>,
        sticky: Scope,
        suffix: &str,
    ) -> f64 {
        let name = [self.name.as_str(), suffix];
        match sticky {
            Scope::Shopper => draws.uniform(name, &[circumstances.shopper]),
            Scope::Node => draws.uniform(name, &[circumstances.node]),
            Scope::No => draws.uniform(
                name,
                &[circumstances.shopper, circumstances.step.name(), &circumstances.nth.to_string()],
            ),
        }
    }
}

// === impl Where ===

impl Where {
    fn holds(&self, circumstances: &Circumstances<'_>) -> bool {
        let among = |wanted: &[String], value: Option<&str>| {
            wanted.is_empty()
                || value.is_some_and(|value| wanted.iter().any(|wanted| matches(wanted, value)))
        };
        among(&self.node, Some(circumstances.node))
            && among(&self.payment, circumstances.payment)
            && (self.device.is_empty() || among(&self.device, Some(device(circumstances.headers))))
            && self.header.iter().all(|(name, wanted)| {
                text(circumstances.headers, name).is_some_and(|value| matches(wanted, value))
            })
            && self.field.iter().all(|(name, wanted)| {
                circumstances.fields.get(name).is_some_and(|value| matches(wanted, value))
            })
    }
}

/// The kind of device that sent this.
fn device(headers: &HeaderMap) -> &str {
    if let Some(device) = text(headers, "x-device") {
        return device;
    }
    let agent = text(headers, "user-agent").unwrap_or_default();
    match () {
        () if agent.contains("iPad") || agent.contains("Tablet") => "tablet",
        () if agent.contains("Mobi") || agent.contains("iPhone") => "mobile",
        () => "desktop",
    }
}

/// Whether the value is as wanted, where a leading or trailing `*` stands for anything.
fn matches(wanted: &str, value: &str) -> bool {
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (Some(_), Some(_)) => value.contains(wanted.trim_matches('*')),
        (Some(end), None) => value.ends_with(end),
        (None, Some(start)) => value.starts_with(start),
        (None, None) => value == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draw_is_the_documented_hash() {
        // printf '7\nwallet\nshopper-1' | sha256sum begins with these 8 bytes.
        assert_eq!(Draws { seed: 7 }.bits(["wallet", ""], &["shopper-1"]), 0x52f8_2b9e_540c_a385);
    }

    #[test]
    fn stars_stand_for_anything_at_the_ends() {
        assert!(matches("*iPhone*", "Mozilla (iPhone; CPU)"));
        assert!(matches("node-*", "node-3") && !matches("node-*", "edge-3"));
        assert!(
            matches("*@example.com", "a@example.com") && !matches("*@example.com", "a@example.org")
        );
        assert!(matches("wallet", "wallet") && !matches("wallet", "wallets"));
    }

    #[test]
    fn a_device_is_read_from_its_header_or_the_user_agent() {
        let headers = |name: &'static str, value: &str| {
            HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
        };
        assert_eq!(device(&headers("x-device", "mobile")), "mobile");
        assert_eq!(device(&headers("user-agent", "Mozilla/5.0 (iPhone) Mobile/15E148")), "mobile");
        assert_eq!(device(&headers("user-agent", "Mozilla/5.0 (iPad) Mobile/15E148")), "tablet");
        assert_eq!(device(&HeaderMap::new()), "desktop");
    }
}

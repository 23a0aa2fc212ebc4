//! Looking up a shop's addresses.
//!
//! A new customer resolves the name anew, but thousands of them a second would load the resolver rather
//! than the shop. So an answer serves all shoppers of a core for a short while, as it would serve the
//! customers behind one provider, and those who come during a lookup wait for it together.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use tokio::sync::OnceCell;

use super::error::{self, TransportError};
use super::run_clock::Clock;
use super::wire_request::Origin;
use crate::base::Micros;
use crate::shopper::browser::address::looked_up;
use crate::shopper::browser::address_owner::{AddressOwner, is_private};
use crate::shopper::browser::allowed_hosts::AllowedHosts;

/// How long an answer (or the lack of one) serves.
pub(super) const KEPT_FOR: Micros = Micros::from_secs(2);

/// The answers of one core.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    may_be_public: AllowedHosts,
    answers: RefCell<HashMap<String, Rc<CachedLookup>>>,
}

#[derive(Debug, Default)]
struct CachedLookup {
    addresses: OnceCell<Result<Rc<[IpAddr]>, TransportError>>,
    /// When it no longer serves; none while the lookup is under way.
    until: Cell<Option<Micros>>,
}

/// A host's addresses: where the name is one already, that one.
pub(super) enum Addresses {
    Literal(IpAddr),
    Found(Rc<[IpAddr]>),
}

// === impl Addresses ===

impl Addresses {
    pub(super) fn as_slice(&self) -> &[IpAddr] {
        match self {
            Addresses::Literal(address) => std::slice::from_ref(address),
            Addresses::Found(addresses) => addresses,
        }
    }
}

// === impl Lookup ===

impl Lookup {
    /// Names of other hosts than these must lead to private addresses.
    pub(super) fn new(may_be_public: AllowedHosts) -> Lookup {
        Lookup { may_be_public, answers: RefCell::default() }
    }

    /// The addresses of the origin's host in the resolver's order, and how long that took if it took a lookup.
    pub(super) async fn addresses(
        &self,
        origin: &Origin,
        clock: &impl Clock,
        took: &mut Option<Micros>,
    ) -> Result<Addresses, TransportError> {
        let literal = origin
            .host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(&origin.host);
        if let Ok(address) = literal.parse() {
            return self.permit(&origin.host, &[address]).map(|()| Addresses::Literal(address));
        }
        let began_at = clock.now();
        let answer = self.answer(&origin.host, began_at);
        let waited = !answer.addresses.initialized();
        let addresses =
            answer.addresses.get_or_init(|| self.resolve(&origin.host, origin.port)).await.clone();
        if waited {
            let now = clock.now();
            *took = Some(took.unwrap_or_default() + now.since(began_at));
            answer.until.set(answer.until.get().or(Some(now.saturating_add(KEPT_FOR))));
        }
        addresses.map(Addresses::Found)
    }

    fn answer(&self, host: &str, now: Micros) -> Rc<CachedLookup> {
        let mut answers = self.answers.borrow_mut();
        match answers.get(host) {
            Some(answer) if answer.until.get().is_none_or(|until| now < until) => answer.clone(),
            _ => {
                let answer = Rc::<CachedLookup>::default();
                answers.insert(host.to_owned(), answer.clone());
                answer
            }
        }
    }

    async fn resolve(&self, host: &str, port: u16) -> Result<Rc<[IpAddr]>, TransportError> {
        let found = tokio::net::lookup_host((looked_up(host), port))
            .await
            .map_err(|error| error::from_lookup(&error))?;
        let addresses: Rc<[IpAddr]> = found.map(|address| address.ip()).collect();
        self.permit(host, &addresses)?;
        if addresses.is_empty() {
            Err(TransportError::Dns("the name has no addresses".to_owned()))
        } else {
            Ok(addresses)
        }
    }

    fn permit(&self, host: &str, addresses: &[IpAddr]) -> Result<(), TransportError> {
        match addresses.iter().find(|address| !is_private(**address)) {
            Some(address) if !self.may_be_public.allows(host) => Err(TransportError::NotAllowed(
                format!("{host} is at {address}, {}", AddressOwner::of(*address).describe()),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct SetClock(Cell<Micros>);

    impl Clock for SetClock {
        fn now(&self) -> Micros {
            self.0.get()
        }

        async fn sleep_until(&self, _moment: Micros) {}
    }

    #[tokio::test]
    async fn an_answer_serves_for_a_while_and_a_literal_needs_none() {
        let (lookup, clock) = (Lookup::default(), SetClock(Cell::default()));
        for (at, host, looked_up) in [
            (0, "localhost", true),
            (0, "shop.localhost", true),
            (1_999_999, "localhost", false),
            (2_000_000, "localhost", true),
            (3_000_000, "localhost", false),
            (3_000_000, "127.0.0.1", false),
            (3_000_000, "[::1]", false),
        ] {
            clock.0.set(Micros(at));
            let mut took = None;
            let origin = Origin { tls: false, host: host.into(), port: 80 };
            let addresses = lookup.addresses(&origin, &clock, &mut took).await.unwrap();
            assert!(addresses.as_slice().iter().all(IpAddr::is_loopback), "{host}");
            assert_eq!(took.is_some(), looked_up, "{host} at {at}");
        }
    }

    #[tokio::test]
    async fn a_public_address_is_refused_unless_its_host_may_be_public() {
        let clock = SetClock(Cell::default());
        let origin = Origin { tls: false, host: "[2606:4700::1111]".into(), port: 80 };
        let refused = Lookup::default().addresses(&origin, &clock, &mut None).await.err();
        assert_eq!(
            refused,
            Some(TransportError::NotAllowed(
                "[2606:4700::1111] is at 2606:4700::1111, a public address".into()
            ))
        );
        let allowed = Lookup::new(AllowedHosts::new(["[2606:4700::1111]"]));
        assert!(allowed.addresses(&origin, &clock, &mut None).await.is_ok());
    }

    #[tokio::test]
    async fn those_who_come_during_a_lookup_share_it() {
        let (lookup, clock) = (Lookup::default(), SetClock(Cell::default()));
        let origin = Origin { tls: false, host: "localhost".into(), port: 80 };
        let (mut one, mut other) = (None, None);
        let found = tokio::join!(
            lookup.addresses(&origin, &clock, &mut one),
            lookup.addresses(&origin, &clock, &mut other)
        );
        assert!(one.is_some() && other.is_some());
        let (Ok(Addresses::Found(first)), Ok(Addresses::Found(second))) = found else {
            panic!("localhost has addresses")
        };
        assert!(Rc::ptr_eq(&first, &second));
    }
}

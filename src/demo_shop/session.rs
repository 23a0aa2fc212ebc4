//! A session: what the shop remembers of a visitor between requests, behind the cookie `sid`.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::catalog::{CURRENCY, Catalogue};
use super::sharded::Sharded;

/// Sessions remembered; those untouched for longest are forgotten first, like expired ones.
const REMEMBERED: usize = 200_000;

/// Everything that the shop remembers of a visitor.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    pub(super) id: u64,
    /// The node that serves it, from 0.
    pub(super) node: usize,
    pub(super) csrf: String,
    pub(super) cart: Vec<CartLine>,
    /// What the last order was made of; only the planted bug of double orders looks at it.
    pub(super) last_cart: Vec<CartLine>,
    pub(super) voucher: Option<&'static Voucher>,
    /// For the order: of a guest, or of an account.
    pub(super) email: Option<String>,
    /// The account that is logged in.
    pub(super) account: Option<String>,
    pub(super) address: Option<String>,
    pub(super) shipping: Option<&'static Shipping>,
    /// Where it is collected.
    pub(super) store: Option<&'static str>,
    /// How this visitor paid, or tried to.
    pub(super) payment: Option<String>,
    /// Shown on the next page, once.
    pub(super) alert: Option<String>,
}

/// This many of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct CartLine {
    pub(super) sku: String,
    pub(super) name: &'static str,
    pub(super) quantity: u32,
    /// Of one, in cents.
    pub(super) price: u64,
}

/// A reduction.
#[derive(Debug)]
pub(super) struct Voucher {
    pub(super) code: &'static str,
    pub(super) per_cent: u64,
    pub(super) free_shipping: bool,
    pub(super) expired: bool,
}

/// A way to get it to the customer.
#[derive(Debug, Serialize)]
pub(super) struct Shipping {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// In cents.
    pub(super) price: u64,
}

/// What a cart comes to, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    pub(super) subtotal: u64,
    pub(super) discount: u64,
    pub(super) shipping: u64,
    pub(super) total: u64,
    pub(super) currency: &'static str,
}

pub(super) const VOUCHERS: &[Voucher] = &[
    Voucher { code: "TILL10", per_cent: 10, free_shipping: false, expired: false },
    Voucher { code: "SHIPFREE", per_cent: 0, free_shipping: true, expired: false },
    Voucher { code: "SUMMER", per_cent: 20, free_shipping: false, expired: true },
];

pub(super) const SHIPPING: &[Shipping] = &[
    Shipping { id: "standard", name: "Standard, 2 to 4 working days", price: 490 },
    Shipping { id: "express", name: "Express, next working day", price: 1_290 },
    Shipping { id: "collect", name: "Collect in store", price: 0 },
];

/// What of a session is known without holding it.
#[derive(Clone, Debug)]
pub(super) struct SessionCookie {
    pub(super) id: u64,
    /// The node that serves it, from 0.
    pub(super) node: usize,
    /// How this visitor paid, or tried to.
    pub(super) payment: Option<String>,
    /// Whether it began with this request.
    pub(super) new: bool,
}

/// All sessions.
pub(super) struct Sessions {
    open: Sharded<u64, Session>,
    opened: AtomicU64,
    /// Keyed anew with every start, so that identities can't be foretold.
    secret: RandomState,
}

// === impl Sessions ===

impl Sessions {
    pub(super) fn new() -> Sessions {
        Sessions {
            open: Sharded::bounded(REMEMBERED),
            opened: AtomicU64::new(0),
            secret: RandomState::new(),
        }
    }

    /// The session of a request: that of its cookie, or a new one on the node that `pin` names.
    pub(super) fn enter(
        &self,
        cookie: Option<u64>,
        pin: impl FnOnce(u64) -> usize,
    ) -> SessionCookie {
        let badge = |session: &mut Session, new| SessionCookie {
            id: session.id,
            node: session.node,
            payment: session.payment.clone(),
            new,
        };
        if let Some(known) =
            cookie.and_then(|id| self.open.get(&id, |session| badge(session, false)))
        {
            return known;
        }
        let id = self.secret.hash_one(("session", self.opened.fetch_add(1, Ordering::Relaxed)));
        let badge = SessionCookie { id, node: pin(id), payment: None, new: true };
        self.open.insert(id, self.fresh(&badge));
        badge
    }

    /// Does something with the session, which is locked meanwhile.
    pub(super) fn with<R>(&self, badge: &SessionCookie, act: impl FnOnce(&mut Session) -> R) -> R {
        self.open.with(&badge.id, || self.fresh(badge), act)
    }

    fn fresh(&self, badge: &SessionCookie) -> Session {
        let csrf = format!("{:016x}", self.secret.hash_one(("csrf", badge.id)));
        Session { id: badge.id, node: badge.node, csrf, ..Session::default() }
    }

    pub(super) fn clear(&self) {
        self.open.clear();
    }
}

// === impl Session ===

impl Session {
    /// What the cart comes to. Without a choice, it is sent the standard way.
    pub(super) fn totals(&self) -> Totals {
        Totals::of(&self.cart, self.voucher, self.shipping)
    }

    /// Puts units of a product into the cart.
    pub(super) fn put(&mut self, catalogue: &Catalogue, sku: &str, quantity: u32) {
        if let Some(line) = self.cart.iter_mut().find(|line| line.sku == sku) {
            line.quantity += quantity;
        } else if let Some(product) = catalogue.find(sku) {
            let summary = &product.summary;
            self.cart.push(CartLine {
                sku: summary.sku.clone(),
                name: summary.name,
                quantity,
                price: summary.price,
            });
        }
    }

    pub(super) fn units(&self, sku: &str) -> u32 {
        self.cart.iter().filter(|line| line.sku == sku).map(|line| line.quantity).sum()
    }
}

// === impl Totals ===

impl Totals {
    pub(super) fn of(
        lines: &[CartLine],
        voucher: Option<&Voucher>,
        shipping: Option<&Shipping>,
    ) -> Totals {
        let subtotal: u64 = lines.iter().map(|line| line.price * u64::from(line.quantity)).sum();
        let discount = voucher.map_or(0, |voucher| subtotal * voucher.per_cent / 100);
        let free = lines.is_empty() || voucher.is_some_and(|voucher| voucher.free_shipping);
        let shipping = if free { 0 } else { shipping.unwrap_or(&SHIPPING[0]).price };
        Totals {
            subtotal,
            discount,
            shipping,
            total: subtotal - discount + shipping,
            currency: CURRENCY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_exact_to_the_cent() {
        let lines = [CartLine { sku: "sku-1".into(), name: "", quantity: 3, price: 1_005 }];
        let totals = |voucher: usize, shipping: usize| {
            Totals::of(&lines, Some(&VOUCHERS[voucher]), Some(&SHIPPING[shipping]))
        };
        assert_eq!(Totals::of(&lines, None, None).total, 3_015 + 490);
        assert_eq!((totals(0, 1).discount, totals(0, 1).total), (301, 3_015 - 301 + 1_290));
        assert_eq!(totals(1, 1).total, 3_015);
        assert_eq!(Totals::of(&[], None, None).total, 0);
    }

    #[test]
    fn a_session_is_found_again_by_its_cookie_and_stays_on_its_node() {
        let sessions = Sessions::new();
        let first = sessions.enter(None, |_| 3);
        let again = sessions.enter(Some(first.id), |_| 1);
        assert_eq!((again.id, again.node, again.new), (first.id, 3, false));
        let stranger = sessions.enter(Some(first.id ^ 1), |_| 1);
        assert!(stranger.new && stranger.id != first.id ^ 1, "a cookie that we did not issue");
    }
}

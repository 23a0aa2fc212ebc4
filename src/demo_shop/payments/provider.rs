//! The provider: payment sessions, and the charges as Stripe lists them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};

use crate::demo_shop::orders::Order;

/// What is to be paid for.
#[derive(Clone, Debug)]
pub(in crate::demo_shop) struct PaymentSession {
    pub(in crate::demo_shop) status: PaymentStatus,
    /// The order as it is to be placed; its number comes with placing it.
    pub(in crate::demo_shop) draft: Order,
    /// The number of the order, once it is placed.
    pub(in crate::demo_shop) placed: Option<String>,
    pub(super) charges: u32,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::demo_shop) enum PaymentStatus {
    /// The customer is to give a card.
    RequiresPaymentMethod,
    /// The customer's bank wants to be sure who it is.
    RequiresAction,
    /// Paid.
    Succeeded,
    /// Refused for good.
    Canceled,
}

/// The provider's books.
#[derive(Default)]
pub(in crate::demo_shop) struct Provider {
    sessions: Mutex<BTreeMap<u64, PaymentSession>>,
    next: AtomicU64,
    addresses: OnceLock<PaymentAddresses>,
}

/// Where provider and shop are.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo_shop) struct PaymentAddresses {
    pub(in crate::demo_shop) provider: SocketAddr,
    pub(in crate::demo_shop) shop: SocketAddr,
}

// === impl PaymentStatus ===

impl PaymentStatus {
    pub(in crate::demo_shop) const fn name(self) -> &'static str {
        match self {
            PaymentStatus::RequiresPaymentMethod => "requires_payment_method",
            PaymentStatus::RequiresAction => "requires_action",
            PaymentStatus::Succeeded => "succeeded",
            PaymentStatus::Canceled => "canceled",
        }
    }
}

// === impl Provider ===

impl Provider {
    /// Says where it is; before that, nobody can pay there.
    pub(in crate::demo_shop) fn open(&self, addresses: PaymentAddresses) {
        let _ = self.addresses.set(addresses);
    }

    pub(in crate::demo_shop) fn addresses(&self) -> Option<PaymentAddresses> {
        self.addresses.get().copied()
    }

    /// A new session for an order; the address of its page.
    pub(in crate::demo_shop) fn begin(&self, draft: Order) -> Option<String> {
        let at = self.addresses()?.provider;
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let status = PaymentStatus::RequiresPaymentMethod;
        let session = PaymentSession { status, draft, placed: None, charges: 0 };
        self.sessions().insert(id, session);
        Some(format!("http://{at}/pay/{id}"))
    }

    /// Does something with a session.
    pub(in crate::demo_shop) fn with<R>(
        &self,
        id: u64,
        act: impl FnOnce(&mut PaymentSession) -> R,
    ) -> Option<R> {
        self.sessions().get_mut(&id).map(act)
    }

    pub(in crate::demo_shop) fn clear(&self) {
        self.sessions().clear();
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, PaymentSession>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Payment intents, the newest first.
    pub(super) fn intents(&self) -> Vec<Value> {
        let sessions = self.sessions();
        let of_session = sessions.iter().flat_map(|(id, session)| {
            (0..session.charges.max(1)).map(move |nth| intent(*id, nth, session))
        });
        let mut intents: Vec<Value> = of_session.collect();
        intents.reverse();
        intents
    }
}

fn intent(id: u64, nth: u32, session: &PaymentSession) -> Value {
    let PaymentSession { status, draft, placed, .. } = session;
    let paid = *status == PaymentStatus::Succeeded;
    let created: jiff::Timestamp = draft.created_at.parse().unwrap_or_default();
    json!({
        "id": format!("pi_{id}_{nth}"), "object": "payment_intent", "status": status.name(),
        "amount": draft.totals.total, "amount_received": if paid { draft.totals.total } else { 0 },
        "currency": draft.totals.currency.to_lowercase(), "created": created.as_second(),
        "metadata": { "email": draft.email, "order_id": placed },
    })
}

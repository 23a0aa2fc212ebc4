//! The shop's records, one row at a time, reduced to what reconciliation needs: no names, no addresses.

use super::intents::Intents;
use super::marker::Owner;
use super::read_ids::ReadIds;

/// An order as a source gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderRow {
    /// Its id: unique and immutable.
    pub id: String,
    /// The number that shoppers are told, where it is another one.
    pub number: Option<String>,
    /// Any text that carries the marker: e-mail address, note, metadata.
    pub marker: String,
    /// In minor units.
    pub total_minor: Option<i64>,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// The shop's word for its state.
    pub state: Option<String>,
    /// When it was made, in microseconds since 1970 by the shop's clock.
    pub created_unix_us: Option<i64>,
    /// The voucher codes used.
    pub vouchers: Vec<String>,
    /// What was bought.
    pub lines: Vec<OrderLine>,
}

/// This many of an article in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// The article number.
    pub sku: String,
    /// How many.
    pub quantity: u64,
}

/// A charge as a source gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargeRow {
    /// Its id: unique and immutable.
    pub id: String,
    /// Any text that carries the marker.
    pub marker: String,
    /// The id or number of its order, where the record has it.
    pub order: Option<String>,
    /// Captured less refunded, in minor units; none where only the fact is known.
    pub captured_minor: Option<i64>,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// The provider's word for its state.
    pub state: Option<String>,
}

/// A receipt as a source gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailRow {
    /// Its id: unique and immutable.
    pub id: String,
    /// Whom it is to, and its subject.
    pub marker: String,
    /// When it was sent, in microseconds since 1970.
    pub created_unix_us: Option<i64>,
}

/// The stock of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockRow {
    /// The article number.
    pub sku: String,
    /// Units that can be sold; negative where the shop allows it.
    pub on_hand: i64,
}

/// Which states count.
#[derive(Clone, Debug, Default)]
pub struct StateRules {
    /// The states in which an order counts; all where empty.
    pub counts: Vec<String>,
    /// The states in which it is paid; those that count where empty.
    pub paid: Vec<String>,
}

/// An order that belongs to this run, or may.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: Box<str>,
    pub(super) number: Option<Box<str>>,
    pub(super) owner: Option<Owner>,
    pub(super) total_minor: Option<i64>,
    pub(super) currency: Option<[u8; 3]>,
    pub(super) state: u16,
    pub(super) counts: bool,
    pub(super) paid: bool,
    pub(super) created_unix_us: Option<i64>,
    /// The complete read in which it was first there, from 0.
    pub(super) first_read: u32,
    details: Option<Box<Details>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    pub(super) vouchers: Vec<String>,
    pub(super) lines: Vec<OrderLine>,
}

/// The orders of one complete read.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    pub(super) list: Vec<Order>,
    /// States by their number in `Order::state`.
    pub(super) states: Vec<String>,
    ids: ReadIds,
    rules: StateRules,
    read: u32,
    /// Orders that carry no marker of this run.
    pub others: u64,
}

/// A charge that belongs to this run, or may.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    pub(super) id: Box<str>,
    pub(super) owner: Option<Owner>,
    pub(super) order: Option<Box<str>>,
    pub(super) captured_minor: Option<i64>,
    pub(super) currency: Option<[u8; 3]>,
}

/// The charges of one complete read.
#[derive(Clone, Debug, Default)]
pub struct Charges {
    pub(super) list: Vec<Charge>,
    ids: ReadIds,
    rules: StateRules,
}

/// A receipt of this run.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) owner: Option<Owner>,
    pub(super) text: Box<str>,
    pub(super) created_unix_us: Option<i64>,
}

/// The receipts of one complete read.
#[derive(Clone, Debug, Default)]
pub struct Mails {
    pub(super) list: Vec<Mail>,
    ids: ReadIds,
}

fn code(currency: Option<&str>) -> Option<[u8; 3]> {
    let code: [u8; 3] = currency?.trim().as_bytes().try_into().ok()?;
    Some(code.map(|letter| letter.to_ascii_uppercase()))
}

// === impl StateRules ===

impl StateRules {
    fn counts(&self, state: Option<&str>) -> bool {
        self.counts.is_empty() || state.is_some_and(|state| names_state(&self.counts, state))
    }

    fn is_paid(&self, state: Option<&str>) -> bool {
        self.counts(state)
            && (self.paid.is_empty() || state.is_some_and(|state| names_state(&self.paid, state)))
    }
}

fn names_state(list: &[String], state: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(state.trim()))
}

// === impl Orders ===

impl Orders {
    /// Of the complete read with this number, from 0.
    pub fn of_read(read: u32, rules: StateRules) -> Orders {
        Orders { read, rules, ..Orders::default() }
    }

    /// Adds a row. A row that is there already, by its id, is passed over: pages of a moving list overlap. True if it is new.
    pub fn add(&mut self, row: OrderRow, intents: &Intents) -> bool {
        if !self.ids.insert(&row.id, (row.total_minor, &row.state)) {
            return false;
        }
        let owner = intents.owner(&row.marker);
        self.others += u64::from(owner.is_none());
        let state = row.state.as_deref();
        let (counts, paid) = (self.rules.counts(state), self.rules.is_paid(state));
        let details = (!row.vouchers.is_empty() || !row.lines.is_empty())
            .then(|| Box::new(Details { vouchers: row.vouchers, lines: row.lines }));
        let state = self.state(row.state.unwrap_or_default());
        self.list.push(Order {
            id: row.id.into_boxed_str(),
            number: row.number.map(String::into_boxed_str),
            owner,
            total_minor: row.total_minor,
            currency: code(row.currency.as_deref()),
            state,
            counts,
            paid,
            created_unix_us: row.created_unix_us,
            first_read: self.read,
            details,
        });
        true
    }

    /// Keeps of the read before in which read each order was first there.
    pub fn follow(&mut self, before: &Orders) {
        for order in &mut self.list {
            if let Some(known) = before.ids.place_of(&order.id) {
                order.first_read = before.list[known].first_read;
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Equal for reads with the same orders, totals and states, in any order.
    pub fn digest(&self) -> u64 {
        self.ids.digest()
    }

    pub(super) fn state_of(&self, order: &Order) -> &str {
        &self.states[usize::from(order.state)]
    }

    fn state(&mut self, state: String) -> u16 {
        let known = self.states.iter().position(|known| *known == state);
        let place = known.unwrap_or_else(|| {
            self.states.push(state);
            self.states.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }
}

impl Order {
    pub(super) fn lines(&self) -> &[OrderLine] {
        self.details.as_ref().map_or(&[], |details| &details.lines)
    }

    pub(super) fn vouchers(&self) -> &[String] {
        self.details.as_ref().map_or(&[], |details| &details.vouchers)
    }

    /// Whether this is the id or the number of it.
    pub(super) fn is_called(&self, name: &str) -> bool {
        *self.id == *name || self.number.as_deref() == Some(name)
    }
}

// === impl Charges ===

impl Charges {
    /// None yet. `counts` are the states in which a charge took money; all where empty.
    pub fn new(counts: Vec<String>) -> Charges {
        Charges { rules: StateRules { counts, paid: Vec::new() }, ..Charges::default() }
    }

    /// Adds a row. One that took no money, or is there already, is passed over. True if its id is new.
    pub fn add(&mut self, row: ChargeRow, intents: &Intents) -> bool {
        if !self.ids.insert(&row.id, (row.captured_minor, &row.state)) {
            return false;
        }
        let took_money = row.captured_minor.is_none_or(|captured| captured > 0);
        if took_money && self.rules.counts(row.state.as_deref()) {
            self.list.push(Charge {
                id: row.id.into_boxed_str(),
                owner: intents.owner(&row.marker),
                order: row.order.map(String::into_boxed_str),
                captured_minor: row.captured_minor,
                currency: code(row.currency.as_deref()),
            });
        }
        true
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Equal for reads with the same charges.
    pub fn digest(&self) -> u64 {
        self.ids.digest()
    }
}

// === impl Mails ===

impl Mails {
    /// None yet.
    pub fn new() -> Mails {
        Mails::default()
    }

    /// Adds a row. One that is there already is passed over. True if its id is new.
    pub fn add(&mut self, row: MailRow, intents: &Intents) -> bool {
        let new = self.ids.insert(&row.id, ());
        if new {
            let owner = intents.owner(&row.marker);
            // A text is needed only where it may have an order's number in place of a marker.
            let text = if owner.is_some_and(|owner| owner.purchase.is_some()) {
                Box::default()
            } else {
                row.marker.into_boxed_str()
            };
            self.list.push(Mail { owner, text, created_unix_us: row.created_unix_us });
        }
        new
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Equal for reads with the same receipts.
    pub fn digest(&self) -> u64 {
        self.ids.digest()
    }
}

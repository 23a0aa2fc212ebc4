//! Which order, charge and receipt belongs to which intent: by marker, else by the number that the shopper was told.
//!
//! An e-mail address names a shopper only. Of a shopper with several intents, an order goes to the intent that it was confirmed to;
//! else to the intent that needs it most, so that nobody is accused where a just assignment exists.

use std::collections::HashMap;

use super::intents::{IntentIndex, Intents, Told};
use super::marker::Owner;
use super::records::{Charges, Mails, Order, Orders};

/// The records of each intent.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    pub(super) orders: Groups,
    pub(super) charges: Groups,
    pub(super) mails: Groups,
    /// Orders with a marker of this run whose intent the purchase log lacks.
    pub(super) strangers: Vec<u32>,
    /// Orders confirmed to several intents, or to another one than their marker names: the intent of each comes first, then all others
    /// that were told of it.
    pub(super) shared: Vec<(u32, Vec<IntentIndex>)>,
}

/// Places of records by the intent that they belong to.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    /// Sorted by intent.
    pairs: Vec<(u32, u32)>,
}

/// What needs an order most comes first.
const NEED: [Told; 3] = [Told::Ok, Told::Unknown, Told::Failed];

// === impl Groups ===

impl Groups {
    fn of(mut pairs: Vec<(u32, u32)>) -> Groups {
        pairs.sort_unstable();
        Groups { pairs }
    }

    /// Intents with the places of their records.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (IntentIndex, usize)> {
        self.pairs.iter().map(|(intent, place)| (IntentIndex(*intent), *place as usize))
    }

    /// The places of all records that belong to an intent.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.pairs.iter().map(|(_, place)| *place as usize)
    }

    /// The places of an intent's records.
    pub(super) fn of_intent(&self, intent: IntentIndex) -> impl Iterator<Item = usize> {
        let start = self.pairs.partition_point(|(owner, _)| *owner < intent.0);
        self.pairs[start..]
            .iter()
            .take_while(move |(owner, _)| *owner == intent.0)
            .map(|(_, place)| *place as usize)
    }
}

/// Matches all records of a read.
pub fn match_records(
    intents: &Intents,
    orders: &Orders,
    charges: &Charges,
    mails: &Mails,
) -> Matched {
    let confirmed = index_confirmed(intents);
    let mut matched = Matched::default();
    let owned = match_orders(intents, orders, &confirmed, &mut matched);
    matched.shared = find_shared(intents, orders, &confirmed, &owned);
    let by_name = by_name(orders, &owned);
    matched.charges = match_charges(intents, charges, &by_name, &owned);
    matched.mails = match_mails(intents, mails, orders, &owned);
    matched.orders = Groups::of(owned);
    matched
}

/// The intents by the numbers of the orders that were confirmed to them.
fn index_confirmed(intents: &Intents) -> HashMap<&str, Vec<IntentIndex>> {
    let mut confirmed: HashMap<&str, Vec<IntentIndex>> = HashMap::new();
    for (place, intent) in intents.list().iter().enumerate() {
        for number in &intent.confirmed {
            confirmed.entry(number).or_default().push(IntentIndex(place as u32));
        }
    }
    confirmed
}

fn told_to<'c>(order: &Order, confirmed: &'c HashMap<&str, Vec<IntentIndex>>) -> &'c [IntentIndex] {
    let by_number = || confirmed.get(order.number.as_deref()?);
    confirmed.get(&*order.id).or_else(by_number).map_or(&[], Vec::as_slice)
}

/// (intent, order) for each order of this run.
fn match_orders(
    intents: &Intents,
    orders: &Orders,
    confirmed: &HashMap<&str, Vec<IntentIndex>>,
    matched: &mut Matched,
) -> Vec<(u32, u32)> {
    let mut owned = Vec::with_capacity(orders.len());
    let mut loose: HashMap<Owner, Vec<u32>> = HashMap::new();
    for (place, order) in orders.list.iter().enumerate() {
        let place = place as u32;
        let told = told_to(order, confirmed);
        match order.owner {
            None => owned.extend(told.first().map(|intent| (intent.0, place))),
            Some(owner) => match whose(intents, owner, told) {
                Whose::Intent(intent) => owned.push((intent.0, place)),
                Whose::Shopper => loose.entry(owner).or_default().push(place),
                Whose::Nobody => matched.strangers.push(place),
            },
        }
    }
    if !loose.is_empty() {
        assign_loose(intents, loose, &mut owned);
    }
    owned
}

enum Whose {
    Intent(IntentIndex),
    /// One of the shopper's intents.
    Shopper,
    /// The purchase log has nothing of it.
    Nobody,
}

fn whose(intents: &Intents, owner: Owner, told: &[IntentIndex]) -> Whose {
    if owner.purchase.is_some() {
        return intents.exact(owner).map_or(Whose::Nobody, Whose::Intent);
    }
    let mut of_shopper = intents.of_shopper(owner);
    let Some(first) = of_shopper.next() else { return Whose::Nobody };
    if of_shopper.next().is_none() {
        return Whose::Intent(first);
    }
    let own = |intent: &&IntentIndex| {
        let intent = intents.get(**intent);
        (intent.run, intent.shopper) == (owner.run, owner.shopper)
    };
    told.iter().find(own).map_or(Whose::Shopper, |intent| Whose::Intent(*intent))
}

/// Gives a shopper's orders to the intents that have none, those that must have one first; what is left goes to the last.
fn assign_loose(intents: &Intents, loose: HashMap<Owner, Vec<u32>>, owned: &mut Vec<(u32, u32)>) {
    let mut served: Vec<u32> = owned.iter().map(|(intent, _)| *intent).collect();
    served.sort_unstable();
    for (owner, places) in loose {
        let all: Vec<IntentIndex> = intents.of_shopper(owner).collect();
        let mut needy = all.iter().filter(|intent| served.binary_search(&intent.0).is_err()).fold(
            [const { Vec::new() }; NEED.len()],
            |mut by_need, intent| {
                let told = intents.get(*intent).outcome_seen();
                let rank = NEED.iter().position(|known| *known == told).unwrap_or(0);
                by_need[rank].push(*intent);
                by_need
            },
        );
        let mut needy = needy.iter_mut().flat_map(|intents| intents.drain(..));
        for place in places {
            // All are served: there is one order too many, whichever it is.
            let intent = needy.next().or_else(|| excess(intents, &all));
            owned.extend(intent.map(|intent| (intent.0, place)));
        }
    }
}

/// Who is given an order too many: the last intent that may have made one.
fn excess(intents: &Intents, all: &[IntentIndex]) -> Option<IntentIndex> {
    let may = |intent: &&IntentIndex| intents.get(**intent).outcome_seen() != Told::Failed;
    all.iter().rev().find(may).or(all.last()).copied()
}

/// Orders that were confirmed to more than their one intent.
fn find_shared(
    intents: &Intents,
    orders: &Orders,
    confirmed: &HashMap<&str, Vec<IntentIndex>>,
    owned: &[(u32, u32)],
) -> Vec<(u32, Vec<IntentIndex>)> {
    let mut shared = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for (owner, place) in owned {
        let order = &orders.list[*place as usize];
        let told = told_to(order, confirmed);
        let foreign = order.owner.is_some() && told.iter().any(|intent| intent.0 != *owner);
        if told.len() > 1 || foreign {
            known.extend([Some(&*order.id), order.number.as_deref()].into_iter().flatten());
            let others = told.iter().filter(|intent| intent.0 != *owner);
            let of = std::iter::once(&IntentIndex(*owner)).chain(others).copied().collect();
            shared.push((*place, of));
        }
    }
    // A number told to two shoppers is wrong even if no order has it.
    if confirmed.len() < intents.list().iter().map(|intent| intent.confirmed.len()).sum() {
        let told_twice = confirmed.iter().filter(|(_, of)| of.len() > 1);
        let missing = told_twice.filter(|(number, _)| !known.contains(number));
        shared.extend(missing.map(|(_, of)| (NO_ORDER, of.clone())));
    }
    shared
}

/// In place of an order that the records lack.
pub(super) const NO_ORDER: u32 = u32::MAX;

/// The intent of each order, by its id and its number.
fn by_name<'o>(orders: &'o Orders, owned: &[(u32, u32)]) -> HashMap<&'o str, IntentIndex> {
    let mut by_name = HashMap::with_capacity(owned.len());
    for (intent, place) in owned {
        let order = &orders.list[*place as usize];
        by_name.insert(&*order.id, IntentIndex(*intent));
        if let Some(number) = &order.number {
            by_name.insert(&**number, IntentIndex(*intent));
        }
    }
    by_name
}

fn match_charges(
    intents: &Intents,
    charges: &Charges,
    by_name: &HashMap<&str, IntentIndex>,
    owned: &[(u32, u32)],
) -> Groups {
    let served = count_served(owned);
    let pairs = charges.list.iter().enumerate().filter_map(|(place, charge)| {
        let exact = charge.owner.and_then(|owner| intents.exact(owner));
        let by_order = || by_name.get(charge.order.as_deref()?).copied();
        let by_shopper = || likeliest(intents, charge.owner?, &served);
        let intent = exact.or_else(by_order).or_else(by_shopper)?;
        Some((intent.0, place as u32))
    });
    Groups::of(pairs.collect())
}

fn match_mails(intents: &Intents, mails: &Mails, orders: &Orders, owned: &[(u32, u32)]) -> Groups {
    let served = count_served(owned);
    let pairs = mails.list.iter().enumerate().filter_map(|(place, mail)| {
        let owner = mail.owner?;
        let exact = intents.exact(owner);
        let by_number = || {
            intents.of_shopper(owner).find(|intent| {
                let start = served.partition_point(|(other, _)| *other < intent.0);
                let of = served[start..].iter().take_while(|(other, _)| *other == intent.0);
                of.into_iter().any(|(_, place)| {
                    let order = &orders.list[*place as usize];
                    let number = order.number.as_deref().unwrap_or(&order.id);
                    mail.text.contains(number)
                })
            })
        };
        let intent = exact.or_else(by_number).or_else(|| likeliest(intents, owner, &served))?;
        Some((intent.0, place as u32))
    });
    Groups::of(pairs.collect())
}

fn count_served(owned: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut served = owned.to_vec();
    served.sort_unstable();
    served
}

/// Of a shopper's intents the first with an order, else the first that may have one.
fn likeliest(intents: &Intents, owner: Owner, served: &[(u32, u32)]) -> Option<IntentIndex> {
    let has_order = |intent: &IntentIndex| {
        let start = served.partition_point(|(other, _)| *other < intent.0);
        served.get(start).is_some_and(|(other, _)| *other == intent.0)
    };
    let all: Vec<IntentIndex> = intents.of_shopper(owner).collect();
    let may = |intent: &&IntentIndex| intents.get(**intent).outcome_seen() != Told::Failed;
    all.iter()
        .find(|intent| has_order(intent))
        .or_else(|| all.iter().find(may))
        .or(all.first())
        .copied()
}

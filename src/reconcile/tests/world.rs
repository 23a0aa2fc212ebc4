//! A purchase log and the records of a shop, told in a few words.

use std::collections::HashSet;

use crate::base::Micros;
use crate::reconcile::*;

pub(super) const RUN: &str = "0badcafe";
pub(super) const START: i64 = 1_800_000_000_000_000;

/// A purchase log and the records of a shop.
#[derive(Default)]
pub(super) struct World {
    pub(super) intents: Intents,
    pub(super) orders: Vec<OrderRow>,
    pub(super) charges: Vec<ChargeRow>,
    pub(super) mails: Vec<MailRow>,
    pub(super) unsettled: bool,
    pub(super) looked_up: Option<HashSet<IntentIndex>>,
    pub(super) clock_offset_us: Option<i64>,
    pub(super) without_charges: bool,
}

// === impl World ===

impl World {
    pub(super) fn new() -> World {
        World { clock_offset_us: Some(0), ..World::default() }
    }

    /// The lines of one intent: `invoke`, `ok T1`, `declined`, ...
    pub(super) fn told(&mut self, shopper: u64, unit: u16, events: &[&str]) -> &mut World {
        for (i, event) in events.iter().enumerate() {
            let (event, order) = event.split_once(' ').unwrap_or((event, ""));
            let total = if event == "ok" { r#","total_minor":1000"# } else { "" };
            let at = 1_000_000 + i as u64 * 100_000;
            let line = format!(
                r#"{{"at_us":{at},"intent":"{RUN}-{shopper:016x}-{unit}","key":"k","event":"{event}","order":"{order}"{total}}}"#
            );
            self.intents.add_line(line.as_bytes()).unwrap();
        }
        self
    }

    pub(super) fn order(&mut self, id: &str, shopper: u64) -> &mut OrderRow {
        self.orders.push(OrderRow {
            id: id.to_owned(),
            marker: format!("s-{shopper:016x}.{RUN}@example.com"),
            total_minor: Some(1000),
            currency: Some("EUR".into()),
            state: Some("paid".into()),
            created_unix_us: Some(START + 1_200_000),
            ..OrderRow::default()
        });
        self.orders.last_mut().unwrap()
    }

    pub(super) fn charge(&mut self, id: &str, shopper: u64, captured: i64) -> &mut World {
        self.charges.push(ChargeRow {
            id: id.to_owned(),
            marker: format!("{RUN}-{shopper:016x}-0-1"),
            captured_minor: Some(captured),
            currency: Some("eur".into()),
            ..ChargeRow::default()
        });
        self
    }

    pub(super) fn mail(&mut self, id: &str, shopper: u64) -> &mut World {
        let marker = format!("s-{shopper:016x}.{RUN}@example.com: your order");
        self.mails.push(MailRow { id: id.to_owned(), marker, created_unix_us: None });
        self
    }

    /// An intent in perfect order.
    pub(super) fn perfect(&mut self, shopper: u64) -> &mut World {
        let id = format!("T{shopper}");
        self.told(shopper, 0, &["invoke", &format!("ok {id}")]);
        self.order(&id, shopper);
        self.charge(&format!("ch{shopper}"), shopper, 1000).mail(&format!("m{shopper}"), shopper)
    }

    pub(super) fn orders(&self) -> Orders {
        let rules =
            StateRules { counts: vec!["paid".into(), "pending".into()], paid: vec!["paid".into()] };
        let mut orders = Orders::of_read(0, rules);
        for row in &self.orders {
            orders.add(row.clone(), &self.intents);
        }
        orders
    }

    pub(super) fn judge(&self) -> Reconciliation {
        let orders = self.orders();
        let mut charges = Charges::new(Vec::new());
        self.charges.iter().for_each(|row| assert!(charges.add(row.clone(), &self.intents)));
        let mut mails = Mails::new();
        self.mails.iter().for_each(|row| assert!(mails.add(row.clone(), &self.intents)));
        let matched = match_records(&self.intents, &orders, &charges, &mails);
        let evidence = Evidence {
            settled: !self.unsettled,
            has_charges: !self.without_charges,
            has_mails: !self.mails.is_empty(),
            looked_up: self.looked_up.clone(),
            clock_offset_us: self.clock_offset_us,
            mail_clock_offset_us: self.clock_offset_us,
            reads: Vec::new(),
        };
        judge(&self.intents, &orders, &charges, &mails, &matched, &rules(), &evidence)
    }

    pub(super) fn kinds(&self) -> Vec<FindingKind> {
        let mut kinds: Vec<FindingKind> =
            self.judge().findings.iter().map(|finding| finding.kind).collect();
        kinds.sort_unstable();
        kinds
    }
}

pub(super) fn rules() -> Rules {
    Rules {
        late_after: Micros::from_secs(60),
        receipt_within: Micros::from_secs(600),
        currency: Some("EUR".into()),
        started_unix_us: START,
    }
}

pub(super) fn world(tell: impl FnOnce(&mut World)) -> World {
    let mut world = World::new();
    tell(&mut world);
    world
}

//! Stories of single intents, and planted counts over many.

use std::collections::HashSet;

use super::*;
use crate::base::Micros;

const RUN: &str = "0badcafe";
const START: i64 = 1_800_000_000_000_000;

/// A purchase log and the records of a shop.
#[derive(Default)]
struct World {
    intents: Intents,
    orders: Vec<OrderRow>,
    charges: Vec<ChargeRow>,
    mails: Vec<MailRow>,
    unsettled: bool,
    looked_up: Option<HashSet<IntentIndex>>,
    clock_offset_us: Option<i64>,
    without_charges: bool,
}

// === impl World ===

impl World {
    fn new() -> World {
        World { clock_offset_us: Some(0), ..World::default() }
    }

    /// The lines of one intent: `invoke`, `ok T1`, `declined`, ...
    fn told(&mut self, shopper: u64, unit: u16, events: &[&str]) -> &mut World {
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

    fn order(&mut self, id: &str, shopper: u64) -> &mut OrderRow {
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

    fn charge(&mut self, id: &str, shopper: u64, captured: i64) -> &mut World {
        self.charges.push(ChargeRow {
            id: id.to_owned(),
            marker: format!("{RUN}-{shopper:016x}-0-1"),
            captured_minor: Some(captured),
            currency: Some("eur".into()),
            ..ChargeRow::default()
        });
        self
    }

    fn mail(&mut self, id: &str, shopper: u64) -> &mut World {
        let marker = format!("s-{shopper:016x}.{RUN}@example.com: your order");
        self.mails.push(MailRow { id: id.to_owned(), marker, created_unix_us: None });
        self
    }

    /// An intent in perfect order.
    fn perfect(&mut self, shopper: u64) -> &mut World {
        let id = format!("T{shopper}");
        self.told(shopper, 0, &["invoke", &format!("ok {id}")]);
        self.order(&id, shopper);
        self.charge(&format!("ch{shopper}"), shopper, 1000).mail(&format!("m{shopper}"), shopper)
    }

    fn orders(&self) -> Orders {
        let rules =
            StateRules { counts: vec!["paid".into(), "pending".into()], paid: vec!["paid".into()] };
        let mut orders = Orders::of_read(0, rules);
        for row in &self.orders {
            orders.add(row.clone(), &self.intents);
        }
        orders
    }

    fn judge(&self) -> Reconciliation {
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
            reads: Vec::new(),
        };
        judge(&self.intents, &orders, &charges, &mails, &matched, &rules(), &evidence)
    }

    fn kinds(&self) -> Vec<FindingKind> {
        let mut kinds: Vec<FindingKind> =
            self.judge().findings.iter().map(|finding| finding.kind).collect();
        kinds.sort_unstable();
        kinds
    }
}

fn rules() -> Rules {
    Rules {
        late_after: Micros::from_secs(60),
        receipt_within: Micros::from_secs(600),
        currency: Some("EUR".into()),
        started_unix_us: START,
    }
}

fn world(tell: impl FnOnce(&mut World)) -> World {
    let mut world = World::new();
    tell(&mut world);
    world
}

use FindingKind::*;

#[test]
fn a_perfect_intent_has_no_finding() {
    let world = world(|world| _ = world.perfect(1).perfect(2));
    let result = world.judge();
    assert_eq!(result.findings, []);
    assert_eq!(result.matrix, [[0, 2, 0, 0], [0; 4], [0; 4]]);
}

#[test]
fn a_confirmed_order_that_is_nowhere_is_lost() {
    let mut world = world(|world| _ = world.told(1, 0, &["invoke", "ok T1"]));
    assert_eq!(world.kinds(), [Lost]);
    assert_eq!(world.judge().findings[0].minor, Some(1000));
    world.looked_up = Some(HashSet::new());
    assert_eq!((world.kinds(), world.judge().undecided), (vec![], 1), "not looked up yet");
    world.looked_up = Some(world.judge().missing.into_iter().collect());
    assert_eq!(world.kinds(), [Lost], "looked up in vain");
    world.unsettled = true;
    assert_eq!((world.kinds(), world.judge().undecided), (vec![], 1), "it may still come");
}

#[test]
fn an_unknown_outcome_is_neither_lost_nor_phantom() {
    let world = world(|world| {
        world.told(1, 0, &["invoke"]).told(2, 0, &["invoke", "unknown"]).told(
            3,
            0,
            &["invoke", "unknown"],
        );
        world.order("T3", 3);
        world.charge("ch3", 3, 1000);
    });
    let result = world.judge();
    assert_eq!(result.findings, []);
    assert_eq!((result.recovered, result.vanished), (1, 2));
}

#[test]
fn a_retry_after_an_unknown_outcome_may_not_buy_twice() {
    let world = world(|world| {
        world.told(1, 0, &["invoke", "unknown", "invoke", "ok T2"]);
        world.order("T1", 1);
        world.order("T2", 1);
        world.charge("ch1", 1, 1000).charge("ch2", 1, 1000);
    });
    assert_eq!(world.kinds(), [Duplicate, ChargedTwice]);
    let result = world.judge();
    assert!(result.findings.iter().all(|finding| finding.minor == Some(1000)), "{result:?}");
}

#[test]
fn captures_in_parts_are_no_second_charge() {
    let world = world(|world| {
        world.told(1, 0, &["invoke", "ok T1"]);
        world.order("T1", 1);
        world.charge("ch1", 1, 400).charge("ch2", 1, 600);
    });
    assert_eq!(world.kinds(), []);
}

#[test]
fn who_was_told_no_may_have_neither_order_nor_charge() {
    let told_no =
        |world: &mut World| _ = world.told(1, 0, &["invoke", "declined", "invoke", "failed"]);
    let mut with_order = world(told_no);
    with_order.order("T1", 1);
    assert_eq!(with_order.kinds(), [Phantom]);
    let mut with_charge = world(told_no);
    with_charge.charge("ch1", 1, 1000);
    assert_eq!(with_charge.kinds(), [Phantom]);
    let mut refunded = world(told_no);
    refunded.charge("ch1", 1, 0);
    assert_eq!(refunded.kinds(), [], "the money was given back");
}

#[test]
fn charges_and_orders_need_each_other() {
    let world = world(|world| {
        world.told(1, 0, &["invoke", "ok T1"]).told(2, 0, &["invoke", "unknown"]);
        world.order("T1", 1);
        world.charge("ch2", 2, 1000);
    });
    assert_eq!(world.kinds(), [ChargedWithoutOrder, OrderWithoutCharge]);
    let without = World { without_charges: true, charges: Vec::new(), ..world };
    assert_eq!(without.kinds(), [], "nobody looked at charges");
}

#[test]
fn amounts_and_currencies_are_compared_without_tolerance() {
    let with = |change: fn(&mut OrderRow)| {
        world(|world| {
            world.told(1, 0, &["invoke", "ok T1"]);
            change(world.order("T1", 1));
            world.charge("ch1", 1, 1000);
        })
        .kinds()
    };
    assert_eq!(with(|order| order.total_minor = Some(1001)), [WrongAmount]);
    assert_eq!(with(|order| order.currency = Some("USD".into())), [WrongAmount]);
    assert_eq!(with(|order| order.total_minor = None), []);
    assert_eq!(
        with(|order| order.state = Some("cancelled".into())),
        [ChargedWithoutOrder, WrongState]
    );
}

#[test]
fn one_order_told_to_two_shoppers_is_shared_and_not_lost_besides() {
    let world = world(|world| {
        world.told(1, 0, &["invoke", "ok T1"]).told(2, 0, &["invoke", "ok T1"]);
        world.order("T1", 1);
        world.charge("ch1", 1, 1000);
    });
    assert_eq!(world.kinds(), [Shared]);
}

#[test]
fn the_orders_of_a_shopper_with_several_intents_go_where_nobody_is_accused() {
    let world = world(|world| {
        world.told(1, 0, &["invoke", "declined"]).told(1, 1, &["invoke", "unknown"]).told(
            1,
            2,
            &["invoke", "ok"],
        );
        world.order("T1", 1);
        world.order("T2", 1);
        world.without_charges = true;
    });
    assert_eq!(world.kinds(), []);
    assert_eq!(world.judge().matrix, [[0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]]);
}

#[test]
fn an_order_without_a_marker_is_found_by_its_number() {
    let world = world(|world| {
        world.told(1, 0, &["invoke", "ok R-7"]);
        let order = world.order("7", 1);
        (order.marker, order.number) = ("anonymised".into(), Some("R-7".into()));
        world.order("8", 9).marker = "eve@example.com".into();
        world.without_charges = true;
    });
    assert_eq!(world.kinds(), []);
    assert_eq!(world.judge().coverage.others, 2);
}

#[test]
fn an_order_that_the_log_lacks_is_a_stranger() {
    let mut world = world(|world| _ = world.perfect(1));
    world.order("T9", 9);
    assert_eq!(world.kinds(), [Stranger]);
    assert_eq!(Stranger.severity(), Severity::Invalid);
}

#[test]
fn receipts_are_one_for_each_order() {
    let world = world(|world| {
        world.perfect(1).perfect(2).perfect(3);
        world.mails.retain(|mail| mail.id != "m2");
        world.mail("again", 3);
        world.told(4, 0, &["invoke", "declined"]).mail("m4", 4);
    });
    assert_eq!(world.kinds(), [ReceiptMissing, ReceiptTwice, ReceiptWithoutOrder]);
}

#[test]
fn late_goes_by_the_shops_clock_only_if_that_is_right() {
    let mut world = world(|world| _ = world.perfect(1));
    world.orders[0].created_unix_us = Some(START + 70_000_000);
    assert_eq!(world.kinds(), [Late]);
    world.clock_offset_us = Some(300_000_000);
    assert_eq!(world.kinds(), [], "five minutes off says nothing");
    world.clock_offset_us = None;
    assert_eq!(world.kinds(), []);
}

#[test]
fn an_order_that_two_reads_lacked_is_late_by_our_own_eyes() {
    let world = world(|world| _ = world.perfect(1));
    let read =
        |s| Read { began_at: Micros::from_secs(s), ended_at: Micros::from_secs(s), digest: 0 };
    let late = |reads: Vec<Read>| {
        let empty = Orders::of_read(0, StateRules::default());
        let mut orders = Orders::of_read(1, StateRules::default());
        orders.add(world.orders[0].clone(), &world.intents);
        orders.follow(&empty);
        let (charges, mails) = (Charges::default(), Mails::default());
        let matched = match_records(&world.intents, &orders, &charges, &mails);
        let evidence = Evidence { reads, settled: true, ..Evidence::default() };
        judge(&world.intents, &orders, &charges, &mails, &matched, &rules(), &evidence)
    };
    let result = late(vec![read(30), read(90)]);
    assert_eq!(
        (result.count(Late), result.visible_after.len()),
        (0, 1),
        "it may have come at 31 s"
    );
    assert_eq!(late(vec![read(70), read(90)]).count(Late), 1);
}

#[test]
fn stock_and_vouchers_are_sums() {
    let world = world(|world| {
        for shopper in 1..=8 {
            world.perfect(shopper);
            let order = world.orders.last_mut().unwrap();
            order.lines = vec![OrderLine { sku: "flash".into(), quantity: 1 }];
            order.vouchers = vec!["ten".into()];
        }
        // Known by the number that was told alone.
        world.orders[7].marker = "jo@example.com".into();
    });
    let orders = world.orders();
    let (charges, mails) = (Charges::default(), Mails::default());
    let matched = match_records(&world.intents, &orders, &charges, &mails);
    let row = |on_hand| vec![StockRow { sku: "flash".into(), on_hand }];
    let (stock, findings) = check_stock(&row(3), Some(&row(-5)), &orders, &matched, &|_| true);
    assert_eq!((stock[0].sold, stock[0].oversold, findings.len()), (8, 5, 1));
    assert_eq!((findings[0].kind, findings[0].units), (Oversold, 5));
    let (_, findings) = check_stock(&row(10), Some(&row(1)), &orders, &matched, &|_| true);
    assert_eq!((findings[0].kind, findings[0].units), (StockDrift, 1));
    assert!(
        check_stock(&row(10), Some(&row(1)), &orders, &matched, &|_| false).1.is_empty(),
        "others buy too"
    );
    assert!(check_stock(&row(10), Some(&row(2)), &orders, &matched, &|_| true).1.is_empty());
    let limit = |limit, per_shopper| VoucherLimit { code: "TEN".into(), limit, per_shopper };
    let (uses, findings) =
        check_vouchers(&[limit(5, false), limit(1, true)], &world.intents, &orders, &matched);
    assert_eq!((uses[0].overused, uses[1].overused, findings.len()), (3, 0, 1));
}

#[test]
fn a_row_read_twice_counts_once() {
    let mut world = world(|world| _ = world.perfect(1));
    for again in [world.orders[0].clone(), world.orders[0].clone()] {
        world.orders.push(again);
    }
    assert_eq!(world.kinds(), []);
    let other = {
        let mut turned = World::new();
        turned.perfect(1);
        turned.orders().digest()
    };
    assert_eq!(world.orders().digest(), other, "order and repetition of rows have no meaning");
}

#[test]
fn planted_counts_are_found_to_the_unit_among_thousands() {
    let mut world = World::new();
    let mut who = 0;
    let mut plant = |world: &mut World, n: u64, act: &dyn Fn(&mut World, u64)| {
        (0..n).for_each(|_| {
            who += 1;
            act(world, who);
        });
    };
    plant(&mut world, 3_000, &|world, who| _ = world.perfect(who));
    let last_order = |world: &mut World, change: &dyn Fn(&mut OrderRow)| {
        change(world.orders.last_mut().unwrap())
    };
    plant(&mut world, 3, &|world, who| {
        world.perfect(who);
        world.orders.pop();
        world.charges.pop();
        world.mails.pop();
    });
    plant(&mut world, 5, &|world, who| {
        world.perfect(who);
        world.order(&format!("D{who}"), who);
        world.mail(&format!("md{who}"), who);
    });
    plant(&mut world, 7, &|world, who| {
        _ = world.perfect(who).charge(&format!("cc{who}"), who, 1000)
    });
    plant(&mut world, 11, &|world, who| {
        world.told(who, 0, &["invoke", "declined"]).charge(&format!("cp{who}"), who, 1000);
    });
    plant(&mut world, 13, &|world, who| {
        world.told(who, 0, &["invoke", "unknown"]).charge(&format!("cn{who}"), who, 1000);
    });
    plant(&mut world, 17, &|world, who| {
        world.perfect(who);
        world.charges.pop();
    });
    plant(&mut world, 19, &|world, who| {
        world.perfect(who);
        last_order(world, &|order| order.total_minor = Some(999));
    });
    plant(&mut world, 23, &|world, who| {
        world.perfect(who);
        last_order(world, &|order| order.created_unix_us = Some(START + 90_000_000));
    });
    plant(&mut world, 29, &|world, who| {
        world.perfect(who);
        world.mails.pop();
    });
    plant(&mut world, 31, &|world, who| _ = world.perfect(who).mail(&format!("mm{who}"), who));
    plant(&mut world, 37, &|world, who| {
        world.told(who, 0, &["invoke", "declined"]).mail(&format!("mn{who}"), who);
    });
    plant(&mut world, 41, &|world, who| {
        world.perfect(who);
        world.charges.pop();
        world.mails.pop();
        last_order(world, &|order| order.state = Some("cancelled".into()));
    });
    let result = world.judge();
    let planted = [
        (Lost, 3),
        (Duplicate, 5),
        (ChargedTwice, 7),
        (Phantom, 11),
        (ChargedWithoutOrder, 13),
        (OrderWithoutCharge, 17),
        (WrongAmount, 19),
        (Late, 23),
        (ReceiptMissing, 29),
        (ReceiptTwice, 31),
        (ReceiptWithoutOrder, 37),
        (WrongState, 41),
        (Shared, 0),
        (Stranger, 0),
    ];
    for (kind, count) in planted {
        assert_eq!(result.count(kind), count, "{kind:?}");
    }
    assert_eq!(result.undecided, 0);
}

#[test]
fn the_document_has_the_story_of_the_costliest() {
    let mut world = World::new();
    world.perfect(1).told(2, 0, &["invoke", "ok T2"]);
    let result = world.judge();
    let mut timelines = Timelines::of(ReconciliationDocument::examples(&result, &world.intents));
    let name = world.intents.name(IntentIndex(1));
    timelines.add_line(
        format!(
            r#"{{"at_us":1500,"intent":"{name}","key":"k","attempt":1,"event":"ok","order":"T2"}}"#
        )
        .as_bytes(),
    );
    let document = ReconciliationDocument::of(
        &result,
        &world.intents,
        &mut timelines,
        "a file".into(),
        String::new(),
    );
    let lost = &document.findings[0];
    assert_eq!((lost.kind.as_str(), lost.count, lost.minor), ("lost", 1, Some(1000)));
    assert!((lost.rate_upper95.unwrap() - 1.0).abs() < 1e-9, "4.74 of 2 is no rate");
    assert_eq!(lost.examples[0].timeline[0].what, "attempt 1: ok");
    assert_eq!(document.of_severity("error"), 1);
    assert_eq!(intent_lines(&result, &world.intents).lines().count(), 1);
}

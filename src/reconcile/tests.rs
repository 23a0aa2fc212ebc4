//! Stories of single intents.

mod counts;
mod world;

use std::collections::HashSet;

use self::world::{START, World, rules, world};
use super::FindingKind::*;
use super::*;
use crate::base::Micros;

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

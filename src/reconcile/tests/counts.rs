//! Sums and counts over many intents.

use super::world::{START, World, world};
use crate::reconcile::FindingKind::*;
use crate::reconcile::*;

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

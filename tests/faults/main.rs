//! Each way in which a shop, or a proxy before it, can break a payment, one kind a port: what shoppers are told is compared with the ledger,
//! intent by intent. A confirmed order must be there and a failed one must not, whatever happens on the wire.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "../cli/bench.rs"]
#[expect(dead_code, reason = "tests/cli uses the rest of it")]
mod bench;

mod http1;
mod http2;
mod script;
mod shop;
mod tls;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bench::{Bench, json_lines};
use script::{Kind, Told};
use shop::{FaultShop, Ledger};

/// Shoppers for each kind, on average. The seed is fixed, so that each kind always has some.
const SHOPPERS_EACH: usize = 8;

/// A scenario with a journey for each kind.
fn scenario(shop: &FaultShop) -> String {
    // At a steady pace for about as long as the longest stall takes.
    let rate = shop.ports.len() * SHOPPERS_EACH / 8;
    let mut text = format!(
        "name: Faults\nload: {{ arrivals: paced, stages: [{{ hold: {rate}/s, for: 8s }}] }}\n\
         shoppers: {{ max_attempts: 1 }}\ndefaults: {{ gives_up_after: 8s }}\njourneys:\n"
    );
    for (place, (kind, origin)) in shop.ports.iter().enumerate() {
        let name = kind.name;
        write!(
            text,
            "  - name: \"journey {place}\"
    weight: 1
    steps:
      - purchase: \"{name}\"
        steps:
          - name: \"pay {place}\"
            post: {origin}/pay
            json: {{ intent: \"{{{{ intent.id }}}}\" }}
            expect: {{ status: 2xx, json: {{ $.status: confirmed }} }}
            declined: {{ status: 402 }}
            order: {{ id: {{ json: $.order_id }}, total: {{ json: $.total }} }}
"
        )
        .unwrap();
    }
    text
}

/// Has shoppers meet all kinds, and compares what they were told with the ledger.
fn hold_against_the_ledger(kinds: Vec<Kind>, serve: shop::Serve, scheme: &str) {
    let shop = FaultShop::open(kinds, serve, scheme);
    let bench = Bench::new(&scenario(&shop));
    let run = bench.run(&[
        "--target",
        &shop.front,
        "-k",
        "--seed",
        "2",
        "--max-body",
        "1MB",
        "--max-requests",
        "20000",
    ]);
    assert!(matches!(run.code, Some(0 | 99 | 100 | 102)), "{run:?}");
    let folder = bench.only_run();
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let ledger = shop.ledger.lock().unwrap();
    for line in json_lines(&folder.join("purchases.jsonl")) {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        if text("event") == "invoke" {
            continue;
        }
        let kind = &shop.ports.iter().find(|(kind, _)| kind.name == text("purchase")).unwrap().0;
        *met.entry(text("purchase")).or_default() += 1;
        wrong.extend(contradiction(kind, &text("key"), &text("event"), &text("order"), &ledger));
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} of {met:?}:\n{}", wrong.len(), wrong.join("\n"));
    let missed: Vec<&str> = shop
        .ports
        .iter()
        .map(|(kind, _)| kind.name)
        .filter(|name| !met.contains_key(*name))
        .collect();
    assert!(missed.is_empty(), "nobody met {missed:?}");
    totals_agree(&bench, &shop, met.values().sum(), &ledger);
    println!("{} kinds, {} purchases, exact", met.len(), met.values().sum::<usize>());
}

/// What is wrong about an outcome, if anything is.
fn contradiction(
    kind: &Kind,
    intent: &str,
    event: &str,
    order: &str,
    ledger: &Ledger,
) -> Option<String> {
    let placed = ledger.orders.get(intent).copied().unwrap_or(0);
    let lie = match event {
        "ok" => placed != 1 || order != shop::order_number(intent),
        "failed" | "declined" => placed != 0,
        "unknown" => placed > 1,
        _ => true,
    };
    let expected = match kind.told {
        Told::Ok => "ok",
        Told::Declined => "declined",
        Told::Failed => "failed",
        Told::Unknown => "unknown",
    };
    let works = kind.works();
    let order = if order.is_empty() { "nothing" } else { "an order" };
    (lie || event != expected || (placed == 1) != works).then(|| {
        format!("{}: told {event} with {order}, expected {expected}; {placed} orders", kind.name)
    })
}

/// The counts of run.json are those of the shop.
fn totals_agree(bench: &Bench, shop: &FaultShop, purchases: usize, ledger: &Ledger) {
    let orders = &bench.document()["orders"];
    let count = |key: &str| orders[key].as_u64().unwrap() as usize;
    assert_eq!(count("sent"), purchases, "{orders}");
    let of = |told: Told| {
        let names: Vec<&str> = shop
            .ports
            .iter()
            .filter(|(kind, _)| kind.told == told)
            .map(|(kind, _)| kind.name)
            .collect();
        ledger
            .met
            .iter()
            .filter(|(kind, _)| names.contains(kind))
            .map(|(_, intents)| intents.len())
            .sum::<usize>()
    };
    // A port that answers nobody reads no intent, so that only these are known to the shop in full.
    assert_eq!(count("confirmed"), of(Told::Ok), "{orders}");
    assert_eq!(count("declined"), of(Told::Declined), "{orders}");
}

#[test]
fn http_1_faults_are_told_as_the_ledger_has_them() {
    let kinds = http1::kinds();
    assert!(kinds.len() >= 46, "{}", kinds.len());
    hold_against_the_ledger(kinds, shop::serve_plain, "http");
}

#[test]
fn tls_faults_are_told_as_the_ledger_has_them() {
    let kinds = tls::kinds();
    assert!(kinds.len() >= 5, "{}", kinds.len());
    hold_against_the_ledger(kinds, shop::serve_tls, "https");
}

#[test]
fn http_2_faults_are_told_as_the_ledger_has_them() {
    let kinds = http2::kinds();
    assert!(kinds.len() >= 13, "{}", kinds.len());
    hold_against_the_ledger(kinds, http2::serve, "https");
}

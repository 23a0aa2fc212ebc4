//! What shoppers have: devices that the shop knows them by, networks that they wait for, cookies of an earlier visit.

use crate::bench::{Bench, MEASURED, Shop, count, figure, step};

/// Two pages. On telephones the second fails.
const PAGES: &str = "
name: Pages
load: { arrivals: paced, stages: [{ hold: 50/s, for: 2s }] }
shoppers:
  attributes:
    device:
      phone: { weight: 1, device: mobile, network: { round_trip: 60ms, bandwidth: 20Mbit/s } }
      laptop: { weight: 1, device: desktop }
  retry: { after: 10ms..20ms }
  max_attempts: 2
journeys:
  - name: look
    steps:
      - { name: home, get: / }
      - { name: product, get: /products/sku-1 }
objectives: [p50(home) < 10s where device = phone, p50(home) < 10s where device = laptop]
";

#[test]
fn shoppers_on_phones_are_known_by_their_browser_and_wait_for_their_network() {
    let shop = Shop::open(
        "faults: [{ name: layout, at: product, where: { device: mobile }, kind: { status: { code: 500 } } }]",
    );
    let bench = Bench::new(PAGES);
    let ended = bench.run(&["--target", &shop.url(), "--seed", "3"]).with(&[0, 100, 102]);
    let (document, books) = (bench.document(), shop.ledger());
    let product = step(&document, "product");
    // Phones fail twice, and nobody else at all: of 100 shoppers about half.
    let failed =
        books.shoppers.values().filter(|shopper| shopper.failed.contains_key("product")).count()
            as u64;
    assert!((30..=70).contains(&failed), "{failed}");
    assert_eq!(
        (count(product, "/failures"), count(&document, "/shoppers/repeated_failures")),
        (2 * failed, failed)
    );
    assert!(ended.stdout.contains("device phone"), "{}", ended.stdout);
    // A connection and an exchange take a phone two round trips, an exchange on the open connection one.
    let ms = |of: &serde_json::Value, pointer: &str| {
        figure(of, pointer).as_f64().unwrap_or_else(|| panic!("{pointer} in {of:#}"))
    };
    let objectives = document["objectives"].as_array().unwrap();
    let [phone, laptop] = [0, 1].map(|n| ms(&objectives[n], "/observed"));
    assert!(phone >= 120.0, "{phone}");
    // What a busy machine takes, it takes from both.
    assert!(laptop + 60.0 < phone, "{laptop} {phone}");
    // That is the network's time, and no lag of ours.
    let lag = ms(&document, "/generator/lag_p50_ms");
    assert!(lag < laptop + 60.0, "{lag} {laptop}");
}

/// A page that gives who comes without a cookie one, which counts as a decline here.
const AGAIN: &str = "
name: Again
load: { arrivals: paced, stages: [{ hold: 50/s, for: 3s }] }
shoppers:
  attributes: { visit: { first: 1, again: { weight: 1, cookies: kept } } }
  retry: { after: 10ms..20ms }
journeys:
  - name: look
    steps:
      - { name: home, get: /, declined: { header: { set-cookie: { present: true } } } }
";

#[test]
fn shoppers_who_come_again_bring_their_cookies() {
    let shop = Shop::open("");
    let bench = Bench::new(AGAIN);
    let ended = bench.run(&["--target", &shop.url(), "--seed", "4"]).with(&MEASURED);
    let document = bench.document();
    let shoppers = |of: &str| count(&document, &format!("/shoppers/{of}"));
    let (started, returned, as_new) =
        (shoppers("started"), shoppers("returned"), shoppers("returned_as_new"));
    // Half of 150, less those who came before anybody had left.
    assert!(returned > 40 && (50..=100).contains(&(returned + as_new)), "{returned} and {as_new}");
    assert_eq!(count(step(&document, "home"), "/declined"), started - returned);
    assert!(ended.stdout.contains(&format!("{returned} shoppers returned")), "{}", ended.stdout);
}

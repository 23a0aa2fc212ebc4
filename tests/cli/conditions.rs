//! Conditions: who takes which steps, what a forecast makes of it, and what the report says of those who took them.

use serde_json::json;

use crate::bench::{Bench, MEASURED, Shop, document, step};

/// Wallets and cards take different steps. Some look at their order.
const BRANCHES: &str = "
name: Branches
load: { stages: [{ hold: 150/s, for: 4s }] }
shoppers:
  attributes:
    payment: { card: 60, wallet: 40 }
    device: { mobile: 70, desktop: 30 }
  retry: { after: 50ms..300ms }
defaults:
  headers: { accept: application/json }
journeys:
  - name: buy
    steps:
      - name: add to cart
        post: /cart
        json: { sku: sku-1, quantity: 1 }
        capture: { units: { json: $.units } }
      - name: look again
        when: { json: { $.units: 1 } }
        get: /cart
      - name: offers
        when: [device == 'mobile', payment == 'card']
        get: /categories
      - name: full cart
        when: units > 1
        get: /cart
      - choose:
          - when: payment == 'wallet'
            steps:
              - name: open wallet
                get: /checkout
              - purchase: by wallet
                steps:
                  - name: pay by wallet
                    post: /checkout/pay
                    headers: { idempotency-key: \"{{ intent.id }}\" }
                    json: { method: wallet, email: \"{{ intent.marker }}@example.com\" }
                    order: { id: { json: $.order_id } }
          - otherwise:
              - purchase: by card
                steps:
                  - name: pay by card
                    post: /checkout/pay
                    headers: { idempotency-key: \"{{ intent.id }}\" }
                    json: { method: card, email: \"{{ intent.marker }}@example.com\" }
                    order: { id: { json: $.order_id } }
                  - name: receipt
                    when: device == 'desktop'
                    get: /orders/{{ order.id }}
      - name: home
        get: /
objectives:
  - failures < 50%
";

#[test]
fn each_takes_the_steps_whose_condition_holds_as_was_forecast() {
    let shop = Shop::open("");
    let bench = Bench::new(BRANCHES);
    bench.run(&["--target", &shop.url(), "--seed", "7"]).with(&MEASURED);
    let document = document(&bench.only_run());
    let attempts = |name: &str| step(&document, name)["attempts"].as_f64().unwrap();
    let shoppers = attempts("add to cart");
    let near = |name: &str, share: f64| {
        let spread = 4.0 * (shoppers * share * (1.0 - share)).sqrt();
        let found = attempts(name);
        assert!((found - shoppers * share).abs() <= spread, "{name}: {found} of {shoppers}");
    };
    near("offers", 0.7 * 0.6);
    near("pay by wallet", 0.4);
    near("pay by card", 0.6);
    near("receipt", 0.6 * 0.3);
    assert_eq!(attempts("pay by wallet"), attempts("open wallet"));
    assert_eq!(attempts("pay by wallet") + attempts("pay by card"), shoppers);
    assert_eq!(attempts("full cart"), 0.0);
    assert_eq!(attempts("look again"), shoppers);
    assert_eq!(shop.ledger().orders.len() as f64, shoppers);
    let forecast =
        bench.tillrush(&["check", bench.scenario(), "--target", &shop.url()]).with(&[0]).stdout;
    for (name, share) in [("offers", "0.42"), ("open wallet", "0.4"), ("receipt", "0.18")] {
        let line = forecast.lines().find(|line| line.trim_start().starts_with(name));
        let line = line.unwrap_or_else(|| panic!("{name}: {forecast}"));
        assert!(line.split_whitespace().any(|word| word == share), "{line}");
    }
}

#[test]
fn the_branch_that_fails_is_named_with_its_step() {
    let shop = Shop::open(
        "faults: [{ name: wallets, at: pay, where: { payment: wallet }, sticky: shopper, probability: 30%, kind: { status: 500 } }]",
    );
    let bench = Bench::new(BRANCHES);
    bench.run(&["--target", &shop.url(), "--seed", "7"]).with(&MEASURED);
    let document = document(&bench.only_run());
    let first = &document["hotspots"][0];
    assert_eq!(first["where"], json!({ "payment": "wallet" }), "{:#}", document["hotspots"]);
    assert_eq!(first["step"], "pay by wallet", "{:#}", document["hotspots"]);
}

#[test]
fn a_walk_is_taken_by_whom_it_is_asked_for() {
    let shop = Shop::open("");
    let bench = Bench::new(BRANCHES);
    let target = shop.url();
    let walk = |more: &[&str]| {
        bench.tillrush(&[&["walk", bench.scenario(), "--target", &target], more].concat())
    };
    for (payment, taken) in [("wallet", "pay by wallet"), ("card", "pay by card")] {
        let with = format!("payment='{payment}'");
        let shown = walk(&["--with", &with, "--with", "device=desktop"]).with(&[0]).stdout;
        assert!(shown.contains(&format!("payment {payment}, device desktop")), "{shown}");
        assert!(shown.contains(&format!("\n{taken}\n")), "{shown}");
        assert!(shown.contains("offers: not taken (`when`)"), "{shown}");
        let email = shown.lines().find(|line| line.starts_with("e-mail ")).unwrap();
        assert!(email.ends_with("@example.com"), "{email}");
    }
    let third = walk(&["--as", "3"]).with(&[0]).stdout;
    assert_ne!(third.lines().next(), walk(&["--as", "4"]).with(&[0]).stdout.lines().next());
    walk(&["--with", "payment=cash"]).with(&[2]).complains("it has `card` and `wallet`");
    walk(&["--with", "colour=red"]).with(&[2]).complains("there are: `payment` and `device`");
}

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

/// What shoppers do about refusals: of a voucher, of an article, of a card.
const REFUSALS: &str = "
name: Refusals
load: { arrivals: paced, stages: [{ hold: 20/s, for: 2s }] }
shoppers:
  attributes:
    stock: { there: 1, sold out: 1 }
    card: { '4242424242424242': 1, '4000000000000002': 1 }
  retry: { after: 10ms..40ms }
defaults:
  headers: { accept: application/json }
journeys:
  - name: buy
    steps:
      - name: add to cart
        post: /cart
        json: { sku: \"{% if stock == 'there' %}sku-1{% else %}flash-console{% endif %}\", quantity: 1 }
        declined: { status: 409, then: leave }
      - name: voucher
        post: /cart/voucher
        json: { code: SUMMER }
        declined: { status: 422, then: next }
      - name: second voucher
        post: /cart/voucher
        json: { code: NONE }
        declined: { status: 422, then: { skip_to: pay } }
      - name: never
        get: /cart
      - purchase: pay
        steps:
          - name: charge
            post: /checkout/pay
            headers: { idempotency-key: \"{{ intent.id }}\" }
            json: { method: card, card_number: \"{{ card }}\", email: \"{{ intent.marker }}@example.com\" }
            declined: { status: 402, then: { redraw: card } }
            order: { id: { json: $.order_id } }
";

#[test]
fn shoppers_leave_shrug_skip_or_take_another_card_when_they_are_refused() {
    let shop = Shop::open("stock: { flash-console: 0 }");
    let bench = Bench::new(REFUSALS);
    bench.run(&["--target", &shop.url()]).with(&MEASURED);
    let document = document(&bench.only_run());
    let figure = |name: &str, what: &str| step(&document, name)[what].as_u64().unwrap();
    let shoppers = figure("add to cart", "attempts");
    let left = figure("add to cart", "declined");
    assert!(left > 0 && left < shoppers, "{left} of {shoppers}");
    assert_eq!(document["shoppers"]["left_by_choice"], left, "{:#}", document["shoppers"]);
    assert_eq!(figure("voucher", "declined"), shoppers - left);
    assert_eq!(figure("second voucher", "attempts"), shoppers - left);
    assert_eq!(figure("never", "attempts"), 0);
    assert_eq!(shop.ledger().orders.len() as u64, shoppers - left);
    // One refused card each, and then the other.
    let refused = figure("charge", "declined");
    assert!(refused > 0, "{refused}");
    assert_eq!(figure("charge", "attempts"), shoppers - left + refused);
}

/// What shoppers go on without, and an order that is asked for where the shop says.
const SHRUGS: &str = "
name: Shrugs
load: { arrivals: paced, stages: [{ hold: 10/s, for: 2s }] }
shoppers: { patience: [1], retry: { after: 10ms..40ms } }
journeys:
  - name: ask
    steps:
      - name: home
        get: /
      - name: gift wrap
        submit: { id: gift-wrap }
        declined: { without_form: true, then: next }
      - name: recommendations
        get: /no/such/page
        optional: true
      - name: question
        post: /help/questions
        json: { question: Where is my order? }
        headers: { accept: application/json }
        poll: { every: 300ms, at: { json: $.answer_at }, until: { json: { $.state: answered } }, for: 10s }
        expect: { status: 200, json: { $.answer: { present: true } } }
        capture: { answer: { json: $.answer } }
";

#[test]
fn shoppers_go_on_without_what_is_optional_and_ask_where_the_shop_says() {
    let shop = Shop::open("");
    let bench = Bench::new(SHRUGS);
    bench.run(&["--target", &shop.url()]).with(&MEASURED);
    let document = document(&bench.only_run());
    let figure = |name: &str, what: &str| step(&document, name)[what].as_u64().unwrap();
    let shoppers = figure("home", "attempts");
    assert_eq!(figure("gift wrap", "declined"), shoppers, "{document:#}");
    assert_eq!(figure("recommendations", "failures"), shoppers);
    assert_eq!(figure("recommendations", "attempts"), shoppers, "nobody tries again");
    assert_eq!(document["shoppers"]["completed"], shoppers);
    assert_eq!(document["shoppers"]["failed_once"], 0, "{:#}", document["shoppers"]);
    assert_eq!(figure("question", "failures"), 0);
    // The answer takes the shop two seconds, of which shoppers wait most between requests.
    let median = |which: &str| step(&document, "question")[which]["p50"].as_f64().unwrap();
    assert!(median("response_ms") >= 2_000.0, "{}", median("response_ms"));
    assert!(median("service_ms") < 1_000.0, "{}", median("service_ms"));
}

/// A cart whose items are gone through, with values from everywhere in an answer and computed ones.
const PLACES: &str = "
name: Places
load: { arrivals: paced, stages: [{ hold: 10/s, for: 2s }] }
shoppers:
  attributes: { size: { small: 1, large: 1 } }
  retry: { after: 10ms..40ms }
environment: { FIRST: sku-1, SECOND: sku-2 }
defaults:
  headers: { accept: application/json }
journeys:
  - name: buy
    steps:
      - { name: add, post: /cart, json: { sku: \"{{ env.FIRST }}\", quantity: 1 } }
      - name: add another
        when: size == 'large'
        post: /cart
        json: { sku: \"{{ env.SECOND }}\", quantity: 2 }
      - name: cart
        get: /cart
        capture:
          cart: { json: $ }
          gift: { json: $.gift, default: none }
          here: { url: '/(\\w+)$' }
      - each: line in cart.items
        steps:
          - name: look at item
            let: { sku: \"{{ line.sku }}\", twice: \"{{ line.quantity * 2 }}\" }
            get: /products/{{ sku }}?twice={{ twice }}&gift={{ gift }}&at={{ here }}&signed={{ hmac('key', sku) }}
            expect: { json: { $.sku: \"{{ line.sku }}\" } }
      - { name: home, get: / }
";

#[test]
fn a_list_in_an_answer_is_gone_through_with_computed_and_default_values() {
    let shop = Shop::open("");
    let bench = Bench::new(PLACES);
    bench.run(&["--target", &shop.url()]).with(&MEASURED);
    let document = document(&bench.only_run());
    let attempts = |name: &str| step(&document, name)["attempts"].as_u64().unwrap();
    let (all, large) = (attempts("add"), attempts("add another"));
    assert!(large > 0 && large < all, "{large} of {all}");
    assert_eq!(attempts("look at item"), all + large);
    assert_eq!(step(&document, "look at item")["failures"], 0);
    assert_eq!(document["shoppers"]["completed"], all);
    let shown = bench.tillrush(&[
        "walk",
        bench.scenario(),
        "--target",
        &shop.url(),
        "--with",
        "size=large",
    ]);
    let shown = shown.with(&[0]).stdout;
    // HMAC-SHA-256 of `sku-2` with the key `key`.
    let address = "/products/sku-2?twice=4&gift=none&at=cart&signed=";
    assert!(shown.contains(address), "{shown}");
    let other = bench.tillrush(&[
        "walk",
        bench.scenario(),
        "--target",
        &shop.url(),
        "--with",
        "size=large",
        "-e",
        "public:SECOND=sku-3",
    ]);
    assert!(other.with(&[0]).stdout.contains("/products/sku-3?twice=4"));
}

/// What is done once around a run, and what shoppers know of it.
const SET_UP: &str = "
name: Set-up
load: { arrivals: paced, stages: [{ hold: 10/s, for: 2s }] }
defaults:
  headers: { accept: application/json }
before:
  - { name: choose, get: /products/sku-2, capture: { chosen: { json: $.sku } } }
after:
  - { name: thank, post: /cart, json: { sku: \"{{ shared.chosen }}\", quantity: 1 } }
journeys:
  - name: look
    steps:
      - { name: product, get: \"/products/{{ shared.chosen }}\", expect: { json: { $.sku: sku-2 } } }
";

#[test]
fn what_is_done_once_before_is_known_to_all_and_in_no_figure() {
    let shop = Shop::open("");
    let bench = Bench::new(SET_UP);
    let ended = bench.run(&["--target", &shop.url()]).with(&MEASURED);
    ended.complains("set-up").complains("tear-down");
    let document = document(&bench.only_run());
    let steps = document["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{steps:#?}");
    let shoppers = document["shoppers"]["started"].as_u64().unwrap();
    assert_eq!(step(&document, "product")["attempts"], shoppers);
    assert_eq!(step(&document, "product")["failures"], 0);
    let walked = bench.tillrush(&["walk", bench.scenario(), "--target", &shop.url()]).with(&[0]);
    let at = |what: &str| walked.stdout.find(what).unwrap_or_else(|| panic!("{}", walked.stdout));
    assert!(at("choose") < at("product") && at("product") < at("thank"));
}

#[test]
fn no_shopper_comes_where_the_set_up_fails() {
    let shop = Shop::open("");
    let bench = Bench::new(&SET_UP.replace("/products/sku-2", "/nothing/here"));
    let ended = bench.run(&["--target", &shop.url()]).with(&[1]);
    ended.complains("step `choose` failed").complains("tillrush walk");
    assert!(bench.runs().is_empty());
}

#[test]
fn the_region_that_fails_is_named() {
    let good = Shop::open("");
    let bad = Shop::open(
        "faults: [{ name: broken region, at: pay, probability: 60%, kind: { status: { code: 500 } } }]",
    );
    let regions =
        format!("targets: {{ eu: {}, us: {{ url: {}, weight: 1 }} }}\n", good.url(), bad.url());
    let scenario = BRANCHES.replace("shoppers:\n", &format!("{regions}shoppers:\n"));
    let bench = Bench::new(&scenario);
    bench.run(&["--seed", "7"]).with(&MEASURED);
    let document = document(&bench.only_run());
    let found = document["hotspots"].as_array().unwrap();
    assert_eq!(found[0]["where"], json!({ "target": "us" }), "{found:#?}");
    assert!(!good.ledger().orders.is_empty() && !bad.ledger().orders.is_empty());
    let walked = bench.tillrush(&["walk", bench.scenario(), "--with", "target=eu"]).with(&[0]);
    assert!(walked.stdout.contains(&good.url()) && !walked.stdout.contains(&bad.url()));
    bench.tillrush(&["check", bench.scenario(), "--target", "http://127.0.0.1:1"]).with(&[104]);
}

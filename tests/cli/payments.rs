//! Payments at a provider: a hosted page with the way there and back, 3-D Secure, webhooks, and what the provider's charges say.

use serde_json::Value;

use crate::bench::{Bench, Shop, count, json_lines};

/// Shoppers who pay at the provider: most by a plain card, some by one that asks who they are.
const BUY: &str = "
name: Hosted
load: { arrivals: paced, stages: [{ hold: 20/s, for: 3s }] }
currency: EUR
shoppers:
  attributes: { card: { plain: 60, secured: 25, declined: 15 } }
  max_attempts: 1
defaults: { headers: { accept: application/json }, gives_up_after: 20s }
journeys:
  - name: buy
    steps:
      - { name: add, post: /cart, json: { sku: sku-1, quantity: 1 }, expect: { status: 201 } }
      - name: to the provider
        post: /checkout/pay
        json: { method: hosted, email: '{{ shopper.email }}' }
        expect: { json: { $.status: requires_action } }
        capture: { page: { json: $.redirect } }
      - { name: card page, get: '{{ page }}', expect: { css: '#card' } }
      - purchase: pay
        steps:
          - name: card
            submit:
              id: card
              fields: { card_number: \"{% if card == 'plain' %}4242424242424242{% elif card == 'secured' %}4000000000003220{% else %}4000000000000002{% endif %}\" }
            declined: { status: 402 }
            order: { id: { regex: '\"order_id\":\"(T\\d+)\"' } }
";

const RECORDS: &str = "
records:
  orders:
    get: /admin/records/orders?limit=40
    rows: $.orders[*]
    next: { after_id: after_id }
    fields: { marker: $.email, created: $.created_at, lines: '$.items[*]' }
    counts: [pending, paid]
    paid: paid
    amounts: minor
  charges: { from: stripe, url: '{{ env.PROVIDER }}' }
  wait: 2s
  pause: 100ms
";

fn run(shop: &Shop, scenario: &str, records: &str) -> (Bench, Value, String) {
    let bench = Bench::new(scenario);
    bench.file("records.yaml", records);
    let provider = format!("PROVIDER={}", shop.provider());
    let ended = bench.run(&[
        "--target",
        &shop.url(),
        "--records",
        "records.yaml",
        "-e",
        &provider,
        "--seed",
        "3",
    ]);
    let text = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!bench.runs().is_empty(), "{text}");
    let records = bench.document()["reconciliation"].clone();
    (bench, records, text)
}

fn found(records: &Value, kind: &str) -> u64 {
    let findings = records["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["kind"] == kind).map_or(0, |of| count(of, "/count"))
}

/// Nobody is asked for a code.
fn without_challenge() -> String {
    BUY.replace("plain: 60, secured: 25", "plain: 85")
}

#[test]
fn a_payment_at_the_provider_is_one_order_and_one_charge_however_webhooks_come() {
    for faults in [
        "",
        "payments: { webhooks: { twice: true, out_of_order: true } }",
        "payments: { webhooks: { delay: 500ms } }",
        "payments: { webhooks: { lost: 100% } }",
    ] {
        let shop = Shop::open_with_payments(&format!("stock: {{ sku-1: 5000 }}\n{faults}\n"), None);
        let (bench, records, text) = run(&shop, &without_challenge(), RECORDS);
        assert_eq!(records["findings"], serde_json::json!([]), "{faults}: {text}");
        let orders = shop.ledger().orders.len() as u64;
        assert!(orders > 20, "{faults}: {text}");
        let log = json_lines(&bench.only_run().join("purchases.jsonl"));
        let ok = log.iter().filter(|line| line["event"] == "ok").count() as u64;
        let declined = log.iter().filter(|line| line["event"] == "declined").count() as u64;
        assert_eq!((ok, count(&records, "/ok")), (orders, orders), "{faults}: {text}");
        assert_eq!(ok + declined, count(&records, "/intents"), "{faults}: {text}");
    }
}

#[test]
fn a_shop_that_orders_for_each_message_and_a_provider_that_charges_twice_are_found() {
    let faults =
        "payments: { webhooks: { twice: true }, order_per_message: true, charge_twice: 30% }";
    let shop = Shop::open_with_payments(&format!("stock: {{ sku-1: 5000 }}\n{faults}\n"), None);
    let (_, records, text) = run(&shop, &without_challenge(), RECORDS);
    let paid = count(&records, "/ok");
    assert_eq!(shop.ledger().orders.len() as u64, 3 * paid, "two webhooks and a return: {text}");
    assert_eq!(found(&records, "duplicate"), paid, "{text}");
    let twice = count(&records, "/charges") - paid;
    assert!(twice > 0, "{text}");
    assert_eq!(found(&records, "charged_twice"), twice, "{text}");
}

#[test]
fn who_is_asked_for_a_code_pays_after_giving_it() {
    let secured = BUY
        .replace("plain: 60, secured: 25, declined: 15", "secured: 1")
        .replace(
            "            order: {",
            "            expect: { css: '#challenge' }\n          - name: challenge\n            submit: { id: challenge, fields: { code: '123456' } }\n            order: {",
        );
    let shop = Shop::open_with_payments("stock: { sku-1: 5000 }\n", None);
    let (_, records, text) = run(&shop, &secured, RECORDS);
    assert_eq!(records["findings"], serde_json::json!([]), "{text}");
    assert!(count(&records, "/ok") > 20, "{text}");
    let wrong = secured.replace("123456", "654321").replace(
        "            order: {",
        "            declined: { status: 402 }\n            order: {",
    );
    let shop = Shop::open_with_payments("stock: { sku-1: 5000 }\n", None);
    let (_, records, text) = run(&shop, &wrong, RECORDS);
    assert_eq!((count(&records, "/ok"), shop.ledger().orders.len()), (0, 0), "{text}");
}

#[test]
fn who_does_not_come_back_from_the_provider_has_an_order_where_the_shop_listens_to_it() {
    let leaves = without_challenge()
        .replace("plain: 85, declined: 15", "plain: 1")
        .replace("        steps:\n          - name: card\n", "        provoke: { return_lost: { share: 50% } }\n        steps:\n          - name: card\n");
    let arm = |records: &Value| {
        let arms = records["arms"].as_array().unwrap();
        let lost = arms.iter().find(|arm| arm["arm"] == "return_lost 0").unwrap();
        (count(lost, "/intents"), count(lost, "/wrong"))
    };
    let listens = Shop::open_with_payments("stock: { sku-1: 5000 }\n", None);
    let (bench, records, text) = run(&listens, &leaves, RECORDS);
    assert_eq!(records["findings"], serde_json::json!([]), "{text}");
    let (gone, wrong) = arm(&records);
    assert!(gone > 10 && wrong == 0, "{gone} {wrong}: {text}");
    assert_eq!(count(&records, "/recovered"), gone, "their orders are there: {text}");
    let shoppers = &bench.document()["shoppers"];
    assert_eq!(count(shoppers, "/unfinished"), 0, "{shoppers}");
    let deaf = Shop::open_with_payments(
        "stock: { sku-1: 5000 }\npayments: { ignore_webhooks: true }\n",
        None,
    );
    let (_, records, text) = run(&deaf, &leaves, RECORDS);
    let (gone, wrong) = arm(&records);
    assert!(gone > 10 && wrong == gone, "{gone} {wrong}: {text}");
    assert_eq!(found(&records, "charged_without_order"), gone, "{text}");
}

/// A port that is free now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn receipts_come_to_our_own_sink_and_are_read_again_later() {
    let port = free_port();
    let sink = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let shop = Shop::open_with_payments("stock: { sku-1: 5000 }\n", Some(sink));
    let records = format!("{RECORDS}  mail: {{ listen: '127.0.0.1:{port}' }}\n");
    let (bench, records, text) = run(&shop, &without_challenge(), &records);
    let orders = shop.ledger().orders.len() as u64;
    assert_eq!(records["findings"], serde_json::json!([]), "{text}");
    assert_eq!((count(&records, "/receipts"), count(&records, "/ok")), (orders, orders), "{text}");
    let mails = json_lines(&bench.only_run().join("mails.jsonl"));
    assert_eq!(mails.len() as u64, orders);
    assert!(mails[0]["subject"].as_str().unwrap().starts_with("Your order T"), "{}", mails[0]);
    // The sink is closed; what came to it is in the run's folder.
    let provider = format!("PROVIDER={}", shop.provider());
    let again = bench.tillrush(&["reconcile", "latest", "-e", &provider]);
    let records = bench.document()["reconciliation"].clone();
    assert_eq!(records["findings"], serde_json::json!([]), "{} {}", again.stdout, again.stderr);
    assert_eq!(count(&records, "/receipts"), orders);
}

//! The files that pages are made of: what the shop has seen of them, and what the run says of them.

use serde_json::json;

use crate::bench::{Bench, Books, MEASURED, Shop, count};

/// A list with a style sheet and pictures, then a product whose style sheet and picture the shopper has by then.
const PAGES: &str = "
name: Pages
load: { arrivals: paced, stages: [{ hold: 10/s, for: 1s }] }
shoppers: { retry: { after: 10ms..20ms }, max_attempts: 2 }
defaults: { headers: { accept: text/html } }
journeys:
  - name: look
    steps:
      - { name: list, get: /products, assets: true }
      - { name: product, get: /products/sku-1, ASSETS }
";

#[test]
fn files_are_counted_apart_and_agree_with_the_shop_s_books() {
    let shop = Shop::open("");
    let bench = Bench::new(&PAGES.replace("ASSETS", "assets: true"));
    bench.run(&["--target", &shop.url()]).with(&MEASURED);
    let (document, books) = (bench.document(), shop.ledger());
    let step = |n: usize| &document["steps"][n];
    assert_eq!(
        (
            count(step(0), "/attempts"),
            count(step(0), "/wire/requests"),
            count(step(0), "/failures")
        ),
        (10, 10, 0)
    );
    let files = |n: usize, of: &str| count(step(n), &format!("/assets/{of}"));
    assert_eq!((files(0, "pages"), files(1, "pages")), (10, 10));
    // Each product has a picture, and there is a style sheet.
    assert!(files(0, "files") > 100, "{}", step(0)["assets"]);
    assert_eq!((files(0, "cached"), files(0, "failures"), files(0, "elsewhere")), (0, 0, 0));
    assert_eq!((files(1, "files"), files(1, "cached"), files(1, "requests")), (20, 20, 0));
    assert_eq!(files(0, "requests") + files(1, "requests"), books.asked("asset"));
    assert_eq!(files(0, "load_ms/count"), 10);
}

#[test]
fn a_missing_file_fails_the_step_only_where_the_scenario_says_so() {
    let faults = "faults: [{ name: gone, at: asset, kind: { status: { code: 404 } } }]";
    for (assets, failures) in [("assets: true", 0), ("assets: { expect: all }", 20)] {
        let shop = Shop::open(faults);
        let bench = Bench::new(&PAGES.replace("ASSETS", assets));
        bench.run(&["--target", &shop.url()]).with(&MEASURED);
        let document = bench.document();
        let product = &document["steps"][1];
        assert_eq!(count(product, "/failures"), failures, "{assets}");
        assert_eq!(
            product["kinds"],
            if failures == 0 { json!({}) } else { json!({ "missing_content": failures }) }
        );
        assert!(count(product, "/assets/kinds/client_error") >= 20, "{}", product["assets"]);
    }
}

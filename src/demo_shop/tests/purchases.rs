//! Whole purchases, by both faces, and what can go wrong at the till.

use std::time::Duration;

use serde_json::json;

use super::{Visitor, card, open, open_with, wallet};

#[tokio::test]
async fn a_program_buys_from_the_first_page_to_the_receipt() {
    let shop = open("").await;
    let mut visitor = Visitor::program(&shop, "ada");
    assert_eq!(visitor.get("/").await.json()["featured"][0]["sku"], "sku-1");
    assert_eq!(visitor.get("/api/categories").await.json()["categories"][0]["id"], "audio");
    assert_eq!(visitor.get("/search?q=knife").await.json()["products"][0]["sku"], "sku-9");
    let product = visitor.get("/products/sku-9").await;
    assert_eq!(
        (&product.json()["price"], &product.json()["currency"]),
        (&json!(8900), &json!("EUR"))
    );
    assert_eq!(
        visitor.get("/products/sku-9/reviews").await.json()["reviews"].as_array().unwrap().len(),
        3
    );
    let added = visitor.post("/cart", json!({ "sku": "sku-9", "quantity": 2 })).await;
    assert_eq!((added.status, &added.json()["total"]), (201, &json!(17_800 + 490)));
    assert_eq!(visitor.post("/cart", json!({ "sku": "sku-7" })).await.status, 201);
    assert_eq!(visitor.ask("DELETE", "/cart/sku-7", "", "").await.unwrap().status, 200);
    assert_eq!(visitor.post("/cart/voucher", json!({ "code": "till10" })).await.status, 200);
    assert_eq!(
        visitor.post("/cart/voucher", json!({ "code": "summer" })).await.json()["reason"],
        "voucher_expired"
    );
    assert_eq!(
        visitor
            .post(
                "/login",
                json!({ "email": "shopper-0007@example.com", "password": "winter-0008" })
            )
            .await
            .status,
        401
    );
    assert_eq!(
        visitor
            .post(
                "/login",
                json!({ "email": "shopper-0007@example.com", "password": "winter-0007" })
            )
            .await
            .status,
        200
    );
    let address = json!({ "name": "Ada", "line1": "Quay 1", "postcode": "3511", "city": "Utrecht", "country": "NL" });
    assert_eq!(visitor.post("/checkout/address", address).await.status, 200);
    assert_eq!(visitor.get("/checkout/shipping").await.json()["methods"][1]["id"], "express");
    assert_eq!(
        visitor.post("/checkout/shipping", json!({ "method": "express" })).await.status,
        200
    );
    let cart = visitor.get("/cart").await.json();
    assert_eq!(cart["total"], 17_800 - 1_780 + 1_290);
    let paid = visitor
        .post(
            "/checkout/pay",
            json!({ "method": "card", "card": { "number": "4242 4242 4242 4242" } }),
        )
        .await;
    assert_eq!(
        (paid.status, &paid.json()["status"], &paid.json()["total"]),
        (201, &json!("confirmed"), &cart["total"])
    );
    let order = format!("/orders/{}", paid.json()["order_id"].as_str().unwrap());
    assert_eq!(visitor.get(&order).await.json()["state"], "pending");
    assert_eq!(visitor.get(&format!("{order}/receipt")).await.status, 409);
    while visitor.get(&order).await.json()["state"] != "paid" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(visitor.get(&format!("{order}/receipt")).await.json()["total"], cart["total"]);
    assert_eq!(
        Visitor::program(&shop, "eve").get(&order).await.status,
        404,
        "others' orders are not shown"
    );
    assert_eq!(shop.stop().await.orders.len(), 1);
}

#[tokio::test]
async fn a_browser_buys_through_forms() {
    let shop = open("").await;
    let mut visitor = Visitor::new(&shop, "bea");
    assert!(visitor.get("/").await.body.contains("<a href=\"/products/sku-1\">"));
    assert!(visitor.get("/assets/shop.css").await.body.starts_with("body{"));
    let skipped = visitor.get("/checkout/payment").await;
    assert!(visitor.follow(skipped).await.body.contains("You need to add some items"));
    visitor.get("/products/sku-5").await;
    let cart = visitor.submit("/cart", &[("sku", "sku-5"), ("quantity", "1")]).await;
    assert!(
        cart.body.contains("Wool blanket")
            && cart.body.contains("<span id=\"cart-count\">1</span>")
    );
    let bad = visitor.submit("/cart/voucher", &[("code", "<nothing>")]).await;
    assert_eq!(
        (bad.status, bad.between("alert-danger\" role=\"alert\">", "</div>")),
        (200, Some("There is no voucher &#x27;&lt;NOTHING&gt;&#x27;."))
    );
    assert!(!visitor.get("/cart").await.body.contains("alert-danger"), "an alert is shown once");
    visitor.get("/checkout").await;
    assert!(
        visitor
            .submit("/checkout/guest", &[("email", "bea@example.com")])
            .await
            .body
            .contains("Street and number")
    );
    let address = [("name", "Bea"), ("line1", "Quay 1"), ("postcode", "3511"), ("city", "Utrecht")];
    assert!(
        visitor
            .submit("/checkout/address", &address)
            .await
            .body
            .contains("Please fill in: country.")
    );
    let shipping =
        visitor.submit("/checkout/address", &[&address[..], &[("country", "NL")]].concat()).await;
    assert!(shipping.body.contains("Collect in store"));
    assert!(
        visitor
            .submit("/checkout/shipping", &[("method", "collect"), ("store", "")])
            .await
            .body
            .contains("Choose the store")
    );
    let payment =
        visitor.submit("/checkout/shipping", &[("method", "collect"), ("store", "lyon")]).await;
    assert_eq!(payment.between("id=\"total\" data-cents=\"", "\""), Some("7950"));
    let declined = visitor
        .submit("/checkout/pay", &[("method", "card"), ("card_number", "4000000000000002")])
        .await;
    assert!(declined.status == 200 && declined.body.contains("Your card was declined."));
    let thanks = visitor
        .submit("/checkout/pay", &[("method", "card"), ("card_number", "4242424242424242")])
        .await;
    assert_eq!(
        (thanks.status, thanks.between("id=\"order-number\">", "<")),
        (200, Some("T100001"))
    );
    let again = visitor
        .submit("/checkout/pay", &[("method", "card"), ("card_number", "4242424242424242")])
        .await;
    assert!(again.body.contains("Your cart is empty"));
    assert_eq!(shop.stop().await.orders.len(), 1);
}

#[tokio::test]
async fn a_form_without_its_hidden_token_is_refused() {
    let shop = open("").await;
    let mut visitor = Visitor::new(&shop, "cy");
    visitor.get("/products/sku-5").await;
    let token = std::mem::replace(&mut visitor.csrf, "0000000000000000".into());
    assert_eq!(visitor.submit("/cart", &[("sku", "sku-5")]).await.status, 403);
    visitor.csrf = token;
    visitor.cookie = None;
    assert_eq!(
        visitor.submit("/cart", &[("sku", "sku-5")]).await.status,
        403,
        "the token belongs to the session"
    );
    assert_eq!(shop.stop().await.turned_away.csrf, 2);
}

#[tokio::test]
async fn a_card_is_approved_declined_or_unknown() {
    let shop = open("").await;
    let mut visitor = Visitor::program(&shop, "dan");
    let declined = visitor.buy("sku-1", card("4000000000000002")).await;
    assert_eq!(
        (declined.status, &declined.json()["status"], &declined.json()["reason"]),
        (402, &json!("declined"), &json!("card_declined"))
    );
    assert_eq!(visitor.post("/checkout/pay", card("4111111111111111")).await.status, 422);
    assert_eq!(
        visitor.post("/checkout/pay", json!({ "method": "wallet" })).await.status,
        422,
        "no e-mail address"
    );
    assert_eq!(visitor.post("/checkout/pay", wallet()).await.status, 201);
    assert_eq!(
        visitor.post("/checkout/pay", wallet()).await.json()["message"],
        "Your cart is empty: you need to add some items first."
    );
    let malformed = visitor
        .ask("POST", "/checkout/pay", "content-type: application/json\r\n", "{")
        .await
        .unwrap();
    assert_eq!((malformed.status, &malformed.json()["reason"]), (400, &json!("malformed_json")));
    let ledger = shop.stop().await;
    assert_eq!(
        (ledger.payments.confirmed, ledger.payments.declined, ledger.payments.invalid),
        (1, 1, 3)
    );
    assert_eq!(ledger.shoppers["dan"].declines, 1);
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_result_again() {
    let shop = open("").await;
    let mut visitor = Visitor::program(&shop, "eli");
    visitor.headers += "x-load-test: run-7\r\n";
    visitor.post("/cart", json!({ "sku": "sku-1" })).await;
    let first = visitor.post_with("k1", "/checkout/pay", wallet()).await;
    let again = visitor.post_with("k1", "/checkout/pay", wallet()).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let other = visitor.post_with("k1", "/checkout/pay", card("4242424242424242")).await;
    assert_eq!((other.status, &other.json()["reason"]), (422, &json!("idempotency_key_reused")));
    visitor.post("/cart", json!({ "sku": "sku-1" })).await;
    for _ in 0..2 {
        assert_eq!(
            visitor.post_with("k2", "/checkout/pay", card("4000000000000002")).await.status,
            402,
            "declines are kept, too"
        );
    }
    let ledger = shop.stop().await;
    assert_eq!(
        (ledger.orders.len(), ledger.payments.replayed, ledger.payments.declined),
        (1, 2, 1)
    );
    assert_eq!(ledger.orders[0].idempotency_keys, ["k1"]);
    assert_eq!(ledger.orders[0].run.as_deref(), Some("run-7"));
}

#[tokio::test]
async fn with_the_planted_bug_a_retry_is_charged_again() {
    let shop = open("duplicate_orders_on_retry: true").await;
    let mut visitor = Visitor::program(&shop, "flo");
    visitor.post("/cart", json!({ "sku": "sku-1" })).await;
    for _ in 0..2 {
        assert_eq!(visitor.post_with("k1", "/checkout/pay", wallet()).await.status, 201);
    }
    let orders = shop.stop().await.orders;
    assert_eq!(orders.len(), 2);
    assert_eq!(
        (&orders[0].idempotency_keys, orders[0].total),
        (&orders[1].idempotency_keys, orders[1].total)
    );
}

#[tokio::test]
async fn stock_is_never_oversold() {
    let shop = open_with("stock: { flash-console: 7 }", |options| options.threads = 2).await;
    let buyers = (0..24).map(|i| {
        let mut visitor = Visitor::program(&shop, &format!("s{i}"));
        tokio::spawn(async move { visitor.buy("flash-console", wallet()).await.status })
    });
    let mut confirmed = 0;
    for buyer in buyers.collect::<Vec<_>>() {
        let status = buyer.await.unwrap();
        assert!([201, 409, 422].contains(&status), "{status}");
        confirmed += u32::from(status == 201);
    }
    assert_eq!(confirmed, 7);
    let mut late = Visitor::program(&shop, "late");
    assert_eq!(
        late.post("/cart", json!({ "sku": "flash-console" })).await.json()["reason"],
        "sold_out"
    );
    assert!(
        Visitor::new(&shop, "late").get("/products/flash-console").await.body.contains("Sold out")
    );
    let ledger = shop.stop().await;
    assert_eq!((ledger.stock["flash-console"], ledger.orders.len()), (0, 7));
}

#[tokio::test]
async fn after_the_sale_a_gift_goes_back_and_the_money_comes() {
    let shop = open_with("", |options| options.refunded_after = Duration::from_millis(60)).await;
    let mut visitor = Visitor::program(&shop, "gus");
    assert_eq!(visitor.get("/orders/G0042").await.status, 404);
    visitor
        .post("/login", json!({ "email": "gift-0042@example.com", "password": "winter-0042" }))
        .await;
    assert_eq!(visitor.get("/orders/G0042").await.json()["state"], "paid");
    assert_eq!(visitor.get("/orders/G0042/refund").await.status, 404);
    assert_eq!(visitor.get("/faq/returns").await.json()["topic"], "returns");
    let returned = visitor.post("/orders/G0042/returns", json!({ "reason": "have one" })).await;
    assert_eq!((returned.status, &returned.json()["state"]), (201, &json!("returned")));
    let refund = || "/orders/G0042/refund";
    while visitor.get(refund()).await.json()["state"] != "refunded" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(visitor.get(refund()).await.json()["amount"], returned.json()["refund"]);
}

#[tokio::test]
async fn help_answers_after_a_while_and_stores_say_what_they_have() {
    let shop =
        open_with("", |options| options.help_answers_after = Duration::from_millis(60)).await;
    let mut visitor = Visitor::program(&shop, "hal");
    let asked = visitor.post("/help/questions", json!({ "question": "Where is it?" })).await;
    assert_eq!(asked.status, 202);
    let path = format!("/help/questions/{}", asked.json()["question_id"]);
    assert_eq!(visitor.get(&path).await.json()["state"], "waiting");
    while visitor.get(&path).await.json()["answer"].is_null() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let stores = visitor.get("/stores?postcode=69002").await.json();
    assert_eq!(stores["stores"][0]["id"], "lyon");
    let available = visitor.get("/stores/lyon/availability?sku=sku-5").await.json();
    assert_eq!(available["available"], available["units"].as_u64().unwrap() > 0);
    assert_eq!(visitor.get("/stores/atlantis/availability?sku=sku-5").await.status, 404);
    let mut browser = Visitor::new(&shop, "hal");
    browser.get("/help").await;
    assert!(
        browser
            .submit("/help/questions", &[("question", "Hello?")])
            .await
            .body
            .contains("help-waiting")
    );
    for page in [
        "/faq",
        "/faq/returns",
        "/stores",
        "/login",
        "/categories",
        "/categories/toys",
        "/products/sku-1/reviews",
    ] {
        assert_eq!(browser.get(page).await.status, 200, "{page}");
    }
}

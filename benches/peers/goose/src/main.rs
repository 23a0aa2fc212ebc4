//! The six requests of `benches/compare` for goose. Its own command line gives users, time and host.

use std::sync::OnceLock;

use goose::prelude::*;
use regex::Regex;
use serde_json::{Value, json};

/// The hidden field of the page.
fn token(page: &str) -> Option<String> {
    static TOKEN: OnceLock<Regex> = OnceLock::new();
    let token = TOKEN.get_or_init(|| Regex::new("name='csrf' value='([0-9a-f]+)'").expect("the pattern is constant"));
    Some(token.captures(page)?[1].to_owned())
}

/// The number of the product.
fn sku(product: &str) -> Option<String> {
    let product: Value = serde_json::from_str(product).ok()?;
    Some(product["product"]["id"].as_str()?.to_owned())
}

/// One shopper, start to end.
async fn buy(shopper: &mut GooseUser) -> TransactionResult {
    let page = shopper.get("/").await?.response?.text().await.unwrap_or_default();
    let csrf = token(&page).unwrap_or_default();
    let product = shopper.get("/product").await?.response?.text().await.unwrap_or_default();
    let sku = sku(&product).unwrap_or_default();
    let form = [("sku", sku.as_str()), ("quantity", "1"), ("csrf", csrf.as_str())];
    shopper.post_form("/cart", &form).await?.response?.bytes().await?;
    let order = json!({ "sku": sku, "csrf": csrf, "quantity": 1 });
    shopper.post_json("/checkout", &order).await?.response?.bytes().await?;
    shopper.get_named(&format!("/orders/{sku}"), "order").await?.response?.bytes().await?;
    shopper.get("/thanks").await?.response?.bytes().await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), GooseError> {
    GooseAttack::initialize()?.register_scenario(scenario!("buy").register_transaction(transaction!(buy))).execute().await?;
    Ok(())
}

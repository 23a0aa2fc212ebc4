//! Webhooks: what the provider tells the shop, until it listens.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::provider::PaymentAddresses;
use crate::demo_shop::shop::Shop;

/// How often a webhook is sent until the shop says that it has it.
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Tells the shop of a payment: that it was begun, and that it succeeded.
pub(super) async fn announce(shop: Arc<Shop>, id: u64) {
    let faults = shop.faults.payments.webhooks;
    let Some(PaymentAddresses { shop: address, .. }) = shop.provider.addresses() else { return };
    let mut kinds = ["payment_intent.created", "payment_intent.succeeded"];
    if faults.out_of_order {
        kinds.reverse();
    }
    let Ok(client) = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()
    else {
        return;
    };
    sleep(faults.delay.0).await;
    for kind in kinds {
        let event = format!("evt_{id}_{kind}");
        if shop.draws.uniform(["webhook", ""], &[&event]) < faults.lost.0 {
            continue;
        }
        let body = json!({ "id": event, "type": kind, "data": { "object": { "id": format!("pi_{id}_0"), "session": id } } });
        for _ in 0..1 + u32::from(faults.twice) {
            send(&client, &format!("http://{address}/webhooks/payments"), &body.to_string()).await;
        }
    }
}

async fn send(client: &reqwest::Client, url: &str, body: &str) {
    for attempt in 0..ATTEMPTS {
        let request =
            client.post(url).header("content-type", "application/json").body(body.to_owned());
        if request.send().await.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        sleep(FIRST_PAUSE * 2_u32.pow(attempt)).await;
    }
}

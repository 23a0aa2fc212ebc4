//! Shops that are slow, silent, or not there.

use std::rc::Rc;
use std::time::Duration;

use http::Method;
use tillrush::base::Micros;
use tillrush::shopper::transport::{Exchange, Origin, ShopperConnections, TransportError};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::raw::{RawShop, connections, eventually, get, on_core, request};

const PATIENCE: Micros = Micros::from_millis(150);

fn assert_given_up(exchange: &Exchange) {
    assert!(
        matches!(exchange.result, Err(TransportError::TooSlow(after)) if after <= PATIENCE),
        "{:?}",
        exchange.result
    );
    let took = exchange.ended_at - exchange.began_at;
    assert!(exchange.ended_at >= PATIENCE && took < Micros::from_secs(2), "gave up after {took}");
}

#[test]
fn a_silent_shop_is_given_up_on_and_hung_up_on() {
    on_core(async {
        let shop = RawShop::start(|mut peer| async move { peer.hang().await }).await;
        let mut connections = connections();
        let exchange =
            connections.exchange(&request(Method::GET, shop.address, "/", ""), PATIENCE).await;
        assert_given_up(&exchange);
        assert!(exchange.sent_at.is_some() && exchange.phases.wait.is_none());
        eventually("the shop sees the end", || shop.ended.get() == 1).await;
    });
}

#[test]
fn a_body_that_drips_is_given_up_on_and_hung_up_on() {
    on_core(async {
        let shop = RawShop::start(|mut peer| async move {
            peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await;
            while peer.send("x").await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        let exchange =
            connections().exchange(&request(Method::GET, shop.address, "/", ""), PATIENCE).await;
        assert_given_up(&exchange);
        assert!(exchange.bytes_received > 0 && exchange.phases.wait.is_some());
        eventually("the shop sees the end", || shop.ended.get() == 1).await;
    });
}

#[test]
fn a_shop_that_never_reads_a_large_request_is_given_up_on_and_hung_up_on() {
    on_core(async {
        let given_up = Rc::new(Notify::new());
        let reads_on = given_up.clone();
        let shop = RawShop::start(move |mut peer| {
            let given_up = given_up.clone();
            async move {
                given_up.notified().await;
                // What was on its way still comes, and then the end.
                let mut rest = Vec::new();
                let _ = peer.stream.read_to_end(&mut rest).await;
                assert!(rest.len() < 32 << 20, "the whole request came");
            }
        })
        .await;
        let exchange = connections()
            .exchange(&request(Method::POST, shop.address, "/", vec![b'x'; 32 << 20]), PATIENCE)
            .await;
        assert_given_up(&exchange);
        reads_on.notify_one();
        eventually("the shop sees the end", || shop.ended.get() == 1).await;
    });
}

#[test]
fn an_answer_before_the_whole_request_was_read_is_an_answer() {
    on_core(async {
        let shop = RawShop::start(|mut peer| async move {
            if peer.number == 1 {
                peer.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n").await;
                tokio::time::sleep(Duration::from_secs(20)).await;
            }
            peer.request().await;
            peer.send(super::raw::ok("next")).await;
        })
        .await;
        let mut connections = connections();
        let exchange = connections
            .exchange(
                &request(Method::POST, shop.address, "/", vec![b'x'; 32 << 20]),
                Micros::from_secs(10),
            )
            .await;
        assert_eq!(exchange.result.unwrap().status, 413);
        let next = get(&mut connections, &shop, "/").await;
        assert_eq!(
            (next.result.unwrap().body.as_ref(), next.connections, next.redials),
            (&b"next"[..], 1, 0)
        );
    });
}

#[test]
fn a_shopper_without_patience_sends_nothing() {
    on_core(async {
        let shop = RawShop::answering(super::raw::ok("")).await;
        let exchange = connections()
            .exchange(&request(Method::GET, shop.address, "/", ""), Micros::ZERO)
            .await;
        assert_eq!(exchange.result, Err(TransportError::TooSlow(Micros::ZERO)));
        assert_eq!((exchange.sent_at, exchange.connections), (None, 0));
    });
}

#[test]
fn a_closed_port_is_no_connection() {
    on_core(async {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let exchange = connections()
            .exchange(&request(Method::GET, address, "/", ""), Micros::from_secs(5))
            .await;
        assert_eq!(exchange.result, Err(TransportError::Connect("Connection refused".into())));
        assert_eq!((exchange.sent_at, exchange.connections), (None, 0));
        assert!(exchange.phases.connect.is_some());
    });
}

#[test]
fn a_name_that_does_not_resolve_is_a_host_not_found() {
    on_core(async {
        let mut unknown = request(Method::GET, "127.0.0.1:80".parse().unwrap(), "/", "");
        unknown.origin = Rc::new(Origin { tls: false, host: "shop.invalid".into(), port: 80 });
        let exchange = connections().exchange(&unknown, Micros::from_secs(25)).await;
        assert!(matches!(exchange.result, Err(TransportError::Dns(_))), "{:?}", exchange.result);
        assert!(exchange.phases.dns.is_some() && exchange.phases.connect.is_none());
    });
}

#[test]
fn a_name_is_looked_up_once_for_shoppers_who_come_together() {
    on_core(async {
        let shop_end = RawShop::start(|mut peer| async move {
            while peer.request().await.is_some() {
                peer.send(super::raw::ok("")).await;
            }
        })
        .await;
        let shop = super::raw::shop(Default::default());
        let mut by_name = request(Method::GET, shop_end.address, "/", "");
        by_name.origin =
            Rc::new(Origin { tls: false, host: "localhost".into(), port: shop_end.address.port() });
        let mut lookups = 0;
        for shopper in 0..3 {
            let mut connections = tillrush::shopper::transport::Transport::connections(
                &shop,
                tillrush::base::ShopperId(shopper),
            );
            let exchange = connections.exchange(&by_name, Micros::from_secs(20)).await;
            assert!(exchange.result.is_ok(), "{:?}", exchange.result);
            lookups += u32::from(exchange.phases.dns.is_some());
        }
        assert_eq!(lookups, 1);
    });
}

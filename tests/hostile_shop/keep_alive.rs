//! Connections that are used again: one for a shopper, and nothing sent twice over it.

use http::Method;
use tillrush::base::{Micros, ShopperId};
use tillrush::plan::ConnectionReuse;
use tillrush::shopper::transport::{
    Exchange, HttpOptions, ShopperConnections, Transport, TransportError,
};

use super::raw::{Peer, RawShop, connections, eventually, get, ok, on_core, request, shop};

async fn serve(mut peer: Peer, answers: &[String]) {
    let mut turns = answers.iter().cycle();
    while peer.request().await.is_some() {
        peer.send(turns.next().unwrap()).await;
    }
}

/// Serves for as long as it is asked.
async fn patient_shop() -> RawShop {
    RawShop::start(|peer| async move { serve(peer, &[ok("fine")]).await }).await
}

/// Answers once on each connection, then closes it without a word.
async fn closing_shop() -> RawShop {
    RawShop::start(|mut peer| async move {
        peer.request().await;
        peer.send(ok("fine")).await;
    })
    .await
}

fn kept() -> HttpOptions {
    HttpOptions { connections: ConnectionReuse::Kept, ..HttpOptions::default() }
}

#[test]
fn a_shopper_needs_one_connection_for_steps_in_sequence() {
    on_core(async {
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n"
            .to_owned();
        let answers = [
            ok(""),
            ok("fine"),
            chunked,
            ok(&"large ".repeat(200_000)),
            "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        ];
        let end = RawShop::start(move |peer| {
            let answers = answers.clone();
            async move { serve(peer, &answers).await }
        })
        .await;
        let mut connections = connections();
        let mut opened = 0;
        for step in 0..6 {
            let sent = if step % 2 == 0 {
                request(Method::GET, end.address, "/", "")
            } else {
                request(Method::POST, end.address, "/", "a=b")
            };
            let exchange = connections.exchange(&sent, Micros::from_secs(20)).await;
            assert!(exchange.result.is_ok(), "{:?}", exchange.result);
            opened += exchange.connections;
        }
        assert_eq!((opened, end.accepted.get(), end.received()), (1, 1, 6));
        drop(connections);
        eventually("the shopper's connection is closed", || end.ended.get() == 1).await;
    });
}

#[test]
fn a_connection_closed_while_idle_is_dialled_again_and_counted() {
    on_core(async {
        let end = closing_shop().await;
        let mut connections = connections();
        for step in 0..3u32 {
            let exchange = connections
                .exchange(&request(Method::POST, end.address, "/pay", "a=b"), Micros::from_secs(20))
                .await;
            assert!(exchange.result.is_ok(), "{:?}", exchange.result);
            assert_eq!((exchange.connections, exchange.redials), (1, step.min(1)));
            // The shop's close has come in before the shopper acts again.
            let closed = step as usize + 1;
            eventually("the shop has closed", || end.ended.get() == closed).await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!((end.received(), end.accepted.get()), (3, 3));
    });
}

#[test]
fn a_request_that_meets_the_close_is_never_sent_twice() {
    on_core(async {
        for _ in 0..50 {
            let end = closing_shop().await;
            let mut connections = connections();
            assert!(get(&mut connections, &end, "/").await.result.is_ok());
            // At once, so that the close is on its way.
            let second = connections
                .exchange(&request(Method::POST, end.address, "/pay", "a=b"), Micros::from_secs(20))
                .await;
            match second.result {
                Ok(_) => {
                    assert_eq!((second.redials, second.connections, end.received()), (1, 1, 2))
                }
                Err(TransportError::BrokenReused(_)) => {
                    assert_eq!((second.redials, second.connections, end.received()), (0, 0, 1))
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_close_in_answer_to_a_second_request_breaks_and_repeats_nothing() {
    async fn second_on(end: &RawShop) -> Exchange {
        let mut connections = connections();
        assert!(get(&mut connections, end, "/").await.result.is_ok());
        connections
            .exchange(&request(Method::POST, end.address, "/pay", "a=b"), Micros::from_secs(20))
            .await
    }
    on_core(async {
        let closes = RawShop::start(|mut peer| async move {
            peer.request().await;
            peer.send(ok("fine")).await;
            peer.request().await;
        })
        .await;
        let resets = RawShop::start(|mut peer| async move {
            peer.request().await;
            peer.send(ok("fine")).await;
            peer.request().await;
            peer.reset();
        })
        .await;
        let cuts = RawShop::start(|mut peer| async move {
            peer.request().await;
            peer.send(ok("fine")).await;
            peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
        })
        .await;
        for end in [closes, resets, cuts] {
            let exchange = second_on(&end).await;
            assert!(
                matches!(exchange.result, Err(TransportError::BrokenReused(_))),
                "{:?}",
                exchange.result
            );
            assert_eq!((exchange.connections, exchange.redials), (0, 0));
            assert!(exchange.sent_at.is_some());
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            assert_eq!((end.received(), end.accepted.get()), (2, 1));
        }
    });
}

#[test]
fn a_safe_request_that_meets_the_close_is_sent_again_once_and_counted() {
    on_core(async {
        // Each connection answers once, and closes on its second request without a word.
        let end = RawShop::start(|mut peer| async move {
            peer.request().await;
            peer.send(ok("fine")).await;
            peer.request().await;
        })
        .await;
        let mut connections = connections();
        assert!(get(&mut connections, &end, "/").await.result.is_ok());
        let second = get(&mut connections, &end, "/again").await;
        assert_eq!(second.result.unwrap().body, "fine");
        assert_eq!((second.connections, second.redials, end.received()), (1, 1, 3));
        // On a new connection there is nothing to blame but the shop.
        let silent = RawShop::start(|mut peer| async move {
            peer.request().await;
        })
        .await;
        let first = get(&mut connections, &silent, "/").await;
        assert!(matches!(first.result, Err(TransportError::Broken(_))), "{:?}", first.result);
        assert_eq!((first.redials, silent.received()), (0, 1));
    });
}

#[test]
fn a_word_on_an_idle_connection_is_not_taken_for_the_next_answer() {
    on_core(async {
        let end = RawShop::start(|mut peer| async move {
            peer.request().await;
            let unasked = "HTTP/1.0 408 Request Time-out\r\nconnection: close\r\n\r\nlate";
            peer.send(ok("fine") + unasked).await;
        })
        .await;
        let mut connections = connections();
        for _ in 0..2 {
            let exchange = get(&mut connections, &end, "/").await;
            assert_eq!(exchange.result.unwrap().body, "fine");
        }
        assert_eq!(end.accepted.get(), 2);
    });
}

#[test]
fn a_misdirected_request_is_sent_again_once_on_a_connection_of_its_own() {
    on_core(async {
        let end = RawShop::start(|mut peer| async move {
            peer.request().await;
            let status = if peer.number == 1 { "421 Misdirected Request" } else { "200 OK" };
            peer.send(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")).await;
            peer.hang().await;
        })
        .await;
        let pay = request(Method::POST, end.address, "/pay", "a=b");
        let exchange = connections().exchange(&pay, Micros::from_secs(20)).await;
        assert_eq!(exchange.result.unwrap().status, 200);
        assert_eq!((exchange.redials, end.received()), (1, 2));
        let always =
            RawShop::answering("HTTP/1.1 421 Misdirected Request\r\ncontent-length: 0\r\n\r\n")
                .await;
        let exchange = get(&mut connections(), &always, "/").await;
        assert_eq!((exchange.result.unwrap().status.as_u16(), always.received()), (421, 2));
    });
}

#[test]
fn an_announced_close_is_honoured_and_no_redial() {
    on_core(async {
        for answer in [
            "HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 4\r\n\r\nfine",
            "HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\nfine",
            "HTTP/1.1 200 OK\r\n\r\nfine",
        ] {
            let end = RawShop::answering(answer).await;
            let mut connections = connections();
            for _ in 0..2 {
                let exchange = get(&mut connections, &end, "/").await;
                assert_eq!((exchange.connections, exchange.redials), (1, 0), "{answer}");
                assert_eq!(exchange.result.unwrap().body, "fine");
            }
        }
        let old = RawShop::start(|peer| async move {
            serve(
                peer,
                &["HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 4\r\n\r\nfine"
                    .to_owned()],
            )
            .await;
        })
        .await;
        let mut connections = connections();
        for _ in 0..3 {
            assert!(get(&mut connections, &old, "/").await.result.is_ok());
        }
        assert_eq!(old.accepted.get(), 1);
    });
}

#[test]
fn bytes_after_the_stated_length_spoil_the_connection_not_the_answer() {
    on_core(async {
        let end = RawShop::start(|mut peer| async move {
            while peer.request().await.is_some() {
                peer.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine and more").await;
            }
        })
        .await;
        let mut connections = connections();
        for _ in 0..2 {
            let exchange = get(&mut connections, &end, "/").await;
            assert_eq!((exchange.connections, exchange.redials), (1, 0));
            assert_eq!(exchange.result.unwrap().body, "fine");
        }
    });
}

#[test]
fn an_exchange_that_failed_leaves_no_connection_behind() {
    on_core(async {
        let end = RawShop::start(|mut peer| async move {
            peer.request().await;
            let gzip = if peer.number == 1 { "content-encoding: gzip\r\n" } else { "" };
            peer.send(format!("HTTP/1.1 200 OK\r\n{gzip}content-length: 4\r\n\r\nfine")).await;
            peer.hang().await;
        })
        .await;
        let mut connections = connections();
        let slow =
            connections.exchange(&request(Method::GET, end.address, "/", ""), Micros(1)).await;
        assert!(matches!(slow.result, Err(TransportError::TooSlow(_))));
        assert!(matches!(
            get(&mut connections, &end, "/").await.result,
            Err(TransportError::Protocol(_)) | Ok(_)
        ));
    });
}

#[test]
fn each_shopper_dials_anew_and_hangs_up() {
    on_core(async {
        let end = patient_shop().await;
        let shop = shop(HttpOptions::default());
        for shopper in 1..=3 {
            let mut connections = shop.connections(ShopperId(shopper as u64));
            assert!(get(&mut connections, &end, "/").await.result.is_ok());
            connections.disconnect();
            eventually("the connection is closed", || end.ended.get() == shopper).await;
        }
        assert_eq!(end.accepted.get(), 3);
    });
}

#[test]
fn kept_connections_are_handed_on_from_shopper_to_shopper() {
    on_core(async {
        let end = patient_shop().await;
        let shop = shop(kept());
        for shopper in 0..5 {
            assert!(get(&mut shop.connections(ShopperId(shopper)), &end, "/").await.result.is_ok());
        }
        assert_eq!(end.accepted.get(), 1);
        // Two at a time need two; nobody shares one.
        let (mut one, mut other) = (shop.connections(ShopperId(8)), shop.connections(ShopperId(9)));
        let (first, second) = tokio::join!(get(&mut one, &end, "/"), get(&mut other, &end, "/"));
        assert_eq!(first.connections + second.connections, 1);
        assert_eq!((end.accepted.get(), end.ended.get()), (2, 0));
    });
}

#[test]
fn kept_connections_that_the_shop_closed_are_passed_over() {
    on_core(async {
        let end = closing_shop().await;
        let shop = shop(kept());
        for shopper in 0..3 {
            let exchange = get(&mut shop.connections(ShopperId(shopper)), &end, "/").await;
            assert!(exchange.result.is_ok(), "{:?}", exchange.result);
            eventually("the shop has closed", || end.ended.get() == shopper as usize + 1).await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(end.received(), 3);
    });
}

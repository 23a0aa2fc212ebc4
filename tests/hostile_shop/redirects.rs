//! A shopper's session over real connections: redirects that circle, wander off, and carry cookies.

use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tillrush::base::Micros;
use tillrush::shopper::browser::fetch::{
    FetchError, FetchOutcome, FetchWatcher, PageRequest, RedirectHop,
};
use tillrush::shopper::browser::request_headers::RequestKind;
use tillrush::shopper::browser::session::BrowserSession;
use tillrush::shopper::browser::settings::SessionSettings;
use tillrush::shopper::transport::{Exchange, ShopperConnections, TransportError, WireRequest};
use url::Url;

use super::raw::{RawShop, connections, ok, on_core};

/// Each hop with the connections that it opened.
struct Hops(Vec<(u32, u32)>);

impl FetchWatcher for Hops {
    fn exchange_done(&mut self, _: &WireRequest, exchange: &Exchange, hop: RedirectHop) {
        self.0.push((hop.index, exchange.connections));
    }
}

/// A shop that answers each path as the table says.
async fn serving(table: &'static [(&'static str, &'static str)]) -> RawShop {
    RawShop::start(move |mut peer| async move {
        while let Some(request) = peer.request().await {
            let path = request.split(' ').nth(1).unwrap();
            let head = table
                .iter()
                .find(|(known, _)| *known == path)
                .map_or("HTTP/1.1 404 Not Found\r\n", |(_, head)| *head);
            peer.send(format!("{head}content-length: 0\r\n\r\n")).await;
        }
    })
    .await
}

fn session(shop: &RawShop) -> BrowserSession<impl ShopperConnections> {
    let target = Url::parse(&format!("http://{}", shop.address)).unwrap();
    BrowserSession::new(connections(), Rc::new(SessionSettings::new(target)))
}

async fn get(session: &mut BrowserSession<impl ShopperConnections>, url: &str) -> FetchOutcome {
    let request = PageRequest {
        method: Method::GET,
        url: url.into(),
        is_link: false,
        kind: RequestKind::App,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    };
    session.fetch(request, Micros::from_secs(20), &mut ()).await
}

#[test]
fn a_circle_of_redirects_is_given_up_when_browsers_give_it_up() {
    on_core(async {
        let shop = serving(&[
            ("/a", "HTTP/1.1 302 Found\r\nlocation: /b\r\n"),
            ("/b", "HTTP/1.1 302 Found\r\nlocation: /a\r\n"),
        ])
        .await;
        let fetched = get(&mut session(&shop), "/a").await;
        assert!(
            matches!(fetched.result, Err(FetchError::RedirectLoop { hops: 20, .. })),
            "{:?}",
            fetched.result
        );
        assert_eq!((fetched.progress.exchanges, shop.received(), shop.accepted.get()), (21, 21, 1));
    });
}

#[test]
fn a_redirect_to_another_host_is_refused_and_nothing_is_sent_there() {
    on_core(async {
        let shop = serving(&[(
            "/pay",
            "HTTP/1.1 302 Found\r\nlocation: https://bank.invalid/3ds?x=1\r\n",
        )])
        .await;
        let fetched = get(&mut session(&shop), "/pay").await;
        let Err(FetchError::RedirectNotAllowed { location, answer, .. }) = fetched.result else {
            panic!("{:?}", fetched.result)
        };
        assert_eq!(
            (&*location, answer.status.as_u16(), fetched.progress.exchanges),
            ("https://bank.invalid/3ds?x=1", 302, 1)
        );
        assert_eq!(
            fetched.progress.first_location.as_deref(),
            Some("https://bank.invalid/3ds?x=1")
        );
    });
}

#[test]
fn hops_share_a_connection_and_carry_cookies_set_on_the_way() {
    on_core(async {
        let shop = serving(&[
            ("/pay", "HTTP/1.1 302 Found\r\nlocation: step\r\nset-cookie: seen=pay\r\n"),
            (
                "/step",
                "HTTP/1.1 303 See Other\r\nlocation: //HOST/thanks\r\nset-cookie: step=1\r\n",
            ),
            ("/thanks", "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n"),
        ])
        .await;
        let mut session = session(&shop);
        let request = PageRequest {
            method: Method::POST,
            url: "/pay".into(),
            is_link: false,
            kind: RequestKind::App,
            headers: HeaderMap::new(),
            body: "card=1".into(),
        };
        let mut hops = Hops(Vec::new());
        let fetched = session.fetch(request, Micros::from_secs(20), &mut hops).await;
        // The host of that `//` redirect is not the shop's: everything before it was followed.
        assert!(
            matches!(fetched.result, Err(FetchError::RedirectNotAllowed { .. })),
            "{:?}",
            fetched.result
        );
        assert_eq!(hops.0, [(0, 1), (1, 0)]);
        let received = shop.requests.borrow();
        assert!(received[0].starts_with("POST /pay ") && received[0].ends_with("card=1"));
        assert!(
            received[1].starts_with("GET /step ")
                && received[1].contains("Cookie: seen=pay\r\n")
                && received[1].ends_with("\r\n\r\n")
        );
    });
}

#[test]
fn a_hop_that_breaks_is_the_trouble_of_the_fetch() {
    on_core(async {
        let shop = RawShop::start(|mut peer| async move {
            peer.request().await;
            peer.send("HTTP/1.1 302 Found\r\nlocation: /next\r\ncontent-length: 0\r\n\r\n").await;
            peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut").await;
        })
        .await;
        let fetched = get(&mut session(&shop), "/").await;
        assert!(
            matches!(fetched.result, Err(FetchError::Transport(TransportError::BrokenReused(_)))),
            "{:?}",
            fetched.result
        );
        assert_eq!((fetched.progress.exchanges, shop.received()), (2, 2));
    });
}

#[test]
fn forgetting_closes_the_connection() {
    on_core(async {
        let shop = RawShop::start(|mut peer| async move {
            while peer.request().await.is_some() {
                peer.send(ok("")).await;
            }
        })
        .await;
        let mut session = session(&shop);
        get(&mut session, "/").await.result.unwrap();
        session.reset();
        super::raw::eventually("the connection is closed", || shop.ended.get() == 1).await;
        get(&mut session, "/").await.result.unwrap();
        assert_eq!(shop.accepted.get(), 2);
    });
}

#[test]
fn a_redirect_is_followed_whatever_becomes_of_its_body() {
    on_core(async {
        for rest in [
            "content-length: 100000\r\n\r\ncut",
            "transfer-encoding: chunked\r\n\r\nno chunk",
            "content-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain",
            "content-length: 99999999999\r\n\r\n",
            "\r\nwithout an end",
        ] {
            let shop = RawShop::start(move |mut peer| async move {
                while let Some(request) = peer.request().await {
                    if request.starts_with("GET /done") {
                        peer.send(ok("done")).await;
                    } else {
                        // What is missing never comes, and the connection stays open.
                        peer.send(format!("HTTP/1.1 302 Found\r\nlocation: /done\r\n{rest}")).await;
                    }
                }
            })
            .await;
            let fetched = get(&mut session(&shop), "/go").await;
            assert_eq!(&*fetched.result.unwrap().answer.body, b"done", "{rest}");
        }
    });
}

//! A shopper's browser against a shop that answers by a rule, in declared time, under a paused clock.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::load::{AssetEvent, LoadedAssets, PageToLoad};
use crate::base::Micros;
use crate::shopper::browser::allowed_hosts::AllowedHosts;
use crate::shopper::browser::referrer::ReferrerPolicy;
use crate::shopper::browser::session::BrowserSession;
use crate::shopper::browser::settings::SessionSettings;
use crate::shopper::transport::{
    Clock, Exchange, ShopperConnections, TransportError, WireRequest, WireResponse,
};
use crate::tally::Phases;

#[derive(Clone, Copy)]
struct TokioClock(tokio::time::Instant);

impl Clock for TokioClock {
    fn now(&self) -> Micros {
        Micros(self.0.elapsed().as_micros() as u64)
    }
    async fn sleep_until(&self, moment: Micros) {
        tokio::time::sleep_until(self.0 + std::time::Duration::from_micros(moment.0)).await;
    }
}

/// Status and headers of an answer.
type Told = (u16, Vec<(&'static str, &'static str)>);

/// Answers each request after 100 ms by the rule.
#[derive(Clone)]
struct Shelf {
    clock: TokioClock,
    rule: Rc<dyn Fn(&WireRequest) -> Told>,
    asked: Rc<RefCell<Vec<(Micros, WireRequest)>>>,
}

impl ShopperConnections for Shelf {
    async fn exchange(&mut self, request: &WireRequest, give_up_at: Micros) -> Exchange {
        let began_at = self.clock.now();
        self.asked.borrow_mut().push((began_at, request.clone()));
        let answers_at = began_at + Micros::from_millis(100);
        self.clock.sleep_until(answers_at.min(give_up_at)).await;
        let (status, headers) = (self.rule)(request);
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        let answer = WireResponse {
            status: status.try_into().unwrap(),
            version: http::Version::HTTP_11,
            headers,
            body: "12".into(),
        };
        Exchange {
            began_at,
            sent_at: Some(began_at),
            ended_at: self.clock.now(),
            phases: Phases::default(),
            connections: 0,
            redials: 0,
            resumed: false,
            bytes_received: 2,
            result: if answers_at > give_up_at {
                Err(TransportError::TooSlow(give_up_at.since(began_at)))
            } else {
                Ok(answer)
            },
        }
    }

    fn now(&self) -> Micros {
        Micros::ZERO
    }

    fn sibling(&self) -> Shelf {
        self.clone()
    }
}

struct Scene {
    session: BrowserSession<Shelf>,
    clock: TokioClock,
    asked: Rc<RefCell<Vec<(Micros, WireRequest)>>>,
    headers: HeaderMap,
}

impl Scene {
    fn new(rule: impl Fn(&WireRequest) -> Told + 'static) -> Scene {
        let clock = TokioClock(tokio::time::Instant::now());
        let shelf = Shelf { clock, rule: Rc::new(rule), asked: Rc::default() };
        let asked = shelf.asked.clone();
        let mut settings = SessionSettings::new(Url::parse("http://shop.example").unwrap());
        settings.allowed = AllowedHosts::new(["shop.example", "cdn.example"]);
        Scene {
            session: BrowserSession::new(shelf, Rc::new(settings)),
            clock,
            asked,
            headers: HeaderMap::new(),
        }
    }

    /// Loads the page's files for at most a second; what came, and how long it took.
    async fn load_assets(&mut self, html: &str) -> (LoadedAssets, u64) {
        let url = Url::parse("http://shop.example/lamp").unwrap();
        let page = PageToLoad {
            url: &url,
            html: &Bytes::copy_from_slice(html.as_bytes()),
            policy: ReferrerPolicy::default(),
            headers: &self.headers,
        };
        let began_at = self.clock.now();
        let give_up_at = began_at + Micros::from_secs(1);
        let loaded =
            self.session.load_assets(&page, &self.clock, give_up_at, &|_: AssetEvent<'_>| {}).await;
        (loaded, self.clock.now().since(began_at).0 / 1_000)
    }

    fn asked(&self) -> Vec<String> {
        self.asked
            .borrow()
            .iter()
            .map(|(_, request)| format!("{}{}", request.origin.host, request.path))
            .collect()
    }
}

fn images(n: usize, host: &str) -> String {
    (0..n).map(|i| format!("<img src={host}/{i}.png>")).collect()
}

fn ok(_: &WireRequest) -> Told {
    (200, vec![])
}

#[tokio::test(start_paused = true)]
async fn six_files_come_at_a_time_from_each_host() {
    let mut scene = Scene::new(ok);
    let (loaded, took_ms) = scene.load_assets(&images(13, "")).await;
    assert_eq!((loaded.files, loaded.failed.len(), took_ms), (13, 0, 300));
    let at_once =
        scene.asked.borrow().iter().filter(|(at, _)| *at < Micros::from_millis(100)).count();
    assert_eq!(at_once, 6);
    let mut scene = Scene::new(ok);
    let (loaded, took_ms) = scene.load_assets(&(images(6, "") + &images(6, "//cdn.example"))).await;
    assert_eq!((loaded.files, took_ms), (12, 100));
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_the_hosts_that_may_be_loaded() {
    let mut scene = Scene::new(|request| {
        if request.path == "/moved.png" {
            (302, vec![("location", "//ads.example/x.png")])
        } else {
            (200, vec![])
        }
    });
    let (loaded, _) = scene
        .load_assets("<img src=//ads.example/1.png><img src=/moved.png><img src=/own.png>")
        .await;
    assert_eq!((loaded.files, loaded.elsewhere, loaded.failed.len()), (1, 2, 0));
    assert!(
        scene.asked().iter().all(|asked| asked.starts_with("shop.example/")),
        "{:?}",
        scene.asked()
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_fresh_is_not_asked_for_and_what_is_stale_is_asked_for_by_its_tag() {
    let mut scene = Scene::new(|request| {
        match (&*request.path, request.headers.contains_key("if-none-match")) {
            ("/fresh.css", _) => (200, vec![("cache-control", "max-age=600, immutable")]),
            ("/tagged.js", true) => (304, vec![]),
            ("/tagged.js", false) => (200, vec![("cache-control", "no-cache"), ("etag", "\"a\"")]),
            _ => (200, vec![("cache-control", "no-store")]),
        }
    });
    let html =
        "<link rel=stylesheet href=/fresh.css><script src=/tagged.js></script><img src=/never.png>";
    let (loaded, _) = scene.load_assets(html).await;
    assert_eq!((loaded.files, loaded.cached, loaded.not_modified), (3, 0, 0));
    scene.asked.borrow_mut().clear();
    let (loaded, _) = scene.load_assets(html).await;
    assert_eq!(
        (loaded.files, loaded.cached, loaded.not_modified, loaded.failed.len()),
        (3, 1, 1, 0)
    );
    let mut asked = scene.asked();
    asked.sort();
    assert_eq!(asked, ["shop.example/never.png", "shop.example/tagged.js"]);
    // A new customer has nothing.
    scene.session.reset();
    assert_eq!(scene.load_assets(html).await.0.cached, 0);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_does_not_come_is_told_and_the_wait_is_bounded() {
    let mut scene =
        Scene::new(
            |request| if request.path == "/gone.css" { (404, vec![]) } else { (200, vec![]) },
        );
    let (loaded, _) =
        scene.load_assets("<link rel=stylesheet href=/gone.css><img src=/a.png>").await;
    let told: Vec<String> = loaded
        .failed
        .iter()
        .map(|missing| format!("{} {}: {}", missing.url, missing.kind.key(), missing.detail))
        .collect();
    assert_eq!(told, ["http://shop.example/gone.css client_error: status 404"]);
    let mut scene = Scene::new(ok);
    let (loaded, took_ms) = scene.load_assets(&images(100, "")).await;
    assert_eq!((took_ms, loaded.files), (1_000, 100));
    assert!(
        loaded.failed.len() >= 40
            && loaded.failed.iter().all(|missing| missing.kind.key() == "too_slow"),
        "{}",
        loaded.failed.len()
    );
}

#[tokio::test(start_paused = true)]
async fn the_page_s_own_headers_go_to_its_own_host_alone() {
    let mut scene = Scene::new(|_| (200, vec![("set-cookie", "seen=1; Path=/")]));
    scene.headers = [
        ("authorization", "Bearer t"),
        ("user-agent", "iPhone"),
        ("content-type", "text/plain"),
        ("accept", "text/html"),
    ]
    .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
    .into_iter()
    .collect();
    scene.load_assets("<img src=/own.png><img src=//cdn.example/theirs.png>").await;
    let of = |path: &str, name: &str| {
        let asked = scene.asked.borrow();
        let (_, request) = asked.iter().rfind(|(_, request)| request.path == path).unwrap();
        request.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(of("/own.png", "authorization").as_deref(), Some("Bearer t"));
    assert_eq!(of("/theirs.png", "authorization"), None);
    assert_eq!(of("/theirs.png", "user-agent").as_deref(), Some("iPhone"));
    assert_eq!(of("/own.png", "content-type"), None);
    assert_eq!(
        of("/own.png", "accept").as_deref(),
        Some("image/avif,image/webp,image/*,*/*;q=0.8")
    );
    assert_eq!(of("/own.png", "referer").as_deref(), Some("http://shop.example/lamp"));
    assert_eq!(of("/theirs.png", "referer").as_deref(), Some("http://shop.example/"));
    // What files set, later requests carry.
    scene.load_assets("<img src=/next.png>").await;
    let asked = scene.asked.borrow();
    assert_eq!(asked.last().unwrap().1.headers["cookie"], "seen=1");
}

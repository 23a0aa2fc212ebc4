//! The report as a page: stored, written elsewhere, and served while a run goes on.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use scraper::{Html, Selector};

use crate::bench::{BUY, Bench, LOOK, MEASURED, Shop, loaded};

#[test]
fn the_page_of_a_stored_run_is_made_again_to_the_letter() {
    let shop = Shop::open("");
    let bench = Bench::new(BUY);
    bench.run(&["--target", &shop.url(), "-q", "-e", "SHOP_TOKEN=hush"]).with(&MEASURED);
    let folder = bench.only_run();
    let stored = std::fs::read_to_string(folder.join("report.html")).unwrap();
    let elsewhere = bench.path().join("elsewhere.html");
    let elsewhere = elsewhere.to_str().unwrap();
    bench.tillrush(&["report", "latest", "--html", elsewhere, "-q"]).with(&MEASURED);
    assert_eq!(std::fs::read_to_string(elsewhere).unwrap(), stored);
    let page = Html::parse_document(&stored);
    let verdict = page
        .select(&Selector::parse("[data-verdict]").unwrap())
        .next()
        .unwrap()
        .value()
        .attr("data-verdict")
        .unwrap();
    let document = bench.document();
    assert_eq!(verdict, document["verdict"]);
    let again = page
        .select(&Selector::parse("#again code").unwrap())
        .next()
        .unwrap()
        .text()
        .collect::<String>();
    let options = format!(
        " --target {} -q -e 'SHOP_TOKEN=[redacted]' --seed {}",
        shop.url(),
        document["seed"]
    );
    assert!(
        again.starts_with("TILLRUSH_CORES=2 tillrush run ") && again.ends_with(&options),
        "{again}"
    );
    assert_eq!(document["commands"], serde_json::json!([again]));
    assert!(!stored.contains("hush"));
}

#[test]
fn a_duet_leaves_a_page_of_its_comparison() {
    let [old, new] = [Shop::open(""), Shop::open("")];
    let bench = Bench::new(BUY);
    bench.run(&["--target", &new.url(), "--duet", &old.url(), "-q"]).with(&[0, 100, 102, 106]);
    let stored = std::fs::read_to_string(bench.only_run().join("comparison.html")).unwrap();
    let page = Html::parse_document(&stored);
    let found = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
    assert!(
        found("[data-figure='comparisons.0.change']") == 1
            && found("svg.flow") == 2
            && found("script") == 1,
        "{stored}"
    );
}

#[test]
fn a_run_is_followed_by_a_page_until_its_end() {
    let shop = Shop::open("");
    let bench = Bench::new(&loaded(LOOK, "{ arrivals: paced, stages: [{ hold: 20/s, for: 4s }] }"));
    // A port that is free now is very likely free in a moment.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = bench.start(&["--target", &shop.url(), "--web", &address.to_string()]);
    let ask = |path: &str| {
        for _ in 0..200 {
            if let Ok(mut stream) = TcpStream::connect(address) {
                stream
                    .write_all(
                        format!(
                            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
                        )
                        .as_bytes(),
                    )
                    .unwrap();
                return stream;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("nobody serves the page at {address}");
    };
    let read = |mut stream: TcpStream| {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let whole = read(ask("/"));
    assert!(whole.contains("data-verdict=\"running\"") && whole.contains("script-src"), "{whole}");
    let events = ask("/events");
    let events = thread::spawn(move || read(events));
    let told = events.join().unwrap();
    assert!(told.matches("event: state").count() >= 2 && told.contains("event: end"), "{told}");
    let last = read(ask("/body"));
    assert!(
        last.contains("the run has ended") && !last.contains("data-verdict=\"running\""),
        "{last}"
    );
    run.wait().with(&MEASURED).complains(&format!("http://{address}/"));
}

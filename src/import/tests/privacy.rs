//! Nothing of a person leaves an import.

use super::simulate::{NGINX, Truth, import, nginx, requests};
use crate::import::{ImportOptions, TimeWindow, page, report, scenario, templates_text};

#[test]
fn no_output_has_anything_of_a_person() {
    let planted = [
        "anna.smith",
        "example.org",
        "+491701234567",
        "4539148803436467",
        "eyJhbGciOiJIUzI1NiJ9",
        "rose-garden-7",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "10.0.0.",
        "secret-wish",
    ];
    let truth = Truth { sessions: 600, ..Truth::default() };
    let mut lines: Vec<String> = requests(&truth, 2).iter().map(nginx).collect();
    let paths = [
        "/account/anna.smith@example.org/orders",
        "/call/+491701234567",
        "/pay/4539148803436467/receipt",
        "/session/eyJhbGciOiJIUzI1NiJ9.e30.sig",
        "/gifts/rose-garden-7",
        "/reset/5f4dcc3b5aa765d61d8327deb882cf99a",
        "/search?q=secret-wish&mail=anna.smith%40example.org",
    ];
    // Each by one visitor, who comes many times, and by a second one.
    let pattern = lines[0].clone();
    let (head, rest) = pattern.split_once('"').unwrap();
    let (_, tail) = rest.split_once('"').unwrap();
    for (place, path) in paths.iter().enumerate() {
        for i in 0..40 {
            let line = format!("{head}\"GET {path} HTTP/1.1\"{tail}");
            lines.insert(1, line.replace(" c0", &format!(" c{}", place * 10 + i % 2)));
        }
    }
    let options = ImportOptions {
        window: TimeWindow::Whole,
        keep_query: vec!["q".to_owned(), "mail".to_owned()],
        ..ImportOptions::default()
    };
    let import = import(&lines, NGINX, options);
    let outputs = [
        scenario(&import),
        report(&import, "nginx"),
        page(&import, "nginx"),
        templates_text(&import),
    ];
    for output in &outputs {
        for secret in planted {
            assert!(!output.contains(secret), "{secret} is in\n{output}");
        }
    }
    assert!(outputs[1].contains("may hold card numbers"), "{}", outputs[1]);
    assert!(import.read.redacted > 100);
}

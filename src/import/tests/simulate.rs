//! A shop's visitors with a written truth, and the lines that its server would log.

use std::hash::RandomState;

use statrs::distribution::{ContinuousCDF, Normal};

use crate::base::random::{Purpose, uniform};
use crate::import::{Collector, FormatChoice, Import, ImportOptions, LogFormat};

/// 28 November 2025, 11:00 UTC.
pub const START: f64 = 1_764_327_600.0;

/// What the visitors of a simulated shop are like.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    pub sessions: u64,
    pub hours: f64,
    /// From this moment on, in seconds, three times as many come.
    pub jump: Option<f64>,
    pub looking: f64,
    pub to_cart: f64,
    pub to_shipping: f64,
    pub think: (f64, f64),
    /// The chance that a payment fails.
    pub failing: f64,
    pub leave: [f64; 3],
    /// How long pages take, in seconds.
    pub page: f64,
    /// How many outages of ten minutes there are; failures come in these only. None: they come at any time.
    pub outages: Option<u32>,
}

impl Default for Truth {
    fn default() -> Truth {
        Truth {
            sessions: 2_500,
            hours: 3.0,
            jump: None,
            looking: 0.3,
            to_cart: 0.6,
            to_shipping: 0.7,
            think: (8.0, 0.9),
            failing: 0.1,
            leave: [0.26, 0.5, 0.486],
            page: 0.2,
            outages: None,
        }
    }
}

impl Truth {
    /// The chance that a payment fails so many seconds after the start: always the same, or in outages of ten minutes only.
    fn failing_at(&self, seconds: f64) -> f64 {
        let every = self.outages.map(|outages| self.hours * 3_600.0 / f64::from(outages));
        let over = every.is_some_and(|every| (seconds % every - every / 2.0).abs() > 300.0);
        if over { 0.0 } else { self.failing }
    }
}

/// A request: when its answer was sent, who made it, and what it was.
#[derive(Clone, Debug)]
pub struct Request {
    pub end: f64,
    pub duration: f64,
    pub session: u64,
    pub agent: String,
    pub method: &'static str,
    pub path: String,
    pub status: u16,
}

/// Draws of one shop.
pub struct Draws {
    seed: u64,
    next: u64,
}

impl Draws {
    pub fn new(seed: u64) -> Draws {
        Draws { seed, next: 0 }
    }

    pub fn unit(&mut self) -> f64 {
        self.next += 1;
        uniform(self.seed, Purpose::Bootstrap, self.next)
    }

    fn think(&mut self, (median, sigma): (f64, f64)) -> f64 {
        median * (sigma * Normal::standard().inverse_cdf(self.unit().max(1e-9))).exp()
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.unit() * n as f64) as u64
    }
}

/// One visitor.
struct Visitor<'t> {
    truth: &'t Truth,
    draws: &'t mut Draws,
    out: &'t mut Vec<Request>,
    session: u64,
    agent: String,
    now: f64,
}

impl Visitor<'_> {
    fn ask(&mut self, method: &'static str, path: String, status: u16) {
        let duration = self.truth.page * (0.5 + self.draws.unit());
        self.now += duration;
        self.out.push(Request {
            end: self.now,
            duration,
            session: self.session,
            agent: self.agent.clone(),
            method,
            path,
            status,
        });
    }

    fn go(&mut self, method: &'static str, path: String, status: u16) {
        self.now += self.draws.think(self.truth.think);
        self.ask(method, path, status);
    }

    fn visit(&mut self) {
        self.ask("GET", "/".to_owned(), 200);
        if self.draws.unit() < self.truth.looking {
            for _ in 0..=self.draws.below(5) {
                let word = ["audio", "home", "toys"][self.draws.below(3) as usize];
                self.go("GET", format!("/categories/{word}"), 200);
            }
            return;
        }
        let sku = 1 + self.draws.below(24);
        self.go("GET", format!("/products/sku-{sku}"), 200);
        if self.draws.unit() >= self.truth.to_cart {
            return;
        }
        self.go("POST", "/cart".to_owned(), 302);
        self.ask("GET", "/cart".to_owned(), 200);
        if self.draws.unit() >= self.truth.to_shipping {
            return;
        }
        self.go("POST", "/checkout/shipping".to_owned(), 200);
        self.pay();
    }

    fn pay(&mut self) {
        for nth in 0.. {
            if self.draws.unit() >= self.truth.failing_at(self.now - START) {
                break;
            }
            self.go("POST", "/checkout/pay".to_owned(), 503);
            if self.draws.unit() < self.truth.leave[nth.min(2)] {
                return;
            }
        }
        self.go("POST", "/checkout/pay".to_owned(), 302);
        let order = 10_000 + self.session;
        self.ask("GET", format!("/orders/{order}"), 200);
    }
}

/// All requests of a shop's visitors, in the order of their ends.
pub fn requests(truth: &Truth, seed: u64) -> Vec<Request> {
    let mut draws = Draws::new(seed);
    let mut out = Vec::new();
    for session in 0..truth.sessions {
        let length = truth.hours * 3_600.0;
        let at = match truth.jump {
            None => draws.unit() * length,
            Some(jump) => {
                // Three times the rate after the jump.
                let y = draws.unit() * (jump + 3.0 * (length - jump));
                if y < jump { y } else { jump + (y - jump) / 3.0 }
            }
        };
        let mobile = draws.unit() < 0.6;
        let agent = if mobile { "Mozilla/5.0 (Android 14) Mobile" } else { "Mozilla/5.0 (X11)" };
        let mut visitor = Visitor {
            truth,
            draws: &mut draws,
            out: &mut out,
            session,
            agent: agent.to_owned(),
            now: START + at,
        };
        visitor.visit();
    }
    out.sort_by(|a, b| a.end.total_cmp(&b.end));
    out
}

/// The format of `nginx`.
pub const NGINX: &str = r#"$remote_addr - - [$time_local] "$request" $status 512 "-" "$http_user_agent" $request_time $cookie_sid"#;
/// The same fields as Apache logs them, with its own meaning of the time stamp.
pub const APACHE: &str = r#"%h - - %t "%r" %>s 512 "-" "%{User-Agent}i" %D %{sid}C"#;

/// A request as nginx logs it, with stamps of whole seconds.
pub fn nginx(request: &Request) -> String {
    line(request, request.end, format!("{:.3}", request.duration))
}

/// A request as Apache logs it.
pub fn apache(request: &Request) -> String {
    line(request, request.end - request.duration, format!("{:.0}", request.duration * 1e6))
}

fn line(request: &Request, stamp: f64, duration: String) -> String {
    let Request { session, agent, method, path, status, .. } = request;
    let stamp = jiff::Timestamp::from_second(stamp as i64).unwrap();
    let stamp = stamp.strftime("%d/%b/%Y:%H:%M:%S +0000");
    let address = format!("10.{}.{}.{}", session >> 16 & 255, session >> 8 & 255, session & 255);
    format!(
        "{address} - - [{stamp}] \"{method} {path} HTTP/1.1\" {status} 512 \"-\" \"{agent}\" {duration} c{session:x}"
    )
}

/// The same without cookies.
pub const NGINX_NO_COOKIE: &str =
    r#"$remote_addr - - [$time_local] "$request" $status 512 "-" "$http_user_agent" $request_time"#;

/// A request as nginx logs it without cookies, where one visitor in twenty is behind one of a hundred shared addresses.
pub fn nginx_by_address(request: &Request) -> String {
    let line = nginx(request);
    let line = line.rsplit_once(' ').map_or(line.as_str(), |(line, _)| line);
    if request.session.is_multiple_of(20) {
        let (_, rest) = line.split_once(' ').unwrap();
        return format!("10.255.0.{} {rest}", request.session / 20 % 100);
    }
    line.to_owned()
}

/// The import of lines in a format.
pub fn import(lines: &[String], log_format: &str, options: ImportOptions) -> Import {
    let choice =
        FormatChoice { log_format: Some(log_format.to_owned()), ..FormatChoice::default() };
    let mut format = LogFormat::choose(&choice, &[]).unwrap();
    let mut collector = Collector::new(options, RandomState::new());
    for line in lines {
        collector.take(&format.read(line).unwrap().unwrap());
    }
    collector.import().unwrap()
}

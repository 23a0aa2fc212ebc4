//! The shop, asked over real connections by a client that shares nothing with it.

mod books;
mod misbehaviour;
mod purchases;

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Faults, RunningShop, ShopOptions};

/// A visitor with a marker, a cookie, and the last page's hidden token. Dials anew for every request.
struct Visitor {
    addr: SocketAddr,
    marker: String,
    headers: String,
    cookie: Option<String>,
    csrf: String,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
    /// Whether the body is as long as the head says.
    whole: bool,
}

async fn open(faults: &str) -> RunningShop {
    open_with(faults, |_| {}).await
}

async fn open_with(faults: &str, change: impl FnOnce(&mut ShopOptions)) -> RunningShop {
    let mut options =
        ShopOptions { faults: Faults::parse(faults).unwrap(), ..ShopOptions::default() };
    change(&mut options);
    RunningShop::start(options).await.unwrap()
}

impl Visitor {
    fn new(shop: &RunningShop, marker: &str) -> Visitor {
        Visitor {
            addr: shop.addr(),
            marker: marker.into(),
            headers: String::new(),
            cookie: None,
            csrf: String::new(),
        }
    }

    fn program(shop: &RunningShop, marker: &str) -> Visitor {
        Visitor { headers: "accept: application/json\r\n".into(), ..Visitor::new(shop, marker) }
    }

    async fn ask(&mut self, method: &str, path: &str, more: &str, body: &str) -> io::Result<Reply> {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{}{more}",
            self.headers
        );
        if !self.marker.is_empty() {
            head += &format!("x-shopper: {}\r\n", self.marker);
        }
        if let Some(cookie) = &self.cookie {
            head += &format!("cookie: other=1; {cookie}\r\n");
        }
        let mut stream = TcpStream::connect(self.addr).await?;
        stream
            .write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes())
            .await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head: head.into(), body: body.into(), whole: true };
        reply.whole =
            reply.header("content-length").is_none_or(|length| length == body.len().to_string());
        if let Some(cookie) = reply.header("set-cookie") {
            assert!(cookie.contains("HttpOnly"), "{cookie}");
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        if let Some(csrf) = reply.between("name=\"csrf\" value=\"", "\"") {
            self.csrf = csrf.into();
        }
        Ok(reply)
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "", "").await.unwrap()
    }

    async fn post(&mut self, path: &str, body: Value) -> Reply {
        self.ask("POST", path, "content-type: application/json\r\n", &body.to_string())
            .await
            .unwrap()
    }

    async fn post_with(&mut self, key: &str, path: &str, body: Value) -> Reply {
        let more = format!("content-type: application/json\r\nidempotency-key: {key}\r\n");
        self.ask("POST", path, &more, &body.to_string()).await.unwrap()
    }

    /// Submits a form with the last page's token, and follows where it leads.
    async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).extend_pairs(fields);
        let body = form.finish();
        let reply = self
            .ask("POST", path, "content-type: application/x-www-form-urlencoded\r\n", &body)
            .await
            .unwrap();
        self.follow(reply).await
    }

    async fn follow(&mut self, mut reply: Reply) -> Reply {
        while reply.status == 302 {
            reply = self.get(&reply.header("location").unwrap()).await;
        }
        reply
    }

    /// Buys one of a product, as a program.
    async fn buy(&mut self, sku: &str, payment: Value) -> Reply {
        self.post("/cart", json!({ "sku": sku })).await;
        self.post("/checkout/pay", payment).await
    }
}

impl Reply {
    fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            line.split_once(": ")
                .filter(|(known, _)| *known == name)
                .map(|(_, value)| value.to_owned())
        })
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    fn between(&self, before: &str, after: &str) -> Option<&str> {
        self.body.split_once(before)?.1.split_once(after).map(|(text, _)| text)
    }
}

fn card(number: &str) -> Value {
    json!({ "method": "card", "card_number": number, "email": "a@example.com" })
}

fn wallet() -> Value {
    json!({ "method": "wallet", "email": "a@example.com" })
}

//! The least a client can do: fresh shoppers, so many at a time on one thread, with canned requests, without a look at what
//! comes back but its length. The floor that `benches/compare` measures fresh shoppers against.
//!
//! `bare-peer 127.0.0.1:PORT SECONDS SHOPPERS`

use std::io::{Error, ErrorKind, Result};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// More than any answer of the benchmark's shop.
const LARGEST_ANSWER: usize = 32 * 1024;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = || Error::new(ErrorKind::InvalidInput, "usage: bare-peer HOST:PORT SECONDS SHOPPERS");
    let address: Rc<str> = arguments.next().ok_or_else(usage)?.into();
    let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok()).ok_or_else(usage);
    let (seconds, at_a_time) = (number()?, number()?);
    let requests = Rc::new(canned(&address));
    let end = Instant::now() + Duration::from_secs(seconds);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let shoppers = LocalSet::new().block_on(&runtime, async move {
        let tasks: Vec<_> =
            (0..at_a_time).map(|_| tokio::task::spawn_local(queue(Rc::clone(&address), Rc::clone(&requests), end))).collect();
        let mut shoppers = 0;
        for task in tasks {
            shoppers += task.await??;
        }
        Ok::<_, Error>(shoppers)
    })?;
    println!("{shoppers} shoppers");
    Ok(())
}

/// One shopper after the other, until the end; how many.
async fn queue(address: Rc<str>, requests: Rc<Vec<Vec<u8>>>, end: Instant) -> Result<u64> {
    let mut buffer = vec![0; LARGEST_ANSWER];
    let mut shoppers = 0;
    while Instant::now() < end {
        shop(&address, &requests, &mut buffer).await?;
        shoppers += 1;
    }
    Ok(shoppers)
}

/// The six requests, as bytes.
fn canned(host: &str) -> Vec<Vec<u8>> {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: session=9d2c7a\r\n\r\n").into_bytes();
    let post = |path: &str, kind: &str, body: &str| {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: session=9d2c7a\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        (head + body).into_bytes()
    };
    vec![
        get("/"),
        get("/product"),
        post("/cart", "application/x-www-form-urlencoded", "sku=sku-20417&quantity=1&csrf=c5f1e0d2b3a4"),
        post("/checkout", "application/json", r#"{"sku":"sku-20417","csrf":"c5f1e0d2b3a4","quantity":1}"#),
        get("/orders/sku-20417"),
        get("/thanks"),
    ]
}

/// Connects, sends every request and reads every answer, and closes.
async fn shop(address: &str, requests: &[Vec<u8>], buffer: &mut [u8]) -> Result<()> {
    let mut socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    for request in requests {
        socket.write_all(request).await?;
        let mut got = 0;
        while got == 0 || got < answer_length(&buffer[..got])? {
            let read = socket.read(&mut buffer[got..]).await?;
            if read == 0 {
                return Err(Error::new(ErrorKind::UnexpectedEof, "the shop closed the connection"));
            }
            got += read;
        }
    }
    Ok(())
}

/// Bytes of the whole answer that begins with these: its head and what content-length says.
fn answer_length(start: &[u8]) -> Result<usize> {
    const LENGTH: &[u8] = b"\r\nContent-Length: ";
    let Some(head) = find(start, b"\r\n\r\n") else { return Ok(usize::MAX) };
    let at = find(&start[..head], LENGTH).ok_or_else(|| Error::new(ErrorKind::InvalidData, "no content-length"))? + LENGTH.len();
    let digits = start[at..].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    Ok(head + 4 + body)
}

/// Where this comes first.
fn find(text: &[u8], sought: &[u8]) -> Option<usize> {
    text.windows(sought.len()).position(|window| window == sought)
}

//! HTTP/2, by hyper: one connection carries the requests of one shopper, several at once where a page's files load.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use ::http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use ::http::uri::{Authority, PathAndQuery, Scheme, Uri};
use ::http::{Request, Response};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::{TrySendError, http2};
use hyper::rt::{Executor, Read, Write};
use tokio::task::AbortHandle;

use super::error;
use super::http1::states_empty_body;
use super::{Origin, TransportError, WireRequest};

/// A request as hyper takes it.
pub(super) type Message = Request<Pieces>;

/// An open connection, or one shopper's part of it. Dropped, it closes in good order once what is under way has ended.
#[derive(Clone, Debug)]
pub(super) struct Http2 {
    sender: http2::SendRequest<Pieces>,
    authority: Authority,
    tls: bool,
    /// The tasks that drive it.
    tasks: Tasks,
    /// Held by each line that has it.
    holders: Rc<()>,
}

/// The tasks of a connection. They run on the core's own thread.
#[derive(Clone, Debug, Default)]
struct Tasks(Rc<RefCell<Vec<AbortHandle>>>);

/// A request's body, handed over piece by piece: hyper takes a piece as a whole, and what it has taken counts as sent. Of a large body it
/// takes no more than its buffer holds, so that a shop that answers before it has read all is seen.
#[derive(Debug)]
pub(super) struct Pieces(Bytes);

/// The largest piece, in bytes.
const PIECE: usize = 64 << 10;

/// The largest head of an answer, in bytes: as over HTTP/1.1.
const HEAD_BOUND: u32 = 256 << 10;

/// What belongs to a connection (RFC 9113 8.2.2), and what is said otherwise.
const NOT_SENT: [HeaderName; 4] = [CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH, HOST];
/// Room for what is added, a few cookies among it.
const ROOM: usize = 8;

// === impl Pieces ===

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let size = self.0.len().min(PIECE);
        Poll::Ready((size > 0).then(|| Ok(Frame::data(self.0.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

// === impl Http2 ===

impl Http2 {
    /// Speaks HTTP/2 over an open stream.
    ///
    /// # Errors
    /// When the two sides can't agree.
    pub(super) async fn open<T>(io: T, origin: &Origin) -> Result<Http2, TransportError>
    where
        T: Read + Write + Unpin + 'static,
    {
        let tasks = Tasks::default();
        let opened =
            http2::Builder::new(tasks.clone()).max_header_list_size(HEAD_BOUND).handshake(io).await;
        let (sender, driver) = opened.map_err(|error| error::from_exchange(&error, false))?;
        // What ends the driver is told to the exchange under way; without one it's no news.
        tasks.execute(driver);
        let authority = Authority::from_maybe_shared(Bytes::from(origin.authority()))
            .map_err(|_| unsendable("host"))?;
        Ok(Http2 { sender, authority, tls: origin.tls, tasks, holders: Rc::default() })
    }

    /// Whether the other side is known to have closed it.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until it takes another request; false if it is closed instead.
    pub(super) async fn ready(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// The request as this connection takes it.
    ///
    /// # Errors
    /// An address that no request can carry: a fault of our own.
    pub(super) fn message(&self, request: &WireRequest) -> Result<Message, TransportError> {
        let path = PathAndQuery::try_from(request.path.as_str()).map_err(|_| unsendable("path"))?;
        let named = request.headers.get(HOST);
        let named = named.and_then(|host| Authority::try_from(host.as_bytes()).ok());
        let mut parts = ::http::uri::Parts::default();
        parts.scheme = Some(if self.tls { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(named.unwrap_or_else(|| self.authority.clone()));
        parts.path_and_query = Some(path);
        let mut message = Request::new(Pieces(request.body.clone()));
        *message.uri_mut() = Uri::from_parts(parts).map_err(|_| unsendable("path"))?;
        *message.method_mut() = request.method.clone();
        *message.headers_mut() = headers(request);
        Ok(message)
    }

    /// Sends a message and waits for the head of its answer.
    pub(super) fn send(
        &mut self,
        message: Message,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<Message>>> {
        self.sender.try_send_request(message)
    }

    /// Whether another line has it as well.
    pub(super) fn is_shared(&self) -> bool {
        Rc::strong_count(&self.holders) > 1
    }

    /// Cuts it, whatever is under way. One that others hold as well stays with them: the request alone is reset.
    pub(super) fn abort(self) {
        if self.is_shared() {
            return;
        }
        self.tasks.0.borrow().iter().for_each(AbortHandle::abort);
    }
}

/// The headers in Chromium's order: the length first, a field for each cookie, and last how urgent the answer is (RFC 9218).
fn headers(request: &WireRequest) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + ROOM);
    if !request.body.is_empty() || states_empty_body(&request.method) {
        headers.insert(CONTENT_LENGTH, request.body.len().into());
    }
    for (name, value) in &request.headers {
        if NOT_SENT.contains(name) {
            continue;
        }
        if name == COOKIE && memchr::memchr(b';', value.as_bytes()).is_some() {
            headers.extend(cookies(value).map(|cookie| (COOKIE, cookie)));
        } else {
            headers.append(name, value.clone());
        }
    }
    if let Some(urgency) = request.headers.get("sec-fetch-dest").and_then(urgency) {
        headers.entry("priority").or_insert(HeaderValue::from_static(urgency));
    }
    headers
}

/// Each cookie of a list on its own (RFC 9113 8.2.3): those that stay the same are then sent as a number.
fn cookies(list: &HeaderValue) -> impl Iterator<Item = HeaderValue> {
    let several = list.as_bytes().split(|byte| *byte == b';');
    several.filter_map(|cookie| HeaderValue::from_bytes(cookie.trim_ascii_start()).ok())
}

/// What Chromium says of what it asks for; of a page's files, what it says of those that the page begins with.
fn urgency(destination: &HeaderValue) -> Option<&'static str> {
    match destination.as_bytes() {
        b"document" => Some("u=0, i"),
        b"empty" => Some("u=1, i"),
        b"font" | b"style" => Some("u=0"),
        b"script" => Some("u=1"),
        b"image" => Some("u=2, i"),
        _ => None,
    }
}

/// Not the shop's fault: the address can't be written in a request at all.
fn unsendable(part: &str) -> TransportError {
    TransportError::Own(format!("a {part} that can't be sent"))
}

// === impl Tasks ===

impl<F> Executor<F> for Tasks
where
    F: Future + 'static,
{
    fn execute(&self, task: F) {
        let handle = tokio::task::spawn_local(async move {
            task.await;
        });
        let mut tasks = self.0.borrow_mut();
        if tasks.len() == tasks.capacity() {
            tasks.retain(|task| !task.is_finished());
        }
        tasks.push(handle.abort_handle());
    }
}

#[cfg(test)]
mod tests {
    use ::http::Method;

    use super::*;

    /// The fields of a request with these headers, in their order.
    fn fields(
        method: Method,
        body: &'static str,
        headers: &[(&'static str, &'static str)],
    ) -> Vec<String> {
        let origin = Rc::new(Origin { tls: true, host: "shop.example".to_owned(), port: 443 });
        let named = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let given = headers.iter().map(named).collect();
        let request =
            WireRequest { origin, method, path: "/".to_owned(), headers: given, body: body.into() };
        let written = super::headers(&request);
        written.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn fields_stand_as_in_chromium() {
        let page = [
            ("host", "x"),
            ("connection", "close"),
            ("accept", "*/*"),
            ("sec-fetch-dest", "document"),
            ("cookie", "a=1; b=\"x\"; c"),
            ("x-own", "1"),
        ];
        let all = [
            "content-length: 3",
            "accept: */*",
            "sec-fetch-dest: document",
            "cookie: a=1",
            "cookie: b=\"x\"",
            "cookie: c",
            "x-own: 1",
            "priority: u=0, i",
        ];
        assert_eq!(fields(Method::POST, "a=1", &page), all);
        assert_eq!(fields(Method::GET, "", &page), all[1..]);
        let empty = fields(Method::POST, "", &[("sec-fetch-dest", "empty"), ("priority", "u=5")]);
        assert_eq!(empty, ["content-length: 0", "sec-fetch-dest: empty", "priority: u=5"]);
        assert_eq!(
            fields(Method::GET, "", &[("cookie", "a=1")]),
            ["cookie: a=1"],
            "an app says nothing of urgency"
        );
    }
}

//! One open connection to a shop, as hyper drives it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use ::http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING};
use ::http::uri::{Authority, PathAndQuery, Scheme, Uri};
use ::http::{HeaderMap, Method, Request, Response, Version};
use bytes::Bytes;
use futures_util::future::Either;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::rt::{Executor, Read, Write};
use tokio::task::AbortHandle;

use super::error::{self, TransportError};
use super::exchange::{Origin, WireRequest};

/// A request as hyper takes it.
pub(super) type HttpRequest = Request<RequestBody>;

/// An open connection. Dropped, it closes in good order once what is under way has ended.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) origin: Rc<Origin>,
    protocol: Protocol,
    /// The tasks that drive it.
    tasks: Tasks,
    /// Held by each shopper's connections that have it.
    holders: Rc<()>,
}

#[derive(Debug)]
enum Protocol {
    Http1 { sender: http1::SendRequest<RequestBody>, host: HeaderValue },
    Http2 { sender: http2::SendRequest<RequestBody>, authority: Authority },
}

/// The tasks of a connection. They run on the core's own thread.
#[derive(Clone, Debug, Default)]
struct Tasks(Rc<RefCell<Vec<AbortHandle>>>);

/// A request's body, handed over piece by piece: hyper takes a piece as a whole, and what it has taken counts as sent. Of a large body it
/// takes no more than its buffer holds, so that a shop that answers before it has read all is seen.
#[derive(Debug)]
pub(super) struct RequestBody(Bytes);

/// The largest piece, in bytes.
const PIECE: usize = 64 << 10;

/// The largest head of an answer, in bytes.
const HEAD_BOUND: usize = 256 << 10;

// === impl RequestBody ===

impl Body for RequestBody {
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

// === impl Connection ===

impl Connection {
    /// Protocol HTTP/1.1 over an open stream.
    pub(super) async fn http1<T>(io: T, origin: Rc<Origin>) -> Result<Connection, TransportError>
    where
        T: Read + Write + Unpin + 'static,
    {
        // As lenient as browsers are: what a shopper never sees go wrong is no failure.
        // Most requests are a few hundred bytes: copied into one buffer they go out by the cheaper system call.
        let opened = http1::Builder::new()
            .writev(false)
            .max_buf_size(HEAD_BOUND)
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(io)
            .await;
        let (sender, driver) = opened.map_err(|error| error::from_exchange(&error, false))?;
        let tasks = Tasks::default();
        // What ends the driver is told to the exchange under way; without one it's no news.
        tasks.execute(driver);
        let host = HeaderValue::from_maybe_shared(Bytes::from(origin.authority()))
            .map_err(|_| unsendable("host"))?;
        Ok(Connection {
            origin,
            protocol: Protocol::Http1 { sender, host },
            tasks,
            holders: Rc::default(),
        })
    }

    /// Protocol HTTP/2 over an open stream.
    pub(super) async fn http2<T>(io: T, origin: Rc<Origin>) -> Result<Connection, TransportError>
    where
        T: Read + Write + Unpin + 'static,
    {
        let tasks = Tasks::default();
        let opened = http2::Builder::new(tasks.clone())
            .max_header_list_size(HEAD_BOUND as u32)
            .handshake(io)
            .await;
        let (sender, driver) = opened.map_err(|error| error::from_exchange(&error, false))?;
        tasks.execute(driver);
        let authority = Authority::from_maybe_shared(Bytes::from(origin.authority()))
            .map_err(|_| unsendable("host"))?;
        Ok(Connection {
            origin,
            protocol: Protocol::Http2 { sender, authority },
            tasks,
            holders: Rc::default(),
        })
    }

    /// Whether the other side is known to have closed it.
    pub(super) fn is_closed(&self) -> bool {
        match &self.protocol {
            Protocol::Http1 { sender, .. } => sender.is_closed(),
            Protocol::Http2 { sender, .. } => sender.is_closed(),
        }
    }

    /// Waits until it takes another request; false if it is closed instead.
    pub(super) async fn ready(&mut self) -> bool {
        match &mut self.protocol {
            Protocol::Http1 { sender, .. } => sender.ready().await.is_ok(),
            Protocol::Http2 { sender, .. } => sender.ready().await.is_ok(),
        }
    }

    /// The request in this connection's protocol.
    pub(super) fn build_request(
        &self,
        request: &WireRequest,
    ) -> Result<HttpRequest, TransportError> {
        let path = PathAndQuery::try_from(request.path.as_str()).map_err(|_| unsendable("path"))?;
        let mut headers = request.headers.clone();
        headers.remove(CONTENT_LENGTH);
        let mut message = Request::new(RequestBody(request.body.clone()));
        *message.uri_mut() = match &self.protocol {
            Protocol::Http1 { host, .. } => {
                headers.entry(HOST).or_insert_with(|| host.clone());
                // hyper states the length of every body but an empty one, where RFC 9110 8.6 wants it too.
                if request.body.is_empty()
                    && has_meaning_with_body(&request.method)
                    && !headers.contains_key(TRANSFER_ENCODING)
                {
                    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
                }
                Uri::from(path)
            }
            Protocol::Http2 { authority, .. } => {
                let named =
                    headers.remove(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
                let mut parts = ::http::uri::Parts::default();
                parts.scheme = Some(if self.origin.tls { Scheme::HTTPS } else { Scheme::HTTP });
                parts.authority = Some(named.unwrap_or_else(|| authority.clone()));
                parts.path_and_query = Some(path);
                Uri::from_parts(parts).map_err(|_| unsendable("path"))?
            }
        };
        *message.method_mut() = request.method.clone();
        *message.headers_mut() = headers;
        Ok(message)
    }

    /// Sends a message and waits for the head of its answer.
    pub(super) fn send(
        &mut self,
        message: HttpRequest,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<HttpRequest>>> {
        match &mut self.protocol {
            Protocol::Http1 { sender, .. } => Either::Left(sender.try_send_request(message)),
            Protocol::Http2 { sender, .. } => Either::Right(sender.try_send_request(message)),
        }
    }

    /// Whether it can be used again after this answer, read to its end. The shop may announce that it
    /// closes; a body without a length ends with the connection; and a shop that answers before it has read
    /// the whole request leaves the rest of it in the way.
    pub(super) fn is_reusable(&self, answer: &ReuseHint, request: &WireRequest) -> bool {
        match &self.protocol {
            // One closed by now is kept all the same: at the next request it counts as what it is.
            Protocol::Http1 { sender, .. } => {
                answer.keeps_alive
                    && (request.body.is_empty() || sender.is_ready() || sender.is_closed())
            }
            Protocol::Http2 { .. } => true,
        }
    }

    /// The same connection, where it carries several requests at once.
    pub(super) fn shared(&self) -> Option<Connection> {
        let Protocol::Http2 { sender, authority } = &self.protocol else { return None };
        let protocol = Protocol::Http2 { sender: sender.clone(), authority: authority.clone() };
        Some(Connection {
            origin: self.origin.clone(),
            protocol,
            tasks: self.tasks.clone(),
            holders: self.holders.clone(),
        })
    }

    /// Whether others hold it as well.
    pub(super) fn is_shared(&self) -> bool {
        Rc::strong_count(&self.holders) > 1
    }

    /// Closes it while nothing is under way. Over plain TCP nothing is left to say: the end of the stream comes with the socket's, and
    /// a half-closed stream before it would be one more system call. TLS and HTTP/2 take their leave.
    pub(super) fn close(self) {
        if matches!(self.protocol, Protocol::Http1 { .. }) && !self.origin.tls {
            self.abort();
        }
    }

    /// Cuts it, whatever is under way. One that others hold as well stays with them: the request alone is reset.
    pub(super) fn abort(self) {
        if self.is_shared() {
            return;
        }
        self.tasks.0.borrow().iter().for_each(AbortHandle::abort);
    }
}

/// What the head of an answer says about the connection, kept while the body is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReuseHint {
    keeps_alive: bool,
}

// === impl ReuseHint ===

impl ReuseHint {
    pub(super) fn new(answer: &Response<Incoming>) -> ReuseHint {
        let framed = answer.body().is_end_stream()
            || answer.body().size_hint().exact().is_some()
            || answer.headers().contains_key(TRANSFER_ENCODING);
        let keeps_alive = match answer.version() {
            Version::HTTP_11 => framed && !says(answer.headers(), "close"),
            Version::HTTP_10 => framed && says(answer.headers(), "keep-alive"),
            _ => true,
        };
        ReuseHint { keeps_alive }
    }
}

fn says(headers: &HeaderMap, word: &str) -> bool {
    let says = |line: &[u8]| {
        line.split(|byte| *byte == b',')
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    };
    headers.get_all(CONNECTION).iter().any(|line| says(line.as_bytes()))
}

fn has_meaning_with_body(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
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

//! One connection: a request goes out, its answer comes in, then the next.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use ::http::Method;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::super::wire_request::WireRequest;
use super::framing::{ChunkDecoder, Framing, keeps_alive};
use super::head::{Head, HeadError, HeadScanner};
use super::request::{is_chunked, write_head};
use super::stream::Stream;

/// An open connection between exchanges. Dropped, it is cut.
pub(in super::super) struct Http1 {
    stream: Stream,
    /// The server's authority, for the `Host` header.
    host: String,
    /// What came and was not used yet. Empty, without room, between exchanges.
    received: BytesMut,
    /// The request on its way out. None between exchanges.
    sending: Option<Sending>,
}

/// A request on its way out.
struct Sending {
    /// The head, and the body where it is small.
    start: Vec<u8>,
    /// The rest of the body.
    rest: Bytes,
    /// How many bytes of the start were written.
    written: usize,
    /// Whether all is written and flushed.
    done: bool,
    /// Why no more can be written. The answer may have come all the same.
    failed: Option<io::Error>,
}

/// Buffers that the connections of a shared use in turn, so that one who thinks holds none.
#[derive(Default)]
pub(in super::super) struct Buffers {
    incoming: RefCell<Vec<BytesMut>>,
    outgoing: RefCell<Vec<Vec<u8>>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(in super::super) struct Http1Error {
    pub(in super::super) cause: Http1Cause,
    /// Whether not a byte of an answer came.
    pub(in super::super) silent: bool,
    /// Whether not a byte of the request was written.
    pub(in super::super) unsent: bool,
}

/// What went wrong.
#[derive(Debug)]
pub(in super::super) enum Http1Cause {
    /// Reading or writing failed.
    Io(io::Error),
    /// The shop closed the connection before the answer was whole.
    Closed,
    /// The answer is not HTTP.
    NotHttp(String),
    /// The head is larger than its bound.
    HeadTooLarge,
    /// The body is larger than its bound.
    BodyTooLarge,
}

/// A body of up to this many bytes is written together with the head.
const SMALL_BODY: usize = 16 << 10;
/// Room for reading, in bytes: most answers come whole.
const READ_ROOM: usize = 32 << 10;
/// The largest buffer that is kept for the next exchange, in bytes.
const KEPT_ROOM: usize = 64 << 10;
/// How many buffers a shared keeps.
const KEPT_BUFFERS: usize = 64;
/// Room made at once for a body of stated length; a statement alone must cost nothing.
const FIRST_ROOM: u64 = 1 << 20;

// === impl Http1 ===

impl Http1 {
    /// Speaks HTTP/1.1 over an open stream with a server of this authority.
    pub(in super::super) fn new(stream: Stream, host: String) -> Http1 {
        Http1 { stream, host, received: BytesMut::new(), sending: None }
    }

    /// Whether the shop has neither closed the idle connection nor said anything unasked on it.
    pub(in super::super) fn is_usable(&mut self) -> bool {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(&mut self.stream).poll_read(&mut context, &mut buffer).is_pending()
    }

    /// Sends a request and reads the head of its answer; interim answers are passed over.
    ///
    /// # Errors
    /// When no head came, or what came is none.
    pub(in super::super) async fn send(
        &mut self,
        request: &WireRequest,
        buffers: &Buffers,
    ) -> Result<Head, Http1Error> {
        self.received = buffers.take_incoming();
        self.sending = Some(Sending::new(request, &self.host, buffers.take_outgoing()));
        let mut scanner = HeadScanner::default();
        let mut interim = false;
        loop {
            let failed = Http1Error::within_answer;
            let found =
                scanner.head_length(&self.received).map_err(|error| failed(error.into()))?;
            if let Some(length) = found {
                let head = Head::parse(&self.received[..length]).map_err(|e| failed(e.into()))?;
                self.received.advance(length);
                if !head.status.is_informational() {
                    return Ok(head);
                }
                (scanner, interim) = (HeadScanner::default(), true);
                continue;
            }
            self.received.reserve(READ_ROOM);
            let silent = self.received.is_empty() && !interim;
            let Http1 { stream, received, sending, .. } = self;
            let read = poll_fn(|context| poll_exchange(stream, sending, received, context)).await;
            let cause = match read {
                Ok(0) if silent || head_began(received) => Http1Cause::Closed,
                Ok(0) => Http1Cause::NotHttp("the answer does not begin like HTTP".to_owned()),
                Ok(_) => continue,
                Err(error) => Http1Cause::Io(error),
            };
            let sending = self.sending.take();
            let unsent = sending.as_ref().is_some_and(|sending| sending.written == 0);
            let refused = sending.and_then(|sending| sending.failed);
            return Err(Http1Error {
                cause: refused.map_or(cause, Http1Cause::Io),
                silent,
                unsent,
            });
        }
    }

    /// Reads the body that belongs to the head, still encoded, and whether the connection can be used again. `count` has the
    /// bytes read so far, whatever comes of it.
    ///
    /// # Errors
    /// When the body is cut, not framed as HTTP frames it, or larger than `bound` bytes.
    pub(in super::super) async fn body(
        &mut self,
        method: &Method,
        head: &Head,
        bound: u64,
        count: &mut u64,
        buffers: &Buffers,
    ) -> Result<(Bytes, bool), Http1Error> {
        let failed = Http1Error::within_answer;
        let framing =
            Framing::of(method, head).map_err(|reason| failed(Http1Cause::NotHttp(reason)))?;
        let body = match framing {
            Framing::Empty => Ok(Bytes::new()),
            Framing::Length(length) if length > bound => Err(Http1Cause::BodyTooLarge),
            Framing::Length(length) => self.body_of(length, count).await,
            Framing::Chunked => self.chunks(bound, count).await,
            Framing::UntilClose => self.rest(bound, count).await,
        };
        let body = body.map_err(failed)?;
        let sending = self.sending.take();
        let sent = sending.as_ref().is_some_and(|sending| sending.done);
        let reusable =
            framing != Framing::UntilClose && keeps_alive(head) && sent && self.received.is_empty();
        buffers.give_back(std::mem::take(&mut self.received), sending);
        Ok((body, reusable))
    }

    /// Closes it while nothing is under way.
    pub(in super::super) fn close(self) {
        self.stream.close();
    }

    async fn body_of(&mut self, length: u64, count: &mut u64) -> Result<Bytes, Http1Cause> {
        let there = self.received.len() as u64;
        if there >= length {
            *count = length;
            let body = Bytes::copy_from_slice(&self.received[..length as usize]);
            self.received.advance(length as usize);
            return Ok(body);
        }
        let mut body = Vec::with_capacity(length.min(FIRST_ROOM) as usize);
        body.extend_from_slice(&self.received);
        self.received.clear();
        loop {
            *count = body.len() as u64;
            let left = length - *count;
            if left == 0 {
                return Ok(body.into());
            }
            body.reserve((left as usize).min(KEPT_ROOM));
            let mut target = (&mut body).limit(left as usize);
            if self.read_into(&mut target).await? == 0 {
                return Err(Http1Cause::Closed);
            }
        }
    }

    async fn chunks(&mut self, bound: u64, count: &mut u64) -> Result<Bytes, Http1Cause> {
        let (mut decoder, mut body) = (ChunkDecoder::default(), Vec::new());
        loop {
            let used = decoder.decode(&self.received, &mut body).map_err(Http1Cause::NotHttp)?;
            self.received.advance(used);
            *count = body.len() as u64;
            if *count > bound {
                return Err(Http1Cause::BodyTooLarge);
            }
            if decoder.is_done() {
                return Ok(body.into());
            }
            if self.read_more().await? == 0 {
                return Err(Http1Cause::Closed);
            }
        }
    }

    async fn rest(&mut self, bound: u64, count: &mut u64) -> Result<Bytes, Http1Cause> {
        let mut body = std::mem::take(&mut self.received);
        loop {
            *count = body.len() as u64;
            if *count > bound {
                return Err(Http1Cause::BodyTooLarge);
            }
            body.reserve(READ_ROOM);
            if self.read_into(&mut body).await? == 0 {
                return Ok(body.freeze());
            }
        }
    }

    async fn read_more(&mut self) -> Result<usize, Http1Cause> {
        self.received.reserve(READ_ROOM);
        let Http1 { stream, received, sending, .. } = self;
        poll_fn(|context| poll_exchange(stream, sending, received, context))
            .await
            .map_err(Http1Cause::Io)
    }

    async fn read_into(&mut self, target: &mut impl BufMut) -> Result<usize, Http1Cause> {
        let Http1 { stream, sending, .. } = self;
        poll_fn(|context| poll_exchange(stream, sending, target, context))
            .await
            .map_err(Http1Cause::Io)
    }
}

/// Reads what has come, while what is left of the request goes out. A shop may answer before it has read all.
fn poll_exchange(
    stream: &mut Stream,
    sending: &mut Option<Sending>,
    target: &mut impl BufMut,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    if let Some(sending) = sending {
        sending.poll_write(stream, context);
    }
    match ready!(pin!(stream.read_buf(target)).poll(context)) {
        // TLS that ends without its goodbye: browsers take it for the end.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Poll::Ready(Ok(0)),
        read => Poll::Ready(read),
    }
}

/// Whether what came before the connection closed could have become the head of an answer.
fn head_began(received: &[u8]) -> bool {
    received.len() >= 4 && HeadScanner::default().head_length(received).is_ok()
        || b"HTTP".starts_with(&received[..received.len().min(4)])
}

impl std::fmt::Debug for Http1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http1").field("host", &self.host).finish_non_exhaustive()
    }
}

// === impl Sending ===

impl Sending {
    fn new(request: &WireRequest, host: &str, mut start: Vec<u8>) -> Sending {
        write_head(&mut start, request, host.as_bytes());
        let chunked = is_chunked(&request.headers) && !request.body.is_empty();
        let mut rest = Bytes::new();
        if chunked {
            start.extend_from_slice(format!("{:x}\r\n", request.body.len()).as_bytes());
            start.extend_from_slice(&request.body);
            start.extend_from_slice(b"\r\n0\r\n\r\n");
        } else if request.body.len() <= SMALL_BODY {
            start.extend_from_slice(&request.body);
        } else {
            rest = request.body.clone();
        }
        Sending { start, rest, written: 0, done: false, failed: None }
    }

    /// Writes as much as the stream takes.
    fn poll_write(&mut self, stream: &mut Stream, context: &mut Context<'_>) {
        while !self.done && self.failed.is_none() {
            let bytes = match &self.start[self.written..] {
                [] => &self.rest[..],
                start => start,
            };
            if bytes.is_empty() {
                match Pin::new(&mut *stream).poll_flush(context) {
                    Poll::Ready(Ok(())) => self.done = true,
                    Poll::Ready(Err(error)) => self.failed = Some(error),
                    Poll::Pending => return,
                }
                continue;
            }
            match Pin::new(&mut *stream).poll_write(context, bytes) {
                Poll::Ready(Ok(0)) => self.failed = Some(ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) if self.written < self.start.len() => self.written += count,
                Poll::Ready(Ok(count)) => self.rest.advance(count),
                Poll::Ready(Err(error)) => self.failed = Some(error),
                Poll::Pending => return,
            }
        }
    }
}

// === impl Buffers ===

impl Buffers {
    fn take_incoming(&self) -> BytesMut {
        self.incoming.borrow_mut().pop().unwrap_or_default()
    }

    fn take_outgoing(&self) -> Vec<u8> {
        self.outgoing.borrow_mut().pop().unwrap_or_default()
    }

    fn give_back(&self, mut received: BytesMut, sending: Option<Sending>) {
        let mut incoming = self.incoming.borrow_mut();
        received.clear();
        if (READ_ROOM..=KEPT_ROOM).contains(&received.capacity()) && incoming.len() < KEPT_BUFFERS {
            incoming.push(received);
        }
        let mut outgoing = self.outgoing.borrow_mut();
        if let Some(Sending { mut start, .. }) = sending
            && start.capacity() <= KEPT_ROOM
            && outgoing.len() < KEPT_BUFFERS
        {
            start.clear();
            outgoing.push(start);
        }
    }
}

// === impl Http1Error ===

impl Http1Error {
    fn within_answer(cause: Http1Cause) -> Http1Error {
        Http1Error { cause, silent: false, unsent: false }
    }
}

// === impl Http1Cause ===

impl From<HeadError> for Http1Cause {
    fn from(error: HeadError) -> Http1Cause {
        match error {
            HeadError::NotHttp(reason) => Http1Cause::NotHttp(reason),
            HeadError::TooLarge => Http1Cause::HeadTooLarge,
        }
    }
}

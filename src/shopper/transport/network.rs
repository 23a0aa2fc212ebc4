//! A network between a shopper and the shop: round trips and bandwidth on top of what lies between this machine and the shop.
//!
//! All of the round trip is waited for on the way back, so that every exchange takes one more, and a connection and a TLS
//! handshake as many as they really take. The connections of a shopper share the bandwidth. Sockets are read meanwhile: a
//! shop sees a shopper who takes what it sends, as it does behind a proxy that keeps answers for slow customers. Left out
//! is what only a real network has: loss, jitter, slow start.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::run_clock::Clock;
use crate::base::Micros;
use crate::plan::Network;

/// What an alarm clock gives.
type Sleep = Pin<Box<dyn Future<Output = ()>>>;

/// The clock of the run, whatever it is.
pub(super) trait Sleeper {
    fn now(&self) -> Micros;
    fn sleep_until(&self, moment: Micros) -> Sleep;
}

/// One shopper's way to the shop.
pub(super) struct NetworkLink {
    pub(super) network: Network,
    clock: Rc<dyn Sleeper>,
    /// Until when what was asked and answered so far takes.
    up_until: Cell<Micros>,
    down_until: Cell<Micros>,
}

/// A stream that leads over a link.
pub(super) struct DelayedStream<T> {
    inner: T,
    link: Rc<NetworkLink>,
    /// What is on its way to the shopper, with the moment of its arrival.
    coming: VecDeque<(Micros, Bytes)>,
    bytes_coming: usize,
    /// How it ends, and when that is known to the shopper.
    end: Option<(Micros, io::Result<()>)>,
    reading: Option<Sleep>,
    writing: Writing,
}

/// What is on its way to the shop.
enum Writing {
    Idle,
    /// This many bytes are let go when the alarm rings.
    Waiting(usize, Sleep),
    Due(usize),
}

/// No piece takes longer than this on its way, so that the first byte of a long answer is seen early.
const PIECES_PER_SECOND: u64 = 100;
/// The smallest piece in bytes, as in a packet, and the largest.
const PIECE: (u64, u64) = (1_460, 16 << 10);
/// What is read ahead in bytes, beside what a round trip holds.
const READ_AHEAD: u64 = 64 << 10;

// === impl Sleeper ===

impl<C: Clock + Clone + 'static> Sleeper for C {
    fn now(&self) -> Micros {
        Clock::now(self)
    }

    fn sleep_until(&self, moment: Micros) -> Sleep {
        let clock = self.clone();
        Box::pin(async move { clock.sleep_until(moment).await })
    }
}

// === impl NetworkLink ===

impl NetworkLink {
    pub(super) fn new(network: Network, clock: Rc<dyn Sleeper>) -> Rc<NetworkLink> {
        Rc::new(NetworkLink {
            network,
            clock,
            up_until: Cell::default(),
            down_until: Cell::default(),
        })
    }

    /// Waits for a round trip.
    pub(super) async fn round_trip(&self) {
        self.clock.sleep_until(self.clock.now().saturating_add(self.network.round_trip)).await;
    }

    /// When all of this many bytes, to be sent now, have left.
    fn leaves(&self, bytes: usize) -> Micros {
        let until =
            self.up_until.get().max(self.clock.now()).saturating_add(self.network.takes(bytes));
        self.up_until.set(until);
        until
    }

    /// When all of this many bytes, sent by the shop now, are there.
    fn arrives(&self, bytes: usize) -> Micros {
        let until =
            self.down_until.get().max(self.clock.now()).saturating_add(self.network.takes(bytes));
        self.down_until.set(until);
        until.saturating_add(self.network.round_trip)
    }

    fn piece(&self) -> usize {
        (self.network.bits_per_second / 8 / PIECES_PER_SECOND).clamp(PIECE.0, PIECE.1) as usize
    }

    /// How much is read before the shopper has it.
    fn holds(&self) -> usize {
        let in_flight = u128::from(self.network.bits_per_second)
            * u128::from(self.network.round_trip.0)
            / 8_000_000;
        usize::try_from(in_flight).unwrap_or(usize::MAX).saturating_add(READ_AHEAD as usize)
    }
}

// === impl DelayedStream ===

impl<T> DelayedStream<T> {
    pub(super) fn new(inner: T, link: Rc<NetworkLink>) -> DelayedStream<T> {
        DelayedStream {
            inner,
            link,
            coming: VecDeque::new(),
            bytes_coming: 0,
            end: None,
            reading: None,
            writing: Writing::Idle,
        }
    }
}

impl<T: AsyncRead + Unpin> DelayedStream<T> {
    /// Takes what the shop has sent, as much as the link holds.
    fn take_up(&mut self, context: &mut Context<'_>) {
        let mut room = [0; PIECE.1 as usize];
        while self.end.is_none() && self.bytes_coming < self.link.holds() {
            let mut piece = ReadBuf::new(&mut room[..self.link.piece()]);
            match Pin::new(&mut self.inner).poll_read(context, &mut piece) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if piece.filled().is_empty() => {
                    self.end = Some((self.link.arrives(0), Ok(())))
                }
                Poll::Ready(Ok(())) => {
                    self.bytes_coming += piece.filled().len();
                    self.coming.push_back((
                        self.link.arrives(piece.filled().len()),
                        Bytes::copy_from_slice(piece.filled()),
                    ));
                }
                Poll::Ready(Err(error)) => self.end = Some((self.link.arrives(0), Err(error))),
            }
        }
    }

    /// When there is something for the shopper next.
    fn next(&self) -> Option<Micros> {
        self.coming.front().map(|(at, _)| *at).or(self.end.as_ref().map(|(at, _)| *at))
    }

    /// Hands over what has come.
    fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) -> io::Result<()> {
        let now = self.link.clock.now();
        while let Some((at, piece)) = self.coming.front_mut()
            && *at <= now
            && buffer.remaining() > 0
        {
            let size = piece.len().min(buffer.remaining());
            buffer.put_slice(&piece[..size]);
            piece.advance(size);
            self.bytes_coming -= size;
            if piece.is_empty() {
                self.coming.pop_front();
            }
        }
        match &mut self.end {
            // Told once; whoever asks again is told that nothing more comes.
            Some((_, result)) if self.coming.is_empty() && buffer.filled().is_empty() => {
                std::mem::replace(result, Ok(()))
            }
            _ => Ok(()),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for DelayedStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.take_up(context);
        let Some(next) = this.next() else { return Poll::Pending };
        // What is not due wakes by its own alarm; a sooner one can't come, for a link keeps the order.
        while this.link.clock.now() < next {
            let link = &this.link;
            let alarm = this.reading.get_or_insert_with(|| link.clock.sleep_until(next));
            ready!(alarm.as_mut().poll(context));
            this.reading = None;
        }
        this.reading = None;
        Poll::Ready(this.hand_over(buffer))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for DelayedStream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        loop {
            match &mut this.writing {
                Writing::Idle => {
                    let size = bytes.len().min(this.link.piece());
                    this.writing =
                        Writing::Waiting(size, this.link.clock.sleep_until(this.link.leaves(size)));
                }
                Writing::Waiting(size, alarm) => {
                    ready!(alarm.as_mut().poll(context));
                    this.writing = Writing::Due(*size);
                }
                Writing::Due(size) => {
                    let size = (*size).min(bytes.len());
                    let written =
                        ready!(Pin::new(&mut this.inner).poll_write(context, &bytes[..size]));
                    this.writing = Writing::Idle;
                    return Poll::Ready(written);
                }
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::Instant;

    use super::*;
    use crate::engine::TokioClock;

    /// A stream over a link of 80 ms and 1,000,000 bytes a second, its clock, and the shop's end of it.
    fn distant() -> (DelayedStream<DuplexStream>, TokioClock, DuplexStream) {
        let (here, shop) = duplex(1 << 20);
        let clock = TokioClock::start(Instant::now());
        let network = Network { round_trip: Micros::from_millis(80), bits_per_second: 8_000_000 };
        (DelayedStream::new(here, NetworkLink::new(network, Rc::new(clock.clone()))), clock, shop)
    }

    /// The whole milliseconds that have passed; tokio's timer wakes up to one late.
    fn millis(clock: &TokioClock) -> u64 {
        Clock::now(clock).0 / 1_000
    }

    #[tokio::test(start_paused = true)]
    async fn an_exchange_takes_a_round_trip_and_what_its_bytes_take() {
        let (mut stream, clock, mut shop) = distant();
        stream.write_all(&[b'x'; 5_000]).await.unwrap();
        assert!((5..=6).contains(&millis(&clock)), "{}", millis(&clock));
        shop.read_exact(&mut [0; 5_000]).await.unwrap();
        shop.write_all(&[b'y'; 100_000]).await.unwrap();
        let asked_at = millis(&clock);
        stream.read_exact(&mut [0; 1]).await.unwrap();
        let first_at = millis(&clock) - asked_at;
        assert!((80..=92).contains(&first_at), "the first piece comes early: {first_at}");
        stream.read_exact(&mut [0; 99_999]).await.unwrap();
        let all_at = millis(&clock) - asked_at;
        assert!((180..=182).contains(&all_at), "{all_at}");
    }

    #[tokio::test(start_paused = true)]
    async fn connections_of_a_shopper_share_the_bandwidth() {
        let (mut one, clock, mut shop) = distant();
        let (here, mut other_shop) = duplex(1 << 20);
        let mut other = DelayedStream::new(here, one.link.clone());
        shop.write_all(&[b'y'; 60_000]).await.unwrap();
        other_shop.write_all(&[b'z'; 60_000]).await.unwrap();
        let (mut room, mut other_room) = ([0; 60_000], [0; 60_000]);
        let both = async {
            tokio::try_join!(one.read_exact(&mut room), other.read_exact(&mut other_room))
        };
        both.await.unwrap();
        assert!((200..=202).contains(&millis(&clock)), "{}", millis(&clock));
        assert!(
            room.iter().all(|byte| *byte == b'y') && other_room.iter().all(|byte| *byte == b'z')
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_is_seen_a_round_trip_later_and_after_all_that_was_sent() {
        let (mut stream, clock, mut shop) = distant();
        shop.write_all(b"bye").await.unwrap();
        drop(shop);
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"bye");
        assert!((80..=82).contains(&millis(&clock)), "{}", millis(&clock));
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0, "and so it stays");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_read_ahead_than_the_network_holds() {
        let (here, mut shop) = duplex(1 << 20);
        let clock = TokioClock::start(Instant::now());
        let network = Network { round_trip: Micros::from_millis(80), bits_per_second: 8_000_000 };
        let mut stream =
            DelayedStream::new(here, NetworkLink::new(network, Rc::new(clock.clone())));
        shop.write_all(&vec![b'y'; 1 << 20]).await.unwrap();
        stream.read_exact(&mut [0; 1]).await.unwrap();
        assert!(
            stream.bytes_coming <= (64 << 10) + 80_000 + stream.link.piece(),
            "{}",
            stream.bytes_coming
        );
        let mut more = pin!(shop.write_all(&[b'y'; 1 << 20]));
        let written = tokio::time::timeout(std::time::Duration::ZERO, more.as_mut()).await;
        assert!(written.is_err(), "the shop waits for room");
    }
}

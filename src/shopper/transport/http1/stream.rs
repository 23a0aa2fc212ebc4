//! What a connection runs over: TCP, with or without TLS and a simulated network.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::super::network::DelayedStream;

/// An open stream. An enum and not a trait object: a call for every read and write of the fastest path.
pub(in super::super) enum Stream {
    Tcp(TcpStream),
    Delayed(Box<DelayedStream<TcpStream>>),
    Tls(Box<TlsStream<TcpStream>>),
    DelayedTls(Box<TlsStream<DelayedStream<TcpStream>>>),
}

/// Does the same with whatever stream it is.
macro_rules! with_stream {
    ($stream:expr, $inner:ident => $does:expr) => {
        match $stream {
            Stream::Tcp($inner) => $does,
            Stream::Delayed($inner) => $does,
            Stream::Tls($inner) => $does,
            Stream::DelayedTls($inner) => $does,
        }
    };
}

// === impl Stream ===

impl Stream {
    /// Says goodbye where TLS wants it, without waiting: the shop closes, whether it hears it or not.
    pub(super) fn close(mut self) {
        if matches!(self, Stream::Tls(_) | Stream::DelayedTls(_)) {
            let mut context = Context::from_waker(Waker::noop());
            // Neither pending nor failing matters: the socket is dropped next.
            let _ = Pin::new(&mut self).poll_shutdown(&mut context);
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        with_stream!(self.get_mut(), inner => Pin::new(inner).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        with_stream!(self.get_mut(), inner => Pin::new(inner).poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_stream!(self.get_mut(), inner => Pin::new(inner).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_stream!(self.get_mut(), inner => Pin::new(inner).poll_shutdown(context))
    }
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Stream {
        Stream::Tcp(stream)
    }
}

impl From<DelayedStream<TcpStream>> for Stream {
    fn from(stream: DelayedStream<TcpStream>) -> Stream {
        Stream::Delayed(Box::new(stream))
    }
}

impl From<TlsStream<TcpStream>> for Stream {
    fn from(stream: TlsStream<TcpStream>) -> Stream {
        Stream::Tls(Box::new(stream))
    }
}

impl From<TlsStream<DelayedStream<TcpStream>>> for Stream {
    fn from(stream: TlsStream<DelayedStream<TcpStream>>) -> Stream {
        Stream::DelayedTls(Box::new(stream))
    }
}

//! What Chromium forgives in HTTP/2 and the library does not: fields that belong to HTTP/1.1 (`connection`, `upgrade`), which
//! servers behind proxies send along, and a `content-length` that is not the body's.
//!
//! Their names are changed before the library sees them, in place: HPACK need not be decoded for that, and a name of the same
//! length keeps the tables of both sides alike.

use std::io;
use std::pin::{Pin, pin};
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};

use ::http::header::{ACCEPT_CHARSET, CONTENT_LENGTH, HeaderMap, HeaderName};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// A frame's head, in bytes.
const FRAME_HEAD: usize = 9;
const HEADERS: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;
/// The largest frame that is held back until it is whole, in bytes. No more was asked for.
const LARGEST: usize = 64 << 10;
/// Room for reading, in bytes.
const READ_ROOM: usize = 16 << 10;

/// Where HPACK's table has `content-length`, and another name as long that no answer has.
const LENGTH_INDEX: usize = 28;
const OTHER_INDEX: u8 = 15;

/// Names that the library refuses, and what they become: their letters backwards, which take as much room in Huffman's code.
const NAMES: [(&str, HeaderName); 5] = [
    ("connection", HeaderName::from_static("noitcennoc")),
    ("keep-alive", HeaderName::from_static("evila-peek")),
    ("proxy-connection", HeaderName::from_static("noitcennoc-yxorp")),
    ("upgrade", HeaderName::from_static("edargpu")),
    ("content-length", HeaderName::from_static("htgnel-tnetnoc")),
];

/// The same names in Huffman's code.
static CODED: LazyLock<[(Vec<u8>, Vec<u8>); 5]> =
    LazyLock::new(|| NAMES.map(|(name, other)| (huffman(name), huffman(other.as_str()))));

/// A stream that carries HTTP/2, with what comes made acceptable.
#[derive(Debug)]
pub(super) struct LenientStream<S> {
    inner: S,
    /// What came.
    received: BytesMut,
    /// How much of it may be handed on.
    ready: usize,
    /// How many bytes are left of a frame that is handed on as it comes.
    passing: usize,
}

// === impl LenientStream ===

impl<S> LenientStream<S> {
    pub(super) fn new(inner: S) -> LenientStream<S> {
        LenientStream { inner, received: BytesMut::new(), ready: 0, passing: 0 }
    }

    /// Looks at what has come so far.
    fn scan(&mut self) {
        loop {
            let there = self.received.len() - self.ready;
            if self.passing > 0 {
                let passed = self.passing.min(there);
                (self.ready, self.passing) = (self.ready + passed, self.passing - passed);
                if self.passing > 0 {
                    return;
                }
                continue;
            }
            let [high, middle, low, kind, flags, ..] = self.received[self.ready..] else { return };
            let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            let whole = FRAME_HEAD + length;
            if kind != HEADERS || flags & END_HEADERS == 0 || length > LARGEST {
                self.passing = whole;
            } else if there < whole {
                return;
            } else {
                let frame = &mut self.received[self.ready..][..whole];
                // What is no HPACK is left to the library to refuse.
                let _ = rename_fields(frame, flags);
                self.ready += whole;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LenientStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.ready == 0 {
            this.received.reserve(READ_ROOM);
            let read = pin!(this.inner.read_buf(&mut this.received)).poll(context);
            if read.is_pending() && this.received.is_empty() {
                // Who waits holds no buffer.
                this.received = BytesMut::new();
            }
            if ready!(read)? == 0 {
                this.ready = this.received.len();
                break;
            }
            this.scan();
        }
        let handed_on = this.ready.min(buffer.remaining());
        buffer.put_slice(&this.received[..handed_on]);
        this.received.advance(handed_on);
        this.ready -= handed_on;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LenientStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

/// Gives a head its own names back, and leaves out what has no meaning in HTTP/2.
pub(super) fn restore_names(headers: &mut HeaderMap) {
    let mut length = headers.remove(ACCEPT_CHARSET);
    for (name, other) in NAMES {
        let value = headers.remove(other);
        if name == CONTENT_LENGTH.as_str() {
            length = length.or(value);
        }
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length);
    }
}

/// Changes the names of fields in a HEADERS frame (RFC 7541, 6). None where it is none.
fn rename_fields(frame: &mut [u8], flags: u8) -> Option<()> {
    let mut at = FRAME_HEAD;
    let mut end = frame.len();
    if flags & PADDED != 0 {
        end = end.checked_sub(usize::from(*frame.get(at)?))?;
        at += 1;
    }
    if flags & PRIORITY != 0 {
        at += 5;
    }
    let block = frame.get_mut(at..end)?;
    let mut at = 0;
    while let Some(first) = block.get(at).copied() {
        let start = at;
        let prefix = match first {
            0x80.. => 7,
            0x40.. => 6,
            0x20.. => 5,
            _ => 4,
        };
        let index = integer(block, &mut at, prefix)?;
        if index == LENGTH_INDEX && prefix != 5 {
            if prefix == 4 {
                // Both numbers fill the first byte, and say the rest in a second one.
                block[start + 1] = OTHER_INDEX - 0xf;
            } else {
                block[start] = first & !(LENGTH_INDEX as u8) | OTHER_INDEX;
            }
        }
        if prefix == 7 || prefix == 5 {
            continue;
        }
        if index == 0 {
            let name = string(block, &mut at)?;
            rename(name);
        }
        string(block, &mut at)?;
    }
    Some(())
}

/// A number with a prefix of so many bits (RFC 7541, 5.1).
fn integer(block: &[u8], at: &mut usize, prefix: u32) -> Option<usize> {
    let most = (1 << prefix) - 1;
    let mut number = usize::from(*block.get(*at)?) & most;
    *at += 1;
    if number < most {
        return Some(number);
    }
    for shift in (0..28).step_by(7) {
        let byte = usize::from(*block.get(*at)?);
        *at += 1;
        number += (byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A string with what says how long it is and how it is coded (RFC 7541, 5.2): the byte before the text, and the text.
fn string<'b>(block: &'b mut [u8], at: &mut usize) -> Option<(bool, &'b mut [u8])> {
    let coded = block.get(*at)? & 0x80 != 0;
    let length = integer(block, at, 7)?;
    let text = block.get_mut(*at..at.checked_add(length)?)?;
    *at += length;
    Some((coded, text))
}

fn rename((coded, name): (bool, &mut [u8])) {
    if coded {
        if let Some((_, other)) = CODED.iter().find(|(known, _)| **known == *name) {
            name.copy_from_slice(other);
        }
    } else if let Some((_, other)) = NAMES.iter().find(|(known, _)| known.as_bytes() == name) {
        name.copy_from_slice(other.as_str().as_bytes());
    }
}

/// A name of small letters and hyphens in Huffman's code (RFC 7541, appendix B).
fn huffman(name: &str) -> Vec<u8> {
    let (mut coded, mut bits, mut count) = (Vec::new(), 0u64, 0);
    for letter in name.bytes() {
        let (code, length) = code_of(letter);
        (bits, count) = (bits << length | code, count + length);
        while count >= 8 {
            count -= 8;
            coded.push((bits >> count) as u8);
        }
    }
    if count > 0 {
        // The rest of a byte is filled with ones.
        coded.push((bits << (8 - count)) as u8 | (0xff >> count));
    }
    coded
}

/// A letter's code and its length in bits.
fn code_of(letter: u8) -> (u64, u32) {
    const FIVE: &[u8] = b"012aceiost";
    const SIX: &[u8] = b" %-./3456789=A_bdfghlmnpru";
    const SEVEN: &[u8] = b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz";
    let place = |letters: &[u8]| letters.iter().position(|known| *known == letter);
    if let Some(place) = place(FIVE) {
        (place as u64, 5)
    } else if let Some(place) = place(SIX) {
        (0x14 + place as u64, 6)
    } else {
        (0x5c + place(SEVEN).unwrap_or_default() as u64, 7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes, piece by piece.
    struct Arriving(Vec<Vec<u8>>);

    impl AsyncRead for Arriving {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if !self.0.is_empty() {
                buffer.put_slice(&self.0.remove(0));
            }
            Poll::Ready(Ok(()))
        }
    }

    /// A frame of fields, each a name in plain or in Huffman's code, with the value `1`.
    fn frame(fields: &[(&str, bool)]) -> Vec<u8> {
        let mut block = Vec::new();
        for (name, coded) in fields {
            let name = if *coded { huffman(name) } else { name.as_bytes().to_vec() };
            block.extend([0x40, u8::from(*coded) << 7 | name.len() as u8]);
            block.extend(name);
            block.extend([1, b'1']);
        }
        let mut frame = vec![0, 0, block.len() as u8, HEADERS, END_HEADERS, 0, 0, 0, 1];
        frame.extend(block);
        frame
    }

    /// What comes out of these bytes, which come in pieces of this size.
    fn passed(bytes: &[u8], piece: usize) -> Vec<u8> {
        let arriving = Arriving(bytes.chunks(piece).map(<[u8]>::to_vec).collect());
        let mut out = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(LenientStream::new(arriving).read_to_end(&mut out)).unwrap();
        out
    }

    #[test]
    fn names_of_http_1_1_are_changed_and_all_else_stays_however_it_comes() {
        let names = |backwards: bool| {
            NAMES.map(|(name, other)| if backwards { other.to_string() } else { name.to_owned() })
        };
        for coded in [false, true] {
            let fields = |backwards| {
                let names = names(backwards);
                let names = names.iter().map(|name| (name.as_str(), coded));
                frame(&names.chain([("x-kept", coded)]).collect::<Vec<_>>())
            };
            let data = [&[0, 0, 3, 0, 1, 0, 0, 0, 1][..], b"\x07up"].concat();
            let [from, to] = [false, true].map(|backwards| {
                [&data[..], &fields(backwards), &data, &fields(backwards)].concat()
            });
            for piece in [1, 7, 50, 1_000] {
                assert_eq!(passed(&from, piece), to, "coded: {coded}, in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_length_by_its_number_becomes_another_name_as_long() {
        for (from, to) in [
            (&[0x9c][..], &[0x8f][..]),
            (b"\x5c\x011", b"\x4f\x011"),
            (b"\x0f\x0d\x011", b"\x0f\x00\x011"),
            (b"\x1f\x0d\x011", b"\x1f\x00\x011"),
        ] {
            let framed = |block: &[u8]| {
                [&[0, 0, block.len() as u8, HEADERS, END_HEADERS, 0, 0, 0, 1][..], block].concat()
            };
            assert_eq!(passed(&framed(from), 100), framed(to));
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_CHARSET, ::http::HeaderValue::from_static("5"));
        headers.insert("edargpu", ::http::HeaderValue::from_static("h2"));
        restore_names(&mut headers);
        assert_eq!((headers.len(), headers[CONTENT_LENGTH].as_bytes()), (1, &b"5"[..]));
    }

    #[test]
    fn huffman_s_code_is_the_standard_s() {
        // RFC 7541, C.4 and C.6.
        assert_eq!(huffman("no-cache"), b"\xa8\xeb\x10\x64\x9c\xbf");
        assert_eq!(huffman("custom-key"), b"\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f");
        for (name, other) in NAMES {
            assert_eq!(huffman(name).len(), huffman(other.as_str()).len(), "{name}");
        }
    }

    #[test]
    fn what_is_no_hpack_is_handed_on_as_it_is() {
        for block in [&b"\xff\xff\xff\xff\xff\xff"[..], b"\x40\x07up", b"\x00", b"\x40\xff"] {
            let framed =
                [&[0, 0, block.len() as u8, HEADERS, END_HEADERS | PADDED, 0, 0, 0, 1][..], block]
                    .concat();
            assert_eq!(passed(&framed, 3), framed);
        }
        assert_eq!(
            passed(b"HTTP/1.1 400 Bad Request\r\n\r\n", 5),
            b"HTTP/1.1 400 Bad Request\r\n\r\n"
        );
    }
}

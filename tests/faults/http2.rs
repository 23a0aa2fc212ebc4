//! What can go wrong over HTTP/2, frame by frame.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::script::Act::{self, Cut, Hold, PauseMs, Reset, Work};
use super::script::Frame::{Body, Connection, Head, Stream};
use super::script::Told::{Failed, Ok, Unknown};
use super::script::{Frame, Kind, kind};
use super::shop::{SharedLedger, Wire, confirmation, intent_of, meet, perform, secured, serve_tls};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(frame: Frame) -> Act {
    Act::Frame(frame)
}

/// The stream ends with this error code.
fn rst(code: u32) -> Act {
    frame(Stream(RST_STREAM, 0, code.to_be_bytes().to_vec()))
}

/// No stream after `last` was processed.
fn go_away(last: u32, code: u32) -> Act {
    let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
    frame(Connection(GOAWAY, 0, payload))
}

fn head(status: u16, length: Option<usize>) -> Act {
    frame(Head { status, length, ends: false })
}

fn body() -> Act {
    frame(Body { bytes: usize::MAX, ends: true })
}

/// A kind that meets the first request so and answers the next.
fn first(name: &'static str, acts: Vec<Act>) -> Kind {
    let well = vec![Work, head(200, None), body()];
    Kind { scripts: vec![acts, well], ..kind(name, Ok, Vec::new()) }
}

pub fn kinds() -> Vec<Kind> {
    const REFUSED: u32 = 7;
    let after = |name, acts: Vec<Act>| kind(name, Unknown, [vec![Work], acts].concat());
    let well = |name, acts: Vec<Act>| kind(name, Ok, [vec![Work], acts].concat());
    let partly = || frame(Body { bytes: 10, ends: false });
    vec![
        first("refused once", vec![rst(REFUSED)]),
        // It could be known to have failed; that it is unknown errs on the safe side.
        kind("refused again and again", Unknown, vec![rst(REFUSED)]),
        after("cancelled after the work", vec![rst(8)]),
        after("an internal error after the work", vec![rst(2)]),
        after("a protocol error after the work", vec![rst(1)]),
        after("reset within the body", vec![head(200, None), partly(), rst(2)]),
        after("goes away after the work", vec![go_away(1, 2), Cut]),
        after("closed without an answer", vec![]),
        after("reset without an answer", vec![Reset]),
        after("silent after the work", vec![Hold]),
        after("stalls before the body", vec![head(200, None), Hold]),
        after("closed within the body", vec![head(200, None), partly(), Cut]),
        after(
            "a frame that is too long",
            vec![
                Act::Bytes([&[0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1][..], &[0; 64]].concat()),
                Hold,
            ],
        ),
        after(
            "headers that can't be decoded",
            vec![frame(Stream(HEADERS, END_HEADERS, vec![0xff; 8])), Hold],
        ),
        after(
            "HTTP/1.1 within HTTP/2",
            vec![Act::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec()), Hold],
        ),
        after("503 after the work", vec![frame(Head { status: 503, length: None, ends: true })]),
        kind("422", Failed, vec![frame(Head { status: 422, length: None, ends: true })]),
        well("as it should be", vec![head(200, None), body()]),
        well("a body shorter than its length", vec![head(200, Some(900)), body()]),
        well("late, and in time", vec![PauseMs(300), head(200, None), body()]),
        well(
            "pinged before the answer",
            vec![frame(Connection(PING, 0, vec![7; 8])), head(200, None), body()],
        ),
        well("announces its end, and answers", vec![go_away(1, 0), head(200, None), body()]),
    ]
}

/// Serves HTTP/2 over TLS.
pub fn serve(stream: TcpStream, kind: &Kind, ledger: &SharedLedger) -> io::Result<()> {
    if kind.reads != super::script::Reads::All {
        return serve_tls(stream, kind, ledger);
    }
    let mut wire = secured(stream, &["h2"])?;
    let mut preface = [0; PREFACE.len()];
    wire.read_exact(&mut preface)?;
    write_frame(&mut wire, SETTINGS, 0, 0, &[])?;
    let mut bodies: std::collections::BTreeMap<u32, Vec<u8>> = Default::default();
    loop {
        let (what, flags, stream, payload) = read_frame(&mut wire)?;
        match what {
            SETTINGS if flags & ACK == 0 => write_frame(&mut wire, SETTINGS, ACK, 0, &[])?,
            HEADERS | DATA => {
                let body = bodies.entry(stream).or_default();
                if what == DATA {
                    body.extend_from_slice(&payload);
                    for id in [0, stream] {
                        let more = (payload.len() as u32).max(1).to_be_bytes();
                        write_frame(&mut wire, WINDOW_UPDATE, 0, id, &more)?;
                    }
                }
                if flags & END_STREAM != 0 {
                    let intent = intent_of(body);
                    let place = meet(ledger, kind, &intent);
                    let script = &kind.scripts[place.min(kind.scripts.len() - 1)];
                    for act in script {
                        match act {
                            Act::Frame(frame) => send(&mut wire, stream, frame, &intent)?,
                            other => perform(other, &mut wire, &intent, ledger)?,
                        }
                    }
                    wire.flush()?;
                    // Nothing was said about this stream: the connection ends.
                    if !script.iter().any(|act| matches!(act, Act::Frame(_))) {
                        return io::Result::Ok(());
                    }
                }
            }
            _ => {}
        }
    }
}

fn send(wire: &mut impl Wire, stream: u32, frame: &Frame, intent: &str) -> io::Result<()> {
    match frame {
        Stream(what, flags, payload) => write_frame(wire, *what, *flags, stream, payload),
        Connection(what, flags, payload) => write_frame(wire, *what, *flags, 0, payload),
        Head { status, length, ends } => {
            // `:status` with its name from the static table, and its value written out.
            let mut block = vec![0x08, 3];
            block.extend(status.to_string().bytes());
            if let Some(length) = length {
                let length = length.to_string();
                // `content-length` is entry 28: 15 and 13 more.
                block.extend([0x0f, 0x0d, length.len() as u8]);
                block.extend(length.bytes());
            }
            let flags = END_HEADERS | if *ends { END_STREAM } else { 0 };
            write_frame(wire, HEADERS, flags, stream, &block)
        }
        Body { bytes, ends } => {
            let body = confirmation(intent);
            let part = &body.as_bytes()[..body.len().min(*bytes)];
            write_frame(wire, DATA, if *ends { END_STREAM } else { 0 }, stream, part)
        }
    }
}

fn write_frame(
    wire: &mut impl Write,
    what: u8,
    flags: u8,
    stream: u32,
    payload: &[u8],
) -> io::Result<()> {
    let length = (payload.len() as u32).to_be_bytes();
    let frame = [&length[1..], &[what, flags], &stream.to_be_bytes(), payload].concat();
    wire.write_all(&frame)?;
    wire.flush()
}

fn read_frame(wire: &mut impl Read) -> io::Result<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    wire.read_exact(&mut head)?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
    let mut payload = vec![0; length];
    wire.read_exact(&mut payload)?;
    io::Result::Ok((head[3], head[4], stream, payload))
}

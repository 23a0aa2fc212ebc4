//! What can go wrong with TLS: before the handshake ends nothing of a request is sent, so that there can be no order.

use super::script::Act::{Bytes, Cut, Hold, PauseMs, Reset, Work};
use super::script::Told::{Failed, Ok, Unknown};
use super::script::{Act, Kind, Reads, early, kind, send};

pub fn kinds() -> Vec<Kind> {
    let hello = |name, acts: Vec<Act>| early(name, Reads::Nothing, Failed, acts);
    let after = |name, told, acts: Vec<Act>| kind(name, told, [vec![Work], acts].concat());
    let answer = "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: {len}\n\n{body}";
    vec![
        hello("closed instead of a handshake", vec![PauseMs(50)]),
        hello("reset instead of a handshake", vec![PauseMs(50), Reset]),
        hello(
            "plain HTTP instead of a handshake",
            vec![send("HTTP/1.1 400 Bad Request\nconnection: close\n\n"), PauseMs(100)],
        ),
        hello(
            "an alert instead of a handshake",
            vec![Bytes(vec![0x15, 3, 3, 0, 2, 2, 40]), PauseMs(100)],
        ),
        hello("rubbish instead of a handshake", vec![Bytes(vec![0xff; 64]), PauseMs(100)]),
        // Being too slow is never certain, though nothing was sent here.
        early("silence instead of a handshake", Reads::Nothing, Unknown, vec![PauseMs(20_000)]),
        after("closed after the work", Unknown, vec![]),
        after("cut after the work", Unknown, vec![Cut]),
        after("reset after the work", Unknown, vec![Reset]),
        after(
            "cut within the body",
            Unknown,
            vec![send("HTTP/1.1 200 OK\ncontent-length: 900\n\n{body}"), Cut],
        ),
        after("silence after the handshake", Unknown, vec![Hold]),
        after("as it should be", Ok, vec![send(answer)]),
    ]
}

//! How a kind of fault behaves, step by step.

/// What a shopper must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Ok,
    Declined,
    Failed,
    Unknown,
}

/// How much of a request is read before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    Nothing,
    Head,
    All,
}

/// One thing that the shop does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Places the order.
    Work,
    /// Sends a text; `{body}` is a confirmation, `{len}` its length.
    Send(String),
    Bytes(Vec<u8>),
    /// Sends a text byte by byte.
    Drip(String),
    /// Sends these bytes until the shopper hangs up.
    Forever(&'static [u8]),
    PauseMs(u64),
    /// Does nothing until the shopper hangs up.
    Hold,
    Reset,
    /// Takes the connection away without a word of TLS.
    Cut,
    /// Frames of HTTP/2.
    Frame(Frame),
}

/// A frame of HTTP/2 on the request's stream, unless it is one of the connection.
#[derive(Clone, Debug)]
pub enum Frame {
    /// Type, flags, payload.
    Stream(u8, u8, Vec<u8>),
    Connection(u8, u8, Vec<u8>),
    /// A head of this status.
    Head {
        status: u16,
        length: Option<usize>,
        ends: bool,
    },
    /// So much of the confirmation.
    Body {
        bytes: usize,
        ends: bool,
    },
}

/// A kind of fault.
#[derive(Clone, Debug)]
pub struct Kind {
    pub name: &'static str,
    pub reads: Reads,
    /// For each request on a connection in turn; the last for all that follow.
    pub scripts: Vec<Vec<Act>>,
    pub told: Told,
}

impl Kind {
    /// Whether an order is placed.
    pub fn works(&self) -> bool {
        self.scripts.iter().flatten().any(|act| matches!(act, Act::Work))
    }
}

/// A kind that reads the whole request and does this.
pub fn kind(name: &'static str, told: Told, script: Vec<Act>) -> Kind {
    Kind { name, reads: Reads::All, scripts: vec![script], told }
}

/// A kind that reads less.
pub fn early(name: &'static str, reads: Reads, told: Told, script: Vec<Act>) -> Kind {
    Kind { name, reads, scripts: vec![script], told }
}

pub fn send(text: &str) -> Act {
    Act::Send(text.replace('\n', "\r\n"))
}

//! The codings of a body that browsers offer.

/// A coding that is offered to shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Why a body can't be decoded.
#[derive(Debug)]
pub(super) enum DecodeError {
    /// It is not of this coding.
    Corrupt(Coding),
    /// It grows beyond the bound.
    TooLarge,
}

// === impl Coding ===

impl Coding {
    pub(super) fn of(name: &[u8]) -> Option<Coding> {
        match name.to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => Some(Coding::Gzip),
            b"deflate" => Some(Coding::Deflate),
            b"br" => Some(Coding::Brotli),
            b"zstd" => Some(Coding::Zstd),
            _ => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }
}

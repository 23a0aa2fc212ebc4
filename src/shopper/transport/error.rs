//! What went wrong on the wire, told apart by the type of the error, never by its words.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustix::io::Errno;
use rustls::CertificateError;

use super::http1::{Http1Cause, Http1Error};
use super::tls_error::{TlsCause, TlsError};
use crate::base::Micros;

/// Why there is no answer. The text says what the system said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The host's name did not resolve.
    #[error("host not found: {0}")]
    Dns(String),
    /// No TCP connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// The TLS handshake or the certificate.
    #[error("TLS: {0}")]
    Tls(TlsError),
    /// The shopper gave up waiting.
    #[error("given up after {}", .0)]
    TooSlow(Micros),
    /// The connection broke during the exchange.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The connection had been used before, and broke after the request was sent.
    #[error("a kept-alive connection broke: {0}")]
    BrokenReused(String),
    /// The answer is not proper HTTP.
    #[error("not proper HTTP: {0}")]
    Protocol(String),
    /// The body is larger than the transport's bound.
    #[error("the body is larger than {0} bytes")]
    BodyTooLarge(u64),
    /// Not the shop's fault: our own file descriptors, ports or memory. The text names the cause.
    #[error("the generator failed: {0}")]
    Own(String),
    /// Nobody's fault: the host's name leads to an address that may not be loaded. Nothing was sent.
    #[error("refused: {0}")]
    NotAllowed(String),
}

/// A lookup that failed.
pub(super) fn from_lookup(error: &io::Error) -> TransportError {
    from_own(error).unwrap_or_else(|| TransportError::Dns(words(error)))
}

/// A connect that failed.
pub(super) fn from_connect(error: &io::Error) -> TransportError {
    from_own(error).unwrap_or_else(|| TransportError::Connect(words(error)))
}

/// A TLS handshake that failed.
pub(super) fn from_handshake(error: &io::Error) -> TransportError {
    from_own(error).unwrap_or_else(|| tls(error))
}

fn tls(error: &io::Error) -> TransportError {
    TransportError::Tls(TlsError { cause: TlsCause::new(rustls_error(error)), text: words(error) })
}

/// In TLS 1.3, a server that misses the client's certificate says so after the handshake.
fn from_late_handshake(error: &io::Error) -> Option<TransportError> {
    let cause = TlsCause::new(rustls_error(error));
    (cause == TlsCause::ClientCertificateRequired).then(|| tls(error))
}

/// An exchange that failed once its request was handed to the connection.
pub(super) fn from_exchange(error: &hyper::Error, reused: bool) -> TransportError {
    if let Some(io) = io_error(error) {
        if let Some(known) = from_own(io).or_else(|| from_late_handshake(io)) {
            return known;
        }
        // This is how hyper's body decoder says that a length or a chunk is no such thing. rustls uses the
        // same kind for what breaks the encrypted stream.
        if matches!(io.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput)
            && rustls_error(io).is_none()
        {
            return TransportError::Protocol(words(io));
        }
    }
    if error.is_parse() {
        TransportError::Protocol(words(error))
    } else {
        connection_broke(words(error), reused)
    }
}

/// An exchange over HTTP/1.1 that failed once its request was handed to the connection.
pub(super) fn from_http1(error: Http1Error, reused: bool, max_body: u64) -> TransportError {
    match error.cause {
        Http1Cause::Io(io) => from_own(&io)
            .or_else(|| from_late_handshake(&io))
            .unwrap_or_else(|| connection_broke(words(&io), reused)),
        Http1Cause::Closed if error.silent => {
            connection_broke("closed without an answer".to_owned(), reused)
        }
        Http1Cause::Closed => {
            connection_broke("closed before the answer was whole".to_owned(), reused)
        }
        Http1Cause::NotHttp(reason) => TransportError::Protocol(reason),
        Http1Cause::HeadTooLarge => TransportError::Protocol(
            "the headers are larger than 256 KiB, as no browser reads them".to_owned(),
        ),
        Http1Cause::BodyTooLarge => TransportError::BodyTooLarge(max_body),
    }
}

/// A connection that broke during an exchange.
pub(super) fn connection_broke(text: String, reused: bool) -> TransportError {
    if reused { TransportError::BrokenReused(text) } else { TransportError::Broken(text) }
}

/// Whether the system refused because we have used up what it gives us.
pub(super) fn from_own(error: &io::Error) -> Option<TransportError> {
    let cause = match Errno::from_io_error(error)? {
        Errno::MFILE | Errno::NFILE => "file descriptors",
        Errno::ADDRNOTAVAIL | Errno::ADDRINUSE => "local ports",
        Errno::NOBUFS | Errno::NOMEM => "memory",
        _ => return None,
    };
    Some(TransportError::Own(cause.to_owned()))
}

fn io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The error and what caused it, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// The error and its causes in words that are the same each time it happens.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in chain(error) {
        let part = one(cause);
        if text.ends_with(&part) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
    }
    text
}

fn one(error: &(dyn Error + 'static)) -> String {
    let rustls =
        error.downcast_ref::<io::Error>().map_or_else(|| error.downcast_ref(), rustls_error);
    // These two say at what second the certificate was looked at.
    match rustls {
        Some(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { .. })) => {
            "the certificate has expired".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext {
            ..
        })) => "the certificate is not valid yet".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_ran_out_of_is_our_own_trouble() {
        for (errno, cause) in [
            (Errno::MFILE, "file descriptors"),
            (Errno::NFILE, "file descriptors"),
            (Errno::ADDRNOTAVAIL, "local ports"),
            (Errno::ADDRINUSE, "local ports"),
            (Errno::NOBUFS, "memory"),
            (Errno::NOMEM, "memory"),
        ] {
            let error = io::Error::from(errno);
            for failure in [from_lookup(&error), from_connect(&error), from_handshake(&error)] {
                assert_eq!(failure, TransportError::Own(cause.to_owned()));
            }
        }
    }

    #[test]
    fn what_the_shop_did_is_told_in_stable_words() {
        assert_eq!(
            from_connect(&io::Error::from(Errno::CONNREFUSED)),
            TransportError::Connect("Connection refused".into())
        );
        let expired = CertificateError::ExpiredContext {
            time: rustls::pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(7)),
            not_after: rustls::pki_types::UnixTime::since_unix_epoch(
                std::time::Duration::from_secs(6),
            ),
        };
        let error =
            io::Error::new(ErrorKind::InvalidData, rustls::Error::InvalidCertificate(expired));
        assert_eq!(
            from_handshake(&error),
            TransportError::Tls(TlsError {
                cause: TlsCause::Expired,
                text: "the certificate has expired".into()
            })
        );
    }
}

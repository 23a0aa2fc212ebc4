//! Why TLS failed, as far as the user can remedy it.

use rustls::{AlertDescription, CertificateError, InvalidMessage};

/// A TLS handshake that failed, or a certificate that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TlsError {
    /// The cause.
    pub cause: TlsCause,
    /// The same in words.
    pub text: String,
}

/// The causes of TLS errors that have remedies of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsCause {
    /// Nobody who is trusted has signed the server's certificate.
    UnknownIssuer,
    /// The server's certificate is of another host.
    OtherHost,
    /// The server's certificate has expired.
    Expired,
    /// The server's certificate is not valid yet.
    NotValidYet,
    /// The server requires a client certificate.
    ClientCertificateRequired,
    /// The server does not speak TLS.
    NotTls,
    /// Another one; the text names it.
    Other,
}

// === impl TlsCause ===

impl TlsCause {
    /// The cause of an error of the TLS library.
    pub(super) fn new(error: Option<&rustls::Error>) -> TlsCause {
        match error {
            Some(rustls::Error::InvalidCertificate(error)) => TlsCause::of_certificate(error),
            Some(rustls::Error::AlertReceived(AlertDescription::CertificateRequired)) => {
                TlsCause::ClientCertificateRequired
            }
            Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
                TlsCause::NotTls
            }
            _ => TlsCause::Other,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's list, which grows")]
    fn of_certificate(error: &CertificateError) -> TlsCause {
        match error {
            // An authority of that name is known, and did not sign it.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                TlsCause::UnknownIssuer
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsCause::OtherHost
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                TlsCause::Expired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                TlsCause::NotValidYet
            }
            _ => TlsCause::Other,
        }
    }
}

//! How TLS is spoken: one configuration for all shoppers of a core, made when the first of them needs it.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, Resumption, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, CipherSuite, DigitallySignedStruct, SignatureScheme, SupportedCipherSuite,
};
use rustls_platform_verifier::Verifier;

use super::error::TransportError;
use super::identity::ClientIdentity;

/// Which TLS sessions a handshake may resume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsResumption {
    /// Every handshake is a full one.
    Never,
    /// Those of the same shopper: a new customer brings no tickets.
    #[default]
    WithinShopper,
    /// Those of any shopper of the core, as among customers who have been there before.
    AcrossShoppers,
}

/// Why a file of root certificates can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The file can't be read as PEM.
    #[error("can't read root certificates from {path}: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system or the parser said.
        why: pem::Error,
    },
    /// There is no certificate in the file.
    #[error("{0} has no certificate in it: it must be a PEM file with BEGIN CERTIFICATE")]
    Empty(PathBuf),
}

/// TLS for the shoppers of one core.
#[derive(Debug)]
pub(super) struct Tls {
    insecure: bool,
    extra_roots: Vec<CertificateDer<'static>>,
    identity: Option<ClientIdentity>,
    http2: bool,
    resumption: TlsResumption,
    shared: OnceCell<Result<Arc<ClientConfig>, TransportError>>,
}

/// Accepts any certificate, for shops with certificates of their own making. Signatures are still checked:
/// a server that does not hold its certificate's key is broken, whoever signed it.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

/// Trusts what the system trusts and the user's own certificates. One of these may be the shop's own certificate itself, made
/// with `openssl req -x509`: that marks it as an authority, which no chain may end in, but curl and browsers accept it.
#[derive(Debug)]
struct TrustedCertificates {
    system: Verifier,
    own: Vec<CertificateDer<'static>>,
}

/// How many origins' tickets a shopper keeps; a shop and its payment pages are a handful.
const SESSIONS_OF_A_SHOPPER: usize = 8;
/// How many origins' tickets a core keeps where they are shared.
const SESSIONS_OF_A_CORE: usize = 256;

// === impl Tls ===

impl Tls {
    pub(super) fn new(
        insecure: bool,
        extra_roots: Vec<CertificateDer<'static>>,
        identity: Option<ClientIdentity>,
        http2: bool,
        resumption: TlsResumption,
    ) -> Tls {
        Tls { insecure, extra_roots, identity, http2, resumption, shared: OnceCell::new() }
    }

    /// The configuration for one more shopper.
    pub(super) fn for_shopper(&self) -> Result<Arc<ClientConfig>, TransportError> {
        let shared = self.shared.get_or_init(|| self.build()).clone()?;
        Ok(match self.resumption {
            TlsResumption::Never | TlsResumption::AcrossShoppers => shared,
            TlsResumption::WithinShopper => {
                let mut own = ClientConfig::clone(&shared);
                own.resumption = Resumption::in_memory_sessions(SESSIONS_OF_A_SHOPPER);
                Arc::new(own)
            }
        })
    }

    fn build(&self) -> Result<Arc<ClientConfig>, TransportError> {
        let set_up = |error: rustls::Error| TransportError::Own(format!("TLS set-up: {error}"));
        let provider = Arc::new(provider());
        let verifier: Arc<dyn ServerCertVerifier> = if self.insecure {
            Arc::new(AnyCertificate(provider.signature_verification_algorithms))
        } else {
            let own = self.extra_roots.clone();
            let system = verifier(own.clone(), provider.clone()).map_err(set_up)?;
            Arc::new(TrustedCertificates { system, own })
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(set_up)?;
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                builder.with_client_auth_cert(identity.chain(), identity.key()).map_err(set_up)?
            }
        };
        config.alpn_protocols = if self.http2 {
            vec![b"h2".to_vec(), b"http/1.1".to_vec()]
        } else {
            vec![b"http/1.1".to_vec()]
        };
        config.resumption = match self.resumption {
            TlsResumption::AcrossShoppers => Resumption::in_memory_sessions(SESSIONS_OF_A_CORE),
            TlsResumption::Never | TlsResumption::WithinShopper => Resumption::disabled(),
        };
        Ok(Arc::new(config))
    }
}

/// Offers AES-128 first, as browsers do. Most servers take the first that they know, so shoppers meet the shop's everyday, which
/// is also the cheapest where processors compute SHA-256 themselves.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    let aes_128 = |suite: &SupportedCipherSuite| {
        use CipherSuite::{
            TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 as Ecdsa,
            TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 as Rsa, TLS13_AES_128_GCM_SHA256 as Tls13,
        };
        matches!(suite.suite(), Tls13 | Ecdsa | Rsa)
    };
    provider.cipher_suites.sort_by_key(|suite| (suite.tls13().is_none(), !aes_128(suite)));
    provider
}

fn verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, rustls::Error> {
    if roots.is_empty() {
        Verifier::new(provider)
    } else {
        Verifier::new_with_extra_roots(roots, provider)
    }
}

/// The certificates in a PEM file.
pub(super) fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let unreadable = |why| RootsError::Unreadable { path: path.to_owned(), why };
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(unreadable)?
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    if found.is_empty() { Err(RootsError::Empty(path.to_owned())) } else { Ok(found) }
}

// === impl TrustedCertificates ===

impl ServerCertVerifier for TrustedCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.system.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // Found after the dates were checked; the name is not yet.
            Err(error) if is_authority(&error) && self.own.iter().any(|own| own == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// Whether a certificate was refused for being an authority's.
fn is_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    let refused = other.0.downcast_ref::<webpki::Error>();
    refused == Some(&webpki::Error::CaUsedAsEndEntity)
}

// === impl AnyCertificate ===

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suites_that_browsers_offer_first_come_first_in_each_version() {
        let suites: Vec<_> = provider().cipher_suites.iter().map(|suite| suite.suite()).collect();
        assert_eq!(suites[0], CipherSuite::TLS13_AES_128_GCM_SHA256);
        let newer = provider().cipher_suites.iter().filter(|suite| suite.tls13().is_some()).count();
        assert_eq!(suites[newer], CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
        assert_eq!(suites.len(), ring::default_provider().cipher_suites.len());
    }
}

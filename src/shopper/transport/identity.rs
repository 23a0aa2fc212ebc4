//! Who shoppers are to a shop that asks for a certificate, as shops behind a company's gateway do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// A client certificate with its chain, and the key to it. All shoppers of a run have the same.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
}

/// Why a client certificate can't be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file of the certificate can't be read as PEM.
    #[error(
        "--cert: can't read a certificate from {path}: {why}; it must be a PEM file with BEGIN CERTIFICATE"
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What the system or the parser said.
        why: String,
    },
    /// The file of the key can't be read as PEM.
    #[error(
        "--key: can't read a private key from {path}: {why}; it must be a PEM file with BEGIN PRIVATE KEY, without a password \
         (openssl pkey -in KEY -out PLAIN takes it off)"
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What the system or the parser said.
        why: pem::Error,
    },
    /// The key is another certificate's, or of a kind that is not known.
    #[error(
        "--key: the key in {key} does not go with the certificate in {cert}: {why}; give the key that the certificate was made for"
    )]
    Mismatch {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What TLS said.
        why: rustls::Error,
    },
}

// === impl ClientIdentity ===

impl ClientIdentity {
    /// Reads a certificate, with its chain if the file has one, and its key; without a file for the key it is in the certificate's.
    ///
    /// # Errors
    /// When a file can't be read, or the two don't go together.
    pub fn read(cert: &Path, key: Option<&Path>) -> Result<ClientIdentity, IdentityError> {
        let unreadable = |why: String| IdentityError::Certificate { path: cert.to_owned(), why };
        let found =
            CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = found.map_err(|why| unreadable(why.to_string()))?;
        if chain.is_empty() {
            return Err(unreadable("there is none in it".to_owned()));
        }
        let key_file = key.unwrap_or(cert);
        let key = PrivateKeyDer::from_pem_file(key_file)
            .map_err(|why| IdentityError::Key { path: key_file.to_owned(), why })?;
        let mismatch =
            |why| IdentityError::Mismatch { cert: cert.to_owned(), key: key_file.to_owned(), why };
        CertifiedKey::from_der(chain.clone(), key.clone_key(), &ring::default_provider())
            .map_err(mismatch)?;
        Ok(ClientIdentity { chain, key: Arc::new(key) })
    }

    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.clone()
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }
}

//! Tries what a run needs of a store before anybody waits for it.

use super::client::RunStore;
use super::error::StoreError;
use crate::join::PROBE;

// === impl RunStore ===

impl RunStore {
    /// Tries to create, to create twice, to read and to list, under a name that nobody else uses. The name of the object
    /// that is left; [`RunStore::delete`] removes it.
    ///
    /// # Errors
    /// With the first thing that is not permitted, or that the store does not keep to.
    pub fn try_permissions(&self, nonce: &str) -> Result<String, StoreError> {
        let name = format!("{PROBE}/{nonce}");
        let url = || self.url().to_string();
        if !self.create(&name, nonce.as_bytes().to_vec())? {
            // The first answer may have been lost, and the library have asked again.
            let found = self.read(&name)?;
            if found.as_deref() != Some(nonce.as_bytes()) {
                let what = "another object stands in its place";
                return Err(StoreError::NotConsistent { url: url(), what });
            }
        }
        if self.create(&name, nonce.as_bytes().to_vec())? {
            return Err(StoreError::IgnoresConditions { url: url() });
        }
        if self.read(&name)?.as_deref() != Some(nonce.as_bytes()) {
            let what = "an object can't be read back";
            return Err(StoreError::NotConsistent { url: url(), what });
        }
        if !self.list(PROBE)?.iter().any(|found| found == nonce) {
            let what = "an object is not listed";
            return Err(StoreError::NotConsistent { url: url(), what });
        }
        Ok(name)
    }
}

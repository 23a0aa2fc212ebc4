//! The requests that a run needs of a store. They block: whoever asks has nothing else to do.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use tokio::runtime::Runtime;
use url::Url;

use super::dated::{DatedConnector, SharedBounds, local_now_us, observe};
use super::error::StoreError;
use super::open::{Opened, open};
use crate::join::{ClockBounds, ClockOffset, READY, StoreReply, StoreRequest, slice_index_of};

/// How coarse the times of files are, in microseconds.
const FILE_TIME_US: i64 = 10_000;
/// How many objects are read at the same time.
const READ_AT_ONCE: usize = 16;
/// How often the clock is read when it is measured, and the pause between.
const CLOCK_READINGS: (u32, Duration) = (40, Duration::from_millis(45));

/// A run's place in an object store.
#[derive(Debug)]
pub struct RunStore {
    client: Box<dyn ObjectStore>,
    prefix: Path,
    url: Url,
    is_folder: bool,
    bounds: SharedBounds,
    runtime: Mutex<Runtime>,
}

// === impl RunStore ===

impl RunStore {
    /// Opens the store at this address. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address or the environment's settings make no sense.
    pub fn open(url: &Url) -> Result<RunStore, StoreError> {
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let settings: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        RunStore::open_with(url, &settings)
    }

    /// The same with settings from elsewhere than the environment, by the same names.
    ///
    /// # Errors
    /// When the address or the settings make no sense.
    pub fn open_with(url: &Url, settings: &[(&str, &str)]) -> Result<RunStore, StoreError> {
        // A second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let connector = DatedConnector::default();
        let bounds = SharedBounds::clone(&connector.bounds);
        let Opened { client, prefix, is_folder } = open(url, settings, connector)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|source| StoreError::System { url: url.to_string(), source })?.into();
        Ok(RunStore { client, prefix, url: url.clone(), is_folder, bounds, runtime })
    }

    /// Its address.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Creates an object. False if it is there already.
    ///
    /// # Errors
    /// When nobody knows whether it was created.
    pub fn create(&self, name: &str, bytes: Vec<u8>) -> Result<bool, StoreError> {
        let (path, options) = (self.path(name), PutOptions::from(PutMode::Create));
        let put = self.client.put_opts(&path, PutPayload::from(bytes), options);
        match self.wait(put) {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(source) => Err(self.request_error("create", name, source)),
        }
    }

    /// Writes an object, whether it is there or not. Readers see the old one or the new one.
    ///
    /// # Errors
    /// When the store refuses, or can't be reached.
    pub fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let path = self.path(name);
        let put = self.client.put(&path, PutPayload::from(bytes));
        self.wait(put).map(drop).map_err(|source| self.request_error("write", name, source))
    }

    /// An object's content; none if there is no such object.
    ///
    /// # Errors
    /// When the store refuses, or can't be reached.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(name);
        let read = async { self.client.get(&path).await?.bytes().await };
        match self.wait(read) {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.request_error("read", name, source)),
        }
    }

    /// The contents of several objects, in order; none where there is no such object.
    ///
    /// # Errors
    /// When the store refuses one, or can't be reached.
    pub fn read_all(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let read = |name: &String| {
            let (name, path) = (name.clone(), self.path(name));
            async move {
                let read = async { self.client.get(&path).await?.bytes().await };
                match read.await {
                    Ok(bytes) => Ok(Some(bytes.to_vec())),
                    Err(Error::NotFound { .. }) => Ok(None),
                    Err(source) => Err(self.request_error("read", &name, source)),
                }
            }
        };
        self.wait(stream::iter(names.iter().map(read)).buffered(READ_AT_ONCE).try_collect())
    }

    /// An object's content as text; none if there is no such object.
    ///
    /// # Errors
    /// When the store refuses, or can't be reached.
    pub fn read_text(&self, name: &str) -> Result<Option<String>, StoreError> {
        let bytes = self.read(name)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The names of all objects in a folder, below it.
    ///
    /// # Errors
    /// When the store refuses, or can't be reached.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let path = self.path(folder);
        let list = self.client.list(Some(&path)).try_collect::<Vec<_>>();
        let objects =
            self.wait(list).map_err(|source| self.request_error("list", folder, source))?;
        let below = |found: &Path| {
            let parts: Vec<_> =
                found.prefix_match(&path)?.map(|part| part.as_ref().to_owned()).collect();
            Some(parts.join("/"))
        };
        Ok(objects.iter().filter_map(|object| below(&object.location)).collect())
    }

    /// Removes an object.
    ///
    /// # Errors
    /// When the store refuses, or can't be reached.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        let delete = self.wait(self.client.delete(&self.path(name)));
        delete.map_err(|source| self.request_error("delete", name, source))
    }

    /// Carries out a request of the protocol. What fails is unknown; `tell` gets the error.
    pub fn carry_out(&self, act: &StoreRequest, tell: &mut dyn FnMut(StoreError)) -> StoreReply {
        let reply = match act {
            StoreRequest::Create { name, text } => self
                .create(name, text.clone().into_bytes())
                .map(|created| if created { StoreReply::Created } else { StoreReply::Exists }),
            StoreRequest::Read { name } => {
                self.read_text(name).map(|text| text.map_or(StoreReply::Absent, StoreReply::Found))
            }
            StoreRequest::ListReady => self.list(READY).map(|names| {
                StoreReply::Listed(names.iter().filter_map(|name| slice_index_of(name)).collect())
            }),
            StoreRequest::Pause(length) => {
                std::thread::sleep((*length).into());
                Ok(StoreReply::Paused)
            }
        };
        reply.unwrap_or_else(|error| {
            tell(error);
            StoreReply::Unknown
        })
    }

    /// Measures the store's clock by reading `name`, which is there, again and again.
    ///
    /// # Errors
    /// When the store refuses, or can't be reached.
    pub fn measure_clock(&self, name: &str) -> Result<ClockOffset, StoreError> {
        let (readings, pause) = CLOCK_READINGS;
        for _ in 0..readings {
            if self.is_folder {
                self.observe_file_time(name)?;
            } else {
                self.read(name)?;
            }
            std::thread::sleep(pause);
        }
        Ok(self.clock())
    }

    /// The times of files are those of the machine that has them, which need not be this one.
    fn observe_file_time(&self, name: &str) -> Result<(), StoreError> {
        let sent = local_now_us();
        self.put(name, Vec::new())?;
        let received = local_now_us();
        let head = self.wait(self.client.head(&self.path(name)));
        let head = head.map_err(|source| self.request_error("read", name, source))?;
        let at = head.last_modified.timestamp_micros();
        observe(&self.bounds, |bounds| {
            bounds.observe((at, at + FILE_TIME_US), (sent, received));
        });
        Ok(())
    }

    /// What is known of the store's clock; before the first answer, that it agrees with this machine's.
    pub fn clock(&self) -> ClockOffset {
        let bounds: ClockBounds = *self.bounds.lock().unwrap_or_else(PoisonError::into_inner);
        bounds.offset().unwrap_or(ClockOffset { offset_us: 0, error_us: 0 })
    }

    /// Now on the store's clock, in microseconds since 1970-01-01T00:00:00Z.
    pub fn now_us(&self) -> i64 {
        local_now_us() + self.clock().offset_us
    }

    fn path(&self, name: &str) -> Path {
        Path::from_iter(self.prefix.parts().chain(Path::from(name).parts()))
    }

    fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner).block_on(what)
    }

    fn request_error(&self, verb: &'static str, name: &str, source: Error) -> StoreError {
        StoreError::Request {
            verb,
            name: name.to_owned(),
            url: self.url.to_string(),
            source: Box::new(source),
        }
    }
}

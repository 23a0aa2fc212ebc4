//! What goes wrong at a store.

/// Why a store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is the address of nothing that is known.
    #[error(
        "{url} is no address of a store: write s3://BUCKET/RUN, gs://BUCKET/RUN, az://CONTAINER/RUN or file:///FOLDER/RUN"
    )]
    NoStore {
        /// The address.
        url: String,
    },
    /// The address has no name of a run.
    #[error("{url} names a store, but no run in it: add a name of its own, such as {url}/run-1")]
    NoRun {
        /// The address.
        url: String,
    },
    /// The settings from the environment are wrong.
    #[error("the store {url} can't be set up")]
    Settings {
        /// The address.
        url: String,
        /// Why.
        source: Box<object_store::Error>,
    },
    /// The system gives no folder, thread or timer.
    #[error("the store {url} can't be set up")]
    System {
        /// The address.
        url: String,
        /// Why.
        source: std::io::Error,
    },
    /// A request failed.
    #[error("can't {verb} {name} in {url}")]
    Request {
        /// What was asked.
        verb: &'static str,
        /// The object.
        name: String,
        /// The address.
        url: String,
        /// Why.
        source: Box<object_store::Error>,
    },
    /// A created object can be created again, so that two could win what only one may.
    #[error(
        "the store {url} ignores conditions: it let the same object be created twice; use a store with conditional writes (If-None-Match)"
    )]
    IgnoresConditions {
        /// The address.
        url: String,
    },
    /// What was written is not what is read or listed.
    #[error("the store {url} does not show what was just written: {what}")]
    NotConsistent {
        /// The address.
        url: String,
        /// What is missing.
        what: &'static str,
    },
}

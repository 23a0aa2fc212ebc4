//! From an address to a client. Credentials and settings come from the environment, under the names of each cloud's own tools.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientConfigKey, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use super::dated::DatedConnector;
use super::error::StoreError;

/// How long a request may take. At the start of a run everybody waits for it.
const TIMEOUT: &str = "10s";

/// A client of the store at this address, the run's place in it, and whether it is a folder.
pub(super) struct Opened {
    pub(super) client: Box<dyn ObjectStore>,
    pub(super) prefix: Path,
    pub(super) is_folder: bool,
}

/// Opens the store at `url`. Nothing is sent yet.
///
/// # Errors
/// When the address or the environment's settings make no sense.
pub(super) fn open(
    url: &Url,
    settings: &[(&str, &str)],
    connector: DatedConnector,
) -> Result<Opened, StoreError> {
    let no_store = || StoreError::NoStore { url: url.to_string() };
    let (scheme, path) = ObjectStoreScheme::parse(url).map_err(|_| no_store())?;
    if path.as_ref().is_empty() {
        return Err(StoreError::NoRun { url: url.to_string() });
    }
    let refused = |source| StoreError::Settings { url: url.to_string(), source: Box::new(source) };
    // The clouds' builders are alike, and share no trait.
    macro_rules! built {
        ($builder:ident, $key:ident) => {{
            let builder = settings_of::<$key>(settings)
                .fold($builder::new().with_url(url.as_str()), |builder, (key, value)| {
                    builder.with_config(key, value)
                })
                .with_config($key::Client(ClientConfigKey::Timeout), TIMEOUT)
                .with_retry(retry())
                .with_http_connector(connector);
            Box::new(builder.build().map_err(refused)?)
        }};
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's list, which grows")]
    let client: Box<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::Local => {
            let folder = url.to_file_path().map_err(|()| no_store())?;
            return open_folder(url, folder);
        }
        ObjectStoreScheme::AmazonS3 => built!(AmazonS3Builder, AmazonS3ConfigKey),
        ObjectStoreScheme::GoogleCloudStorage => {
            built!(GoogleCloudStorageBuilder, GoogleConfigKey)
        }
        ObjectStoreScheme::MicrosoftAzure => built!(MicrosoftAzureBuilder, AzureConfigKey),
        _ => return Err(no_store()),
    };
    Ok(Opened { client, prefix: path, is_folder: false })
}

/// A folder is made where it is missing: a store's bucket is there already.
fn open_folder(url: &Url, folder: PathBuf) -> Result<Opened, StoreError> {
    let system = |source| StoreError::System { url: url.to_string(), source };
    std::fs::create_dir_all(&folder).map_err(system)?;
    let client = LocalFileSystem::new_with_prefix(folder).map_err(|source| {
        StoreError::Settings { url: url.to_string(), source: Box::new(source) }
    })?;
    Ok(Opened { client: Box::new(client), prefix: Path::default(), is_folder: true })
}

/// The settings of a kind of store among these, by their lower-case names.
fn settings_of<K: FromStr>(settings: &[(&str, &str)]) -> impl Iterator<Item = (K, String)> {
    settings.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(name, value)| {
        Some((name.to_ascii_lowercase().parse().ok()?, (*value).to_owned()))
    })
}

/// The library's own retries are for minutes; here, others wait.
fn retry() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(15), ..RetryConfig::default() }
}

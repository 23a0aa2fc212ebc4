//! Reads the store's clock from the `date` header of each of its answers.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use http::header::DATE;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};

use crate::join::ClockBounds;

/// What is known of the store's clock, shared with the client.
pub type SharedBounds = Arc<Mutex<ClockBounds>>;

/// Makes clients that note the dates of answers.
#[derive(Clone, Debug, Default)]
pub struct DatedConnector {
    /// What the dates say.
    pub bounds: SharedBounds,
}

#[derive(Debug)]
struct DatedClient {
    inner: HttpClient,
    bounds: SharedBounds,
}

/// Now on this machine's clock, in microseconds since 1970-01-01T00:00:00Z.
pub fn local_now_us() -> i64 {
    Timestamp::now().as_microsecond()
}

/// Changes what is known of the clock.
pub fn observe(bounds: &SharedBounds, note: impl FnOnce(&mut ClockBounds)) {
    note(&mut bounds.lock().unwrap_or_else(PoisonError::into_inner));
}

impl HttpConnector for DatedConnector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(DatedClient { inner, bounds: Arc::clone(&self.bounds) }))
    }
}

#[async_trait]
impl HttpService for DatedClient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let sent = local_now_us();
        let response = self.inner.execute(request).await?;
        let received = local_now_us();
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        if let Some(date) = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()) {
            observe(&self.bounds, |bounds| {
                bounds.observe_date(date.as_second(), (sent, received));
            });
        }
        Ok(response)
    }
}

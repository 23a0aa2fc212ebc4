//! Follows a browser from its first page to its last.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::chromium::{BrowserError, Chromium};
use super::devtools::{Devtools, FromBrowser};
use super::exchanges::BrowserExchanges;
use super::har::har;

/// Longer answers are not kept: no token stands in them.
const LONGEST_BODY: u64 = 16 * 1024 * 1024;

/// What to record, and with which browser.
#[derive(Clone, Debug)]
pub struct RecordOptions {
    /// The page that is opened first.
    pub target: String,
    /// The browser; none: the first that is found.
    pub browser: Option<PathBuf>,
    /// Without a window, for scripts.
    pub headless: bool,
    /// More arguments of the browser.
    pub arguments: Vec<String>,
}

/// What a command was sent for.
enum BrowserQuestion {
    /// The text of an answer that waits until it was read.
    Body { session: String, paused: String, request: String },
    /// The body of a request, by its place.
    Posted(usize),
}

/// A browser that is followed.
struct BrowserRecorder {
    devtools: Devtools,
    exchanges: BrowserExchanges,
    wanted: HashMap<u64, BrowserQuestion>,
    pages: HashSet<String>,
    target: Option<String>,
}

/// Opens a browser, and records until its last page is closed or `stop` is ready. `opened` is told where its DevTools listen.
///
/// # Errors
/// When there is no browser, it can't be started or reached, or nothing was opened in it.
pub async fn record(
    options: &RecordOptions,
    stop: impl Future<Output = ()>,
    opened: impl FnOnce(&str),
) -> Result<Value, BrowserError> {
    let mut chromium =
        Chromium::start(options.browser.as_deref(), options.headless, &options.arguments).await?;
    let mut recorder = BrowserRecorder {
        devtools: Devtools::connect(&chromium.devtools).await?,
        exchanges: BrowserExchanges::default(),
        wanted: HashMap::new(),
        pages: HashSet::new(),
        target: Some(options.target.clone()),
    };
    recorder.attach("").await?;
    opened(&chromium.devtools);
    tokio::select! {
        () = stop => {}
        () = recorder.follow() => {}
    }
    recorder.close().await;
    chromium.wait_for_exit().await;
    if recorder.exchanges.is_empty() {
        return Err(BrowserError::Nothing);
    }
    Ok(har(&recorder.exchanges.finish()))
}

// === impl BrowserRecorder ===

impl BrowserRecorder {
    /// Asks to be told of every page below this one, before it sends anything.
    async fn attach(&mut self, session: &str) -> Result<(), BrowserError> {
        let params = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        self.devtools.send(session, "Target.setAutoAttach", params).await.map(|_| ())
    }

    /// Until the last page is closed, or the browser is gone.
    async fn follow(&mut self) {
        while let Some(message) = self.devtools.next().await {
            // A command fails only where its page is gone meanwhile.
            if self.take(message).await.is_err() {
                return;
            }
            if self.target.is_none() && self.pages.is_empty() {
                return;
            }
        }
    }

    async fn take(&mut self, message: FromBrowser) -> Result<(), BrowserError> {
        match message {
            FromBrowser::Reply { id, result } => self.take_reply(id, result).await,
            FromBrowser::Event { method, session, params } => match method.as_str() {
                "Target.attachedToTarget" => self.came(&params).await,
                "Target.detachedFromTarget" => {
                    self.pages.remove(text(&params, "sessionId"));
                    Ok(())
                }
                "Fetch.requestPaused" => self.resume_with_body(session, &params).await,
                _ if method.starts_with("Network.") => {
                    self.network(&session, &method, params).await
                }
                // Nothing else was asked for.
                _ => Ok(()),
            },
        }
    }

    /// A page, a frame, or a worker came.
    async fn came(&mut self, params: &Value) -> Result<(), BrowserError> {
        let session = text(params, "sessionId").to_owned();
        let kind = params.pointer("/targetInfo/type").and_then(Value::as_str).unwrap_or_default();
        let page = kind == "page";
        if page || kind == "iframe" {
            self.watch(&session).await?;
        }
        self.devtools.send(&session, "Runtime.runIfWaitingForDebugger", json!({})).await?;
        if page {
            self.pages.insert(session.clone());
            if let Some(target) = self.target.take() {
                self.devtools.send(&session, "Page.navigate", json!({ "url": target })).await?;
            }
        }
        Ok(())
    }

    async fn watch(&mut self, session: &str) -> Result<(), BrowserError> {
        let all = json!({ "maxPostDataSize": 1_048_576 });
        self.devtools.send(session, "Network.enable", all).await?;
        let bypass = json!({ "bypass": true });
        self.devtools.send(session, "Network.setBypassServiceWorker", bypass).await?;
        // The text of a page is lost once the next one is opened, so each answer waits until it was read.
        let kinds = ["Document", "XHR", "Fetch"].map(
            |kind| json!({ "urlPattern": "*", "resourceType": kind, "requestStage": "Response" }),
        );
        self.devtools.send(session, "Fetch.enable", json!({ "patterns": kinds })).await?;
        self.attach(session).await
    }

    async fn resume_with_body(
        &mut self,
        session: String,
        params: &Value,
    ) -> Result<(), BrowserError> {
        let paused = text(params, "requestId").to_owned();
        let request = text(params, "networkId").to_owned();
        if !is_text(params) {
            return self.go_on(&session, &paused).await;
        }
        let asked = json!({ "requestId": paused });
        let id = self.devtools.send(&session, "Fetch.getResponseBody", asked).await?;
        self.wanted.insert(id, BrowserQuestion::Body { session, paused, request });
        Ok(())
    }

    async fn go_on(&mut self, session: &str, paused: &str) -> Result<(), BrowserError> {
        let params = json!({ "requestId": paused });
        self.devtools.send(session, "Fetch.continueRequest", params).await.map(|_| ())
    }

    async fn network(
        &mut self,
        session: &str,
        method: &str,
        params: Value,
    ) -> Result<(), BrowserError> {
        let request = text(&params, "requestId").to_owned();
        self.exchanges.take(method, params);
        if method == "Network.requestWillBeSent"
            && let Some(place) = self.exchanges.lacks_body(&request)
        {
            let asked = json!({ "requestId": request });
            let id = self.devtools.send(session, "Network.getRequestPostData", asked).await?;
            self.wanted.insert(id, BrowserQuestion::Posted(place));
        }
        Ok(())
    }

    async fn take_reply(&mut self, id: u64, result: Option<Value>) -> Result<(), BrowserError> {
        match self.wanted.remove(&id) {
            Some(BrowserQuestion::Body { session, paused, request }) => {
                if let Some(body) = &result {
                    self.exchanges.take_response_body(&request, body);
                }
                self.go_on(&session, &paused).await
            }
            Some(BrowserQuestion::Posted(place)) => {
                if let Some(result) = &result {
                    self.exchanges.take_request_body(place, text(result, "postData"));
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Ends the browser, and takes what it still says.
    async fn close(&mut self) {
        if self.devtools.send("", "Browser.close", json!({})).await.is_ok() {
            let rest = async {
                while let Some(message) = self.devtools.next().await {
                    // The pages go away meanwhile.
                    let _ = self.take(message).await;
                }
            };
            let _ = tokio::time::timeout(Duration::from_secs(2), rest).await;
        }
    }
}

/// Whether an answer has a text to keep: no redirect, no stream, no failure.
fn is_text(params: &Value) -> bool {
    let status = params.get("responseStatusCode").and_then(Value::as_u64).unwrap_or(0);
    let headers = params.get("responseHeaders").and_then(Value::as_array);
    let header = |name: &str| {
        let found = headers.into_iter().flatten();
        found
            .filter(|header| text(header, "name").eq_ignore_ascii_case(name))
            .map(|header| text(header, "value").to_ascii_lowercase())
            .next()
            .unwrap_or_default()
    };
    let streams = ["event-stream", "ndjson", "video/", "audio/", "octet-stream"];
    let kind = header("content-type");
    let length: u64 = header("content-length").parse().unwrap_or(0);
    ((200..300).contains(&status) || status >= 400)
        && !streams.iter().any(|stream| kind.contains(stream))
        && length <= LONGEST_BODY
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

//! Requests and answers, put together from the events of a browser.

use std::collections::HashMap;

use serde_json::Value;

/// A request, and what came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct BrowserExchange {
    /// When it began, in seconds since 1970.
    pub(super) wall: f64,
    /// The same by the browser's own clock.
    pub(super) began: f64,
    /// When it was over, by the browser's own clock.
    pub(super) ended: Option<f64>,
    /// `request` of the event.
    pub(super) request: Value,
    /// The body, where the event did not have it.
    pub(super) posted: Option<String>,
    /// `response` of the event.
    pub(super) response: Option<Value>,
    /// What the browser wanted it for.
    pub(super) resource: String,
    /// The answer's text, and whether it is base64.
    pub(super) body: Option<(String, bool)>,
    /// Headers as they went over the wire, cookies among them.
    pub(super) sent_headers: Option<Value>,
    /// Headers as they came over the wire.
    pub(super) came_headers: Option<Value>,
}

/// All of them in the order of their beginnings.
#[derive(Debug, Default)]
pub(super) struct BrowserExchanges {
    list: Vec<BrowserExchange>,
    /// The hops of a request, by its number.
    hops: HashMap<String, Hops>,
}

#[derive(Debug, Default)]
struct Hops {
    places: Vec<usize>,
    sent: Vec<Value>,
    came: Vec<Value>,
}

// === impl BrowserExchanges ===

impl BrowserExchanges {
    /// Takes an event of the network.
    pub(super) fn take(&mut self, method: &str, mut params: Value) {
        let Some(id) = params.get("requestId").and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let time = params.get("timestamp").and_then(Value::as_f64);
        let headers = params.get_mut("headers").map(Value::take);
        match method {
            "Network.requestWillBeSent" => self.began(&id, time, params),
            "Network.requestWillBeSentExtraInfo" => {
                self.hops.entry(id).or_default().sent.extend(headers);
            }
            "Network.responseReceivedExtraInfo" => {
                self.hops.entry(id).or_default().came.extend(headers);
            }
            "Network.responseReceived" => {
                let response = params.get_mut("response").map(Value::take);
                if let Some(exchange) = self.last(&id) {
                    exchange.response = response;
                }
            }
            "Network.loadingFinished" | "Network.loadingFailed" => {
                if let Some(exchange) = self.last(&id) {
                    exchange.ended = time;
                }
            }
            // Data on its way, priorities, sockets: nothing of a recording.
            _ => {}
        }
    }

    /// Takes the text of an answer.
    pub(super) fn take_response_body(&mut self, id: &str, body: &Value) {
        let text = body.get("body").and_then(Value::as_str).unwrap_or_default().to_owned();
        let coded = body.get("base64Encoded").and_then(Value::as_bool).unwrap_or(false);
        if let Some(exchange) = self.last(id) {
            exchange.body = Some((text, coded));
        }
    }

    /// Takes the body of a request.
    pub(super) fn take_request_body(&mut self, place: usize, text: &str) {
        if let Some(exchange) = self.list.get_mut(place) {
            exchange.posted = Some(text.to_owned());
        }
    }

    /// The place of the last request, if its body has to be asked for.
    pub(super) fn lacks_body(&self, id: &str) -> Option<usize> {
        let place = *self.hops.get(id)?.places.last()?;
        let request = &self.list.get(place)?.request;
        let has = request.get("hasPostData").and_then(Value::as_bool).unwrap_or(false);
        (has && request.get("postData").is_none()).then_some(place)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, with the headers of each hop.
    pub(super) fn finish(mut self) -> Vec<BrowserExchange> {
        for hops in self.hops.into_values() {
            // A browser that says less than it did can't be told apart hop by hop.
            let all_sent = hops.sent.len() == hops.places.len();
            let all_came = hops.came.len() == hops.places.len();
            for (nth, place) in hops.places.iter().enumerate() {
                let exchange = &mut self.list[*place];
                exchange.sent_headers = hops.sent.get(nth).filter(|_| all_sent).cloned();
                exchange.came_headers = hops.came.get(nth).filter(|_| all_came).cloned();
            }
        }
        self.list
    }

    fn began(&mut self, id: &str, time: Option<f64>, mut params: Value) {
        let redirected = params.get_mut("redirectResponse").map(Value::take);
        if let (Some(response), Some(before)) = (redirected, self.last(id)) {
            before.response = Some(response);
            before.ended = time;
        }
        self.hops.entry(id.to_owned()).or_default().places.push(self.list.len());
        let kind = params.get("type").and_then(Value::as_str).unwrap_or_default();
        self.list.push(BrowserExchange {
            wall: params.get("wallTime").and_then(Value::as_f64).unwrap_or_default(),
            began: time.unwrap_or_default(),
            resource: kind.to_ascii_lowercase(),
            request: params.get_mut("request").map(Value::take).unwrap_or_default(),
            ..BrowserExchange::default()
        });
    }

    fn last(&mut self, id: &str) -> Option<&mut BrowserExchange> {
        let place = *self.hops.get(id)?.places.last()?;
        self.list.get_mut(place)
    }
}

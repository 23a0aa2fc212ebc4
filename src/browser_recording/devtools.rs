//! The DevTools protocol: commands out, answers and events in, over one WebSocket.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::chromium::BrowserError;

/// What the browser sends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FromBrowser {
    /// The answer to a command: nothing if it failed.
    Reply {
        /// The command's number.
        id: u64,
        /// What it gives.
        result: Option<Value>,
    },
    /// Something happened.
    Event {
        /// The event's name.
        method: String,
        /// The page that it happened in; empty: the browser.
        session: String,
        /// What it says.
        params: Value,
    },
}

/// An open connection.
pub(super) struct Devtools {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
}

// === impl Devtools ===

impl Devtools {
    /// Connects.
    pub(super) async fn connect(address: &str) -> Result<Devtools, BrowserError> {
        // Bodies come as one message.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) = connect_async_with_config(address, Some(config), false)
            .await
            .map_err(|error| BrowserError::Devtools(error.to_string()))?;
        Ok(Devtools { socket, last: 0 })
    }

    /// Sends a command; its number.
    pub(super) async fn send(
        &mut self,
        session: &str,
        method: &str,
        params: Value,
    ) -> Result<u64, BrowserError> {
        self.last += 1;
        let mut command = json!({ "id": self.last, "method": method, "params": params });
        if !session.is_empty() {
            command["sessionId"] = session.into();
        }
        let text = Message::text(command.to_string());
        self.socket.send(text).await.map_err(|error| BrowserError::Devtools(error.to_string()))?;
        Ok(self.last)
    }

    /// The next answer or event; nothing once the browser is gone.
    pub(super) async fn next(&mut self) -> Option<FromBrowser> {
        loop {
            let message = self.socket.next().await?.ok()?;
            if let Message::Text(text) = message
                && let Some(read) = read(&text)
            {
                return Some(read);
            }
        }
    }
}

fn read(text: &str) -> Option<FromBrowser> {
    let mut message: Value = serde_json::from_str(text).ok()?;
    if let Some(id) = message.get("id").and_then(Value::as_u64) {
        return Some(FromBrowser::Reply { id, result: message.get_mut("result").map(Value::take) });
    }
    Some(FromBrowser::Event {
        method: message.get("method")?.as_str()?.to_owned(),
        session: message.get("sessionId").and_then(Value::as_str).unwrap_or_default().to_owned(),
        params: message.get_mut("params").map(Value::take).unwrap_or_default(),
    })
}

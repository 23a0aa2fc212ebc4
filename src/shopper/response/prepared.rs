//! What is made of a large answer before it is looked at, away from the core.

use bytes::Bytes;

use super::charset::{self, TextKind};
use super::{json, visible};
use crate::shopper::browser::sniff::document_type;
use crate::shopper::off_core::{LARGE, off_core};
use crate::shopper::transport::WireResponse;

/// What was made of a large answer.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    /// The document; none within where it is none.
    pub(super) json: Option<Option<serde_json::Value>>,
    /// The text as the reader of a page sees it.
    pub(super) visible: Option<String>,
}

/// Whether looking at the answer would hold up the other shoppers of the core.
pub(crate) fn is_large(answer: &WireResponse) -> bool {
    answer.body.len() > LARGE
}

/// Reads the answer on a thread of its own.
pub(crate) async fn prepare(answer: &WireResponse) -> Prepared {
    let kind = document_type(&answer.headers).map(<[u8]>::to_vec);
    let body = answer.body.clone();
    off_core(move || read(kind.as_deref(), &body)).await
}

fn read(kind: Option<&[u8]>, body: &Bytes) -> Prepared {
    match TextKind::of(kind, body) {
        TextKind::Html | TextKind::Xml => {
            let text = charset::text(kind, body);
            Prepared { visible: Some(visible::visible(&text)), json: None }
        }
        TextKind::Json | TextKind::Other => {
            Prepared { visible: None, json: Some(json::read(body)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode, Version, header};

    use super::*;
    use crate::capture::{JsonPlace, ResponseView};
    use crate::shopper::response::extract::Response;

    fn answer(kind: &'static str, body: String) -> WireResponse {
        let headers =
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let body = Bytes::from(body);
        WireResponse { status: StatusCode::OK, version: Version::HTTP_11, headers, body }
    }

    fn look<T>(answer: &WireResponse, prepared: Prepared, look: impl Fn(&Response<'_>) -> T) -> T {
        let response = Response::new(200, &answer.headers, &answer.body, &|_| None);
        look(&response.with_prepared(prepared))
    }

    #[test]
    fn a_large_answer_says_the_same_however_it_is_read() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let items = vec![r#"{"sku":"a","price":1}"#; 20_000].join(",");
        let place = JsonPlace::parse("$.items[19999].price").unwrap();
        let documents = [
            ("application/json", format!("{{\"items\":[{items}]}}")),
            ("application/json", format!("{{\"items\":[{items}")),
            (
                "text/html",
                format!("<p>{}</p><script>hidden</script>", "<b>seen</b> ".repeat(40_000)),
            ),
            ("text/plain", "seen ".repeat(80_000)),
        ];
        for (kind, body) in documents {
            let answer = answer(kind, body);
            assert!(is_large(&answer), "{kind}");
            let prepared = runtime.block_on(prepare(&answer));
            let said = |response: &Response<'_>| {
                let price = response.json_at(&place).map(std::borrow::Cow::into_owned);
                (price, response.json().cloned(), response.says("seen"), response.shows("hidden"))
            };
            assert_eq!(
                look(&answer, prepared, said),
                look(&answer, Prepared::default(), said),
                "{kind}"
            );
        }
    }
}

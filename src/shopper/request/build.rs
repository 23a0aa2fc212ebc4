//! A step's request, filled with one shopper's variables.

use std::fmt::Write;

use base64::Engine;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::multipart::{PartToSend, multipart};
use crate::plan::{
    self, Auth, Body, JsonSegment, MultipartPart, RenderError, Request, Template, TemplateScope,
    Templates,
};
use crate::shopper::browser::fetch::PageRequest;
use crate::shopper::browser::request_headers::RequestKind;

/// What a form leaves as it is (WHATWG URL, application/x-www-form-urlencoded); a space becomes `+`.
const FORM: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// Why a request can't be made from the variables. It is the scenario's fault, never the shop's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// A template could not be filled.
    #[error("a placeholder can't be filled: {0}")]
    Render(#[from] RenderError),
    /// A filled header has characters that a header can't have.
    #[error("header {name} can't have the value '{value}'")]
    Header {
        /// The header.
        name: String,
        /// What was filled in.
        value: String,
    },
}

/// Fills a step's request.
///
/// # Errors
/// When a placeholder has no value, or a header comes out with characters that headers can't have.
pub fn fill<'t>(
    request: &'t Request,
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<PageRequest<'t>, FillError> {
    let url = request.url.render(templates, scope)?;
    let mut headers = headers(request, templates, scope)?;
    let (body, content_type) = body(&request.body, templates, scope)?;
    if let Some(content_type) = content_type {
        headers.entry(header::CONTENT_TYPE).or_insert(content_type);
    }
    Ok(PageRequest {
        method: method(request.method),
        url,
        is_link: request.url.begins_with_value(),
        // Who makes it is known to whoever sends it.
        kind: RequestKind::App,
        headers,
        body,
    })
}

/// The step's own headers.
pub(crate) fn headers(
    request: &Request,
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<HeaderMap, FillError> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
    for (name, template) in &request.headers {
        let value = template.render(templates, scope)?;
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes())) {
            (Ok(name), Ok(value)) => headers.insert(name, value),
            _ => return Err(FillError::Header { name: name.clone(), value: value.into_owned() }),
        };
    }
    if let Some(auth) =
        request.auth.as_ref().filter(|_| !headers.contains_key(header::AUTHORIZATION))
    {
        let value = match auth {
            Auth::Basic { user, password } => {
                let pair = format!(
                    "{}:{}",
                    user.render(templates, scope)?,
                    password.render(templates, scope)?
                );
                format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(pair))
            }
            Auth::Bearer(token) => format!("Bearer {}", token.render(templates, scope)?),
            // It is made of the whole request, once that is known.
            Auth::Aws(_) => return Ok(headers),
        };
        match HeaderValue::from_str(&value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                headers.insert(header::AUTHORIZATION, value)
            }
            // What it would be is a secret.
            Err(_) => {
                return Err(FillError::Header {
                    name: "authorization".to_owned(),
                    value: "***".to_owned(),
                });
            }
        };
    }
    Ok(headers)
}

fn method(method: plan::Method) -> Method {
    match method {
        plan::Method::Get => Method::GET,
        plan::Method::Head => Method::HEAD,
        plan::Method::Post => Method::POST,
        plan::Method::Put => Method::PUT,
        plan::Method::Patch => Method::PATCH,
        plan::Method::Delete => Method::DELETE,
        plan::Method::Options => Method::OPTIONS,
    }
}

fn body(
    body: &Body,
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<(Bytes, Option<HeaderValue>), RenderError> {
    let kind = |name| Some(HeaderValue::from_static(name));
    Ok(match body {
        // A form to submit is found on the page, and filled by who knows the page.
        Body::Empty | Body::Submit(_) => (Bytes::new(), None),
        Body::Json(segments) => {
            (json(segments, templates, scope)?.into(), kind("application/json"))
        }
        Body::Form(pairs) => {
            (form(pairs, templates, scope)?.into(), kind("application/x-www-form-urlencoded"))
        }
        Body::Multipart(written) => {
            let (content_type, body) = parts(written, templates, scope)?;
            (body, Some(content_type))
        }
        Body::Text(text) => (text.render(templates, scope)?.into_owned().into(), None),
    })
}

fn parts(
    written: &[(Template, MultipartPart)],
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<(HeaderValue, Bytes), RenderError> {
    // Rendered before any part can borrow it: names, and texts or file names.
    let mut texts = Vec::with_capacity(written.len());
    for (name, content) in written {
        let (MultipartPart::Text(text) | MultipartPart::File { name: text, .. }) = content;
        texts.push((name.render(templates, scope)?, text.render(templates, scope)?));
    }
    let parts = written.iter().zip(&texts).map(|((_, content), (name, text))| match content {
        MultipartPart::Text(_) => {
            PartToSend { name: name.as_bytes(), file: None, content: text.as_bytes() }
        }
        MultipartPart::File { content_type, bytes, .. } => PartToSend {
            name: name.as_bytes(),
            file: Some((text.as_bytes(), content_type.as_str())),
            content: bytes,
        },
    });
    Ok(multipart(&parts.collect::<Vec<_>>()))
}

fn json(
    segments: &[JsonSegment],
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<String, RenderError> {
    let mut json = String::with_capacity(128);
    for segment in segments {
        match segment {
            JsonSegment::Raw(text) => json.push_str(text),
            JsonSegment::Computed(template) => json.push_str(&template.render(templates, scope)?),
            JsonSegment::Text(template) => quote(&mut json, &template.render(templates, scope)?),
            JsonSegment::Value(var) => match scope.value(*var) {
                Some(plan::Value::Text(text)) => quote(&mut json, text),
                Some(plan::Value::Json(value)) => {
                    write!(json, "{value}").expect("writing to a string")
                }
                None => return Err(RenderError::Missing(format!("variable {}", var.0))),
            },
        }
    }
    Ok(json)
}

/// Appends `text` as a JSON string.
fn quote(json: &mut String, text: &str) {
    json.push_str(&serde_json::to_string(text).expect("a string is always JSON"));
}

fn form(
    pairs: &[(Template, Template)],
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<String, RenderError> {
    let mut form = String::with_capacity(128);
    for (name, value) in pairs {
        let (name, value) = (name.render(templates, scope)?, value.render(templates, scope)?);
        append_pair(&mut form, name.as_bytes(), value.as_bytes());
    }
    Ok(form)
}

/// `application/x-www-form-urlencoded`, as browsers write it.
pub(crate) fn encode_form(pairs: &[(String, String)]) -> String {
    let mut form = String::with_capacity(64 * pairs.len());
    for (name, value) in pairs {
        append_pair(&mut form, name.as_bytes(), value.as_bytes());
    }
    form
}

/// Appends a pair, in bytes of the form's encoding.
pub(crate) fn append_pair(form: &mut String, name: &[u8], value: &[u8]) {
    let encode = |form: &mut String, text: &[u8]| {
        for piece in percent_encode(text, FORM) {
            form.push_str(&piece.replace(' ', "+"));
        }
    };
    if !form.is_empty() {
        form.push('&');
    }
    encode(form, name);
    form.push('=');
    encode(form, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VarId;
    use crate::plan::Value;
    use std::sync::Arc;

    struct One(Value);
    impl TemplateScope for One {
        fn value(&self, var: VarId) -> Option<&Value> {
            (var == VarId(0)).then_some(&self.0)
        }
        fn next_bits(&self) -> u64 {
            0
        }
    }

    fn literal(text: &str) -> Template {
        Template::Literal(text.to_owned())
    }

    fn filled(body: Body) -> PageRequest<'static> {
        let request = Box::leak(Box::new(Request {
            method: plan::Method::Post,
            url: literal("/cart"),
            headers: vec![("x-a".into(), literal("b"))],
            auth: None,
            body,
        }));
        fill(request, &Templates::default(), &One(Value::Json(Arc::new(serde_json::json!(5)))))
            .unwrap()
    }

    #[test]
    fn a_json_value_keeps_its_type_and_text_is_escaped() {
        let body = Body::Json(vec![
            JsonSegment::Raw(r#"{"n":"#.into()),
            JsonSegment::Value(VarId(0)),
            JsonSegment::Raw(r#","s":"#.into()),
            JsonSegment::Text(literal("a \"b\"\n")),
            JsonSegment::Raw("}".into()),
        ]);
        let request = filled(body);
        assert_eq!(request.body, r#"{"n":5,"s":"a \"b\"\n"}"#);
        assert_eq!(request.headers["content-type"], "application/json");
    }

    #[test]
    fn a_form_is_encoded_as_browsers_do() {
        let pairs =
            vec![(literal("card number"), literal("4242 & ü")), (literal("x"), literal("*-._~"))];
        assert_eq!(filled(Body::Form(pairs)).body, "card+number=4242+%26+%C3%BC&x=*-._%7E");
    }

    #[test]
    fn who_asks_is_said_as_the_standards_say_and_a_header_of_ones_own_wins() {
        let sent = |auth: Auth, headers: Vec<(String, Template)>| {
            let request = Request {
                method: plan::Method::Get,
                url: literal("/"),
                headers,
                auth: Some(auth),
                body: Body::Empty,
            };
            let filled =
                fill(&request, &Templates::default(), &One(Value::Text("".into()))).unwrap();
            filled.headers["authorization"].to_str().unwrap().to_owned()
        };
        // The example of RFC 7617, 2.
        let basic = || Auth::Basic { user: literal("Aladdin"), password: literal("open sesame") };
        assert_eq!(sent(basic(), vec![]), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(sent(Auth::Bearer(literal("t-1")), vec![]), "Bearer t-1");
        assert_eq!(sent(basic(), vec![("authorization".into(), literal("mine"))]), "mine");
    }

    #[test]
    fn a_header_with_a_line_break_is_refused() {
        let request = Request {
            method: plan::Method::Get,
            url: literal("/"),
            headers: vec![("x".into(), literal("a\r\nb"))],
            auth: None,
            body: Body::Empty,
        };
        let error =
            fill(&request, &Templates::default(), &One(Value::Text("".into()))).unwrap_err();
        assert!(matches!(error, FillError::Header { .. }));
    }
}

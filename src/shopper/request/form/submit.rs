//! What a browser sends when a form of its page is submitted.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use super::{fill, read, select};
use crate::plan::{Request, Scope, Submit, Templates};
use crate::shopper::browser::session::{Document, PageRequest};
use crate::shopper::request::build::{FillError, encode_form};
use crate::shopper::request::multipart::{PartToSend, multipart};

/// A form, ready to be sent.
#[derive(Debug)]
pub(crate) struct Submission {
    /// The request.
    pub(crate) request: PageRequest<'static>,
    /// What the scenario filled in, without what the page gave: what the shopper means by it.
    pub(crate) meant: Bytes,
}

/// Why a form can't be submitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SubmitError {
    /// No page so far, or none whose text was kept.
    #[error("the shopper is on no page whose form could be submitted")]
    NoPage,
    /// No form is as described.
    #[error("no form {wanted} on {page}, {forms}")]
    NoForm {
        /// What was looked for.
        wanted: String,
        /// The page's path.
        page: String,
        /// What forms there are.
        forms: String,
    },
    /// The form has no such field.
    #[error("the form on {page} has no field '{name}'; it has {fields}")]
    NoField {
        /// The field.
        name: String,
        /// The page's path.
        page: String,
        /// The fields that the form has.
        fields: String,
    },
    /// A choice that the form does not offer, or more values than the form has fields.
    #[error("the field '{name}' on {page} does not offer '{value}'")]
    NoChoice {
        /// The field.
        name: String,
        /// The value.
        value: String,
        /// The page's path.
        page: String,
    },
    /// The form asks for a file.
    #[error(
        "the form on {page} has the file field '{name}', which a shopper can't fill: send the request with post and multipart"
    )]
    File {
        /// The field.
        name: String,
        /// The page's path.
        page: String,
    },
    /// The form closes a dialog of the page, and sends nothing.
    #[error("the form on {0} has the method dialog: it sends nothing")]
    Dialog(String),
    /// The scenario's values can't be made.
    #[error(transparent)]
    Fill(#[from] FillError),
}

// === impl SubmitError ===

impl SubmitError {
    /// Whether it is the page that lacks something, and not the scenario that can't be carried out.
    pub(crate) fn is_missing_content(&self) -> bool {
        matches!(
            self,
            SubmitError::NoPage
                | SubmitError::NoForm { .. }
                | SubmitError::NoField { .. }
                | SubmitError::NoChoice { .. }
        )
    }
}

/// The request that submitting the form of this page comes to.
///
/// # Errors
/// When the page lacks the form or what is filled in, the form asks for a file, or a placeholder has no value.
pub(crate) fn submit(
    step: &Request,
    wanted: &Submit,
    page: Option<&Document>,
    templates: &Templates,
    scope: &dyn Scope,
) -> Result<Submission, SubmitError> {
    let page = page.ok_or(SubmitError::NoPage)?;
    let path = page.url.path();
    let read = read::forms(&page.body, wanted.css.as_deref());
    let form = select::pick(&read, page, wanted, templates, scope)?;
    let filled = fill::fill(form, path, wanted, templates, scope)?;
    let said = |name: &str| filled.button.and_then(|button| button.says(name)).map(str::to_owned);
    let action = said("formaction").or_else(|| form.action.clone()).unwrap_or_default();
    let method =
        said("formmethod").or_else(|| form.method.clone()).unwrap_or_default().to_ascii_lowercase();
    let encoding = said("formenctype")
        .or_else(|| form.encoding.clone())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut url = goal(page, read.base.as_deref(), &action);
    let mut headers = crate::shopper::request::build::headers(step, templates, scope)
        .map_err(SubmitError::Fill)?;
    let meant = Bytes::from(encode_form(&filled.meant));
    let (method, body) = match method.as_str() {
        "post" => (Method::POST, body(&encoding, &filled.pairs, &mut headers)),
        "dialog" => return Err(SubmitError::Dialog(path.to_owned())),
        // Whatever else the page says, a browser reads as get; its fields take the place of the action's own.
        _ => {
            url.set_query(Some(&encode_form(&filled.pairs)));
            (Method::GET, Bytes::new())
        }
    };
    Ok(Submission {
        request: PageRequest { method, url: String::from(url).into(), headers, body },
        meant,
    })
}

/// Where a form goes: to its action on the page, or to the page itself.
pub(super) fn goal(page: &Document, base: Option<&str>, action: &str) -> Url {
    let mut url = if action.trim().is_empty() {
        page.url.clone()
    } else {
        let base = base.and_then(|base| page.url.join(base).ok());
        // An action that is no address leads nowhere else than the page itself.
        base.as_ref().unwrap_or(&page.url).join(action.trim()).unwrap_or_else(|_| page.url.clone())
    };
    url.set_fragment(None);
    url
}

/// The body of a posted form, with its content type.
fn body(encoding: &str, pairs: &[(String, String)], headers: &mut HeaderMap) -> Bytes {
    let (content_type, body) = match encoding {
        "multipart/form-data" => {
            let parts = pairs.iter().map(|(name, value)| PartToSend {
                name,
                file: None,
                content: value.as_bytes(),
            });
            multipart(&parts.collect::<Vec<_>>())
        }
        "text/plain" => {
            let lines: String =
                pairs.iter().map(|(name, value)| format!("{name}={value}\r\n")).collect();
            (HeaderValue::from_static("text/plain"), Bytes::from(lines))
        }
        _ => (
            HeaderValue::from_static("application/x-www-form-urlencoded"),
            Bytes::from(encode_form(pairs)),
        ),
    };
    headers.entry(header::CONTENT_TYPE).or_insert(content_type);
    body
}

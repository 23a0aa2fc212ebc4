//! What a browser sends when a form of its page is submitted.

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::Encoding;
use http::{Method, header};
use url::Url;

use super::controls::Button;
use super::{controls, encode, fill, select};
use crate::plan::{Request, Submit, TemplateScope, Templates};
use crate::shopper::browser::request_headers::RequestKind;
use crate::shopper::browser::session::{Document, PageRequest};
use crate::shopper::request::build::{FillError, encode_form};
use crate::shopper::response::charset;

/// A form, ready to be sent.
#[derive(Debug)]
pub(crate) struct Submission {
    /// The request.
    pub(crate) request: PageRequest<'static>,
    /// What the scenario filled in, without what the page gave: what the shopper means by it.
    pub(crate) meant: Bytes,
}

/// The page that a form is on.
pub(super) struct Place<'p> {
    pub(super) page: &'p Document,
    encoding: &'static Encoding,
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
    /// A file is to be filled in.
    #[error(
        "the form on {page} has the file field '{name}', which a shopper can't fill: send the request with post and multipart"
    )]
    File {
        /// The field.
        name: String,
        /// The page's path.
        page: String,
    },
    /// The form leads to no address.
    #[error("the form on {page} has the action '{action}', which is not an http or https address")]
    Action {
        /// The action.
        action: String,
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
/// When the page lacks the form or what is filled in, a file is to be filled in, or a placeholder has no value.
pub(crate) fn submit(
    step: &Request,
    wanted: &Submit,
    page: Option<&Document>,
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<Submission, SubmitError> {
    let page = page.ok_or(SubmitError::NoPage)?;
    let path = page.url.path();
    let kind = Some(page.content_type.as_bytes());
    let place = Place { page, encoding: charset::of_document(kind, &page.body) };
    let read = controls::forms(&place.text(), wanted.css.as_deref());
    let form = select::pick(&read, &place, wanted, templates, scope)?;
    let filled = fill::fill(form, path, wanted, templates, scope)?;
    let pressed = filled.button;
    let said = |button: fn(&Button) -> &Option<String>, form: &Option<String>| {
        pressed
            .and_then(|pressed| button(pressed).clone())
            .or_else(|| form.clone())
            .unwrap_or_default()
    };
    let action = said(|button| &button.action, &form.action);
    let method = said(|button| &button.method, &form.method).to_ascii_lowercase();
    let enctype = said(|button| &button.enctype, &form.enctype).to_ascii_lowercase();
    let encoding = encode::encoding(form.accept_charset.as_deref(), place.encoding);
    let mut url = place
        .goal(read.base.as_deref(), &action)
        .ok_or_else(|| SubmitError::Action { action, page: path.to_owned() })?;
    let mut headers = crate::shopper::request::build::headers(step, templates, scope)
        .map_err(SubmitError::Fill)?;
    let meant = Bytes::from(encode_form(&filled.meant));
    let (method, body) = match method.as_str() {
        "post" => {
            let (content_type, body) =
                encode::body(&enctype, form.posts(), &filled.entries, encoding);
            headers.entry(header::CONTENT_TYPE).or_insert(content_type);
            (Method::POST, body)
        }
        "dialog" => return Err(SubmitError::Dialog(path.to_owned())),
        // Whatever else the page says, a browser reads as get; its fields take the place of the action's own.
        _ => {
            let query = encode::query(&enctype, form.posts(), &filled.entries, encoding);
            url.set_query(Some(&query));
            (Method::GET, Bytes::new())
        }
    };
    Ok(Submission {
        request: PageRequest {
            method,
            url: String::from(url).into(),
            is_link: true,
            kind: RequestKind::Navigation,
            headers,
            body,
        },
        meant,
    })
}

// === impl Place ===

impl Place<'_> {
    /// The page as a browser reads it.
    fn text(&self) -> Cow<'_, str> {
        self.encoding.decode(&self.page.body).0
    }

    /// Where a form goes: to its action on the page, or to the page itself. None where the action is no address.
    pub(super) fn goal(&self, base: Option<&str>, action: &str) -> Option<Url> {
        let page = &self.page.url;
        let action = action.trim_matches(|c: char| c.is_ascii_whitespace());
        let mut url = if action.is_empty() {
            page.clone()
        } else {
            let base = base.and_then(|base| encode::join(page, base, self.encoding));
            // Addresses that lead nowhere on the web are no base.
            let base = base.filter(|base| !matches!(base.scheme(), "data" | "javascript"));
            encode::join(base.as_ref().unwrap_or(page), action, self.encoding)?
        };
        url.set_fragment(None);
        Some(url)
    }
}

//! What a browser sends when a form of its page is submitted.

use bytes::Bytes;
use http::{Method, header};

use super::controls::Button;
use super::error::SubmitError;
use super::form_page::FormPage;
use super::{encode, fill, select};
use crate::plan::{Request, Submit, TemplateScope, Templates};
use crate::shopper::browser::fetch::PageRequest;
use crate::shopper::browser::request_headers::RequestKind;
use crate::shopper::request::build::encode_form;

/// A form, ready to be sent.
#[derive(Debug)]
pub(crate) struct Submission {
    /// The request.
    pub(crate) request: PageRequest<'static>,
    /// What the scenario filled in, without what the page gave: what the shopper means by it.
    pub(crate) meant: Bytes,
}

/// The request that submitting the form of this page comes to.
///
/// # Errors
/// When the page lacks the form or what is filled in, a file is to be filled in, or a placeholder has no value.
pub(crate) fn submit(
    step: &Request,
    wanted: &Submit,
    page: Option<&FormPage>,
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<Submission, SubmitError> {
    let page = page.ok_or(SubmitError::NoPage)?;
    let path = page.url().path();
    let form = select::pick(page, wanted, templates, scope)?;
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
    let encoding = encode::encoding(form.accept_charset.as_deref(), page.encoding);
    let mut url = page
        .goal(page.forms.base.as_deref(), &action)
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

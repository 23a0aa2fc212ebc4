//! Why a form can't be submitted.

use crate::shopper::request::build::FillError;

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

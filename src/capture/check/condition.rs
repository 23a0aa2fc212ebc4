//! What every check does, and what it may ask for.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::capture::kind::{BodyKind, ResponseView};

/// One condition on a response.
pub trait Check: fmt::Debug + Send + Sync {
    /// What is wrong, or nothing.
    ///
    /// # Errors
    /// When a text that is expected can't be rendered.
    fn failure(
        &self,
        response: &dyn ResponseView,
        texts: &dyn Texts,
    ) -> Result<Option<String>, RenderError>;

    /// What it asks for, in words.
    fn describe(&self) -> String;

    /// What it takes the response for.
    fn reads(&self) -> BodyKind {
        BodyKind::Any
    }

    /// Whether it looks at the status, which then says what kind of failure it is.
    fn is_of_status(&self) -> bool {
        false
    }

    /// Its part of the plan's canonical form, with that of its texts. Frozen: runs are known by it.
    fn canonical(&self, texts: Vec<Value>) -> Value;
}

/// The texts of a check, filled with one shopper's values.
pub trait Texts {
    /// How many there are.
    fn count(&self) -> usize;

    /// The text at this place.
    ///
    /// # Errors
    /// When a placeholder can't be filled.
    fn text(&self, place: usize) -> Result<Cow<'_, str>, RenderError>;
}

/// Why a text could not be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable that no earlier step has filled for this shopper.
    #[error("'{0}' has no value yet")]
    Missing(String),
    /// The expression failed.
    #[error("{0}")]
    Expression(String),
}

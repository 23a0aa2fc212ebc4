//! Why a text is not an objective.

use std::ops::Range;

use crate::scenario::QuantityError;

/// What an objective looks like.
pub(super) const FORM: &str = "write a metric, a comparison and a limit, such as `p95(pay) < 800ms` or `failures(pay) < 0.5%`";

/// Why a text is not an objective of this plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {remedy}")]
pub struct ObjectiveError {
    /// The part of the text that is wrong, in bytes.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

pub(super) type Parsed<T> = Result<T, ObjectiveError>;

pub(super) fn error<T>(
    range: Range<usize>,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> Parsed<T> {
    Err(ObjectiveError { range, message: message.into(), remedy: remedy.into() })
}

// === impl ObjectiveError ===

impl ObjectiveError {
    /// A quantity in the text that can't be read.
    pub(super) fn from_quantity(range: Range<usize>, wrong: QuantityError) -> ObjectiveError {
        let QuantityError { message, remedy } = wrong;
        ObjectiveError { range, message, remedy }
    }
}

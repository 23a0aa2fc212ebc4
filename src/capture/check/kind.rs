//! What every kind of check has.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::expected::Expected;
use super::status::StatusRange;
use crate::capture::kind::{BodyKind, ResponseView};
use crate::capture::pattern::PatternError;

/// A kind of check.
#[derive(Debug)]
pub struct CheckKind {
    /// Its key in the scenario language.
    pub key: &'static str,
    /// What it checks, for the reference and for editors.
    pub about: &'static str,
    /// How it is written, and what it is compiled to.
    pub written: Written,
}

/// How a kind of check is written, and what it is compiled to. Of texts the check knows only the number: they may have
/// placeholders, which the plan fills.
#[derive(Debug)]
pub enum Written {
    /// A status or several: one check of all.
    Statuses(fn(Vec<StatusRange>) -> Box<dyn Check>),
    /// A text or several: a check of each.
    Texts(fn() -> Box<dyn Check>),
    /// A pattern or several: a check of each.
    Patterns(fn(&str) -> Result<Box<dyn Check>, PatternError>),
    /// An address or several, in which `*` stands for anything: one check of all.
    Addresses(fn() -> Box<dyn Check>),
    /// Names with what they must be: a check of each.
    Named {
        /// Whether every value is a text.
        as_text: bool,
        /// Reads the name.
        compile: fn(&str, Expected) -> Result<Box<dyn Check>, PatternError>,
    },
    /// A range of sizes in bytes, both bounds included.
    Size(fn(u64, u64) -> Box<dyn Check>),
}

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

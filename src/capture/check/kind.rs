//! A kind of check: its key, and how it is written.

use super::condition::Check;
use super::expected::Expected;
use super::status_range::StatusRange;
use crate::capture::pattern::PatternError;

/// A check, or why its pattern can't be read.
pub type CompiledCheck = Result<Box<dyn Check>, PatternError>;

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
    Patterns(fn(&str) -> CompiledCheck),
    /// An address or several, in which `*` stands for anything: one check of all.
    Addresses(fn() -> Box<dyn Check>),
    /// Names with what they must be: a check of each.
    Named {
        /// Whether every value is a text.
        as_text: bool,
        /// Reads the name.
        compile: fn(&str, Expected) -> CompiledCheck,
    },
    /// A range of sizes in bytes, both bounds included.
    Size(fn(u64, u64) -> Box<dyn Check>),
}

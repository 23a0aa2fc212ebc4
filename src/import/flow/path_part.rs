//! A part of a path.

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPart {
    /// Always the same.
    Fixed(String),
    /// Values, the commonest first, each with its requests; only those that enough visitors had.
    Values(Vec<(String, u64)>),
}

//! Texts of a recording as a scenario writes them.

/// A text that no template reads.
pub(super) fn plain(value: &str) -> String {
    value.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
}

//! Helpers kept next to the counts.

/// A helper that was not seen, and so is no part of what was counted: equal to any other, and never stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Untracked<T>(pub(crate) T);

impl<T> PartialEq for Untracked<T> {
    fn eq(&self, _: &Untracked<T>) -> bool {
        true
    }
}

impl<T> Eq for Untracked<T> {}

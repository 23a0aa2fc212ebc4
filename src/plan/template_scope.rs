//! What a template is rendered with.

use crate::base::VarId;
use crate::capture::Value;

/// Where a template finds its values: one shopper's variables and random stream.
pub trait TemplateScope {
    /// The value of a variable, if it has one yet.
    fn value(&self, var: VarId) -> Option<&Value>;
    /// The next 64 uniform bits of this shopper's stream for choices in templates.
    fn next_bits(&self) -> u64;
    /// The time, in seconds since 1970; none passes where no shopper acts.
    fn unix_seconds(&self) -> f64 {
        0.0
    }
}

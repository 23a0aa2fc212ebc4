//! Whether a failure comes back to the same shopper: the difference between a shopper who buys a minute later and
//! one who is gone.
//!
//! If failures struck attempts at random, a second attempt would fail as often as a first: P(F₂|F₁) = P(F₁) = μ.
//! Where something about the shopper or the moment makes it fail (a card, a node, an outage), it fails more often.
//! The relative_risk P(F₂|F₁)/μ says how much more; the stickiness ρ = (P(F₂|F₁) − μ)/(1 − μ) says it on a scale from 0
//! (passing) to 1 (for good), whatever μ is: under an exchangeable beta-binomial model it is the correlation between the attempts of one
//! shopper. Which of the two it is, the shopper or the moment, is the matter of [`source`].

mod by_unit;
mod source;
mod stickiness;
#[cfg(test)]
mod tests;

pub use by_unit::{Repeats, UnitRepeats, repeats};
pub use source::{RepeatCause, RepeatSource};
pub use stickiness::Stickiness;

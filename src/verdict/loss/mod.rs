//! Shoppers lost to failures: how many would have gone elsewhere, and what they would have paid.
//!
//! A probing shopper always tries again, so that what happens at the second attempt is known for everybody and
//! not only for those stubborn enough. Patience is applied afterwards: a shopper who met k failed attempts before the
//! order would have left with probability 1 − S_k. What a working shop refuses is counted apart. This conditional expectation has a lower variance than counting
//! simulated leavers, and one run yields the loss under every patience. With live behaviour shoppers really leave;
//! then they are counted, and other patiences can't be applied to what this one has cut short; what their trying again does to
//! the shop is the matter of [`retry_pressure`].

mod by_patience;
mod order_value;
mod retry_pressure;
#[cfg(test)]
mod tests;

pub use by_patience::{Loss, PatienceLoss, SeasonLoss, loss};
pub use order_value::LostOrderValue;
pub use retry_pressure::{Overload, RetryPressure};

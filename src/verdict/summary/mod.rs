//! What happened, step by step and shopper by shopper: counts, rates and times with their intervals.

mod assets;
mod detectable;
mod endings;
mod friction;
mod orders;
mod shoppers;
mod steps;
pub(crate) mod wire;

pub use assets::AssetFinding;
pub use detectable::{Detectable, DetectablePopulation, Sight, detectable};
pub use endings::{Endings, endings};
pub use friction::{BuyerEffort, FrictionFinding, friction};
pub use orders::{OrderSummary, orders};
pub use shoppers::{ByFailures, CameThrough, ShopperFindings, shoppers};
pub use steps::{JourneyFinding, StepFinding, journeys, steps};
pub use wire::Wire;

//! One simulated customer: its journey, its session with the shop, its patience.

mod attempt;
pub mod browser;
mod context;
mod experiment;
mod failure_sample;
mod journey;
mod page_assets;
mod progress;
mod purchase;
mod rendezvous;
mod request;
mod response;
pub mod transport;

pub use browser::returning::ReturningPool;
pub use context::{CoreContext, StepObserver};
pub use journey::{Answers, JourneyRun};
pub use purchase::{PurchaseEvent, PurchaseLog, PurchaseRecord};
pub use rendezvous::Rendezvous;

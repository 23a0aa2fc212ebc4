//! One simulated customer: its journey, its session with the shop, its patience.

mod activity;
mod attempt;
pub mod browser;
mod context;
mod experiment;
mod failure_kind;
mod failure_sample;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod gates;
mod guards;
mod journey;
mod off_core;
mod outcomes;
mod page_assets;
mod poll;
mod profile;
mod progress;
mod provocation;
mod purchase;
mod rendezvous;
mod request;
mod response;
mod retry;
mod step_request;
mod step_response;
mod step_watcher;
pub mod transport;

pub use browser::returning::ReturningPool;
pub use context::{CoreContext, Env, StepObserver};
pub use journey::JourneyRun;
pub use outcomes::PairedOutcomes;
pub use purchase::{PurchaseEvent, PurchaseLog, PurchaseRecord};
pub use rendezvous::MeetingPoints;

//! One simulated customer: its journey, its session with the shop, its patience.

pub mod address;
mod assets;
mod attempt;
mod barrier;
pub mod cookies;
mod cure;
mod device;
mod form;
mod graphql;
mod judge;
mod legs;
mod message;
mod multipart;
mod price;
mod purchase;
mod reading;
mod request;
mod returning;
mod sample;
mod scope;
pub mod session;
mod trace;
pub mod transport;
mod visit;
mod world;

pub use barrier::Barriers;
pub use purchase::{Ledger, PurchaseEvent, PurchaseLine};
pub use returning::LeftBehind;
pub use visit::{Answers, Visit};
pub use world::{Witness, World};

//! The ground: units, identities and random streams that every other room stands on.
//!
//! Nothing here knows of scenarios, sockets or clocks.

mod currency;
mod delay;
mod html;
mod ids;
pub mod normal;
pub mod random;
pub mod redact;
mod redactor;
mod sha256;
mod solve;
mod spellings;
mod trace;
mod unescape;
mod units;
mod visible;
mod zone;

pub use currency::{Currency, Money};
pub use delay::Delay;
pub use html::{read_html, rewrite_html};
pub use ids::{JourneyId, ObservedId, ShopperId, Slice, SliceError, StepId, UnitId, VarId};
pub use redactor::Redactor;
pub use sha256::sha256_hex;
pub use solve::bisect;
pub use trace::RequestTrace;
pub use units::{Micros, MinorUnits, count_of, plural, thousands};
pub use visible::{on_one_line, unseen, visible};
pub use zone::RunZone;

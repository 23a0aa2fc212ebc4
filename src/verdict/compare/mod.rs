//! Two runs compared: what got worse, beyond what two runs of one shop differ by anyway.
//!
//! Only like runs are compared: of one scenario and shape, so that what differs is the shop. Each figure's difference has an
//! interval that knows of bursts and slow stretches; one comparison is primary, the others are corrected for their number;
//! and a change counts only beyond the noise that like runs have shown, and beyond what matters. Three answers: a
//! regression, no regression, or too little seen to say.

mod comparability;
mod comparison;
mod decision;
mod hotspot_changes;
mod measure;
mod noise;
mod run;
mod scenario_diff;
mod subject;
mod terms;

pub use comparability::{defects, incomparable, scenario_differences};
pub use comparison::{Comparison, Difference, compare, decide_all};
pub use decision::{Bounds, ChangeReason, ChangeVerdict, PRIMARY_LEVEL, decide};
pub use hotspot_changes::{HotspotChange, HotspotChanges};
pub use measure::{Figure, Measured};
pub use noise::{NoiseFloor, SCHEMA as NOISE_SCHEMA, calibrate, floors};
pub use run::ComparedRun;
pub use scenario_diff::ScenarioSource;
pub use subject::Subject;
pub use terms::{ComparisonTerms, LEAST_MARGIN, LEAST_SLOWER, MARGIN};

//! `run.json`: the summary of a run for programs, and its published schema.

mod assets;
mod budget;
mod clusters;
mod document;
mod experiment;
mod figures;
mod friction;
mod generator;
mod incidents;
mod objectives;
mod orders;
mod places;
mod repeats;
mod revenue;
mod shoppers;
mod steps;
mod summary;
#[cfg(test)]
mod tests;
mod times;
mod wire;

pub use assets::AssetsDocument;
pub use budget::{BudgetDocument, BurnAlertDocument};
pub use clusters::{ClusterDocument, ClusterExampleDocument};
pub use document::*;
pub use experiment::{AgainstDocument, ArmComparisonDocument, ArmDocument, ExperimentDocument};
pub(super) use figures::figure;
pub use figures::{EstimateDocument, PlaceDocument, RateDocument, SpansDocument};
pub use friction::{EachBuyerDocument, FrictionDocument};
pub use generator::{DoubtDocument, GeneratorDocument};
pub use incidents::{
    DetectableDocument, IncidentDocument, OverloadDocument, PressureDocument, SeasonDocument,
    SightDocument, SourceDocument,
};
pub use objectives::{ObjectiveDocument, WindowDocument};
pub use orders::{MinuteOrdersDocument, OrderCountsDocument, OrdersDocument};
pub use places::{EndingsDocument, HeatDocument, StageDocument};
pub use repeats::{HotSpotDocument, RepeatsDocument, SmallGroupDocument, UnitRepeatsDocument};
pub use shoppers::{ByFailuresDocument, LossDocument, PatienceLossDocument, ShoppersDocument};
pub use steps::{FunnelDocument, JourneyDocument, StepDocument};
pub(super) use summary::hotspot;
pub use summary::{run_document, run_json, run_schema};
pub use times::{
    RefusalDocument, RefusalTimeDocument, RefusedGroupDocument, SlowTimeDocument, TimeZoneDocument,
    TrendDocument,
};
pub use wire::WireDocument;

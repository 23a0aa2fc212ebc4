//! `run.json`: the summary of a run for programs, and its published schema.

mod assets;
mod budget;
mod clusters;
mod document;
mod experiment;
mod figures;
mod friction;
mod incidents;
mod orders;
mod places;
mod revenue;
mod summary;
#[cfg(test)]
mod tests;
mod wire;

pub use assets::AssetsDocument;
pub use budget::{BudgetDocument, BurnAlertDocument};
pub use clusters::{ClusterDocument, ClusterExampleDocument};
pub use document::*;
pub use experiment::{AgainstDocument, ArmComparisonDocument, ArmDocument, ExperimentDocument};
pub(super) use figures::figure;
pub use figures::{EstimateDocument, PlaceDocument, RateDocument, SpansDocument};
pub use friction::{EachBuyerDocument, FrictionDocument};
pub use incidents::{
    DetectableDocument, IncidentDocument, OverloadDocument, PressureDocument, SeasonDocument,
    SightDocument, SourceDocument,
};
pub use orders::{MinuteOrdersDocument, OrderCountsDocument, OrdersDocument};
pub use places::{EndingsDocument, HeatDocument, StageDocument};
pub(super) use summary::hotspot;
pub use summary::{run_document, run_json, run_schema};
pub use wire::WireDocument;

//! What a run says: figures with their intervals, where repeated failures concentrate, what they cost, whether
//! the generator can be believed, and one word for the gate.
//!
//! Everything is a pure function of the plan, the merged tally and a few facts, so that a stored run can be judged again at
//! any time, and a run cut in slices says the same as one that was not.

mod abandonment;
mod causes;
pub mod compare;
mod facts;
mod findings;
mod health;
mod hotspots;
mod loss;
pub mod objectives;
mod repeats;
#[cfg(test)]
#[expect(dead_code, reason = "tests/calibration uses the rest of it")]
#[path = "../../tests/calibration/simulation.rs"]
pub(crate) mod simulation;
pub mod statistics;
mod summary;

pub use abandonment::LossModel;
pub use causes::{
    ArmComparison, ArmFinding, Cluster, ClusterExample, ExperimentFinding, Incident,
    RefusalFinding, RefusalTime, RefusedGroup, Rise, SlowTime, Throttling, Trend, VersusSame,
    clusters, experiment, incidents, refusals, slow_times, throttling, trace_ids, trends,
};
pub use facts::{Completion, Machine, RunFacts};
pub use findings::Findings;
pub use health::{
    GeneratorHealth, HealthIssue, IssueCause, LagQuantiles, NEGLIGIBLE_LAG, Validity, health,
};
pub use hotspots::{
    Basis, HeatmapCell, HotSpot, HotspotScope, MAX_Q, MIN_REPEATED, SmallGroup, heatmap, hotspots,
};
pub use loss::{Loss, LostOrderValue, Overload, PatienceLoss, RetryPressure, SeasonLoss, loss};
pub use objectives::{
    BudgetFinding, BudgetScope, BurnAlarm, ObjectiveFinding, ObjectiveVerdict, Reason,
    RecordFindings, Verdict, WithinLimit, WorstWindow, budget, certainly_violated, judge_records,
    objectives,
};
pub use repeats::{RepeatCause, RepeatSource, Repeats, Stickiness, UnitRepeats, repeats};
#[cfg(test)]
pub(crate) use summary::wire;
pub use summary::{
    AssetFinding, BuyerEffort, ByFailures, CameThrough, Detectable, DetectablePopulation, Endings,
    FrictionFinding, JourneyFinding, OrderSummary, ShopperFindings, Sight, StepFinding, Wire,
    detectable, endings, friction, journeys, orders, shoppers, steps,
};

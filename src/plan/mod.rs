//! The validated meaning of a scenario: what shoppers arrive, what they mean to do, how they judge it.
//!
//! A `Plan` can't be wrong: every name is resolved to an index, every template compiled, every figure in
//! range. It has no clock, no socket and no randomness of its own.

mod answer_rules;
mod arm_choice;
mod arms;
mod brought;
mod budget;
mod canonical;
mod compile;
mod decided_guards;
mod equipment;
#[doc(hidden)]
pub mod example;
mod expression;
mod extract;
mod fields;
mod flow;
pub mod forecast;
mod guard;
mod inputs;
mod intensity;
mod load;
mod metric;
mod metric_scope;
mod model;
mod objective;
mod objective_text;
mod persona;
mod provocation;
mod records;
mod remarks;
mod route;
mod schema;
pub mod shape;
mod shoppers;
mod signatures;
mod tally_shape;
mod template;
mod template_draws;
mod template_functions;
mod template_limits;
mod template_scope;
mod template_time;
mod test_cards;

pub use crate::capture::check::{Expected, RenderError};
pub use crate::capture::{JsonPlace, Value};
pub use answer_rules::{AfterDecline, Check, Conditions, Poll, PollAddress};
pub use arms::{Arm, MAX_ARMS, RetryStrategy};
pub use budget::{ErrorBudget, SpentBy, read_promise};
pub use canonical::Canonical;
pub use compile::compile_records;
pub use equipment::{Equipment, Network};
pub use extract::Extract;
pub use flow::{
    Assets, Auth, AwsKeys, Body, Capture, Computed, FieldMatch, Journey, JourneyItem, JsonSegment,
    Method, MultipartPart, OrderCapture, Price, Rendezvous, Request, RetryUnit, Step, Submit,
};
pub use guard::{Guard, GuardId, GuardTerm};
pub use inputs::{Inputs, Overrides, ReadFile};
pub use intensity::Intensity;
pub use load::{ArrivalModel, Bursts, Limits, Load, LoggedArrivals, Profile, Stage};
pub use metric::{Measure, Metric, MetricScope, MetricUnit, Population};
pub use objective::{Objective, Operator};
pub use objective_text::ObjectiveError;
pub use persona::Persona;
pub use provocation::{ProvocationArm, ProvocationKind, ProvocationTime};
pub use records::{
    CleanupAction, CleanupPlan, FieldPlace, NextPage, RECORD_FIELDS, RecordAuth, RecordPlace,
    RecordPlan, SourcePlan,
};
pub use remarks::remarks;
pub use route::{JourneyRoute, RouteGate, UnitVisit};
pub use schema::schema;
pub use shoppers::{Attribute, DataCell, DataSet, PATIENCE_PRESETS, Patience, Shoppers};
// Words that mean the same in the scenario and in the plan.
pub use crate::scenario::{
    Behaviour, Client, ConnectionReuse, Device, MoneyUnit, Pick, RowAssignment, StatusRange,
};
pub use model::{BUILT_IN_VARIABLES, Plan, SCHEDULE_VERSION, Targets};
pub use template::{Segment, Template, TemplateScope, Templates};

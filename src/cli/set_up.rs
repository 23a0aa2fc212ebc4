//! What a scenario does once, before shoppers come (`before`) and after they have gone (`after`): outside of the run's figures.

use std::rc::Rc;
use std::sync::Arc;

use anyhow::anyhow;
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::exit::Exit;
use super::failure::Failure;
use super::preflight::Access;
use super::screen::Screen;
use crate::base::{Micros, Slice, VarId};
use crate::engine::{Budget, RateLimitGate, TokioClock};
use crate::plan::{Plan, Value};
use crate::schedule::shopper_id;
use crate::shopper::transport::HttpTransport;
use crate::shopper::{CoreContext, JourneyRun, MeetingPoints, ReturningPool, StepObserver};
use crate::tally::{End, Tally};

/// What was captured, by variables of the plan of shoppers.
pub(super) type SharedValues = Vec<(VarId, serde_json::Value)>;

/// What a set-up needs beside its plan.
pub(super) struct SetUp<'a> {
    /// How to reach the shop.
    pub access: &'a Access,
    /// Names the run to the shop.
    pub run: &'a str,
    /// Sees each step, where wanted.
    pub observer: Option<Rc<dyn StepObserver>>,
    /// Tells what is done.
    pub screen: Screen,
}

// === impl SetUp ===

impl SetUp<'_> {
    /// Does what comes before shoppers. The first slice does all of it; any other only what captures something,
    /// which it needs for its own shoppers.
    ///
    /// # Errors
    /// When a step does not succeed: then no shopper may come.
    pub(super) fn before(self, plan: &Plan, slice: Slice) -> Result<SharedValues, Failure> {
        let Some(before) =
            plan.before.as_ref().filter(|_| slice.index() == 0 || !plan.shared.is_empty())
        else {
            return Ok(Vec::new());
        };
        self.screen.notice("set-up: doing what stands under `before`");
        let captured = self.carry_out(before, &[])?;
        let value = |(name, var): &(String, VarId)| {
            let own = before.variable(name)?;
            captured.iter().find(|(known, _)| *known == own).map(|(_, value)| (*var, value.clone()))
        };
        Ok(plan.shared.iter().filter_map(value).collect())
    }

    /// Does what comes after shoppers; the first slice alone.
    ///
    /// # Errors
    /// When a step does not succeed.
    pub(super) fn after(
        self,
        plan: &Plan,
        slice: Slice,
        shared: &SharedValues,
    ) -> Result<(), Failure> {
        let Some(after) = plan.after.as_ref().filter(|_| slice.index() == 0) else { return Ok(()) };
        self.screen.notice("tear-down: doing what stands under `after`");
        let value = |(var, value): &(VarId, serde_json::Value)| {
            let (name, _) = plan.shared.iter().find(|(_, known)| known == var)?;
            let own = after.shared.iter().find(|(known, _)| known == name)?.1;
            Some((own, value.clone()))
        };
        let shared: SharedValues = shared.iter().filter_map(value).collect();
        self.carry_out(after, &shared).map(drop)
    }

    /// Goes through the one journey of a plan; what it captured.
    fn carry_out(
        self,
        plan: &Arc<Plan>,
        shared: &[(VarId, serde_json::Value)],
    ) -> Result<SharedValues, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)?;
        LocalSet::new().block_on(&runtime, async {
            let clock = TokioClock::start(Instant::now());
            let access = self.access;
            let context = CoreContext::<(_, _, _)> {
                plan: Arc::clone(plan),
                transport: HttpTransport::try_new(access.http.clone(), clock.clone())
                    .map_err(anyhow::Error::from)?,
                gate: Rc::new(RateLimitGate::new(
                    clock.clone(),
                    &plan.limits,
                    1,
                    Budget::default(),
                )),
                clock,
                targets: Vec::new(),
                settings: Rc::new(access.session.clone()),
                run: Rc::from(self.run),
                shared: shared.iter().map(|(var, value)| (*var, Value::of_json(value))).collect(),
                tally: Tally::new(plan.tally_shape()).into(),
                purchase_log: Rc::new(()),
                returning: ReturningPool::default().into(),
                rendezvous: Arc::new(MeetingPoints::new(plan, Slice::WHOLE)),
                observer: self.observer,
                baseline: None,
                skip_delays: false,
                never_abandon: true,
            };
            let mut journey = JourneyRun::new(&context, shopper_id(0, 0), 0, Micros::ZERO);
            let end = journey.run(&context).await;
            let known = (0..plan.variables.len()).filter_map(|place| {
                let var = VarId(u16::try_from(place).ok()?);
                Some((var, journey.value(var)?))
            });
            let known: SharedValues = known.collect();
            let tally = context.tally.borrow();
            let failed = plan.steps.iter().zip(&tally.steps).find_map(|(step, counted)| {
                let kind = counted.failed.keys().next().map(|kind| kind.label().to_owned());
                let declined = (counted.declined > 0).then(|| "declined".to_owned());
                kind.or(declined).map(|why| format!("step `{}` failed: {why}", step.name))
            });
            drop(tally);
            match end {
                End::Completed => Ok(known),
                End::LeftByChoice | End::Lost | End::StoppedByCap | End::Unfinished => {
                    let what = failed.unwrap_or_else(|| "it could not be carried out".to_owned());
                    let error = anyhow!("`{}`: {what}", plan.name);
                    Err(Failure::new(Exit::Unexpected, error)
                        .help("`tillrush walk` shows its requests and answers"))
                }
            }
        })
    }
}

//! One unit of the route: tried again until it succeeds, or the shopper stops.
//!
//! After a failure or a decline a live shopper may be out of patience and is lost. Otherwise the shopper pauses and
//! tries again: as often as the scenario allows, and at the first failure in the way of the experiment's arm.

use std::sync::Arc;

use super::activity::{Activity, UnitUnderWay};
use super::context::{CoreContext, Env};
use super::experiment::Retry;
use super::journey::JourneyRun;
use super::progress::UnitEnd;
use super::purchase::Intent;
use super::request::variables::built_in;
use super::transport::Clock;
use crate::base::random::{Purpose, uniform};
use crate::base::{Micros, StepId, UnitId};
use crate::plan::{AfterDecline, Behaviour, RetryStrategy, Value};
use crate::tally::{End, FailureKind, Observed, Outcome, PairQuestion, UnitAttempt};

/// How an attempt at a unit ended.
#[derive(Clone, Copy, Debug)]
struct AttemptEnd {
    outcome: Outcome,
    /// The last step tried.
    step: StepId,
    ended_at: Micros,
}

impl<E: Env> JourneyRun<E> {
    /// Tries a unit until it succeeds, or the shopper goes elsewhere.
    pub(super) async fn pass_unit(
        &mut self,
        context: &CoreContext<E>,
        unit: UnitId,
        place: usize,
        mut intended_at: Micros,
    ) -> UnitEnd {
        // Who starts over still means to buy the same.
        if !self.experiment.is_under_way() {
            self.intent = None;
        }
        // Who tries again does so from the page where the unit began: a reload repeats the request with the referer that it
        // had, and a form is filled on the page that has it.
        let begins_at = self.session.bookmark();
        loop {
            self.progress[place].attempts += 1;
            let nth = self.progress[place].attempts;
            let tried = self.try_unit(context, unit, place, nth, intended_at).await;
            let key = self.intent.as_ref().map(Intent::generation);
            self.experiment.record_outcome(
                place,
                tried.outcome,
                key,
                &mut context.tally.borrow_mut(),
            );
            match tried.outcome {
                Outcome::Ok => return UnitEnd::Passed { at: tried.ended_at, attempts: nth },
                Outcome::Unjudged if self.outcomes.left => {
                    return UnitEnd::Ended(End::LeftByChoice);
                }
                Outcome::Unjudged => return UnitEnd::Ended(End::Unfinished),
                Outcome::Declined => {
                    self.record_decline(unit, place);
                    let after = context.plan.step(tried.step).after_decline;
                    if let Some(end) = self.react_to_decline(context, after, &tried, nth) {
                        return end;
                    }
                }
                Outcome::Failed(kind) => {
                    self.record_failure(context, &tried, kind, place, intended_at)
                }
            }
            if let Some(end) = self.gives_up(context, nth) {
                return UnitEnd::Ended(end);
            }
            let retry = match tried.outcome {
                Outcome::Failed(_) => self.choose_retry(context, place, tried.step),
                Outcome::Ok | Outcome::Declined | Outcome::Unjudged => Retry::Again,
            };
            let delay = match retry {
                Retry::After(delay) => delay,
                Retry::Again | Retry::Restart => context.plan.shoppers.retry_after,
            };
            let mut pause =
                self.pause(context, delay, Purpose::RetryAfter, self.draw_of(unit.0, nth));
            // Who reads "try again in a minute" does. An arm that waits says itself how long.
            if retry == Retry::Again && !context.skip_delays {
                pause = pause.max(self.outcomes.asked_to_wait.unwrap_or_default());
            }
            context.observe(|observer| observer.pause_started(pause, "before trying again"));
            self.outcomes.effort.idle += pause;
            intended_at = tried.ended_at + pause;
            if retry == Retry::Restart {
                return UnitEnd::Restart { at: intended_at };
            }
            self.session.go_back(&begins_at);
        }
    }

    /// Where the shopper is after a refusal, if not about to try again; changes what another try changes.
    fn react_to_decline(
        &mut self,
        context: &CoreContext<E>,
        after: AfterDecline,
        tried: &AttemptEnd,
        attempts: u32,
    ) -> Option<UnitEnd> {
        let at = tried.ended_at;
        match after {
            AfterDecline::Retry => None,
            AfterDecline::Leave => Some(UnitEnd::Ended(End::LeftByChoice)),
            AfterDecline::Next => Some(UnitEnd::Passed { at, attempts }),
            AfterDecline::SkipTo(to) => Some(UnitEnd::Skipped { to, at, attempts }),
            AfterDecline::Redraw(attribute) => {
                let way = RetryStrategy::Redraw(usize::from(attribute));
                self.change_attributes(context, &way);
                None
            }
        }
    }

    /// Gives the shopper the attributes that this way of trying again changes.
    fn change_attributes(&mut self, context: &CoreContext<E>, way: &RetryStrategy) {
        let plan = &*context.plan;
        let values = plan.values_after(way, self.profile.id, self.profile.attributes());
        let before = self.profile.attributes().iter().zip(&values);
        for (attribute, (before, value)) in plan.shoppers.attributes.iter().zip(before) {
            if value != before {
                self.variables.set_text(attribute.var, &attribute.values[usize::from(*value)].0);
            }
        }
        self.session.equip(plan.shoppers.equipment(&values));
        self.profile.changed_attributes = Some(values);
    }

    fn record_decline(&mut self, unit: UnitId, place: usize) {
        self.outcomes.record_decline();
        self.progress[place].failed_at = None;
        let round = self.round;
        self.intent.iter_mut().filter(|intent| intent.matches(unit, round)).for_each(Intent::renew);
    }

    fn record_failure(
        &mut self,
        context: &CoreContext<E>,
        tried: &AttemptEnd,
        kind: FailureKind,
        place: usize,
        intended_at: Micros,
    ) {
        let progress = &mut self.progress[place];
        progress.failed_at = Some(intended_at);
        progress.failures += 1;
        if self.outcomes.record_failure(tried.step, kind, intended_at, progress.failures) {
            context.tally.borrow_mut().record_repeat(tried.ended_at);
        }
    }

    /// How the shopper ends after this attempt, if not by trying again.
    fn gives_up(&self, context: &CoreContext<E>, nth: u32) -> Option<End> {
        let shoppers = &context.plan.shoppers;
        let setbacks = self.outcomes.setbacks();
        let leaves = || {
            uniform(self.profile.id.0, Purpose::Patience, u64::from(setbacks))
                < shoppers.patience.hazard(setbacks)
        };
        if shoppers.behaviour == Behaviour::Live && leaves() {
            return Some(End::Lost);
        }
        shoppers.max_attempts.is_some_and(|most| nth >= most).then_some(End::StoppedByCap)
    }

    /// How the shopper tries again after a failure at this step; changes what the experiment's arm changes.
    fn choose_retry(&mut self, context: &CoreContext<E>, place: usize, step: StepId) -> Retry {
        let (plan, has_bought) = (&*context.plan, self.outcomes.has_bought());
        let (unit, round) = (plan.step(step).unit, self.round);
        let intent = self.intent.as_ref().filter(|intent| intent.matches(unit, round));
        let key = intent.map(Intent::generation);
        let Some(way) =
            self.experiment.assign_arm(plan, &self.profile, has_bought, place, step, key)
        else {
            return Retry::Again;
        };
        self.change_attributes(context, way);
        match way {
            RetryStrategy::Same | RetryStrategy::Redraw(_) | RetryStrategy::Set(_) => Retry::Again,
            RetryStrategy::Wait(pause) => Retry::After(*pause),
            RetryStrategy::FreshKey => {
                self.intent.iter_mut().for_each(Intent::renew);
                Retry::Again
            }
            RetryStrategy::FreshSession => {
                self.session.reset();
                self.last_answer = None;
                self.outcomes.observed.fill(Observed::Missing);
                Retry::Restart
            }
        }
    }

    /// Whether the shopper has not been at the unit of this place in an earlier round. A guard may have skipped those.
    fn comes_first_time(&self, place: usize) -> bool {
        let unit = self.progress[place].place;
        self.round == 0 || !self.progress[..place].iter().any(|leg| leg.place == unit && leg.came)
    }

    /// One attempt at a unit: its steps in order, to the first that does not succeed.
    async fn try_unit(
        &mut self,
        context: &CoreContext<E>,
        unit: UnitId,
        place: usize,
        nth: u32,
        intended_at: Micros,
    ) -> AttemptEnd {
        self.variables.set(built_in::ATTEMPT, Value::Json(Arc::new(nth.into())));
        self.activity =
            Activity::Attempting(UnitUnderWay { unit, nth, intended_at, purchase: None });
        let after_failure_at = self.progress[place].failed_at;
        let observed_before = self.outcomes.observed.clone();
        let steps = context.plan.unit(unit).steps.clone();
        let mut step_at = intended_at;
        let mut tried =
            AttemptEnd { outcome: Outcome::Ok, step: StepId(steps.start), ended_at: intended_at };
        let mut begun = false;
        for step in steps.clone().map(StepId) {
            match self.takes_step(context, step) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(_) => {
                    tried.outcome = Outcome::Unjudged;
                    break;
                }
            }
            if std::mem::replace(&mut begun, true) {
                step_at = tried.ended_at + self.think(context, step, nth);
            }
            // The wait is all that a thinking shopper holds; what a request needs lives on the heap while it lasts.
            context.clock.sleep_until(step_at).await;
            if nth == 1 && !context.skip_delays {
                let together_at =
                    context.rendezvous.wait(step, &context.clock).await.unwrap_or(step_at);
                self.outcomes.effort.idle += together_at.since(step_at);
                step_at = together_at;
            }
            if !self.progress[place].came && self.comes_first_time(place) {
                let funnel_place = self.progress[place].place.into();
                context.tally.borrow_mut().record_entry(self.profile.persona.journey, funnel_place);
            }
            self.progress[place].came = true;
            self.outcomes.record_step(step);
            let (outcome, ended_at) =
                Box::pin(self.try_step(context, unit, step, nth, step_at)).await;
            tried = AttemptEnd { outcome, step, ended_at };
            let plan_step = context.plan.step(step);
            match outcome {
                Outcome::Ok => {}
                Outcome::Failed(_) if plan_step.optional => tried.outcome = Outcome::Ok,
                Outcome::Declined
                    if plan_step.after_decline == AfterDecline::Next && step.0 + 1 < steps.end =>
                {
                    self.outcomes.record_decline();
                    tried.outcome = Outcome::Ok;
                }
                Outcome::Failed(_) | Outcome::Declined | Outcome::Unjudged => break,
            }
        }
        self.activity = Activity::Idle;
        if context.plan.unit(unit).purchase {
            self.outcomes.record_paired(PairQuestion::Purchase, tried.outcome);
        }
        context.tally.borrow_mut().unit_attempt(&UnitAttempt {
            unit,
            nth,
            intended_at,
            after_failure_at,
            attributes: self.profile.attributes(),
            observed: &observed_before,
            outcome: tried.outcome,
        });
        tried
    }
}

//! One shopper's run through a journey: along the route, until an end.
//!
//! `retry` tries each unit until it succeeds or the shopper stops, `attempt` tries one step.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use super::activity::{Activity, StepUnderWay};
use super::browser::session::BrowserSession;
use super::context::{CoreContext, Env, ShopperSession};
use super::experiment::Experiment;
use super::failure_sample::{sample_hash, sample_line};
use super::gates::{Gates, LastAnswer};
use super::outcomes::{Outcomes, PairedOutcomes};
use super::profile::ShopperProfile;
use super::progress::{self, UnitEnd, UnitProgress};
use super::purchase::{Intent, PurchaseEvent};
use super::request::variables::{Variables, built_in};
use super::transport::{Clock, Transport};
use crate::base::random::{Purpose, uniform};
use crate::base::{Delay, Micros, ShopperId, StepId, UnitId, VarId};
use crate::plan::{TemplateScope, UnitVisit, Value};
use crate::tally::{AttemptTimes, End, OrderKnowledge, Outcome, StepAttempt, UnitAttempt};

/// One shopper on the way through a journey.
pub struct JourneyRun<E: Env> {
    pub(super) profile: ShopperProfile,
    pub(super) session: ShopperSession<E>,
    pub(super) variables: Variables,
    pub(super) outcomes: Outcomes,
    pub(super) activity: Activity,
    pub(super) experiment: Experiment,
    pub(super) intent: Option<Intent>,
    /// What the route has behind guards.
    pub(super) gates: Gates,
    /// Kept where a guard may ask for it.
    pub(super) last_answer: Option<Box<LastAnswer>>,
    /// By place on the route.
    pub(super) progress: Vec<UnitProgress>,
    /// How often the shopper has been at this unit before.
    pub(super) round: u32,
}

// === impl JourneyRun ===

impl<E: Env> JourneyRun<E> {
    /// A shopper who should arrive at `arrived_at`. `row` is the arrival's ordinal, which selects data rows.
    pub fn new(
        context: &CoreContext<E>,
        shopper: ShopperId,
        row: u64,
        arrived_at: Micros,
    ) -> JourneyRun<E> {
        let plan = &*context.plan;
        let profile = ShopperProfile::new(plan, shopper, arrived_at);
        let mut session = BrowserSession::with_gate(
            context.transport.connections(shopper),
            context.gate.clone(),
            context.settings_for(&profile.persona.attributes),
        );
        session.set_header(HeaderName::from_static("x-shopper"), header(&profile.marker));
        session.set_header(HeaderName::from_static("x-load-test"), header(&context.run));
        let equipment = plan.shoppers.equipment(&profile.persona.attributes);
        if !equipment.is_empty() {
            session.equip(equipment);
        }
        let mut variables = Variables::of_shopper(plan, &profile, &context.run, row);
        for (var, value) in &context.shared {
            variables.set(*var, value.clone());
        }
        JourneyRun {
            variables,
            outcomes: Outcomes::new(plan.observed.len()),
            activity: Activity::default(),
            experiment: Experiment::default(),
            intent: None,
            gates: Gates::default(),
            last_answer: None,
            progress: Vec::new(),
            round: 0,
            profile,
            session,
        }
    }

    /// The shopper's own e-mail address, as templates know it.
    pub fn email(&self) -> String {
        let email = self.variables.value(built_in::SHOPPER_EMAIL);
        email.map(|email| email.as_text().into_owned()).unwrap_or_default()
    }

    /// The value of a variable, as JSON.
    pub fn value(&self, var: VarId) -> Option<serde_json::Value> {
        self.variables.value(var).map(Value::to_json)
    }

    /// The same shopper is in another shop too: keeps what is compared between the two.
    pub fn in_two_shops(mut self) -> JourneyRun<E> {
        self.outcomes.pair();
        self
    }

    /// What is compared between two shops; nothing of a shopper who was cut.
    pub fn paired_outcomes(&mut self, end: End) -> PairedOutcomes {
        self.outcomes.take_paired(end)
    }

    /// Goes through the journey. May be dropped at any time; `close` then records what was under way.
    pub async fn run(&mut self, context: &CoreContext<E>) -> End {
        let plan = &*context.plan;
        self.restore_browser(context);
        let first = plan.journey(self.profile.persona.journey).units.start;
        let mut route = plan.route(self.profile.persona.journey, self.profile.id);
        self.gates = Gates::new(&mut route);
        let places = route.stops.iter().map(|stop| UnitProgress::new(stop.unit.0 - first));
        self.progress = places.collect();
        let (mut from, mut intended_at) = (0, self.profile.arrived_at);
        loop {
            let place = match self.next_stop(context, &route, from) {
                Ok(Some(place)) => place,
                Ok(None) => break,
                Err(_) => return End::Unfinished,
            };
            let at = route.stops[place];
            self.round = at.round;
            let (passed_at, attempts) =
                match self.pass_unit(context, at.unit, place, intended_at).await {
                    UnitEnd::Passed { at, attempts } => (at, attempts),
                    UnitEnd::Restart { at } => {
                        (from, intended_at) = (0, at);
                        self.gates.forget();
                        continue;
                    }
                    UnitEnd::Skipped { to, at, attempts } => {
                        self.record_passage(context, place, attempts);
                        let later = route.stops[place..].iter();
                        let skipped = later.take_while(|stop| stop.unit != to).count();
                        (from, intended_at) =
                            (place + skipped, at + self.think_before(context, to));
                        continue;
                    }
                    UnitEnd::Ended(end) => return end,
                };
            self.record_passage(context, place, attempts);
            let next = match self.next_stop(context, &route, place + 1) {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(_) => return End::Unfinished,
            };
            let last = StepId(plan.unit(at.unit).steps.end - 1);
            if !self.goes_on(context, at, last) {
                let funnel_place = self.progress[place].place.into();
                context.tally.borrow_mut().record_leave(self.profile.persona.journey, funnel_place);
                return End::LeftByChoice;
            }
            let UnitVisit { unit, round, .. } = route.stops[next];
            self.round = round;
            from = next;
            intended_at = passed_at + self.think_before(context, unit);
        }
        End::Completed
    }

    /// Records that the shopper passed the unit at this place of the route, where the funnel does not have it yet.
    fn record_passage(&mut self, context: &CoreContext<E>, place: usize, attempts: u32) {
        self.outcomes.record_passage();
        if self.progress[place].passed_at != 0 {
            return;
        }
        self.progress[place].passed_at = attempts;
        if let Some(nth) = progress::through(&self.progress, place) {
            context.tally.borrow_mut().record_pass(
                self.profile.persona.journey,
                self.progress[place].place.into(),
                nth,
            );
        }
    }

    /// Whether the shopper goes on after the unit's last step, or leaves by choice as some do.
    fn goes_on(&self, context: &CoreContext<E>, at: UnitVisit, last: StepId) -> bool {
        let going_on = context.plan.step(last).continues;
        let draw = u64::from(at.round) << 32 | u64::from(at.unit.0);
        if uniform(self.profile.id.0, Purpose::Continue, draw) < going_on {
            return true;
        }
        if context.never_abandon {
            context.observe(|observer| observer.would_have_left(going_on));
        }
        context.never_abandon
    }

    /// Takes the browser of one who has left, if the shopper is one who returns.
    fn restore_browser(&mut self, context: &CoreContext<E>) {
        let equipment = context.plan.shoppers.equipment(&self.profile.persona.attributes);
        if equipment.returns {
            let state = context.returning.borrow_mut().take(equipment.device);
            self.outcomes.known_to_shop = Some(state.is_some());
            state.into_iter().for_each(|state| self.session.restore(state));
        }
    }

    /// The think time before a unit.
    fn think_before(&mut self, context: &CoreContext<E>, unit: UnitId) -> Micros {
        self.think(context, StepId(context.plan.unit(unit).steps.start), 1)
    }

    /// The think time before a step.
    pub(super) fn think(&mut self, context: &CoreContext<E>, step: StepId, nth: u32) -> Micros {
        let pause = self.pause(
            context,
            context.plan.step(step).think,
            Purpose::Think,
            self.draw_of(step.0, nth),
        );
        context.observe(|observer| observer.pause_started(pause, "thinking"));
        self.outcomes.effort.idle += pause;
        pause
    }

    /// The ordinal of the draw for the n-th attempt, in this round, at a step or unit.
    pub(super) fn draw_of(&self, place: u16, nth: u32) -> u64 {
        u64::from(place) << 32 | u64::from(self.round) << 20 | u64::from(nth)
    }

    pub(super) fn pause(
        &self,
        context: &CoreContext<E>,
        delay: Delay,
        purpose: Purpose,
        ordinal: u64,
    ) -> Micros {
        if context.skip_delays {
            Micros::ZERO
        } else {
            delay.at(uniform(self.profile.id.0, purpose, ordinal))
        }
    }

    /// Records how the run ended, and what was cut by the end.
    pub fn close(mut self, context: &CoreContext<E>, end: End) {
        let now = context.clock.now();
        self.cut(context, now);
        let mut tally = context.tally.borrow_mut();
        progress::settle(&self.progress, self.profile.persona.journey, end, &mut tally);
        if let Some(known) = self.outcomes.known_to_shop.filter(|_| self.outcomes.acted) {
            tally.came_again(known);
        }
        if self.outcomes.acted {
            tally.shopper_end(&self.outcomes.shopper_end(&self.profile, now, end));
        } else {
            tally.record_unstarted(self.profile.arrived_at, "stopped");
        }
        let trace = &self.outcomes.trace;
        if trace.is_sampled() {
            let line =
                sample_line(&context.plan, &self.profile, &self.outcomes.observed, trace, end);
            let hash = sample_hash(self.profile.id);
            trace.samples().for_each(|cause| tally.sample(cause, hash, Arc::clone(&line)));
        }
        drop(tally);
        let shoppers = &context.plan.shoppers;
        if end != End::Unfinished && shoppers.some_return() {
            let device = shoppers.equipment(self.profile.attributes()).device;
            context.returning.borrow_mut().add(device, self.session.into_state());
        }
    }

    /// What is under way ends without an outcome.
    fn cut(&mut self, context: &CoreContext<E>, now: Micros) {
        let (unit, step) = match self.activity {
            Activity::Idle => return,
            Activity::Attempting(unit) => (unit, None),
            Activity::AtStep(unit, step) => (unit, Some(step)),
        };
        let attributes = self.profile.attributes();
        let mut tally = context.tally.borrow_mut();
        if let Some(StepUnderWay { step, intended_at, acted_at, arrival }) = step {
            tally.step_attempt(&StepAttempt {
                step,
                intended_at,
                acted_at,
                ended_at: now,
                times: AttemptTimes::default(),
                arrival,
                attributes,
                outcome: Outcome::Unjudged,
            });
        }
        tally.unit_attempt(&UnitAttempt {
            unit: unit.unit,
            nth: unit.nth,
            intended_at: unit.intended_at,
            after_failure_at: None,
            attributes,
            observed: &self.outcomes.observed,
            outcome: Outcome::Unjudged,
        });
        drop(tally);
        self.settle_purchase(context, Outcome::Unjudged, false, now);
    }

    /// Logs what became of the purchase whose request was sent, if one was.
    ///
    /// `refused` says that the failure is the shop's own response to the very request: only then is there surely no order.
    pub(super) fn settle_purchase(
        &mut self,
        context: &CoreContext<E>,
        outcome: Outcome,
        refused: bool,
        at: Micros,
    ) {
        let Some(purchase) = self.activity.replace_purchase(None) else { return };
        let Some(intent) = &self.intent else { return };
        let order = self
            .variables
            .value(built_in::ORDER_ID)
            .map(|value| self.variables.mask(&context.plan, &value.as_text()).into_owned());
        let event = match outcome {
            Outcome::Ok => PurchaseEvent::Ok {
                order: order.as_deref(),
                total_minor: self.outcomes.order_value.map(|value| value.0),
            },
            Outcome::Declined => PurchaseEvent::Declined,
            Outcome::Failed(kind) if refused && kind.order_knowledge() == OrderKnowledge::None => {
                PurchaseEvent::Failed { kind }
            }
            Outcome::Failed(kind) => PurchaseEvent::Unknown { kind: Some(kind) },
            Outcome::Unjudged => PurchaseEvent::Unknown { kind: None },
        };
        if let Some(stage) = event.stage() {
            context.tally.borrow_mut().purchase(at, stage);
        }
        if matches!(event, PurchaseEvent::Unknown { .. }) {
            self.outcomes.record_unknown_order();
        }
        intent.log(&*context.purchase_log, &context.plan, &self.profile, purchase, event, at);
    }
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unnamed"))
}

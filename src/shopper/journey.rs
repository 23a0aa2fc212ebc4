//! One shopper's visit: through the units of a journey, trying again what fails, until an end.
//!
//! ```text
//! // ## Arrived ─► Trying ─(ok)─► Thinking ─► Trying … ─► Completed
//! //                  │ (ok, and leaves as some do) ────► LeftByChoice
//! //                  │ (failed or declined)
//! //                  ├─ out of patience, live ─────────► Lost
//! //                  ├─ tried as often as allowed ─────► StoppedByCap
//! //                  └─ Pausing ─► Trying
//! //   the run ends first, or the generator fails ──────► Unfinished
//! ```

use std::rc::Rc;

use http::{HeaderName, HeaderValue};

use super::browser::session::{BrowserSession, RequestGate};
use super::context::CoreContext;
use super::experiment::{Experiment, Retry};
use super::failure_sample::{SampledShopper, Trace, sample_line};
use super::progress::{self, UnitProgress};
use super::purchase::Intent;
use super::request::variables::{Variables, built_in};
use super::transport::{Clock, Transport};
use crate::base::random::{Purpose, uniform};
use crate::base::{Delay, Micros, MinorUnits, ShopperId, StepId, UnitId};
use crate::plan::{Behaviour, Cell, Persona, Plan, Stop, Value};
use crate::tally::{Effort, End, Observed, Outcome, PairOf, ShopperEnd, StepAttempt, UnitAttempt};

/// One shopper in the shop.
pub struct JourneyRun<S: Transport, G> {
    pub(super) shopper: ShopperId,
    pub(super) marker: Rc<str>,
    pub(super) persona: Persona,
    /// The values of attributes that an experiment changed; the persona's where it did not.
    pub(super) held: Option<Vec<u8>>,
    pub(super) experiment: Experiment,
    pub(super) arrived_at: Micros,
    /// Of a shopper who comes again: whether the shop knows the browser.
    came_again: Option<bool>,
    pub(super) session: BrowserSession<S::Connections, G>,
    pub(super) variables: Variables,
    pub(super) observed: Vec<Observed>,
    pub(super) trace: Trace,
    pub(super) met: Met,
    /// By unit of the shopper's way through the journey.
    progress: Vec<UnitProgress>,
    /// What was done so far.
    pub(super) effort: Effort,
    pub(super) intent: Option<Intent>,
    /// How often the shopper has been at this unit before.
    pub(super) round: u32,
    /// What would be cut if the run ended now.
    pub(super) under_way: UnderWay,
    /// What is told of a shopper who is in two shops at once: whether this failed. Boxed, for most shoppers have none.
    pub(super) answers: Option<Box<Answers>>,
}

/// What a pair is asked, with whether it failed here.
pub type Answers = Vec<(PairOf, bool)>;

/// What the shopper met so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Met {
    pub acted: bool,
    pub failures: u32,
    pub declines: u32,
    pub first_failed: Option<StepId>,
    pub first_failed_at: Option<Micros>,
    pub second_failed: Option<StepId>,
    pub same_unit_twice: bool,
    pub bought_at: Option<Micros>,
    /// What it took until then.
    pub effort_to_buy: Option<Effort>,
    pub worth: Option<MinorUnits>,
}

/// What is begun and not judged yet.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay {
    /// The unit, which attempt, and when it should have begun.
    pub unit: Option<(UnitId, u32, Micros)>,
    /// When the attempt before it should have begun, if that failed.
    pub after_failure_at: Option<Micros>,
    /// The step.
    pub step: Option<StepUnderWay>,
    /// The purchase whose request is sent.
    pub purchase: Option<Purchase>,
}

/// A step that is not judged yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepUnderWay {
    pub step: StepId,
    pub intended_at: Micros,
    pub acted_at: Micros,
    pub arrival: bool,
}

/// A purchase attempt whose outcome is not known yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purchase {
    pub unit: UnitId,
    pub nth: u32,
    /// The step whose answer tells.
    pub paying_step: StepId,
}

/// Where a shopper is after a unit.
enum Then {
    /// Through it, at this moment and attempt.
    Passed(Micros, u32),
    /// At the start of the journey again, to begin at this moment.
    Anew(Micros),
    /// At the end.
    Ended(End),
}

/// How an attempt at a unit came out.
#[derive(Clone, Copy, Debug)]
struct Tried {
    outcome: Outcome,
    /// The last step tried.
    step: StepId,
    ended_at: Micros,
}

// === impl JourneyRun ===

impl<S: Transport, G: RequestGate + Clone> JourneyRun<S, G> {
    /// A shopper who should arrive at `arrived_at`. `row` is the arrival's ordinal, which data rows go by.
    pub fn new<C: Clock>(
        context: &CoreContext<S, C, G>,
        shopper: ShopperId,
        row: u64,
        arrived_at: Micros,
    ) -> JourneyRun<S, G> {
        let plan = &*context.plan;
        let persona = Persona::of(plan, shopper);
        let marker: Rc<str> = Rc::from(format!("s-{shopper}"));
        let mut session = BrowserSession::with_gate(
            context.transport.connections(shopper),
            context.gate.clone(),
            Rc::clone(&context.settings),
        );
        session.set_header(HeaderName::from_static("x-shopper"), header(&marker));
        session.set_header(HeaderName::from_static("x-load-test"), header(&context.run));
        let equipment = plan.shoppers.equipment(&persona.attributes);
        if !equipment.is_empty() {
            session.equip(equipment);
        }
        JourneyRun {
            variables: variables(plan, shopper, &marker, &context.run, row, &persona),
            observed: vec![Observed::Missing; plan.observed.len()],
            trace: Trace::default(),
            met: Met::default(),
            effort: Effort::default(),
            intent: None,
            round: 0,
            under_way: UnderWay::default(),
            held: None,
            experiment: Experiment::default(),
            progress: Vec::new(),
            shopper,
            marker,
            persona,
            arrived_at,
            came_again: None,
            session,
            answers: None,
        }
    }

    /// The same shopper is in another shop too: what both met will be compared.
    pub fn in_two_shops(mut self) -> JourneyRun<S, G> {
        self.answers = Some(Box::default());
        self
    }

    /// What is told of a shopper who was in two shops; nothing of one who did not come to an end.
    pub fn answers(&mut self, end: End) -> Answers {
        let mut answers = self.answers.take().map(|answers| *answers).unwrap_or_default();
        if end == End::Unfinished || !self.met.acted {
            return Answers::new();
        }
        answers.push((PairOf::Repeated, self.met.failures >= 2));
        answers
    }

    /// Takes down the first answer to each question.
    pub(super) fn answer(&mut self, of: PairOf, outcome: Outcome) {
        let Some(answers) = &mut self.answers else { return };
        if outcome != Outcome::Unjudged && answers.iter().all(|(known, _)| *known != of) {
            answers.push((of, matches!(outcome, Outcome::Failed(_))));
        }
    }

    /// Goes through the journey. May be dropped at any time; `close` then still tells what was under way.
    pub async fn go<C: Clock>(&mut self, context: &CoreContext<S, C, G>) -> End {
        let plan = &*context.plan;
        self.come_again(context);
        let first = plan.journey(self.persona.journey).units.start;
        let route = plan.route(self.persona.journey, self.shopper);
        self.progress = route
            .iter()
            .map(|stop| UnitProgress { place: stop.unit.0 - first, ..UnitProgress::default() })
            .collect();
        let (mut leg, mut intended_at) = (0, self.arrived_at);
        while let Some(&Stop { unit, round }) = route.get(leg) {
            self.round = round;
            let (passed_at, attempts) =
                match self.get_through(context, unit, leg, intended_at).await {
                    Then::Passed(passed_at, attempts) => (passed_at, attempts),
                    Then::Anew(at) => {
                        (leg, intended_at) = (0, at);
                        continue;
                    }
                    Then::Ended(end) => return end,
                };
            let last = StepId(plan.unit(unit).steps.end - 1);
            let draw = u64::from(round) << 32 | u64::from(unit.0);
            let stays =
                uniform(self.shopper.0, Purpose::Continue, draw) < plan.step(last).continues;
            if self.progress[leg].passed_at == 0 {
                self.progress[leg].passed_at = attempts;
                if let Some(nth) = progress::through(&self.progress, leg) {
                    context.tally.borrow_mut().passed(
                        self.persona.journey,
                        self.progress[leg].place.into(),
                        nth,
                    );
                }
            }
            let Some(next) = route.get(leg + 1) else { break };
            if !stays && context.never_abandon {
                context.observe(|observer| observer.would_have_left(plan.step(last).continues));
            } else if !stays {
                context
                    .tally
                    .borrow_mut()
                    .left(self.persona.journey, self.progress[leg].place.into());
                return End::LeftByChoice;
            }
            self.round = next.round;
            leg += 1;
            intended_at =
                passed_at + self.think(context, StepId(plan.unit(next.unit).steps.start), 1);
        }
        End::Completed
    }

    /// Takes what one who has left had in the browser, if the shopper is one who comes again.
    fn come_again<C: Clock>(&mut self, context: &CoreContext<S, C, G>) {
        let equipment = context.plan.shoppers.equipment(&self.persona.attributes);
        if equipment.returns {
            let known = context.returning.borrow_mut().take(equipment.device);
            self.came_again = Some(known.is_some());
            known.into_iter().for_each(|state| self.session.restore(state));
        }
    }

    /// The value that the shopper holds of each attribute.
    pub(super) fn held(&self) -> &[u8] {
        self.held.as_deref().unwrap_or(&self.persona.attributes)
    }

    /// Tries a unit until it succeeds, or it comes otherwise.
    async fn get_through<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        unit: UnitId,
        leg: usize,
        mut intended_at: Micros,
    ) -> Then {
        let shoppers = &context.plan.shoppers;
        // Who begins anew still wants the same.
        if !matches!(self.experiment, Experiment::UnderWay(..)) {
            self.intent = None;
        }
        // Who tries again does so from the page where the unit began: a reload repeats the request with the referer that it
        // had, and a form is filled on the page that has it.
        let begins_at = self.session.bookmark();
        let mut again = false;
        loop {
            if std::mem::replace(&mut again, true) {
                self.session.go_back(&begins_at);
            }
            self.progress[leg].attempts += 1;
            let nth = self.progress[leg].attempts;
            self.under_way.after_failure_at = self.progress[leg].failed_at;
            let tried = self.try_unit(context, unit, leg, nth, intended_at).await;
            self.follow_up(context, leg, tried.outcome);
            match tried.outcome {
                Outcome::Ok => return Then::Passed(tried.ended_at, nth),
                Outcome::Unjudged => return Then::Ended(End::Unfinished),
                Outcome::Declined => {
                    self.met.declines += 1;
                    self.progress[leg].failed_at = None;
                    let round = self.round;
                    self.intent
                        .iter_mut()
                        .filter(|intent| intent.matches(unit, round))
                        .for_each(Intent::renew);
                }
                Outcome::Failed(_) => {
                    self.progress[leg].failed_at = Some(intended_at);
                    self.met.first_failed_at.get_or_insert(intended_at);
                    self.count_failure(context, &tried, leg);
                }
            }
            let met = self.met.failures + self.met.declines;
            let leaves = || {
                uniform(self.shopper.0, Purpose::Patience, u64::from(met))
                    < shoppers.patience.hazard(met)
            };
            if shoppers.behaviour == Behaviour::Live && leaves() {
                return Then::Ended(End::Lost);
            }
            if shoppers.max_attempts.is_some_and(|most| nth >= most) {
                return Then::Ended(End::StoppedByCap);
            }
            let retry = if tried.outcome == Outcome::Declined {
                Retry::Again
            } else {
                self.treat(context, leg, tried.step)
            };
            let after = if let Retry::After(pause) = retry { pause } else { shoppers.retry_after };
            let pause = self.pause(context, after, Purpose::RetryAfter, self.draw_of(unit.0, nth));
            context.observe(|observer| observer.pause_started(pause, "before trying again"));
            self.effort.idle += pause;
            intended_at = tried.ended_at + pause;
            if retry == Retry::Anew {
                return Then::Anew(intended_at);
            }
        }
    }

    fn count_failure<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        tried: &Tried,
        leg: usize,
    ) {
        self.met.failures += 1;
        self.progress[leg].failures += 1;
        self.met.same_unit_twice |= self.progress[leg].failures >= 2;
        match self.met.failures {
            1 => self.met.first_failed = Some(tried.step),
            2 => {
                self.met.second_failed = Some(tried.step);
                context.tally.borrow_mut().repeated(tried.ended_at);
            }
            _ => {}
        }
    }

    /// One attempt at a unit: its steps in order, to the first that does not succeed.
    async fn try_unit<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        unit: UnitId,
        leg: usize,
        nth: u32,
        intended_at: Micros,
    ) -> Tried {
        self.variables.set(built_in::ATTEMPT, Value::Json(Rc::new(nth.into())));
        self.under_way.unit = Some((unit, nth, intended_at));
        let held_before = self.observed.clone();
        let steps = context.plan.unit(unit).steps.clone();
        let mut step_at = intended_at;
        let mut tried =
            Tried { outcome: Outcome::Ok, step: StepId(steps.start), ended_at: intended_at };
        for step in steps.clone().map(StepId) {
            if step.0 > steps.start {
                step_at = tried.ended_at + self.think(context, step, nth);
            }
            // The wait is all that a thinking shopper holds; what a request needs lives on the heap while it lasts.
            context.clock.sleep_until(step_at).await;
            if nth == 1 && !context.skip_delays {
                let together_at =
                    context.rendezvous.wait(step, &context.clock).await.unwrap_or(step_at);
                self.effort.idle += together_at.since(step_at);
                step_at = together_at;
            }
            if !std::mem::replace(&mut self.progress[leg].came, true) && self.round == 0 {
                context
                    .tally
                    .borrow_mut()
                    .entered(self.persona.journey, self.progress[leg].place.into());
            }
            let (outcome, ended_at) =
                Box::pin(self.try_step(context, unit, step, nth, step_at)).await;
            tried = Tried { outcome, step, ended_at };
            if outcome != Outcome::Ok {
                break;
            }
        }
        self.under_way.unit = None;
        if context.plan.unit(unit).purchase {
            self.answer(PairOf::Purchase, tried.outcome);
        }
        let attempt = UnitAttempt {
            unit,
            nth,
            intended_at,
            after_failure_at: self.under_way.after_failure_at,
            attributes: self.held(),
            observed: &held_before,
            outcome: tried.outcome,
        };
        context.tally.borrow_mut().unit_attempt(&attempt);
        tried
    }

    /// The think time before a step.
    fn think<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        step: StepId,
        nth: u32,
    ) -> Micros {
        let pause = self.pause(
            context,
            context.plan.step(step).think,
            Purpose::Think,
            self.draw_of(step.0, nth),
        );
        context.observe(|observer| observer.pause_started(pause, "thinking"));
        self.effort.idle += pause;
        pause
    }

    /// Which draw belongs to the n-th attempt, in this round, at a step or unit.
    fn draw_of(&self, place: u16, nth: u32) -> u64 {
        u64::from(place) << 32 | u64::from(self.round) << 20 | u64::from(nth)
    }

    fn pause<C: Clock>(
        &self,
        context: &CoreContext<S, C, G>,
        delay: Delay,
        purpose: Purpose,
        ordinal: u64,
    ) -> Micros {
        if context.skip_delays {
            Micros::ZERO
        } else {
            delay.at(uniform(self.shopper.0, purpose, ordinal))
        }
    }

    /// Tells how the visit ended, and what was cut by the end.
    pub fn close<C: Clock>(mut self, context: &CoreContext<S, C, G>, end: End) {
        let now = context.clock.now();
        self.cut(context, now);
        let mut tally = context.tally.borrow_mut();
        progress::settle(&self.progress, self.persona.journey, &mut tally);
        if let Some(known) = self.came_again.filter(|_| self.met.acted) {
            tally.came_again(known);
        }
        if self.met.acted {
            tally.shopper_end(&ShopperEnd {
                shopper: self.shopper,
                journey: self.persona.journey,
                arrived_at: self.arrived_at,
                ended_at: now,
                bought_at: self.met.bought_at,
                effort: self.met.effort_to_buy,
                attributes: &self.persona.attributes,
                observed: &self.observed,
                failures: self.met.failures,
                declines: self.met.declines,
                first_failed: self.met.first_failed,
                first_failed_at: self.met.first_failed_at,
                second_failed: self.met.second_failed,
                cause: self.trace.first(),
                same_unit_twice: self.met.same_unit_twice,
                worth: self.met.worth,
                end,
            });
        } else {
            tally.unstarted(self.arrived_at, "stopped");
        }
        if let Some((cause, hash)) = self.trace.sample() {
            let visitor = SampledShopper {
                shopper: self.shopper,
                marker: &self.marker,
                persona: &self.persona,
                observed: &self.observed,
                arrived_at: self.arrived_at,
            };
            let line = sample_line(&context.plan, &visitor, &self.trace, end);
            tally.sample(cause, hash, line);
        }
        drop(tally);
        let shoppers = &context.plan.shoppers;
        if end != End::Unfinished && shoppers.some_return() {
            let device = shoppers.equipment(self.held()).device;
            context.returning.borrow_mut().add(device, self.session.into_state());
        }
    }

    /// What was begun ends without a judgement.
    fn cut<C: Clock>(&mut self, context: &CoreContext<S, C, G>, now: Micros) {
        if let Some(StepUnderWay { step, intended_at, acted_at, arrival }) =
            self.under_way.step.take()
        {
            let attempt = StepAttempt {
                step,
                intended_at,
                acted_at,
                ended_at: now,
                service: None,
                arrival,
                attributes: self.held(),
                outcome: Outcome::Unjudged,
            };
            context.tally.borrow_mut().step_attempt(&attempt);
        }
        if let Some((unit, nth, intended_at)) = self.under_way.unit.take() {
            let (attributes, observed) = (self.held(), &self.observed[..]);
            let attempt = UnitAttempt {
                unit,
                nth,
                intended_at,
                after_failure_at: None,
                attributes,
                observed,
                outcome: Outcome::Unjudged,
            };
            context.tally.borrow_mut().unit_attempt(&attempt);
        }
        self.settle(context, Outcome::Unjudged, false, now);
    }
}

/// The variables that a shopper arrives with.
fn variables(
    plan: &Plan,
    shopper: ShopperId,
    marker: &str,
    run: &str,
    row: u64,
    persona: &Persona,
) -> Variables {
    let mut variables = Variables::new(plan, shopper);
    variables.set_text(built_in::SHOPPER_ID, &shopper.to_string());
    variables.set(built_in::SHOPPER_ORDINAL, Value::Json(Rc::new(row.into())));
    variables.set_text(built_in::SHOPPER_MARKER, marker);
    variables.set_text(built_in::RUN_ID, run);
    // At a domain that is reserved (RFC 2606), so that no mail of the shop ever reaches anybody.
    variables.set_text(built_in::SHOPPER_EMAIL, &format!("{marker}.{run}@example.com"));
    for (attribute, value) in plan.shoppers.attributes.iter().zip(&persona.attributes) {
        variables.set_text(attribute.var, &attribute.values[usize::from(*value)].0);
    }
    for (place, data) in plan.shoppers.data.iter().enumerate() {
        // A shopper beyond the last row has none; the run is refused before it comes to that.
        for (var, cell) in data.columns.iter().zip(data.row(place, shopper, row)) {
            match cell {
                Cell::Text(text) => variables.set_text(*var, text),
                Cell::Json(value) => variables.set(*var, Value::Json(Rc::new(value.clone()))),
            }
        }
    }
    variables
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unnamed"))
}

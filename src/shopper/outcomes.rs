//! What happened to one shopper so far, as the tally will be told at the end.

use super::failure_sample::Trace;
use super::profile::ShopperProfile;
use crate::base::{Micros, MinorUnits, StepId};
use crate::tally::{
    Effort, End, FailureKind, Observed, Outcome, PairQuestion, Setback, Setbacks, ShopperEnd,
};

/// Whether each thing that is compared between two shops failed here.
pub type PairedOutcomes = Vec<(PairQuestion, bool)>;

/// What happened to one shopper so far.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// How long the shop asked to be left alone in its last answer.
    pub(super) asked_to_wait: Option<Micros>,
    /// Whether the shopper has done anything.
    pub(super) acted: bool,
    pub(super) failures: u32,
    pub(super) declines: u32,
    first_failed: Option<StepId>,
    first_failed_at: Option<Micros>,
    second_failed: Option<StepId>,
    before_order: Setbacks,
    /// The most failures at one unit so far, and the step where that unit failed last.
    worst_unit: (u32, Option<StepId>),
    reached: Option<StepId>,
    stuck_on: Option<Setback>,
    order_unknown: bool,
    /// Whether the shopper left on purpose, to provoke the shop.
    pub(super) left: bool,
    bought_at: Option<Micros>,
    effort_to_buy: Option<Effort>,
    pub(super) order_value: Option<MinorUnits>,
    /// The values of observational attributes.
    pub(super) observed: Vec<Observed>,
    pub(super) trace: Trace,
    /// What was done so far.
    pub(super) effort: Effort,
    /// Of a shopper who returns: whether the shop knows the browser.
    pub(super) known_to_shop: Option<bool>,
    /// Of a shopper who is in two shops at once. Boxed, for most shoppers are not.
    paired: Option<Box<PairedOutcomes>>,
}

// === impl Outcomes ===

impl Outcomes {
    /// Nothing yet, with this many observational attributes.
    pub(super) fn new(observed: usize) -> Outcomes {
        Outcomes { observed: vec![Observed::Missing; observed], ..Outcomes::default() }
    }

    /// From now on keeps what is compared with the other shop.
    pub(super) fn pair(&mut self) {
        self.paired = Some(Box::default());
    }

    /// Keeps the first outcome of each thing that is compared.
    pub(super) fn record_paired(&mut self, of: PairQuestion, outcome: Outcome) {
        let Some(paired) = &mut self.paired else { return };
        if outcome != Outcome::Unjudged && paired.iter().all(|(known, _)| *known != of) {
            paired.push((of, matches!(outcome, Outcome::Failed(_))));
        }
    }

    /// What is compared with the other shop; nothing of a shopper who was cut.
    pub(super) fn take_paired(&mut self, end: End) -> PairedOutcomes {
        let mut paired = self.paired.take().map(|paired| *paired).unwrap_or_default();
        if end == End::Unfinished || !self.acted {
            return PairedOutcomes::new();
        }
        paired.push((PairQuestion::Repeated, self.failures >= 2));
        paired
    }

    /// Records that the shopper came to this step.
    pub(super) fn record_step(&mut self, step: StepId) {
        self.reached = self.reached.max(Some(step));
    }

    /// Records that the shopper got through a unit.
    pub(super) fn record_passage(&mut self) {
        self.stuck_on = None;
    }

    /// Records that an order may have been made.
    pub(super) fn record_unknown_order(&mut self) {
        self.order_unknown = true;
    }

    /// Records a declined attempt.
    pub(super) fn record_decline(&mut self) {
        self.declines += 1;
        self.record_setback(Setback::Declined);
    }

    fn record_setback(&mut self, setback: Setback) {
        self.stuck_on = Some(setback);
        if self.bought_at.is_none() {
            self.before_order.add(setback);
        }
    }

    /// Records a failed attempt at a unit, the unit's `nth_of_unit`-th failure. True if it is the shopper's second failure.
    pub(super) fn record_failure(
        &mut self,
        step: StepId,
        kind: FailureKind,
        intended_at: Micros,
        nth_of_unit: u32,
    ) -> bool {
        self.first_failed_at.get_or_insert(intended_at);
        self.failures += 1;
        let throttled = kind == FailureKind::Throttled;
        self.record_setback(if throttled { Setback::Throttled } else { Setback::Failed });
        // Of units that failed as often the later counts: nothing cured it, or not for long.
        if nth_of_unit >= self.worst_unit.0.max(2) {
            self.worst_unit = (nth_of_unit, Some(step));
        }
        match self.failures {
            1 => self.first_failed = Some(step),
            2 => self.second_failed = Some(step),
            _ => {}
        }
        self.failures == 2
    }

    /// How often an attempt failed or was declined.
    pub(super) fn setbacks(&self) -> u32 {
        self.failures + self.declines
    }

    /// Whether the shopper has bought.
    pub(super) fn has_bought(&self) -> bool {
        self.bought_at.is_some()
    }

    /// The shop confirmed a purchase; the first counts.
    pub(super) fn record_purchase(&mut self, at: Micros) {
        if self.bought_at.is_none() {
            let troubles = u64::from(self.setbacks());
            self.bought_at = Some(at);
            self.effort_to_buy = Some(Effort { troubles, ..self.effort });
        }
    }

    /// All of it, at the shopper's end.
    pub(super) fn shopper_end<'a>(
        &'a self,
        profile: &'a ShopperProfile,
        ended_at: Micros,
        end: End,
    ) -> ShopperEnd<'a> {
        ShopperEnd {
            shopper: profile.id,
            journey: profile.persona.journey,
            arrived_at: profile.arrived_at,
            ended_at,
            bought_at: self.bought_at,
            effort: self.effort_to_buy,
            attributes: &profile.persona.attributes,
            observed: &self.observed,
            failures: self.failures,
            declines: self.declines,
            first_failed: self.first_failed,
            first_failed_at: self.first_failed_at,
            second_failed: self.second_failed,
            cause: self.trace.cause(self.worst_unit.1),
            before_order: self.before_order,
            repeated_at: self.worst_unit.1,
            reached: self.reached,
            stuck_on: self.stuck_on,
            order_unknown: self.order_unknown,
            order_value: self.order_value,
            end,
        }
    }
}

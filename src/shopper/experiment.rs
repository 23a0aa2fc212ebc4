//! The second try of a shopper in an experiment: in the way that was drawn for that shopper, and what came of it.
//!
//! A shopper is treated once, after the first failure; whatever fails later is tried again as ever. Cured is who then
//! gets through the unit that failed without another failure on the way; a fresh session goes there from the journey's
//! start.

use super::browser::session::RequestGate;
use super::context::CoreContext;
use super::journey::JourneyRun;
use super::transport::{Clock, Transport};
use crate::base::{Delay, StepId};
use crate::plan::{Behaviour, Way};
use crate::tally::{Observed, Outcome, Treatment};

/// How far the experiment with a shopper is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Experiment {
    /// Nothing has failed.
    #[default]
    Untreated,
    /// The shopper is on the way to the unit that failed, by its place on the way.
    UnderWay(usize, Treatment),
    /// It is known what came of it.
    Over,
}

/// How the shopper tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// The unit, after the usual pause.
    Again,
    /// The unit, after this pause.
    After(Delay),
    /// The journey from its start.
    Anew,
}

impl<S: Transport, G: RequestGate + Clone> JourneyRun<S, G> {
    /// The shopper's first failure fell at this step: changes what the arm changes, and says how to try again.
    pub(super) fn treat<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        leg: usize,
        step: StepId,
    ) -> Retry {
        let plan = &*context.plan;
        let shoppers = &plan.shoppers;
        if shoppers.behaviour != Behaviour::Experiment || self.experiment != Experiment::Untreated {
            return Retry::Again;
        }
        let Some(arm) = shoppers.arm_of(self.shopper) else { return Retry::Again };
        let eligible = shoppers.eligible(self.held(), self.met.bought_at.is_some());
        self.experiment = Experiment::UnderWay(leg, Treatment { step, arm, eligible });
        if eligible & (1 << arm) == 0 {
            return Retry::Again;
        }
        let way = &shoppers.arms[usize::from(arm)].way;
        let values = plan.values_after(way, self.shopper, self.held());
        for (attribute, (value, held)) in
            shoppers.attributes.iter().zip(values.iter().zip(self.held().to_vec()))
        {
            if *value != held {
                self.variables.set_text(attribute.var, &attribute.values[usize::from(*value)].0);
            }
        }
        self.session.equip(shoppers.equipment(&values));
        self.held = Some(values);
        match way {
            Way::Same | Way::Redraw(_) | Way::Set(_) => Retry::Again,
            Way::Wait(pause) => Retry::After(*pause),
            Way::Fresh => {
                self.session.reset();
                self.observed.fill(Observed::Missing);
                Retry::Anew
            }
        }
    }

    /// An attempt at a unit came out so: tells what came of the treatment, if that is known now.
    pub(super) fn follow_up<C: Clock>(
        &mut self,
        context: &CoreContext<S, C, G>,
        leg: usize,
        outcome: Outcome,
    ) {
        let Experiment::UnderWay(failed, treatment) = self.experiment else { return };
        if outcome == Outcome::Ok && leg != failed {
            return;
        }
        self.experiment = Experiment::Over;
        context.tally.borrow_mut().treated(treatment, outcome);
    }
}

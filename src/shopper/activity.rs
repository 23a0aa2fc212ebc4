//! What a shopper is doing, and so what has no outcome when the run ends.

use crate::base::{Micros, StepId, UnitId};

/// What a shopper is doing.
///
/// ```text
/// Idle ─► Attempting ─► AtStep ─► Attempting ─► … ─► Idle
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Activity {
    /// Arriving, thinking before a unit, or pausing before another attempt.
    #[default]
    Idle,
    /// In an attempt at a unit, before its next step.
    Attempting(UnitUnderWay),
    /// In an attempt at a unit, at one of its steps.
    AtStep(UnitUnderWay, StepUnderWay),
}

/// An attempt at a unit that has no outcome yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitUnderWay {
    pub(super) unit: UnitId,
    pub(super) nth: u32,
    pub(super) intended_at: Micros,
    /// The purchase whose request was sent.
    pub(super) purchase: Option<PurchaseUnderWay>,
}

/// A step that has no outcome yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepUnderWay {
    pub(super) step: StepId,
    pub(super) intended_at: Micros,
    pub(super) acted_at: Micros,
    /// Whether it is the first thing that the shopper does.
    pub(super) arrival: bool,
}

/// A purchase attempt whose outcome is not known yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct PurchaseUnderWay {
    pub(super) unit: UnitId,
    pub(super) nth: u32,
    /// The step whose response says whether there is an order.
    pub(super) paying_step: StepId,
}

// === impl Activity ===

impl Activity {
    /// Begins a step of the attempt.
    pub(super) fn begin_step(&mut self, step: StepUnderWay) {
        if let Activity::Attempting(unit) | Activity::AtStep(unit, _) = *self {
            *self = Activity::AtStep(unit, step);
        }
    }

    /// The step has its outcome; the attempt goes on.
    pub(super) fn end_step(&mut self) {
        if let Activity::AtStep(unit, _) = *self {
            *self = Activity::Attempting(unit);
        }
    }

    /// The purchase of the attempt, once its request is sent.
    pub(super) fn purchase(&self) -> Option<PurchaseUnderWay> {
        match self {
            Activity::Idle => None,
            Activity::Attempting(unit) | Activity::AtStep(unit, _) => unit.purchase,
        }
    }

    /// Sets or takes the purchase of the attempt, and returns the one before.
    pub(super) fn replace_purchase(
        &mut self,
        purchase: Option<PurchaseUnderWay>,
    ) -> Option<PurchaseUnderWay> {
        match self {
            Activity::Idle => None,
            Activity::Attempting(unit) | Activity::AtStep(unit, _) => {
                std::mem::replace(&mut unit.purchase, purchase)
            }
        }
    }
}

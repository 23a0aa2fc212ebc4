//! What a tally promises: the laws of merging, what each observation counts as, and what recording costs.

mod cost;
mod fit;
mod laws;
mod recording;
mod stored_form;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::base::{JourneyId, Micros, MinorUnits, ShopperId, StepId, UnitId};

/// Three steps in two units in one journey, and one step in another.
pub(super) fn shape() -> TallyShape {
    TallyShape {
        steps: 4,
        units: 3,
        journeys: 2,
        journey_units: vec![2, 1],
        attributes: vec![2, 3],
        observed: 2,
        block: Micros::from_secs(10),
        cohorts: Cohort::all_of([&[(0, 1)][..], &[(1, 2), (0, 1)], &[], &[(0, 1), (1, 2)]]),
    }
}

pub(super) fn is(value: impl AsRef<str>) -> Observed {
    Observed::Is(Arc::from(value.as_ref()))
}

pub(super) fn line(shopper: u64) -> Arc<SampleLine> {
    Arc::new(SampleLine {
        shopper: ShopperId(shopper),
        marker: format!("m{shopper}"),
        journey: "buy".into(),
        attributes: BTreeMap::new(),
        observed: BTreeMap::new(),
        arrived_at: Micros(shopper),
        end: End::Completed,
        exchanges: Vec::new(),
    })
}

pub(super) fn cause(step: u16, kind: FailureKind, message: &str) -> FirstFailure {
    FirstFailure {
        site: FailureSite { step: StepId(step), kind, status: None },
        message: message.into(),
    }
}

pub(super) fn attempt(
    step: u16,
    intended_ms: u64,
    took_ms: u64,
    outcome: Outcome,
) -> StepAttempt<'static> {
    let intended_at = Micros::from_millis(intended_ms);
    StepAttempt {
        step: StepId(step),
        intended_at,
        acted_at: intended_at + Micros(50),
        ended_at: intended_at + Micros::from_millis(took_ms),
        times: AttemptTimes::default().with(Timing::Service, Some(Micros::from_millis(took_ms))),
        arrival: false,
        attributes: &[],
        outcome,
    }
}

pub(super) fn ended<'a>(attributes: &'a [u8], observed: &'a [Observed]) -> ShopperEnd<'a> {
    ShopperEnd {
        bought_at: Some(Micros::from_secs(20)),
        attributes,
        observed,
        order_value: Some(MinorUnits(4_999)),
        ..ShopperEnd::without_trouble(
            ShopperId(1),
            JourneyId(0),
            Micros::from_secs(12),
            Micros::from_secs(25),
        )
    }
}

pub(super) fn tried<'a>(
    nth: u32,
    attributes: &'a [u8],
    observed: &'a [Observed],
    outcome: Outcome,
) -> UnitAttempt<'a> {
    UnitAttempt {
        unit: UnitId(1),
        nth,
        intended_at: Micros::from_secs(3),
        after_failure_at: None,
        attributes,
        observed,
        outcome,
    }
}

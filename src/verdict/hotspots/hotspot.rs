//! What a hot spot is, and from when on it is listed.

use crate::base::StepId;
use crate::verdict::statistics::{Interval, Rate};

/// A group of shoppers who meet repeated failures more often than the others.
#[derive(Clone, Debug, PartialEq)]
pub struct HotSpot {
    /// Who: attributes or observed names with their values, one or two.
    pub group: Vec<(String, String)>,
    /// Whether the group was drawn or merely seen.
    pub basis: Basis,
    /// The steps at which the group fails again and again, the costliest first; none if it is a little everywhere.
    pub steps: Vec<StepId>,
    /// What the figures below count.
    pub scope: HotspotScope,
    /// Shoppers of the group who observed two failures or more.
    pub inside: Rate,
    /// The same of all other shoppers. Those whom a costlier finding at the same place has explained are in neither.
    pub outside: Rate,
    /// How many times the rate outside; where there were none outside, the least that it can be: the lower end of `relative_risk_ci95`.
    pub relative_risk: f64,
    /// Where that lies with 95 % confidence; without an upper end where there were none outside.
    pub relative_risk_ci95: Interval,
    /// How likely this many, or more, would be without any cause (Fisher's exact test, one-sided); at the step where it is
    /// least clear, if there are several.
    pub p_value: f64,
    /// The same, corrected for all tests taken (Benjamini and Hochberg).
    pub q_value: f64,
    /// Repeated failures beyond what the group would have observed at the others' rate.
    /// And its interval.
    pub excess_repeated: (f64, Interval),
    /// Lost shoppers beyond what the group would have lost at the others' rate; none for a closed load.
    /// And its interval.
    pub excess_lost: Option<(f64, Interval)>,
}

/// Shoppers with one value who are too few to be judged: however many of them failed, it could be chance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallGroup {
    /// An attribute or an observed name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Shoppers with it.
    pub shoppers: u64,
    /// Those of them who met repeated failures.
    pub repeated: u64,
}

/// What a finding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Drawn per shopper, independently of everything: the association is causal.
    Assigned,
    /// Seen during the journey, at least one of the values: the association may have another cause.
    Observed,
}

/// What a finding's figures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HotspotScope {
    /// Repeated failures anywhere.
    Journey,
    /// Repeated failures at the steps of the finding, among the shoppers of their journeys.
    Steps,
}

/// The fewest failures from which times and retries are judged. Groups have no such floor: their test is exact.
pub const MIN_REPEATED: u64 = 5;
/// The rate of false discoveries among what is listed.
pub const MAX_Q: f64 = 0.05;

// === impl HotSpot ===

impl HotSpot {
    /// What it is ranked by: lost shoppers, or repeated failures where there is no loss to derive.
    pub(super) fn cost(&self) -> f64 {
        self.excess_lost.unwrap_or(self.excess_repeated).0
    }

    /// Whether there were none outside, so that the relative_risk is not known but for the least that it can be.
    pub fn relative_risk_is_lower_bound(&self) -> bool {
        self.outside.events == 0
    }

    /// Where the rate inside lies with 95 % confidence.
    pub fn ci95(&self) -> Option<Interval> {
        self.inside.ci95()
    }
}

//! What like runs differ by: the noise floor below which no change counts.
//!
//! Runs of one unchanged shop differ by more than their own intervals say: another machine, another neighbour on it, another
//! hour. Several such runs show by how much. σ² is the mean of the squared differences of all pairs beyond what the pairs' own
//! standard errors explain (the moment estimate of DerSimonian and Laird 1986), and the floor is 2 σ, or more where few runs
//! make σ itself unsure: Student's two-sided 95 % point.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::measure::{Measured, measure};
use super::run::ComparedRun;
use super::subject::Subject;
use super::terms::{ComparisonTerms, MARGIN};
use crate::base::Micros;
use crate::verdict::statistics::student::critical;

/// The name and version of the stored form.
pub const SCHEMA: &str = "tillrush.noise/1";

/// Like runs are set beside each other as wholes, in every figure.
const TERMS: ComparisonTerms<'static> = ComparisonTerms {
    primary: Subject::RepeatedFailures,
    margin: MARGIN,
    noise: None,
    duet: false,
    after: Micros::ZERO,
};

/// What like runs differ by, figure by figure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NoiseFloor {
    /// Always `tillrush.noise/1`.
    pub schema: String,
    /// The scenario's name.
    pub scenario: String,
    /// What the runs have in common: it applies to runs with the same digest.
    pub workload_digest: String,
    /// The runs, by name.
    pub runs: Vec<String>,
    /// By figure (`repeated_failures`, `p95(pay)`): of rates the difference, of spans the logarithm of the ratio.
    pub floors: BTreeMap<String, f64>,
}

/// The noise floor of these runs, which must be alike and at least two.
pub fn calibrate(runs: &[ComparedRun<'_>]) -> Option<NoiseFloor> {
    let first = runs.first().filter(|_| runs.len() >= 2)?;
    let pairs = runs
        .iter()
        .enumerate()
        .flat_map(|(i, base)| runs[i + 1..].iter().map(move |candidate| (base, candidate)));
    let floors =
        floors(pairs.map(|(base, candidate)| measure(base, candidate, &TERMS)), runs.len())?;
    Some(NoiseFloor {
        schema: SCHEMA.to_owned(),
        scenario: first.plan.name.clone(),
        workload_digest: first.facts.workload_digest.clone(),
        runs: runs.iter().map(|run| run.facts.run_id.clone()).collect(),
        floors,
    })
}

/// The floors from all pairs of this many runs; none of fewer than two.
pub fn floors(
    pairs: impl Iterator<Item = Vec<Measured>>,
    runs: usize,
) -> Option<BTreeMap<String, f64>> {
    // (sum of D² − SE², pairs) by figure.
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for seen in pairs.flatten() {
        let (excess, pairs) = sums.entry(seen.key).or_default();
        *excess += seen.shift.estimate().powi(2) - seen.shift.error().powi(2);
        *pairs += 1.0;
    }
    let times = critical(runs.checked_sub(2)? as f64 + 1.0, 0.025).max(2.0);
    Some(
        sums.into_iter()
            .map(|(key, (excess, pairs))| (key, times * (excess / pairs).max(0.0).sqrt()))
            .collect(),
    )
}

// === impl NoiseFloor ===

impl NoiseFloor {
    /// Of this figure, on the scale of its shift; nothing where it was not seen.
    pub(super) fn floor_of(&self, key: &str) -> f64 {
        self.floors.get(key).copied().unwrap_or(0.0)
    }
}

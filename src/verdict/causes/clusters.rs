//! What went wrong: failing shoppers by the trouble that repeats, or else by the one that their story began with.
//!
//! Each failing shopper is counted once, under the failure of the unit that failed most often, or under the first where none
//! failed twice: an earlier hiccup that a second attempt cured is not what keeps a shopper from buying. Requests would be counted otherwise: those who try again meet the same trouble again, and the
//! trouble that comes first makes others (see docs/model.md, "First causes").

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::examples::{ClusterExample, example};
use crate::base::StepId;
use crate::plan::{ArrivalModel, Plan};
use crate::tally::{
    End, FailureKind, FailureMessages, FailureSite, OutcomeCounts, Samples, ShopperOutcome, Tally,
};
use crate::verdict::abandonment::LossModel;

/// Shoppers whose story began with the same trouble.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Where it fell.
    pub step: StepId,
    /// What it was.
    pub kind: FailureKind,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// What was said, without numbers and identities, as a key; none if too many different things were said.
    pub message: Option<Arc<str>>,
    /// Shoppers whose first failure it was.
    pub shoppers: u64,
    /// All failed attempts of these shoppers.
    pub failed_attempts: u64,
    /// Those of them who met two failed attempts or more.
    pub repeated: u64,
    /// Those of them whose journey ended with a failure: they used up their attempts, or left.
    pub unserved: u64,
    /// How many of them are lost under the scenario's patience; none for a closed load.
    pub lost: Option<f64>,
    /// Where their second failures fell, the most frequent first.
    pub then: Vec<(StepId, u64)>,
    /// One of them.
    pub example: Option<ClusterExample>,
}

/// All clusters, those with the most shoppers who failed again first.
pub fn clusters(plan: &Plan, tally: &Tally) -> Vec<Cluster> {
    let model = LossModel::of(plan, tally);
    let mut clusters = Vec::new();
    for (place, said) in &tally.causes {
        match said {
            FailureMessages::Distinct(told) => {
                clusters.extend(told.iter().map(|(message, fates)| {
                    cluster(plan, &model, &tally.samples, *place, Some(Arc::clone(message)), fates)
                }));
            }
            FailureMessages::TooMany(fates) => {
                clusters.push(cluster(plan, &model, &tally.samples, *place, None, fates))
            }
        }
    }
    // Who fails again needs a repair first; passing errors come last, however many met them.
    clusters.sort_by_key(|found| {
        (Reverse((found.repeated, found.shoppers)), found.step, found.kind, found.status)
    });
    clusters
}

fn cluster(
    plan: &Plan,
    model: &LossModel<'_>,
    samples: &Samples,
    place: FailureSite,
    message: Option<Arc<str>>,
    fates: &OutcomeCounts,
) -> Cluster {
    let count = |holds: &dyn Fn(&ShopperOutcome) -> bool| {
        fates.iter().filter(|(fate, _)| holds(fate)).map(|(_, shoppers)| shoppers).sum()
    };
    let mut then: BTreeMap<StepId, u64> = BTreeMap::new();
    for (fate, shoppers) in fates {
        if let Some(step) = fate.second_failed {
            *then.entry(step).or_default() += shoppers;
        }
    }
    let mut then: Vec<(StepId, u64)> = then.into_iter().collect();
    then.sort_by_key(|&(step, shoppers)| (Reverse(shoppers), step));
    let lost =
        |(fate, shoppers): (&ShopperOutcome, &u64)| model.to_failures(fate).high * *shoppers as f64;
    let open = !matches!(plan.load.arrivals, ArrivalModel::Closed { .. });
    Cluster {
        step: place.step,
        kind: place.kind,
        status: place.status,
        shoppers: count(&|_| true),
        failed_attempts: fates
            .iter()
            .map(|(fate, shoppers)| u64::from(fate.failures) * shoppers)
            .sum(),
        repeated: count(&|fate| fate.failures >= 2),
        unserved: count(&|fate| matches!(fate.end, End::StoppedByCap | End::Lost)),
        lost: open.then(|| fates.iter().map(lost).sum()),
        then,
        example: example(plan, samples, place, message.as_ref()),
        message,
    }
}

// === impl Cluster ===

impl Cluster {
    /// What went wrong, in the original words of one of them: `status 502: the wallet provider did not call back`.
    pub fn what(&self) -> String {
        let by_status = matches!(
            self.kind,
            FailureKind::Throttled
                | FailureKind::ClientError
                | FailureKind::ServerError
                | FailureKind::UnexpectedStatus
        );
        let name = match self.status {
            Some(status) if by_status => format!("status {status}"),
            _ => self.kind.label().to_owned(),
        };
        // What was said to one of them: the key leaves out what differs from shopper to shopper.
        let words = self.example.as_ref().map(|example| example.exchange.message.as_str());
        let words = words.filter(|words| !words.is_empty()).or(self.message.as_deref());
        match (self.message.as_deref(), words) {
            (None, None | Some("")) => {
                format!("{name}: more than {} different messages", FailureMessages::MAX)
            }
            (None, Some(words)) => format!(
                "{name}: more than {} different messages, such as {words}",
                FailureMessages::MAX
            ),
            (Some(""), _) | (_, None) => name,
            // Trouble on the line says itself what it is.
            (Some(_), Some(words))
                if self.status.is_none() && self.kind != FailureKind::MissingContent =>
            {
                words.to_owned()
            }
            (Some(_), Some(words)) => format!("{name}: {words}"),
        }
    }
}

#[cfg(test)]
mod tests;

//! Notes on how to read the figures, each only where it applies.

use super::format::{count, count_of};
use super::{hotspots, power};
use crate::plan::{Behaviour, Plan};
use crate::tally::FailureKind;
use crate::verdict::statistics::MIN_BLOCKS;
use crate::verdict::{Findings, Loss};

/// The notes that apply to these findings.
pub fn notes(plan: &Plan, findings: &Findings) -> Vec<String> {
    let mut notes = of_steps(findings);
    if !findings.objectives.is_empty() {
        notes.push(
            "Confidence intervals of objectives are exact (Clopper-Pearson), those of other rates are Wilson intervals."
                .to_owned(),
        );
    }
    if !findings.shoppers.repeated.by_blocks && findings.shoppers.repeated.events > 0 {
        notes.push(format!(
            "The run has fewer than {MIN_BLOCKS} time blocks, too few to detect bursts of failures. Confidence intervals may be too narrow."
        ));
    }
    if !findings.hotspots.is_empty() || findings.experiment.is_some() {
        notes.push(
            "q is the p-value after correction for the number of tests (Benjamini-Hochberg)."
                .to_owned(),
        );
    }
    notes.extend(hotspots::too_small(findings).map(|small| {
        format!("Too few shoppers to tell whether they fail more often than others: {small}.")
    }));
    if findings.experiment.is_some() {
        notes.push(
            "In a retry experiment, repeated failures, losses and groups describe the mixture of all arms. Observed attributes are those of the last session."
                .to_owned(),
        );
    }
    notes.extend(returning(findings));
    if plan.shoppers.behaviour == Behaviour::Live && findings.shoppers.failed.events > 0 {
        notes.push(
            "Live behaviour: shoppers who left after a failure could not fail again. Repeated failures are therefore underestimated."
                .to_owned(),
        );
    }
    notes.extend(power::detectable(findings));
    notes.extend(findings.loss.iter().flat_map(|loss| of_loss(plan, findings, loss)));
    notes
}

fn of_steps(findings: &Findings) -> Vec<String> {
    let mut notes = Vec::new();
    let reached = || findings.steps.iter().filter(|step| step.failed.trials > 0);
    if reached().any(|step| step.response.p99.is_none()) {
        notes.push(
            "– : too few successes for this quantile (p50 needs 5, p95 59, p99 299).".to_owned(),
        );
    }
    if reached().any(|step| step.kinds.iter().any(|(kind, _)| *kind == FailureKind::TooSlow)) {
        notes.push(
            "Attempts that exceeded their time limit count as failures. Response times do not include them."
                .to_owned(),
        );
    }
    notes
}

fn returning(findings: &Findings) -> Option<String> {
    let (returned, new) = (findings.shoppers.returned, findings.shoppers.returned_as_new);
    let as_new = if new > 0 {
        format!(
            " {} more came as new shoppers, because no earlier shopper had left yet.",
            count(new)
        )
    } else {
        String::new()
    };
    (returned + new > 0).then(|| {
        format!(
            "{} returned with the cookies of an earlier shopper.{as_new}",
            count_of(returned, "shopper")
        )
    })
}

fn of_loss(plan: &Plan, findings: &Findings, loss: &Loss) -> Vec<String> {
    let mut notes = Vec::new();
    if loss.by_patience.iter().any(|row| row.lost_at_least < row.lost) {
        let cap = plan.shoppers.max_attempts.map_or_else(String::new, |cap| {
            format!("after {} at a unit or ", count_of(cap.into(), "attempt"))
        });
        notes.push(format!(
            "Some shoppers were stopped {cap}by the end of the run. \"lost\" counts them as lost. \"lower bound\" assumes that their next attempt would have succeeded."
        ));
    }
    if loss.behaviour != Behaviour::Live && findings.steps.iter().any(|step| step.declined > 0) {
        notes.push(
            "A declined payment is not a failure. Shoppers who may leave because of it are counted apart.".to_owned(),
        );
    }
    if loss
        .by_patience
        .iter()
        .filter_map(|row| row.order_value)
        .any(|worth| worth.estimated_share > 0.0)
    {
        notes.push(
            "Unknown order values of lost shoppers are estimated: the mean basket of the journey, times the share that continues from there to a basket."
                .to_owned(),
        );
    }
    notes
}
